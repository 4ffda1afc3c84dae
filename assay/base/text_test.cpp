#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "assay/base/ascii.h"
#include "assay/base/base64.h"
#include "assay/base/finding.h"
#include "assay/base/ip_address.h"
#include "assay/base/loose_time.h"
#include "assay/base/tag_list.h"
#include "assay/base/time.h"

#include "testkit/cases.h"

namespace assay {
namespace {

CASES(Base64Decode, "assay/base/testdata/base64.cases") {
  const auto octets = base64::decode(c["text"]);
  if (c.has("error at")) {
    ASSERT_FALSE(octets) << ascii::printable(*octets);
    EXPECT_EQ(octets.error().code, "base64");
    EXPECT_EQ(std::to_string(octets.error().at), c["error at"]);
    return;
  }
  ASSERT_TRUE(octets) << octets.error().what;
  EXPECT_EQ(*octets, c["octets"]);
  EXPECT_EQ(base64::encode(*octets), ascii::without_fws(c["text"]));
}

CASES(SplitTags, "assay/base/testdata/tag_list.cases") {
  const std::string text = c["text"];
  const TagList list = split_tags(text);
  std::vector<std::string> tags;
  std::vector<std::string> findings;
  for (const Tag& tag : list.tags) {
    tags.push_back(std::string(tag.name) + "=" + ascii::printable(tag.value));
    EXPECT_EQ(text.substr(tag.at, tag.name.size()), tag.name);
    EXPECT_EQ(text.substr(tag.value_at, tag.value.size()), tag.value);
  }
  for (const Finding& finding : list.findings) {
    findings.push_back(std::string(finding.code) + " " + std::to_string(finding.at));
  }
  EXPECT_EQ(tags, c.all("tag"));
  EXPECT_EQ(findings, c.all("finding"));
  EXPECT_EQ(strict_tags(text).has_value(), findings.empty());
}

TEST(SplitTagsLimits, ManyTagsAndFindingsStayBounded) {
  std::string text;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 50'000; ++i) text += "t" + std::to_string(i) + "=x;";
  }
  const TagList list = split_tags(text);
  EXPECT_EQ(list.tags.size(), 50'000U);
  EXPECT_EQ(list.findings.size(), 100U);
  EXPECT_EQ(list.findings[0].code, "duplicate_tag");
  EXPECT_EQ(split_tags(std::string(1'000'000, ';')).findings.size(), 100U);
}

CASES(IpAddressText, "assay/base/testdata/ip_address.cases") {
  const auto address = IpAddress::parse(c["text"]);
  EXPECT_EQ(address ? to_text(*address) : "none", c["address"]);
  if (address) {
    EXPECT_EQ(address->is_v4() ? "4" : "6", c["family"]);
  }
  for (const std::string& network : c.all("in network")) {
    const std::size_t slash = network.find('/');
    const auto prefix = ascii::parse_number(network.substr(slash + 1));
    EXPECT_TRUE(address->in_network(IpAddress::parse(network.substr(0, slash)).value(),
                                    static_cast<unsigned>(*prefix)))
        << network;
  }
  for (const std::string& network : c.all("not in network")) {
    const std::size_t slash = network.find('/');
    const auto prefix = ascii::parse_number(network.substr(slash + 1));
    EXPECT_FALSE(address->in_network(IpAddress::parse(network.substr(0, slash)).value(),
                                     static_cast<unsigned>(*prefix)))
        << network;
  }
}

CASES(LooseInstant, "assay/base/testdata/loose_time.cases") {
  const auto instant = parse_loose_instant(c["text"]);
  EXPECT_EQ(instant ? to_rfc3339(*instant) : "none", c["instant"]);
}

CASES(InstantText, "assay/base/testdata/time.cases") {
  const auto at = parse_instant(c["text"]);
  EXPECT_EQ(at ? to_rfc3339(*at) : "none", c["instant"]);
}

TEST(AddBounded, KeepsThatThereWasAnError) {
  Findings findings;
  const Finding warning{"w", "", 0, Level::warning};
  for (int i = 0; i < 5; ++i) add_bounded(findings, warning, 2);
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_FALSE(has_error(findings));
  add_bounded(findings, {"first", ""}, 2);
  add_bounded(findings, {"second", ""}, 2);
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings.back().code, "first");
  EXPECT_TRUE(has_error(findings));
  Findings none;
  add_bounded(none, {"first", ""}, 0);
  EXPECT_TRUE(none.empty());
}

TEST(Ascii, ClassesAreThoseOfAsciiWhateverTheLocale) {
  for (int octet = 0; octet < 256; ++octet) {
    const char c = static_cast<char>(octet);
    EXPECT_EQ(ascii::is_octet_above_127(c), octet > 127);
    EXPECT_EQ(ascii::is_graph(c), octet > 0x20 && octet < 0x7f);
    EXPECT_EQ(ascii::is_alnum(c), octet < 128 && std::string_view("0123456789abcdefghijklmnopqrstuv"
                                                                  "wxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
                                                         .find(c) != std::string_view::npos);
    EXPECT_EQ(ascii::to_lower(c), octet >= 'A' && octet <= 'Z' ? octet + 32 : c);
    EXPECT_EQ(ascii::is_fws(c), c == ' ' || c == '\t' || c == '\r' || c == '\n');
  }
}

TEST(Ascii, ComparesTrimsAndSplits) {
  EXPECT_TRUE(ascii::iequals("DKIM-Signature", "dkim-sigNATURE"));
  EXPECT_FALSE(ascii::iequals("a", "ab"));
  EXPECT_FALSE(ascii::iequals("@", "`"));
  EXPECT_TRUE(ascii::istarts_with("V=DMARC1;", "v=dmarc1"));
  EXPECT_FALSE(ascii::istarts_with("v=", "v=d"));
  EXPECT_EQ(ascii::trim_fws(" \r\n\ta b\r\n"), "a b");
  EXPECT_EQ(ascii::trim_wsp("\t a\n "), "a\n");
  EXPECT_EQ(ascii::without_fws(" a\r\n\tb "), "ab");
  EXPECT_EQ(ascii::split("", ';'), std::vector<std::string_view>{""});
  EXPECT_EQ(ascii::split(";a;;b;", ';'), (std::vector<std::string_view>{"", "a", "", "b", ""}));
}

TEST(Ascii, ComparesEightOctetsAtATimeAsItComparesOne) {
  for (int octet = 0; octet < 256; ++octet) {
    const char c = static_cast<char>(octet);
    for (int other = 0; other < 256; ++other) {
      const char d = static_cast<char>(other);
      const bool same = ascii::to_lower(c) == ascii::to_lower(d);
      for (std::size_t at = 0; at < 11; ++at) {
        std::string one = "\x80x@Z[`{\xffz\x7f_";
        std::string two = "\x80X@z[`{\xffZ\x7f_";
        one[at] = c;
        two[at] = d;
        ASSERT_EQ(ascii::iequals(one, two), same) << octet << " " << other << " at " << at;
      }
    }
    ASSERT_EQ(ascii::is_ascii(std::string(9, 'a') + c), octet < 128);
  }
  EXPECT_TRUE(ascii::is_ascii(""));
}

TEST(Ascii, ReadsNumbersOfDigitsOnly) {
  EXPECT_EQ(ascii::parse_number("0010"), 10U);
  EXPECT_EQ(ascii::parse_number("18446744073709551615"), 18446744073709551615ULL);
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "1.0", "0x1", "18446744073709551616"}) {
    EXPECT_EQ(ascii::parse_number(text), std::nullopt) << text;
  }
}

TEST(Ascii, ShowsOctetsSoThatATerminalDoesNotObey) {
  EXPECT_EQ(ascii::printable("a b\\\x1b[0m\r\n\xc3\xbc\x7f"),
            "a b\\x5c\\x1b[0m\\x0d\\x0a\\xc3\\xbc\\x7f");
  EXPECT_EQ(ascii::printable("abcdef", 3), "abc...");
  EXPECT_EQ(ascii::printable("abc", 3), "abc");
  for (int digit = 0; digit < 16; ++digit) {
    EXPECT_EQ(ascii::hex_value("0123456789abcdef"[digit]), digit);
    EXPECT_EQ(ascii::hex_value("0123456789ABCDEF"[digit]), digit);
  }
  EXPECT_EQ(ascii::hex_value('g'), -1);
}

}  // namespace
}  // namespace assay
