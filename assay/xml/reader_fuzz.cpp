#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/utf8.h"
#include "assay/xml/reader.h"
#include "assay/xml/writer.h"

namespace {

using assay::xml::Event;
using assay::xml::Reader;

struct Step {
  Event event;
  std::string text;
  friend bool operator==(const Step&, const Step&) = default;
};

/// What happens, pieces of text joined: each start has its end, text is what XML permits.
std::vector<Step> run(Reader& reader) {
  std::vector<Step> steps;
  std::vector<std::string> open;
  for (Event event = reader.next(); event != Event::done; event = reader.next()) {
    if (event == Event::text) {
      if (reader.text().empty() || open.empty()) std::abort();
      if (steps.empty() || steps.back().event != Event::text) steps.push_back({event, ""});
      steps.back().text += reader.text();
      continue;
    }
    const std::string name(reader.name());
    if (event == Event::start) open.push_back(name);
    if (open.empty() || open.back() != name || reader.depth() != open.size()) std::abort();
    if (event == Event::end) open.pop_back();
    steps.push_back({event, name});
  }
  if (!open.empty() || reader.next() != Event::done) std::abort();
  return steps;
}

}  // namespace

/// The whole and its pieces read as the same; text can be written again as it is.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view document(reinterpret_cast<const char*>(data), size);
  Reader whole(document);
  const std::vector<Step> steps = run(whole);
  std::string_view rest = document;
  const std::size_t piece = size % 7 + 1;
  Reader pieces([&](std::span<char> into) {
    const std::size_t given = rest.copy(into.data(), std::min(into.size(), piece));
    rest.remove_prefix(given);
    return given;
  });
  if (run(pieces) != steps) std::abort();
  for (const Step& step : steps) {
    if (step.event != Event::text) continue;
    std::string written = "<a>x";
    assay::xml::append_text(written, step.text);
    written += "</a>";
    Reader again(written);
    const std::vector<Step> same = run(again);
    if (same.size() != 3 || same[1].text != "x" + step.text || !again.findings().empty())
      std::abort();
  }
  return 0;
}
