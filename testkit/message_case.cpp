#include "testkit/message_case.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace testkit {
namespace {

std::string slurp(const std::string& path) {
  std::ifstream file(ASSAY_SOURCE_DIR "/" + path, std::ios::binary);
  if (!file) {
    std::fprintf(stderr, "%s: cannot be read\n", path.c_str());
    std::exit(66);
  }
  std::ostringstream octets;
  octets << file.rdbuf();
  return octets.str();
}

}  // namespace

std::string with_crlf(std::string_view text) {
  std::string octets;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) octets += '\r';
    octets += text[i];
  }
  return octets;
}

std::string MessageCase::zone() const {
  std::string text;
  for (const std::string& line : facts.all("zone")) text += line + "\n";
  return text;
}

MessageCase read_message_case(const std::string& path) {
  const std::string octets = slurp(path);
  MessageCase read{.facts = {.name = path, .file = path, .line = 1, .entries = {}}, .message = {}};
  std::size_t at = 0;
  while (at < octets.size() && octets[at] != '\n') {
    const std::size_t end = std::min(octets.find('\n', at), octets.size());
    const std::string line = octets.substr(at, end - at);
    const std::size_t colon = line.find(": ");
    if (line.front() != '#' && colon != std::string::npos) {
      read.facts.entries.emplace_back(line.substr(0, colon), unquote(line.substr(colon + 2)));
    }
    at = end + 1;
  }
  read.message = octets.substr(std::min(at + 1, octets.size()));
  if (read.facts.get("octets", "") != "as written") read.message = with_crlf(read.message);
  return read;
}

std::vector<std::string> message_case_files(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(ASSAY_SOURCE_DIR "/" + folder)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".eml.case")) files.push_back(folder + "/" + name);
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace testkit
