#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "assay/dns_unbound/detail/rdata.h"

namespace {

using assay::DomainName;
using assay::dns::Answer;
using assay::dns::Type;
using assay::dns::detail::add_record;

void require(bool holds) {
  if (!holds) std::abort();
}

std::string wire_name(const DomainName& name) {
  std::string wire;
  std::string label;
  for (const char c : name.text() + (name.is_root() ? "" : ".")) {
    if (c != '.') {
      label += c;
      continue;
    }
    wire += static_cast<char>(label.size()) + label;
    label.clear();
  }
  return wire + '\0';
}

/// The rdata that the answer's only record would have.
std::string wire_of(const Answer& answer) {
  if (!answer.exchanges.empty()) {
    const auto& one = answer.exchanges.front();
    return std::string{static_cast<char>(one.preference >> 8), static_cast<char>(one.preference)} +
           wire_name(one.host);
  }
  if (!answer.names.empty()) return wire_name(answer.names.front());
  std::string wire;
  std::string_view rest = answer.texts.front();
  do {
    const std::string_view piece = rest.substr(0, 255);
    wire += static_cast<char>(piece.size());
    wire += piece;
    rest.remove_prefix(piece.size());
  } while (!rest.empty());
  return wire;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr Type types[] = {Type::a, Type::aaaa, Type::mx, Type::ptr, Type::txt};
  const Type type = types[data[0] % 5];
  const std::string_view rdata(reinterpret_cast<const char*>(data) + 1, size - 1);
  Answer answer;
  const bool good = add_record(type, rdata, answer);
  const std::size_t added =
      answer.texts.size() + answer.addresses.size() + answer.exchanges.size() + answer.names.size();
  require(added <= (good ? 1U : 0U));
  require(added == 1 || !good || type == Type::mx || type == Type::ptr);
  if (type == Type::a || type == Type::aaaa) {
    require(good == (rdata.size() == (type == Type::a ? 4U : 16U)));
    return 0;
  }
  if (added == 0) return 0;
  // Written again and read again, it is the same.
  Answer again;
  require(add_record(type, wire_of(answer), again));
  require(answer.texts == again.texts && answer.exchanges == again.exchanges &&
          answer.names == again.names);
  return 0;
}
