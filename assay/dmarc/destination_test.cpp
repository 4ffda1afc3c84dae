#include "assay/dmarc/destination.h"

#include "assay/dmarc/testdata/zones.h"

#include "testkit/cases.h"

namespace assay::dmarc {
namespace {

std::string word(Authorized authorized) {
  switch (authorized) {
    case Authorized::yes:
      return "yes";
    case Authorized::no:
      return "no";
    case Authorized::unknown:
      return "unknown";
  }
  return "";
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& one : names) text += (text.empty() ? "" : " ") + one;
  return text;
}

CASES(Destination, "assay/dmarc/testdata/destination.cases") {
  dns::Zone zone = test::zone_of(c);
  test::Recorder resolver(zone);
  const DomainName domain = DomainName::parse(c["domain"]).value();
  const ReportKind kind =
      c.get("kind", "") == "failure" ? ReportKind::failure : ReportKind::aggregate;
  const Destination found = fetch_destination(domain, c["uri"], kind, resolver);
  EXPECT_EQ(found.external ? "yes" : "no", c["external"]);
  EXPECT_EQ(word(found.authorized), c["authorized"]) << found.reason;
  std::vector<std::string> uris;
  for (const ReportUri& one : found.uris) uris.push_back(one.uri);
  EXPECT_EQ(joined(uris), c.get("uris", ""));
  EXPECT_NE(found.reason.find(c.get("says", "")), std::string::npos) << found.reason;
  EXPECT_FALSE(found.reason.empty());
  if (c.has("asks")) {
    EXPECT_EQ(joined(resolver.asked), c["asks"]);
  }
}

}  // namespace
}  // namespace assay::dmarc
