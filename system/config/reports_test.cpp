#include "system/config/reports.h"

#include <gtest/gtest.h>

namespace assay::config {
namespace {

DomainName name(const char* text) {
  return *DomainName::parse(text);
}

TEST(Reports, ListedDomainsAndThoseBelowGetFailures) {
  const Reports settings{.failure_domains = {name("example.com"), name("a.example.org")}};
  for (const char* one : {"example.com", "b.example.com", "a.example.org", "c.a.example.org"}) {
    EXPECT_TRUE(gets_failures(settings, name(one))) << one;
  }
  for (const char* one : {"com", "example.org", "bad-example.com"}) {
    EXPECT_FALSE(gets_failures(settings, name(one))) << one;
  }
  EXPECT_FALSE(gets_failures({}, name("example.com")));
}

TEST(Reports, KnowTheirOwnAddresses) {
  Reports settings{.email = "Reports@example.com",
                   .ignore_recipients = {name("intake.example.com")}};
  for (const char* one : {"reports@EXAMPLE.com", "reports+17@example.com", "reports+@example.com",
                          "x@intake.example.com"}) {
    EXPECT_TRUE(is_own_address(settings, one)) << one;
  }
  for (const char* one : {"", "reports", "@", "other@example.com", "reports@other.example.com",
                          "x@a.intake.example.com", "reports+17@example.org"}) {
    EXPECT_FALSE(is_own_address(settings, one)) << one;
  }
  settings.return_path = "bounce-%@b.example.com";
  EXPECT_TRUE(is_own_address(settings, "Bounce-17@b.example.com"));
  EXPECT_FALSE(is_own_address(settings, "reports+17@example.com"));
  EXPECT_FALSE(is_own_address({}, "a@example.com"));
}

}  // namespace
}  // namespace assay::config
