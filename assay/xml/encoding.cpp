#include "assay/xml/detail/encoding.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/utf8.h"

namespace assay::xml::detail {
namespace {

/// U+0080 to U+009F as windows-1252 has them; five are not assigned.
constexpr std::array<std::uint16_t, 32> upper_controls = {
    0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd, 0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178};

bool is_high(std::uint32_t unit) {
  return unit >= 0xd800 && unit <= 0xdbff;
}
bool is_low(std::uint32_t unit) {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/// Turns blocks of UTF-16 into UTF-8.
class Utf16 {
 public:
  Utf16(Source source, std::string head, Encoding encoding)
      : source_(std::move(source)),
        packed_(std::move(head)),
        big_(encoding == Encoding::utf16_big) {}

  std::size_t read(std::span<char> into) {
    while (ready_.size() == given_) {
      ready_.clear();
      given_ = 0;
      if (!refill()) return 0;
    }
    const std::size_t size = std::min(into.size(), ready_.size() - given_);
    std::memcpy(into.data(), ready_.data() + given_, size);
    given_ += size;
    return size;
  }

 private:
  bool refill() {
    if (ended_) return false;
    if (packed_.size() < 4) {
      std::array<char, 16'384> block;
      const std::size_t size = source_(block);
      ended_ = size == 0;
      packed_.append(block.data(), size);
    }
    std::size_t at = 0;
    while (at + 2 <= packed_.size()) {
      const std::size_t octets = append(at);
      if (octets == 0) break;
      at += octets;
    }
    packed_.erase(0, at);
    if (ended_ && !packed_.empty()) utf8::append(ready_, utf8::replacement);
    return true;
  }

  /// Appends the character at `at`; 0 where its second half is not there yet.
  std::size_t append(std::size_t at) {
    const std::uint32_t first = unit(at);
    if (is_high(first)) {
      if (at + 4 > packed_.size() && !ended_) return 0;
      const std::uint32_t second = at + 4 <= packed_.size() ? unit(at + 2) : 0;
      if (is_low(second)) {
        utf8::append(ready_, 0x10000 + ((first - 0xd800) << 10U) + (second - 0xdc00));
        return 4;
      }
    }
    utf8::append(ready_, is_high(first) || is_low(first) ? utf8::replacement : first);
    return 2;
  }

  std::uint32_t unit(std::size_t at) const {
    const auto a = static_cast<unsigned char>(packed_[at]);
    const auto b = static_cast<unsigned char>(packed_[at + 1]);
    return big_ ? (std::uint32_t{a} << 8U) + b : (std::uint32_t{b} << 8U) + a;
  }

  Source source_;
  std::string packed_;
  bool big_;
  std::string ready_ = {};
  std::size_t given_ = 0;
  bool ended_ = false;
};

}  // namespace

Detected detect(std::string_view beginning) {
  // XML 1.0 Appendix F
  using enum Encoding;
  if (beginning.starts_with("\xef\xbb\xbf")) return {.encoding = utf8, .mark = 3};
  if (beginning.starts_with("\xff\xfe")) return {.encoding = utf16_little, .mark = 2};
  if (beginning.starts_with("\xfe\xff")) return {.encoding = utf16_big, .mark = 2};
  if (beginning.size() >= 2 && beginning[0] == '<' && beginning[1] == '\0') {
    return {.encoding = utf16_little};
  }
  if (beginning.size() >= 2 && beginning[0] == '\0' && beginning[1] == '<') {
    return {.encoding = utf16_big};
  }
  return {};
}

Encoding declared(std::string_view beginning) {
  if (!beginning.starts_with("<?xml")) return Encoding::utf8;
  const std::string_view line = beginning.substr(0, beginning.find('>'));
  constexpr std::string_view word = "encoding";
  const std::size_t at = line.find(word);
  if (at == std::string_view::npos) return Encoding::utf8;
  const std::size_t quote = line.find_first_of("\"'", at + word.size());
  if (quote == std::string_view::npos) return Encoding::utf8;
  const std::string_view name =
      line.substr(quote + 1, line.find(line[quote], quote + 1) - quote - 1);
  for (const std::string_view known : {"iso-8859-1", "latin1", "latin-1", "windows-1252", "cp1252",
                                       "iso8859-1", "iso_8859-1", "iso-8859-15"}) {
    if (ascii::iequals(name, known)) return Encoding::windows_1252;
  }
  return Encoding::utf8;
}

std::uint32_t from_windows_1252(unsigned char octet) {
  return octet >= 0x80 && octet < 0xa0 ? upper_controls[octet - 0x80U] : octet;
}

Source from_utf16(Source source, std::string head, Encoding encoding) {
  const auto text = std::make_shared<Utf16>(std::move(source), std::move(head), encoding);
  return [text](std::span<char> into) { return text->read(into); };
}

}  // namespace assay::xml::detail
