#include "system/webapi/detail/call.h"

#include <algorithm>

#include "assay/base/ascii.h"
#include "assay/base/try.h"

namespace assay::webapi {

Expected<VisibleReports*> Call::reports() {
  if (!visible) {
    ASSAY_TRY(opened, parts.world.reports());
    all = std::move(opened);
    visible.emplace(*all, actor().scope);
  }
  return &*visible;
}

Members::Members(std::string_view text, std::initializer_list<std::string_view> known) {
  json::Reading reading = json::read(text, {.depth = 8, .values = 10'000});
  if (reading.error) {
    complain("the body is no JSON: " + reading.error->what);
  } else if (reading.value.kind != json::Value::Kind::object) {
    complain("the body is no object");
  } else {
    value_ = std::move(reading.value);
  }
  std::vector<std::string_view> seen;
  for (const json::Member& each : value_.members) {
    if (std::ranges::find(known, each.name) == known.end()) {
      complain("there is no member \"" + ascii::printable(each.name, 50) + "\"");
    }
    if (std::ranges::find(seen, each.name) != seen.end()) {
      complain("\"" + ascii::printable(each.name, 50) + "\" stands there twice");
    }
    seen.push_back(each.name);
  }
}

void Members::complain(std::string what) {
  if (trouble_.empty()) trouble_ = std::move(what);
}

const json::Value* Members::find(std::string_view name) const {
  const auto found = std::ranges::find(value_.members, name, &json::Member::name);
  if (found == value_.members.end() || found->value.kind == json::Value::Kind::null) return nullptr;
  return &found->value;
}

std::optional<std::string> Members::maybe_text(std::string_view name) {
  const json::Value* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->kind == json::Value::Kind::string) return value->text;
  complain(std::string(name) + " must be a string");
  return std::nullopt;
}

std::optional<std::vector<std::string>> Members::texts(std::string_view name) {
  const json::Value* value = find(name);
  if (value == nullptr) return std::nullopt;
  std::vector<std::string> found;
  bool all_texts = value->kind == json::Value::Kind::array;
  for (const json::Value& each : value->items) {
    all_texts = all_texts && each.kind == json::Value::Kind::string;
    found.push_back(each.text);
  }
  if (all_texts) return found;
  complain(std::string(name) + " must be an array of strings");
  return std::nullopt;
}

std::uint64_t Members::number(std::string_view name) {
  const json::Value* value = find(name);
  if (value == nullptr) return 0;
  const auto number =
      value->kind == json::Value::Kind::number ? ascii::parse_number(value->text) : std::nullopt;
  if (!number) complain(std::string(name) + " must be a whole number");
  return number.value_or(0);
}

std::vector<std::string> Members::names() const {
  std::vector<std::string> names;
  for (const json::Member& each : value_.members) names.push_back(each.name);
  return names;
}

Response bad_request(std::string_view what) {
  return error_response(400, "bad_request", what);
}

std::optional<std::int64_t> id_of(std::string_view text) {
  constexpr std::size_t most_digits = 18;
  const auto number = text.size() <= most_digits ? ascii::parse_number(text) : std::nullopt;
  if (!number || *number == 0) return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

std::optional<std::size_t> limit_of(const Call& call, std::size_t usual, std::size_t most) {
  const std::string& text = call.query("limit");
  if (text.empty()) return usual;
  const auto number = id_of(text);
  if (!number || static_cast<std::size_t>(*number) > most) return std::nullopt;
  return static_cast<std::size_t>(*number);
}

void member_instant(json::Writer& out, std::string_view name, const std::optional<Instant>& at) {
  out.key(name);
  if (at) {
    out.string(to_rfc3339(*at));
  } else {
    out.raw("null");
  }
}

Expected<std::string> keep_password(Parts& parts, std::string_view password) {
  parts.hashing.acquire();
  auto kept = crypto::hash_password(password, parts.options.password_cost);
  parts.hashing.release();
  if (kept) return std::move(*kept);
  return std::unexpected(
      Finding{.code = "unavailable", .what = "there is no memory for it now", .at = 0});
}

}  // namespace assay::webapi
