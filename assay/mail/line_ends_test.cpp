#include "assay/mail/line_ends.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace {

using assay::mail::to_crlf;

TEST(LineEnds, BecomeCrlf) {
  const std::pair<const char*, const char*> cases[] = {
      {"", ""},
      {"a", "a"},
      {"a\n\nb\n", "a\r\n\r\nb\r\n"},
      {"a\r\rb\r", "a\r\n\r\nb\r\n"},
      {"a\r\n\r\nb\r\n", "a\r\n\r\nb\r\n"},
      {"a\r\r\nb\n\rc", "a\r\n\r\nb\r\n\r\nc"},
  };
  for (const auto& [text, converted] : cases) {
    EXPECT_EQ(to_crlf(text), converted);
    EXPECT_EQ(to_crlf(converted), converted);
  }
}

}  // namespace
