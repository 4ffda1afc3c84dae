#include "system/webapi/http.h"

#include <gtest/gtest.h>

#include "system/webapi/api.h"
#include "system/webapi/server.h"

namespace assay::webapi {
namespace {

TEST(ParseTarget, DecodesSegmentsAndQuery) {
  const auto target = parse_target("/api/v1/users/J%C3%BCrgen?domain=example.com&note=a+b%2Bc&x=");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, (std::vector<std::string>{"api", "v1", "users", "J\xc3\xbcrgen"}));
  EXPECT_EQ(target->value("domain"), "example.com");
  EXPECT_EQ(target->value("note"), "a b+c");
  EXPECT_EQ(target->value("missing"), "");
  EXPECT_TRUE(parse_target("/")->path.empty());
  EXPECT_EQ(parse_target("/a/")->path.size(), 1U);
}

TEST(ParseTarget, RefusesWhatCouldMeanAnotherPlace) {
  for (const char* text : {"", "a", "/a//b", "/../a", "/a/%2e%2e/b", "/a/.", "/%00", "/%zz", "/%",
                           "/%ff", "/?a=1&a=2", "/?a=%f"}) {
    EXPECT_FALSE(parse_target(text)) << text;
  }
  EXPECT_FALSE(parse_target("/" + std::string(9000, 'a')));
}

TEST(Cookie, IsFoundByItsWholeName) {
  EXPECT_EQ(cookie("a=1; assay_session=xyz; b=2", "assay_session"), "xyz");
  EXPECT_EQ(cookie("assay_session=x=y", "assay_session"), "x=y");
  EXPECT_FALSE(cookie("xassay_session=1; assay_sessio=2", "assay_session"));
  EXPECT_FALSE(cookie("", "assay_session"));
}

TEST(HostOf, LeavesOutThePort) {
  EXPECT_EQ(host_of("LocalHost:8899"), "localhost");
  EXPECT_EQ(host_of("[2001:DB8::1]:80"), "[2001:db8::1]");
  EXPECT_EQ(host_of("192.0.2.1"), "192.0.2.1");
  for (const char* text :
       {"", ":80", "a:b", "a b", "a/b", "user@host", "[::1", "[::1]x:1", "a:999999"}) {
    EXPECT_FALSE(host_of(text)) << text;
  }
}

TEST(OriginOf, BelievesTrustedProxiesAlone) {
  const auto proxy = *IpAddress::parse("192.0.2.1"), other = *IpAddress::parse("198.51.100.1");
  const auto trusts = [&](const IpAddress& one) { return one == proxy; };
  EXPECT_EQ(origin_of(other, false, "203.0.113.1", "https", trusts).client, "198.51.100.1");
  EXPECT_FALSE(origin_of(other, false, "203.0.113.1", "https", trusts).secure);
  const Origin through =
      origin_of(proxy, false, "10.0.0.1, 203.0.113.1, 192.0.2.1", "https", trusts);
  EXPECT_EQ(through.client, "203.0.113.1");
  EXPECT_TRUE(through.secure);
  EXPECT_EQ(origin_of(proxy, true, "", "http", trusts).secure, false);
  EXPECT_EQ(origin_of(proxy, true, "nonsense", "", trusts).client, "192.0.2.1");
}

TEST(ErrorResponse, FollowsTheCode) {
  EXPECT_EQ(error_response(Finding{.code = "store_unknown", .what = "x"}).status, 404);
  EXPECT_EQ(error_response(Finding{.code = "store_full", .what = "x"}).status, 503);
  EXPECT_EQ(error_response(Finding{.code = "bad_day", .what = "x"}).status, 400);
  EXPECT_EQ(error_response(404, "not_found", "a \"b\"").body,
            R"({"error":{"code":"not_found","what":"a \"b\""}})");
}

TEST(IsApi, IsThatFolderAlone) {
  EXPECT_TRUE(is_api("/api/v1/session"));
  EXPECT_TRUE(is_api("/api"));
  EXPECT_FALSE(is_api("/apiary"));
  EXPECT_FALSE(is_api("/"));
}

}  // namespace
}  // namespace assay::webapi
