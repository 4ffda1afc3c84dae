#include "assay/base/uri.h"

#include "testkit/cases.h"

namespace assay {
namespace {

CASES(UriText, "assay/base/testdata/uri.cases") {
  const std::string text = c["uri"];
  const auto uri = parse_uri(text);
  if (c.has("bad")) {
    ASSERT_FALSE(uri);
    EXPECT_EQ(uri.error().code, "bad_uri");
    EXPECT_EQ(std::to_string(uri.error().at), c["bad"]);
    return;
  }
  ASSERT_TRUE(uri) << uri.error().what;
  EXPECT_EQ(uri->scheme, c.get("scheme", std::string(uri->scheme)));
  EXPECT_EQ(uri->authority.has_value(), c.has("host"));
  EXPECT_EQ(uri->host, c.get("host", ""));
  EXPECT_EQ(uri->path, c.get("path", ""));
  EXPECT_EQ(uri->query.value_or(""), c.get("query", ""));
  EXPECT_EQ(uri->fragment.value_or(""), c.get("fragment", ""));
  EXPECT_EQ(mailto_address(*uri).value_or(""), c.get("address", ""));
}

}  // namespace
}  // namespace assay
