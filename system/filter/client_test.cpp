#include "system/filter/client.h"

#include <gtest/gtest.h>

#include "system/filter/deferrals.h"
#include "system/filter/transaction.h"

#include "testkit/cases.h"

namespace assay::filter {
namespace {

const std::vector<config::Network> relays = {
    {.address = *IpAddress::parse("192.0.2.0"), .prefix = 24},
    {.address = *IpAddress::parse("2001:db8::"), .prefix = 32}};

CASES(FindClient, "system/filter/testdata/client.cases") {  // EVA-20
  std::string octets;
  for (const std::string& value : c.all("received")) octets += "Received: " + value + "\r\n";
  const Client peer{
      .address = IpAddress::parse(c["peer"]), .helo = "peer.example", .name = "peer.example"};
  const Client found = find_client(peer, mail::parse_header(octets), relays);
  EXPECT_EQ(found.address ? to_text(*found.address) : "unknown", c["client"]);
  if (c.has("helo")) {
    EXPECT_EQ(found.helo, c["helo"]);
  }
}

// DKV-40, RFC 6376 §3.4.1
TEST(HeaderOctets, AreThoseOfTheWire) {
  HeaderOctets header;
  header.add("Subject", " two\n lines", HeaderOctets::LeadingSpace::kept);
  header.add("X", "none", HeaderOctets::LeadingSpace::kept);
  header.add("Y", "taken\r\n\toff", HeaderOctets::LeadingSpace::taken_off);
  EXPECT_EQ(header.octets(), "Subject: two\r\n lines\r\nX:none\r\nY: taken\r\n\toff\r\n");
}

TEST(Deferrals, AreCappedByPairAndHour) {
  Deferrals deferrals(2);
  const auto start = Deferrals::Clock::now();
  EXPECT_TRUE(deferrals.allow("a", 2, start));
  EXPECT_TRUE(deferrals.allow("a", 2, start));
  EXPECT_FALSE(deferrals.allow("a", 2, start + std::chrono::minutes(59)));
  EXPECT_TRUE(deferrals.allow("b", 2, start));
  EXPECT_FALSE(deferrals.allow("c", 2, start)) << "no room: as if used up";
  EXPECT_TRUE(deferrals.allow("c", 2, start + std::chrono::minutes(61)));
}

}  // namespace
}  // namespace assay::filter
