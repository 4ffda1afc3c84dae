#include "assay/dns/zone.h"

#include <gtest/gtest.h>

#include <string>

#include "assay/base/ascii.h"

#include "testkit/cases.h"
#include "testkit/dns_text.h"

namespace assay::dns {
namespace {

using testkit::answer_text;
using testkit::question;

CASES(ZoneFile, "assay/dns/testdata/zone.cases") {
  std::string text;
  for (const std::string& line : c.all("zone")) text += line + "\n";
  auto zone = Zone::parse(text);
  if (c.has("error")) {
    ASSERT_FALSE(zone) << "the file was read";
    EXPECT_EQ(zone.error().what, c["error"]);
    EXPECT_EQ(zone.error().code, "bad_zone");
    EXPECT_LE(zone.error().at, text.size());
    return;
  }
  ASSERT_TRUE(zone) << zone.error().what;
  const std::vector<std::string> asked = c.all("ask");
  const std::vector<std::string> expected = c.all("expect");
  ASSERT_EQ(asked.size(), expected.size());
  ASSERT_FALSE(asked.empty());
  for (std::size_t i = 0; i < asked.size(); ++i) {
    EXPECT_EQ(answer_text(*zone->ask(question(asked[i]))), expected[i]) << asked[i];
  }
}

TEST(Zone, AnswersARecordOf64KiB) {
  std::string text = "example.com. TXT";
  std::string joined;
  for (int i = 0; i < 255; ++i) {
    const std::string piece(255, static_cast<char>('a' + i % 26));
    text += " \"" + piece + "\"";
    joined += piece;
  }
  auto zone = Zone::parse(text);
  ASSERT_TRUE(zone) << zone.error().what;
  const AnswerPtr answer = zone->ask(question("TXT example.com"));
  ASSERT_EQ(answer->texts.size(), 1U);
  EXPECT_EQ(answer->texts[0], joined);
}

// The same octets in one string: its length on the wire is that of 255 strings.
TEST(Zone, TakesALongStringAsSeveral) {
  const std::string longest(std::size_t{255} * 255 + 254, 'x');
  auto zone = Zone::parse("example.com. TXT \"" + longest + "\"");
  ASSERT_TRUE(zone) << zone.error().what;
  EXPECT_EQ(zone->ask(question("TXT example.com"))->texts.at(0), longest);
  const auto above = Zone::parse("\nexample.com. TXT \"" + longest + "y\"");
  ASSERT_FALSE(above);
  EXPECT_EQ(above.error().what, "line 2: a record above 65535 octets");
}

TEST(Zone, IsParsedOnceForEachRecordAndShared) {
  auto zone = Zone::parse("example.com. TXT x");
  ASSERT_TRUE(zone);
  Zone copy = *zone;
  const AnswerPtr first = zone->ask(question("TXT example.com"));
  EXPECT_EQ(first, copy.ask(question("TXT example.com")));
  int made = 0;
  const auto make = [&] { return ++made; };
  EXPECT_EQ(first->memo.get<int>(make), 1);
  EXPECT_EQ(copy.ask(question("TXT example.com"))->memo.get<int>(make), 1);
}

TEST(Zone, HoldsAHundredThousandNames) {
  std::string text = "$ORIGIN example.com.\n* TXT other\n";
  for (int i = 0; i < 100'000; ++i) {
    text += "n" + std::to_string(i) + " TXT \"" + std::to_string(i) + "\"\n";
  }
  auto zone = Zone::parse(text);
  ASSERT_TRUE(zone) << zone.error().what;
  EXPECT_EQ(zone->names().size(), 100'001U);
  for (const int i : {0, 1, 77'777, 99'999}) {
    const AnswerPtr answer = zone->ask(question("TXT n" + std::to_string(i) + ".example.com"));
    EXPECT_EQ(answer_text(*answer), '"' + std::to_string(i) + "\" (3600)");
  }
  EXPECT_EQ(answer_text(*zone->ask(question("TXT n100000.example.com"))), "\"other\" (3600)");
}

TEST(Zone, NamesTheOwners) {
  auto zone = Zone::parse("b.example. A 192.0.2.1\n*.a.example. A 192.0.2.1\n. NS a.example.\n");
  ASSERT_TRUE(zone);
  std::string names;
  for (const DomainName& name : zone->names()) names += name.text() + " ";
  EXPECT_EQ(names, " *.a.example b.example ");
}

TEST(Words, OfTypesAndOutcomes) {
  EXPECT_EQ(to_text(Type::a), "A");
  EXPECT_EQ(to_text(Type::aaaa), "AAAA");
  EXPECT_EQ(to_text(Type::mx), "MX");
  EXPECT_EQ(to_text(Type::ptr), "PTR");
  EXPECT_EQ(to_text(Type::txt), "TXT");
  EXPECT_EQ(to_text(Outcome::records), "records");
  EXPECT_EQ(to_text(Outcome::no_data), "no_data");
  EXPECT_EQ(to_text(Outcome::name_error), "name_error");
  EXPECT_EQ(to_text(Outcome::temporary_failure), "temporary_failure");
}

}  // namespace
}  // namespace assay::dns
