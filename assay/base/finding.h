#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

/// How much a finding matters. error and warning are complaints; info is advice.
enum class Level : std::uint8_t { error, warning, info };

/// Something a parser saw, written for the person who must repair the text.
struct Finding {
  std::string_view code;       ///< a stable snake_case literal, for programs
  std::string what;            ///< a sentence for people; holds no unescaped octets of the input
  std::size_t at = 0;          ///< octet offset in the parsed text
  Level level = Level::error;  ///< what it means for the use of the text

  friend bool operator==(const Finding&, const Finding&) = default;
};

using Findings = std::vector<Finding>;

/// Appends a finding to a list that hostile text must not make long: beyond `limit` it is dropped,
/// but the first error takes the last place, so that a list never loses that there was one.
void add_bounded(Findings& findings, Finding finding, std::size_t limit = 100);

/// Whether one of them is an error.
bool has_error(const Findings& findings);

/// "error", "warning" or "info".
std::string_view to_text(Level level);

}  // namespace assay
