#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "assay/base/ascii.h"
#include "assay/dns/zone.h"

namespace {

using assay::DomainName;
using assay::dns::Answer;
using assay::dns::Outcome;
using assay::dns::Question;
using assay::dns::Type;
using assay::dns::Zone;

constexpr Type types[] = {Type::a, Type::aaaa, Type::mx, Type::ptr, Type::txt};

void require(bool holds) {
  if (!holds) std::abort();
}

std::string decimal_octets(std::string_view octets) {
  std::string text;
  for (const char c : octets) {
    const unsigned value = static_cast<unsigned char>(c);
    text += '\\';
    text += static_cast<char>('0' + value / 100);
    text += static_cast<char>('0' + value / 10 % 10);
    text += static_cast<char>('0' + value % 10);
  }
  return text;
}

/// A name with every octet but its dots as \DDD.
std::string name_text(const DomainName& name) {
  std::string text;
  std::string label;
  for (const char c : name.text() + '.') {
    if (c != '.') {
      label += c;
      continue;
    }
    text += decimal_octets(label) + ".";
    label.clear();
  }
  return text;
}

std::string line(const Question& question, const std::string& data, const Answer& answer) {
  return name_text(question.name) + " " + std::to_string(answer.ttl.count()) + " IN " +
         std::string(to_text(question.type)) + " " + data + "\n";
}

std::string master_file(const Question& question, const Answer& answer) {
  std::string text;
  for (const auto& one : answer.texts) {
    text += line(question, "\"" + decimal_octets(one) + "\"", answer);
  }
  for (const auto& one : answer.addresses) {
    const std::string mapped = question.type == Type::aaaa && one.is_v4() ? "::ffff:" : "";
    text += line(question, mapped + to_text(one), answer);
  }
  for (const auto& one : answer.exchanges) {
    text += line(question, std::to_string(one.preference) + " " + name_text(one.host), answer);
  }
  for (const auto& one : answer.names) text += line(question, name_text(one), answer);
  return text;
}

bool same(const Answer& a, const Answer& b) {
  return a.outcome == b.outcome && a.texts == b.texts && a.addresses == b.addresses &&
         a.exchanges == b.exchanges && a.names == b.names && a.ttl == b.ttl && a.why == b.why;
}

void check(Zone& zone, const Question& question) {
  const auto answer = zone.ask(question);
  require(same(*answer, *zone.ask(question)));
  const std::size_t records = answer->texts.size() + answer->addresses.size() +
                              answer->exchanges.size() + answer->names.size();
  require((answer->outcome == Outcome::records) == (records > 0));
  require((answer->outcome == Outcome::temporary_failure) == !answer->why.empty());
  require(answer->ttl.count() >= 0);
  if (records == 0) return;
  // What was answered, written as a master file, answers the same.
  auto again = Zone::parse(master_file(question, *answer));
  require(again.has_value());
  require(same(*answer, *again->ask(question)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto zone = Zone::parse(text);
  if (!zone) {
    require(zone.error().at <= size);
    require(zone.error().what.starts_with("line "));
    return 0;
  }
  const bool may_hold_aliases = assay::ascii::to_lower(text).find("cname") != std::string::npos;
  for (const DomainName& name : zone->names()) {
    for (const Type type : types) check(*zone, {.name = name, .type = type});
    // RFC 4592 §2.2.2: what stands above an existing name exists (an alias may lead elsewhere).
    const auto above = zone->ask({.name = name.parent(), .type = Type::txt});
    require(above->outcome != Outcome::name_error || may_hold_aliases);
    const auto below = name.child("below");
    if (below) check(*zone, {.name = *below, .type = Type::txt});
  }
  return 0;
}
