#include "assay/suffix/suffix.h"

#include <optional>

#include "testkit/cases.h"
#include "testkit/suites.h"

namespace assay::suffix {
namespace {

DomainName name_of(std::string_view text) {
  return DomainName::parse(text).value();
}

CASES(OrganizationalDomainByList, "assay/suffix/testdata/organizational_domain.cases") {
  const auto list = SuffixList::parse(c["list"]);
  ASSERT_TRUE(list) << list.error().what;
  const DomainName name = name_of(c["name"]);
  EXPECT_EQ(list->organizational_domain(name).text(), c["expect"]);
  EXPECT_EQ(list->is_public_suffix(name), c.has("suffix"));
}

TEST(SuffixList, TextWithoutRuleIsNoList) {
  for (const std::string_view text : {"", "\n\n", "// com\n// net", "*\n!\n*.\na.*.test\n..\n"}) {
    const auto list = SuffixList::parse(text);
    ASSERT_FALSE(list) << text;
    EXPECT_EQ(list.error().code, "no_suffix_list");
  }
}

TEST(SuffixList, BuiltInKnowsCommonSuffixes) {
  const auto list = SuffixList::built_in();
  ASSERT_TRUE(list) << list.error().what;
  EXPECT_EQ(list->organizational_domain(name_of("a.b.example.com")).text(), "example.com");
  EXPECT_EQ(list->organizational_domain(name_of("a.example.co.uk")).text(), "example.co.uk");
  EXPECT_EQ(list->organizational_domain(name_of("www.xn--85x722f.xn--55qx5d.cn")).text(),
            "xn--85x722f.xn--55qx5d.cn");
  EXPECT_TRUE(list->is_public_suffix(name_of("co.uk")));
  EXPECT_FALSE(list->is_public_suffix(name_of("example.co.uk")));
}

TEST(SuffixList, TheRootIsNoSuffixAndItsOwnAnswer) {
  const auto list = SuffixList::built_in();
  ASSERT_TRUE(list);
  EXPECT_FALSE(list->is_public_suffix(DomainName()));
  EXPECT_EQ(list->organizational_domain(DomainName()), DomainName());
}

/// What the list's own test file asks: the registrable domain, or nothing for a suffix and for text
/// that is no name.
std::optional<std::string> registrable(const SuffixList& list, std::string_view text) {
  const auto name = to_a_labels(text);
  if (!name || list.is_public_suffix(*name)) return std::nullopt;
  return list.organizational_domain(*name).text();
}

/// 'text' between the quotes of a checkPublicSuffix line, or nothing for null.
std::optional<std::string> argument(std::string_view text) {
  text = text.substr(text.find_first_not_of(' '));
  if (text.starts_with("null")) return std::nullopt;
  return std::string(text.substr(1, text.find('\'', 1) - 1));
}

void check_line(const std::string& line) {
  static const auto list =
      SuffixList::parse(testkit::read_suite_file("psl/publicsuffix/public_suffix_list.dat"));
  ASSERT_TRUE(list);
  const std::size_t open = line.find('(') + 1;
  const std::size_t comma = line.find(", ", open);
  const auto asked = argument(line.substr(open, comma - open));
  auto expected = argument(line.substr(comma + 1));
  if (expected) expected = to_a_labels(*expected).value().text();
  EXPECT_EQ(registrable(*list, asked.value_or("")), expected) << line;
}

int register_lines() {
  if (!testkit::suites_folder()) {
    testkit::register_test("PublicSuffixOrg", "skipped", [] {
      GTEST_SKIP() << "the public suites are not here (ASSAY_SUITES), skipped: psl/publicsuffix";
    });
    return 0;
  }
  int count = 0;
  std::string rest = testkit::read_suite_file("psl/publicsuffix/test_psl.txt");
  for (std::size_t end = 0; (end = rest.find('\n')) != std::string::npos; rest.erase(0, end + 1)) {
    const std::string line = rest.substr(0, end);
    if (!line.starts_with("checkPublicSuffix(")) continue;
    testkit::register_test("PublicSuffixOrg", line.substr(18, line.find(',') - 18),
                           [line] { check_line(line); });
    ++count;
  }
  return count;
}

[[maybe_unused]] const int lines_registered = register_lines();

}  // namespace
}  // namespace assay::suffix
