#include "system/reporting/destination.h"

#include <gtest/gtest.h>

#include "system/reporting/https_sender.h"
#include "system/reporting/targets.h"

namespace assay::reporting {
namespace {

TEST(Destination, TellsMailFromWebServers) {
  EXPECT_FALSE(is_https("https@example.com"));
  EXPECT_TRUE(is_https("HTTPS://example.com/x"));
  EXPECT_EQ(host_of("Reports@Example.COM"), "example.com");
  EXPECT_EQ(host_of("https://Reports.Example.COM:8443/a@b?c"), "reports.example.com");
  EXPECT_TRUE(is_listed("https://reports.example.com/a@b.example", {"@reports.example.com"}));
  EXPECT_FALSE(is_listed("https://reports.example.com/a@b.example", {"@b.example"}));
}

TEST(Destination, OnlyWebServersArePostedTo) {
  for (const char* good :
       {"https://example.com", "https://example.com:443/x", "HTTPS://example.com:8443/?a=b"}) {
    EXPECT_EQ(why_not_posted(good, Reach::internet), "") << good;
  }
  for (const char* bad :
       {"http://example.com/", "ftp://example.com", "https:", "https://", "https:/x",
        "https://:443/", "https://127.0.0.1/", "https://[::1]/", "https://user@example.com/",
        "https://a:b@example.com", "https://example.com:25/", "https://example.com:0/",
        "https://example.com:99999/", "https://example.com:4x/", "https://exa mple.com/"}) {
    EXPECT_NE(why_not_posted(bad, Reach::internet), "") << bad;
  }
  EXPECT_EQ(why_not_posted("https://localhost:25/", Reach::everybody), "");
  EXPECT_NE(why_not_posted("https://localhost:x/", Reach::everybody), "");
  EXPECT_NE(why_not_posted("https://example.com/" + std::string(2'000, 'x'), Reach::everybody), "");
}

TEST(Destination, AddressesOfThePublicInternetAlone) {
  for (const char* good :
       {"8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1",
        "198.17.255.255", "223.255.255.255", "2600::1", "2a00:1450::1", "64:ff9b::808:808"}) {
    EXPECT_TRUE(is_public(*IpAddress::parse(good))) << good;
  }
  for (const char* bad : {"0.0.0.0",
                          "0.1.2.3",
                          "10.1.2.3",
                          "100.64.0.1",
                          "127.0.0.1",
                          "127.255.255.255",
                          "169.254.169.254",
                          "172.16.0.1",
                          "172.31.255.255",
                          "192.0.0.1",
                          "192.0.2.1",
                          "192.168.1.1",
                          "198.18.0.1",
                          "198.51.100.1",
                          "203.0.113.1",
                          "224.0.0.1",
                          "240.0.0.1",
                          "255.255.255.255",
                          "::",
                          "::1",
                          "::ffff:127.0.0.1",
                          "::ffff:10.0.0.1",
                          "::127.0.0.1",
                          "64:ff9b::7f00:1",
                          "64:ff9b:1::1",
                          "100::1",
                          "2001::1",
                          "2001:db8::1",
                          "2002:7f00:1::",
                          "3fff::1",
                          "fc00::1",
                          "fd00::1",
                          "fe80::1",
                          "fec0::1",
                          "ff02::1"}) {
    EXPECT_FALSE(is_public(*IpAddress::parse(bad))) << bad;
  }
}

TEST(Status, SaysWhatIsForGood) {
  using How = Attempt::How;
  for (const unsigned status : {200U, 201U, 202U, 204U}) {
    EXPECT_EQ(attempt_of_status(status).how, How::delivered) << status;
  }
  for (const unsigned status :
       {0U, 100U, 302U, 303U, 307U, 401U, 408U, 425U, 429U, 500U, 502U, 503U}) {
    EXPECT_EQ(attempt_of_status(status).how, How::temporary) << status;
  }
  for (const unsigned status : {301U, 308U, 400U, 403U, 404U, 405U, 410U, 413U, 415U, 451U}) {
    EXPECT_EQ(attempt_of_status(status).how, How::permanent) << status;
  }
}

TEST(SenderByScheme, WaitsWherePostingIsOff) {
  SenderByScheme senders(nullptr, nullptr);
  const Attempt attempt = senders.send({.recipient = "https://example.com/", .octets = "x"});
  EXPECT_EQ(attempt.how, Attempt::How::temporary);
}

}  // namespace
}  // namespace assay::reporting
