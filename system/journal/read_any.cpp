#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "assay/base/ascii.h"
#include "system/journal/detail/fields.h"
#include "system/journal/detail/read.h"
#include "system/journal/line.h"
#include "system/journal/time_text.h"
#include "system/json/value.h"

namespace assay::journal::detail {
namespace {

using json::Value;

std::string quoted(std::string_view name) {
  return "\"" + std::string(name) + "\"";
}

/// Takes members out of an object by name. What is wrong first stays in `error`; the rest is then
/// passed over.
class Members {
 public:
  Members(Value& object, std::optional<Finding>& error) : object_(object), error_(error) {}

  /// The member, or null where there is none.
  Value* find(std::string_view name, Value::Kind kind, Need need = Need::optional) {
    Value* found = nullptr;
    for (json::Member& member : object_.members) {
      if (member.name != name) continue;
      if (found != nullptr) return complain(quoted(name) + " is given twice");
      found = &member.value;
    }
    if (found == nullptr || found->kind == Value::Kind::null) {
      return need == Need::optional ? nullptr : complain(quoted(name) + " is missing");
    }
    if (found->kind == kind) return found;
    return complain(quoted(name) + " must be " + std::string(describe(kind)) + ", not " +
                    std::string(describe(found->kind)));
  }

  Value* complain(std::string what) {
    if (!error_) error_ = Finding{"journal_line", std::move(what)};
    return nullptr;
  }

  void take(std::string_view name, std::string& into, Need need = Need::optional) {
    if (Value* value = find(name, Value::Kind::string, need)) into = std::move(value->text);
  }

  template <class Number>
    requires std::is_unsigned_v<Number>
  void take(std::string_view name, Number& into) {
    const Value* value = find(name, Value::Kind::number);
    if (value == nullptr) return;
    const auto number = ascii::parse_number(value->text);
    if (!number || !std::in_range<Number>(*number)) {
      complain(quoted(name) + " must be a whole number that is not negative");
      return;
    }
    into = static_cast<Number>(*number);
  }

  void take(std::string_view name, bool& into) {
    if (const Value* value = find(name, Value::Kind::boolean)) into = value->text == "true";
  }

  void take(std::string_view name, std::vector<std::string>& into) {
    Value* value = find(name, Value::Kind::array);
    if (value == nullptr) return;
    for (Value& item : value->items) {
      if (item.kind != Value::Kind::string) {
        complain(quoted(name) + " must hold strings");
        return;
      }
      into.push_back(std::move(item.text));
    }
  }

  void take(std::string_view name, Time& into, Need need) {
    std::string text;
    take(name, text, need);
    if (const auto parsed = parse_time(text)) {
      into = *parsed;
    } else {
      complain(quoted(name) + " must be a time like 2026-05-01T12:00:00.000Z");
    }
  }

  void take(std::string_view name, std::optional<IpAddress>& into) {
    const Value* value = find(name, Value::Kind::string);
    if (value == nullptr) return;
    into = IpAddress::parse(value->text);
    if (!into) complain(quoted(name) + " must be an IPv4 or IPv6 address");
  }

  void take(std::string_view name, std::optional<Verdict>& into) {
    Verdict verdict;
    if (take_object(name, verdict, Need::optional)) into = std::move(verdict);
  }

  template <class T>
    requires requires(Members& from, T& value) { read(from, value); }
  void take(std::string_view name, T& into, Need need = Need::optional) {
    take_object(name, into, need);
  }

  template <class T>
  void take_list(std::string_view name, std::vector<T>& into) {
    Value* list = find(name, Value::Kind::array);
    if (list == nullptr) return;
    for (Value& item : list->items) {
      if (item.kind != Value::Kind::object) {
        complain(quoted(name) + " must hold objects");
        return;
      }
      Members members(item, error_);
      read(members, into.emplace_back());
      if (error_) return;
    }
  }

  std::optional<Finding>& error() { return error_; }

 private:
  /// Whether it is there.
  template <class T>
  bool take_object(std::string_view name, T& into, Need need) {
    Value* object = find(name, Value::Kind::object, need);
    if (object == nullptr) return false;
    Members members(*object, error_);
    read(members, into);
    return true;
  }

  Value& object_;
  std::optional<Finding>& error_;
};

std::optional<Finding> check_version(Members& from) {
  const Value* version = from.find("v", Value::Kind::number, Need::required);
  if (version == nullptr) return from.error();
  if (version->text == std::to_string(line_version)) return std::nullopt;
  const auto number = ascii::parse_number(version->text);
  if (!number || *number == 0) {
    return Finding{"journal_line", "\"v\" must be the version of the line, a whole number"};
  }
  return Finding{"journal_version", "the line is of version " + std::to_string(*number) +
                                        ", and this program reads version " +
                                        std::to_string(line_version) + "; use a newer one"};
}

}  // namespace

std::expected<Entry, Finding> read_any(std::string_view line) {
  json::Reading reading = json::read(line);
  if (reading.error) {
    return std::unexpected(
        Finding{"journal_line", "no JSON text: " + reading.error->what, reading.error->at});
  }
  if (reading.value.kind != Value::Kind::object) {
    return std::unexpected(Finding{"journal_line", "a line must be a JSON object, not " +
                                                       std::string(describe(reading.value.kind))});
  }
  std::optional<Finding> error;
  Members members(reading.value, error);
  if (auto wrong = check_version(members)) return std::unexpected(std::move(*wrong));
  Entry entry;
  read_envelope(members, entry);
  read_facts(members, entry);
  if (error) return std::unexpected(std::move(*error));
  return entry;
}

}  // namespace assay::journal::detail
