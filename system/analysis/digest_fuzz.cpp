/// What reports and the DNS say may not become markup.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "assay/base/utf8.h"
#include "system/analysis/digest.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

std::size_t tags_in(std::string_view html) {
  return static_cast<std::size_t>(std::ranges::count(html, '<'));
}

assay::analysis::WeekDigest digest_of(const std::string& text) {
  using namespace assay;
  analysis::DomainWeek week{.domain = text, .newcomers = {text}, .next = text};
  week.opened = {{.rule = "spike", .what = text, .evidence = text, .advice = text}};
  week.changes = {{.domain = text,
                   .kind = store::WatchedKind::spf,
                   .name = text,
                   .before = text,
                   .after = text + "x"}};
  return {.domains = {week}, .common = week.opened};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::string escaped = analysis::html_escaped(text);
  require(escaped.find_first_of("<>\"'") == std::string::npos);
  require(utf8::is_harmless(escaped));
  const std::string html = to_html(digest_of(text));
  require(tags_in(html) == tags_in(to_html(digest_of("x"))));
  std::string plain = to_text(digest_of(text));
  std::erase(plain, '\n');
  require(utf8::is_harmless(plain));
  return 0;
}
