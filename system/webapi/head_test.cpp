#include "system/webapi/head.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "testkit/cases.h"

namespace assay::webapi {
namespace {

/// "|" ends a line.
std::string text_of(std::string lines) {
  std::string text;
  for (const char octet : lines) text += octet == '|' ? std::string("\r\n") : std::string(1, octet);
  return text + "\r\n\r\n";
}

CASES(ReadHead, "system/webapi/testdata/head.cases") {
  const auto head = read_head(text_of(c["head"]));
  const std::vector<std::string> status = c.all("status");
  ASSERT_EQ(head.has_value(), status.empty());
  if (!head) {
    EXPECT_EQ(std::to_string(head.error().status), status.front());
    return;
  }
  EXPECT_EQ(head->method, c["method"]);
  EXPECT_EQ(head->target, c["target"]);
  EXPECT_EQ(head->chunked, !c.all("chunked").empty());
  for (const std::string& length : c.all("length")) {
    EXPECT_EQ(std::to_string(head->length), length);
  }
  for (const std::string& field : c.all("field")) {
    const std::size_t equals = field.find('=');
    EXPECT_EQ(head->fields.at(field.substr(0, equals)), field.substr(equals + 1));
  }
  const auto again = read_head(write_head(*head));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->target, head->target);
  EXPECT_EQ(again->length, head->length);
}

TEST(WriteHead, LeavesOutWhatTheLibraryMustNotAct) {
  const auto head = read_head(
      "GET /x HTTP/1.1\r\nHost: a\r\nRange: bytes=0-1,0-1,0-1\r\nConnection: keep-alive\r\n"
      "Accept-Encoding: br, gzip\r\nREMOTE_ADDR: 192.0.2.1\r\n\r\n");
  ASSERT_TRUE(head);
  const std::string text = write_head(*head);
  EXPECT_EQ(text, "GET /x HTTP/1.1\r\nhost: a\r\naccept-encoding: gzip\r\n\r\n");
}

TEST(ReadHeadLimits, AreKept) {
  std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (std::size_t i = 0; i < max_fields; ++i) many += "X-" + std::to_string(i) + ": 1\r\n";
  const auto head = read_head(many + "\r\n");
  ASSERT_FALSE(head);
  EXPECT_EQ(head.error().status, 431);
  const auto large =
      read_head("GET / HTTP/1.1\r\nHost: " + std::string(max_head, 'a') + "\r\n\r\n");
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().status, 431);
}

}  // namespace
}  // namespace assay::webapi
