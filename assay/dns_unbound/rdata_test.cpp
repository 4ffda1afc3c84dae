#include "assay/dns_unbound/detail/rdata.h"

#include <gtest/gtest.h>

#include <string>

#include "assay/base/ascii.h"

#include "testkit/cases.h"
#include "testkit/dns_text.h"

namespace assay::dns::detail {
namespace {

std::string octets_of(const std::string& hex) {
  std::string octets;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    octets += static_cast<char>(ascii::hex_value(hex[i]) * 16 + ascii::hex_value(hex[i + 1]));
  }
  return octets;
}

CASES(Rdata, "assay/dns_unbound/testdata/rdata.cases") {
  Answer answer = {.outcome = Outcome::records};
  const Type type = testkit::question(c["type"] + " .").type;
  if (!add_record(type, octets_of(c["hex"]), answer)) {
    EXPECT_EQ("malformed", c["expect"]);
    EXPECT_EQ(testkit::answer_text(answer), " (0)") << "and nothing was added";
    return;
  }
  EXPECT_EQ(testkit::answer_text(answer), c["expect"] + " (0)");
}

TEST(WireName, OfTheLongestLengthAndNoLonger) {
  std::string wire;
  for (int i = 0; i < 3; ++i) wire += '\x3f' + std::string(63, 'a');
  const std::string longest = wire + '\x3d' + std::string(61, 'b') + '\0';
  ASSERT_EQ(longest.size(), 255U);
  const auto name = read_wire_name(longest);
  ASSERT_TRUE(name && name->name);
  EXPECT_EQ(name->name->text().size(), 253U);
  EXPECT_EQ(name->octets, 255U);
  EXPECT_FALSE(read_wire_name(wire + '\x3e' + std::string(62, 'b') + '\0'));
}

TEST(WireName, OfManyLabelsTakesLinearTime) {
  std::string wire;
  for (int i = 0; i < 30'000; ++i) wire += "\x01x";
  EXPECT_FALSE(read_wire_name(wire));
}

TEST(EscapedName, HoldsOnlyWhatNeedsNoThought) {
  EXPECT_EQ(escaped(DomainName()), ".");
  EXPECT_EQ(escaped(DomainName::parse("_dmarc.a-b9.example").value()), "_dmarc.a-b9.example.");
  const std::string odd("a b\"\\(;@$\0\xff.example", 19);
  EXPECT_EQ(escaped(DomainName::parse(odd).value()),
            "a\\032b\\034\\092\\040\\059\\064\\036\\000\\255.example.");
}

}  // namespace
}  // namespace assay::dns::detail
