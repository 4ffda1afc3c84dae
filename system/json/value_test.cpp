#include "system/json/value.h"

#include <gtest/gtest.h>

#include <string>

#include "system/json/writer.h"

#include "testkit/cases.h"

namespace assay::json {
namespace {

/// Writes a value again; strings as the writer has them.
void write(Writer& out, const Value& value) {
  switch (value.kind) {
    case Value::Kind::null:
      return out.raw("null");
    case Value::Kind::boolean:
    case Value::Kind::number:
      return out.raw(value.text);
    case Value::Kind::string:
      return out.string(value.text);
    case Value::Kind::array:
      out.begin_array();
      for (const Value& item : value.items) write(out, item);
      return out.end_array();
    case Value::Kind::object:
      out.begin_object();
      for (const Member& member : value.members) {
        out.key(member.name);
        write(out, member.value);
      }
      return out.end_object();
  }
}

CASES(JsonText, "system/json/testdata/text.cases") {
  const Reading reading = read(c["text"]);
  if (c.has("error")) {
    ASSERT_TRUE(reading.error);
    EXPECT_EQ(reading.error->what, c["error"]);
    EXPECT_EQ(std::to_string(reading.error->at), c["at"]);
    return;
  }
  ASSERT_FALSE(reading.error) << reading.error->what;
  Writer out;
  write(out, reading.value);
  EXPECT_EQ(out.take(), c["written"]);
}

TEST(JsonLimits, DepthIsBounded) {
  const ReadLimits limits{.depth = 3};
  EXPECT_FALSE(read("[[[1]]]", limits).error);
  const Reading reading = read("[[[[1]]]]", limits);
  ASSERT_TRUE(reading.error);
  EXPECT_EQ(reading.error->code, "json_depth");
  EXPECT_TRUE(read(std::string(1'000'000, '[')).error);
}

TEST(JsonLimits, ValuesAreBounded) {
  const ReadLimits limits{.values = 4};
  EXPECT_FALSE(read("[1,2,3]", limits).error);
  const Reading reading = read("[1,2,3,4]", limits);
  ASSERT_TRUE(reading.error);
  EXPECT_EQ(reading.error->code, "json_values");
}

TEST(JsonReading, AnErrorLeavesWhatWasComplete) {
  const Reading reading = read(R"({"id":7,"message":"a\x"})");
  ASSERT_TRUE(reading.error);
  ASSERT_EQ(reading.value.members.size(), 1U);
  EXPECT_EQ(reading.value.members.front().value.text, "7");
}

TEST(JsonWriter, LeavesOutWhatIsAbsent) {
  Writer out;
  out.begin_object();
  out.member("empty", "");
  out.member("there", "x");
  out.member_number("number", 0);
  out.key("ms");
  out.tenths(1.25);
  out.end_object();
  EXPECT_EQ(out.take(), R"({"there":"x","number":0,"ms":1.2})");
}

TEST(JsonWriter, EveryOctetIsSafe) {
  std::string all;
  for (int octet = 0; octet < 256; ++octet) all += static_cast<char>(octet);
  Writer out;
  out.string(all);
  const std::string written = out.take();
  for (const char c : written) EXPECT_FALSE(static_cast<unsigned char>(c) < 0x20 || c == '\x7f');
  EXPECT_FALSE(read(written).error);
}

}  // namespace
}  // namespace assay::json
