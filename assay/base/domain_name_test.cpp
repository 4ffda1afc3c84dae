#include "assay/base/domain_name.h"

#include <string>

#include "testkit/cases.h"

namespace assay {
namespace {

std::string answer(const std::expected<DomainName, Finding>& name) {
  return name ? name->text() : std::string(name.error().code);
}

CASES(DomainNameParse, "assay/base/testdata/domain_name.cases") {
  const auto name = DomainName::parse(c["text"]);
  EXPECT_EQ(answer(name), c["name"]);
  if (!name) return;
  EXPECT_EQ(std::to_string(name->label_count()), c["labels"]);
  EXPECT_EQ(name->parent().text(), c["parent"]);
  EXPECT_EQ(name->suffix(name->label_count() - 1), name->parent());
  EXPECT_EQ(name->suffix(name->label_count() + 1), *name);
  EXPECT_TRUE(name->suffix(0).is_root());
  EXPECT_TRUE(name->equal_or_below(name->parent()));
}

CASES(ALabels, "assay/base/testdata/a_labels.cases") {
  const auto name = to_a_labels(c["domain"]);
  EXPECT_EQ(answer(name), c["a-labels"]);
  if (c.has("u-labels")) {
    ASSERT_TRUE(name);
    EXPECT_EQ(to_u_labels(*name), c["u-labels"]);
  }
}

TEST(DomainNameLimits, LabelsHave63OctetsAndNames253) {
  const std::string label(63, 'a');
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'b');
  ASSERT_EQ(longest.size(), 253U);
  EXPECT_EQ(answer(DomainName::parse(longest + ".")), longest);
  EXPECT_EQ(answer(DomainName::parse(longest + "b")), "long_name");
  EXPECT_EQ(answer(DomainName::parse(label + "a")), "long_label");
  EXPECT_EQ(answer(to_a_labels(std::string(1'000'000, '\xc3'))), "long_name");
}

TEST(DomainNameChild, PutsLabelsBeforeTheName) {
  const DomainName name = *DomainName::parse("Example.com");
  EXPECT_EQ(answer(name.child("_DMARC")), "_dmarc.example.com");
  EXPECT_EQ(answer(name.child("s1._domainkey")), "s1._domainkey.example.com");
  EXPECT_EQ(answer(name.child("")), "empty_label");
  EXPECT_EQ(answer(name.child("a.")), "empty_label");
  EXPECT_EQ(answer(name.child(std::string(242, 'a'))), "long_name");
  EXPECT_EQ(answer(DomainName().child("com")), "com");
}

TEST(DomainNameBelow, EndsAtALabel) {
  const DomainName name = *DomainName::parse("example.com");
  EXPECT_TRUE(name.equal_or_below(name));
  EXPECT_TRUE(name.equal_or_below(DomainName()));
  EXPECT_TRUE(DomainName::parse("a.b.example.com")->equal_or_below(name));
  EXPECT_FALSE(DomainName::parse("bad-example.com")->equal_or_below(name));
  EXPECT_FALSE(DomainName::parse("com")->equal_or_below(name));
  EXPECT_FALSE(DomainName().equal_or_below(name));
}

TEST(DomainNameRoot, HasNoLabels) {
  EXPECT_EQ(DomainName().label_count(), 0U);
  EXPECT_TRUE(DomainName().parent().is_root());
  EXPECT_EQ(to_u_labels(DomainName()), "");
}

}  // namespace
}  // namespace assay
