#include "testkit/cases.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

namespace testkit {
namespace {

[[noreturn]] void stop(const std::string& path, int line, const std::string& what) {
  std::fprintf(stderr, "%s:%d: %s\n", path.c_str(), line, what.c_str());
  std::exit(65);
}

/// Tests may run from the root or from a build folder.
std::string locate(const std::string& path) {
  const auto here = std::filesystem::current_path() / path;
  return std::filesystem::exists(here) ? here.string() : std::string(ASSAY_SOURCE_DIR "/") + path;
}

/// Octets that a test name may not hold become '_'.
std::string test_name(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (plain || (!name.empty() && name.back() != '_')) name += plain ? c : '_';
  }
  while (name.ends_with('_')) name.pop_back();
  return name.empty() ? "unnamed" : name;
}

class CaseTest : public testing::Test {
 public:
  CaseTest(Case one, CaseFunction body) : case_(std::move(one)), body_(body) {}
  void TestBody() override {
    SCOPED_TRACE(case_.file + ":" + std::to_string(case_.line) + ": " + case_.name);
    body_(case_);
  }

 private:
  Case case_;
  CaseFunction body_;
};

/// The value of a hexadecimal digit, or -1.
int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const int letter = (c | 0x20) - 'a';
  return letter >= 0 && letter < 6 ? letter + 10 : -1;
}

/// The octet that stands behind a backslash, taken off the front of `rest`.
char take_escaped(std::string_view& rest) {
  constexpr std::string_view letters = "rnt0";
  constexpr std::string_view octets("\r\n\t\0", 4);
  if (rest.size() > 2 && rest[0] == 'x' && hex(rest[1]) >= 0 && hex(rest[2]) >= 0) {
    const int octet = hex(rest[1]) * 16 + hex(rest[2]);
    rest.remove_prefix(3);
    return static_cast<char>(octet);
  }
  const char first = rest.front();
  rest.remove_prefix(1);
  const std::size_t known = letters.find(first);
  return known == std::string_view::npos ? first : octets[known];
}

}  // namespace

std::string unquote(std::string_view value) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return std::string(value);
  value = value.substr(1, value.size() - 2);
  std::string text;
  while (!value.empty()) {
    if (value.front() == '\\' && value.size() > 1) {
      value.remove_prefix(1);
      text += take_escaped(value);
    } else {
      text += value.front();
      value.remove_prefix(1);
    }
  }
  return text;
}

bool Case::has(std::string_view key) const {
  return !all(key).empty();
}

std::string Case::operator[](std::string_view key) const {
  for (const auto& [name_of, value] : entries) {
    if (name_of == key) return value;
  }
  ADD_FAILURE() << file << ":" << line << ": the case has no '" << key << "'";
  return {};
}

std::string Case::get(std::string_view key, std::string_view otherwise) const {
  return has(key) ? (*this)[key] : std::string(otherwise);
}

std::vector<std::string> Case::all(std::string_view key) const {
  std::vector<std::string> values;
  for (const auto& [name_of, value] : entries) {
    if (name_of == key) values.push_back(value);
  }
  return values;
}

std::vector<Case> read_cases(const std::string& path) {
  std::ifstream file(locate(path), std::ios::binary);
  if (!file) stop(path, 0, "cannot be read");
  std::vector<Case> cases;
  bool inside = false;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.starts_with('#')) continue;
    if (line.empty()) {
      inside = false;
      continue;
    }
    if (line.front() == ' ' || line.front() == '\t') {
      if (!inside || cases.back().entries.empty()) stop(path, number, "continues nothing");
      const std::size_t text = line.find_first_not_of(" \t");
      if (text != std::string::npos) cases.back().entries.back().second += "\n" + line.substr(text);
      continue;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) stop(path, number, "not of the form key: value");
    const std::size_t begin = line.find_first_not_of(' ', colon + 1);
    const std::string key = line.substr(0, colon);
    const std::string value = begin == std::string::npos ? "" : line.substr(begin);
    if (!inside) {
      if (key != "case") stop(path, number, "a stanza begins with 'case:'");
      cases.push_back({.name = value, .file = path, .line = number, .entries = {}});
      inside = true;
    } else {
      cases.back().entries.emplace_back(key, unquote(value));
    }
  }
  if (cases.empty()) stop(path, 0, "holds no case");
  return cases;
}

int register_cases(const char* suite, const char* path, CaseFunction body) {
  std::set<std::string> names;
  const std::vector<Case> cases = read_cases(path);
  for (const Case& one : cases) {
    std::string name = test_name(one.name);
    while (!names.insert(name).second) name += "_again";
    testing::RegisterTest(suite, name.c_str(), nullptr, nullptr, one.file.c_str(), one.line,
                          [one, body]() -> CaseTest* { return new CaseTest(one, body); });
  }
  return static_cast<int>(cases.size());
}

}  // namespace testkit
