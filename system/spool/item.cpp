#include "system/spool/item.h"

#include <optional>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/failure/read.h"
#include "assay/failure/write.h"

namespace assay::spool {
namespace {

constexpr std::string_view first_line = "assay-failure 1";

std::unexpected<Finding> refuse(std::string what, std::size_t at) {
  return std::unexpected(Finding{.code = "bad_item", .what = std::move(what), .at = at});
}

/// A value on a line of its own.
std::string one_line(std::string_view value) {
  std::string line;
  for (const char c : value) line += c == '\n' || c == '\r' || c == '\0' ? ' ' : c;
  return line;
}

/// Takes the next line, without its line feed; nothing where none ends.
std::optional<std::string_view> take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

/// Sets the member that a line names; false where there is none.
bool set(Item& item, std::string_view name, std::string_view value) {
  if (name == "time") {
    const auto time = parse_instant(value);
    if (time) item.time = *time;
    return time.has_value();
  }
  if (name == "policy_domain") {
    item.policy_domain = value;
    return true;
  }
  if (name != "record") return false;
  item.record = value;
  return true;
}

}  // namespace

std::string to_text(const Item& item) {
  std::string text = std::string(first_line) + "\n";
  text += "time " + to_rfc3339(item.time) + "\n";
  text += "policy_domain " + one_line(item.policy_domain) + "\n";
  text += "record " + one_line(item.record) + "\n\n";
  // Whom the mail is from and for is told when it is sent.
  return text + failure::write(item.report, {.from_address = "spool@invalid",
                                             .to = {"spool@invalid"},
                                             .date = item.time,
                                             .id = "spool"});
}

std::expected<Item, Finding> parse_item(std::string_view text) {
  const std::string_view whole = text;
  const auto at = [&] { return whole.size() - text.size(); };
  if (take_line(text) != first_line) return refuse("is no failure report of the spool", 0);
  Item item;
  while (true) {
    const std::size_t begin = at();
    const auto line = take_line(text);
    if (!line) return refuse("ends before its report", begin);
    if (line->empty()) break;
    const std::size_t space = line->find(' ');
    const bool known = space != std::string_view::npos && one_line(*line) == *line &&
                       set(item, line->substr(0, space), line->substr(space + 1));
    if (!known) return refuse("has a line that is not known", begin);
  }
  if (item.policy_domain.empty() || item.record.empty()) {
    return refuse("does not say whose policy asks for it", 0);
  }
  auto read = failure::read(text, {.reporter = failure::Reporter::follows_rfc9991});
  if (!read.report || has_error(read.findings)) return refuse("holds no failure report", at());
  item.report = std::move(*read.report);
  return item;
}

}  // namespace assay::spool
