#include "assay/dns_unbound/unbound_resolver.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "assay/dns/zone.h"

#include "testkit/dns_text.h"
#include "testkit/name_server.h"

namespace assay::dns {
namespace {

using std::chrono::milliseconds;
using testkit::answer_text;
using testkit::NameServer;
using testkit::question;

constexpr const char* soa = " 600 SOA ns.example. root.example. 1 7200 900 1209600 60\n";

UnboundOptions asking(std::uint16_t port) {
  return {.servers = {{.address = IpAddress::parse("127.0.0.1").value(), .port = port}}};
}

std::unique_ptr<UnboundResolver> open(const UnboundOptions& options) {
  auto resolver = UnboundResolver::open(options);
  EXPECT_TRUE(resolver) << resolver.error().what;
  return resolver ? std::move(*resolver) : nullptr;
}

const std::string testdata_folder = "assay/dns_unbound/testdata/";

std::string testdata(const std::string& name) {
  std::ifstream file(testdata_folder + name, std::ios::binary);
  EXPECT_TRUE(file) << name << " cannot be read";
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The records of a set have no order; MX has, within a preference none.
std::string in_order(Answer answer) {
  std::ranges::sort(answer.texts);
  std::ranges::sort(answer.addresses);
  std::ranges::sort(answer.names);
  answer.ttl = std::chrono::seconds(0);
  answer.why.clear();
  return answer_text(answer);
}
std::string in_order(const AnswerPtr& answer) {
  return in_order(Answer{.outcome = answer->outcome,
                         .texts = answer->texts,
                         .addresses = answer->addresses,
                         .exchanges = answer->exchanges,
                         .names = answer->names});
}

/// TTLs count down while they lie in libunbound's own cache.
void expect_ttl(const AnswerPtr& seen, const AnswerPtr& meant) {
  if (meant->outcome == Outcome::temporary_failure) return;
  EXPECT_LE(seen->ttl, meant->ttl);
  EXPECT_GE(seen->ttl, meant->ttl - std::chrono::seconds(30));
}

TEST(UnboundResolver, SaysOfEveryNameWhatZoneSays) {
  const std::string text = testdata("example.zone");
  const auto server = NameServer::start({{.name = "example", .text = text}});
  ASSERT_TRUE(server);
  const auto resolver = open(asking(server->port()));
  ASSERT_TRUE(resolver);
  auto zone = Zone::parse(text);
  ASSERT_TRUE(zone) << zone.error().what;
  std::vector<DomainName> names = zone->names();
  const std::size_t owners = names.size();
  ASSERT_GT(owners, 25U);
  for (std::size_t i = 0; i < owners; ++i) {
    names.push_back(names[i].child("below").value());
    if (!names[i].parent().is_root()) names.push_back(names[i].parent());
  }
  for (const DomainName& name : names) {
    for (const Type type : {Type::a, Type::aaaa, Type::mx, Type::ptr, Type::txt}) {
      const Question asked = {.name = name, .type = type};
      const AnswerPtr seen = resolver->ask(asked);
      const AnswerPtr meant = zone->ask(asked);
      SCOPED_TRACE(std::string(to_text(type)) + " " + name.text());
      EXPECT_EQ(in_order(seen), in_order(meant)) << seen->why;
      expect_ttl(seen, meant);
    }
  }
}

// RFC 1035 §4.2.1, RFC 9989 §11.3: what does not fit a datagram is asked again over TCP.
TEST(UnboundResolver, ReadsARecordOf64KiBOverTcp) {
  std::string record;
  std::string joined;
  for (int i = 0; i < 250; ++i) {
    const std::string piece(255, static_cast<char>('a' + i % 26));
    record += " \"" + piece + "\"";
    joined += piece;
  }
  const auto server = NameServer::start(
      {{.name = "example.com",
        .text = std::string("example.com.") + soa + "example.com. 600 NS ns.example.\n" +
                "big.example.com. 600 TXT" + record + "\n"}});
  ASSERT_TRUE(server);
  const auto resolver = open(asking(server->port()));
  ASSERT_TRUE(resolver);
  const AnswerPtr answer = resolver->ask(question("TXT big.example.com"));
  EXPECT_EQ(answer->why, "");
  ASSERT_EQ(answer->texts.size(), 1U);
  EXPECT_EQ(answer->texts[0], joined);
}

// libunbound would answer these by itself.
TEST(UnboundResolver, AsksTheServersForNamesOfSpecialUse) {
  const std::vector<std::string> apexes = {"test",
                                           "localhost",
                                           "invalid",
                                           "onion",
                                           "home.arpa",
                                           "10.in-addr.arpa",
                                           "2.0.192.in-addr.arpa",
                                           "168.192.in-addr.arpa",
                                           "127.in-addr.arpa",
                                           "8.b.d.0.1.0.0.2.ip6.arpa",
                                           "d.f.ip6.arpa"};
  std::vector<testkit::ServedZone> zones;
  for (const std::string& apex : apexes) {
    zones.push_back({.name = apex,
                     .text = apex + "." + soa + apex + ". 600 NS ns.example.\n" + "1." + apex +
                             ". 600 PTR host.example.com.\n"});
  }
  const auto server = NameServer::start(zones);
  ASSERT_TRUE(server);
  const auto resolver = open(asking(server->port()));
  ASSERT_TRUE(resolver);
  for (const std::string& apex : apexes) {
    const AnswerPtr answer = resolver->ask(question("PTR 1." + apex));
    EXPECT_EQ(in_order(answer), "host.example.com (0)") << apex << " " << answer->why;
    EXPECT_EQ(resolver->ask(question("PTR 2." + apex))->outcome, Outcome::name_error) << apex;
  }
}

TEST(UnboundResolver, TakesServersOfBothFamilies) {
  UnboundOptions options = asking(53);
  options.servers.push_back({.address = IpAddress::parse("2001:db8::53").value(), .port = 5353});
  EXPECT_TRUE(open(options));
}

TEST(UnboundResolver, ReadsServersFromTheSystemsFile) {
  const std::string file = testing::TempDir() + "assay-resolv.conf." + std::to_string(getpid());
  // The file has no place for a port, so that all that can be seen is whether it is read.
  std::ofstream(file) << "nameserver 127.0.0.1\n";
  EXPECT_TRUE(UnboundResolver::open({.resolv_conf = file}));
  std::filesystem::remove(file);
  const auto missing = UnboundResolver::open({.resolv_conf = file});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, "resolver_options");
  EXPECT_NE(missing.error().what.find(file), std::string::npos) << missing.error().what;
}

std::string signed_zone() {
  return testdata("signed.example.zone");
}

UnboundOptions validating(std::uint16_t port) {
  UnboundOptions options = asking(port);
  options.trust_anchor_file = testdata_folder + "signed.example.ds";
  return options;
}

// RFC 9989 §11.3, RFC 4035 §5.5
TEST(UnboundResolver, SaysWhatDnssecHasValidated) {
  const auto server = NameServer::start({{.name = "signed.example", .text = signed_zone()},
                                         {.name = "example.com",
                                          .text = std::string("example.com.") + soa +
                                                  "example.com. 600 NS ns.example.\n"
                                                  "example.com. 600 TXT unsigned\n"}});
  ASSERT_TRUE(server);
  const auto resolver = open(validating(server->port()));
  ASSERT_TRUE(resolver);
  for (const std::string asked : {"TXT signed.example", "MX signed.example",
                                  "A alias.signed.example", "TXT mail.signed.example"}) {
    EXPECT_TRUE(resolver->ask(question(asked))->authenticated) << asked;
  }
  EXPECT_EQ(in_order(resolver->ask(question("TXT signed.example"))), "\"v=spf1 -all\" (0)");
  const AnswerPtr absent = resolver->ask(question("TXT absent.signed.example"));
  EXPECT_EQ(absent->outcome, Outcome::name_error);
  EXPECT_TRUE(absent->authenticated);
  EXPECT_FALSE(resolver->ask(question("TXT example.com"))->authenticated);
  EXPECT_FALSE(open(asking(server->port()))->ask(question("TXT signed.example"))->authenticated)
      << "without a trust anchor nothing is validated";
}

TEST(UnboundResolver, RefusesDataThatFailsValidation) {
  std::string text = signed_zone();
  const std::string all = "\"v=spf1 -all\"";
  const std::size_t at = text.find(all);
  ASSERT_NE(at, std::string::npos);
  text.replace(at, all.size(), "\"v=spf1 +all\"");
  const auto server = NameServer::start({{.name = "signed.example", .text = text}});
  ASSERT_TRUE(server);
  const auto resolver = open(validating(server->port()));
  ASSERT_TRUE(resolver);
  EXPECT_EQ(answer_text(*resolver->ask(question("TXT signed.example"))),
            "temporary_failure bogus (0)");
  EXPECT_EQ(in_order(resolver->ask(question("MX signed.example"))), "10 mail.signed.example (0)");
}

TEST(UnboundResolver, RefusesATrustAnchorThatIsNone) {
  const std::string file = testing::TempDir() + "assay-anchor." + std::to_string(getpid());
  std::ofstream(file) << "this is no record\n";
  UnboundOptions options = asking(53);
  options.trust_anchor_file = file;
  const auto wrong = UnboundResolver::open(options);
  std::filesystem::remove(file);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, "resolver_options");
  options.trust_anchor_file = file;
  EXPECT_FALSE(UnboundResolver::open(options)) << "the file is gone";
}

TEST(UnboundResolver, FailsWhereNobodyListens) {
  UnboundOptions options = asking(testkit::free_port());
  options.timeout = milliseconds(100);
  const auto resolver = open(options);
  ASSERT_TRUE(resolver);
  EXPECT_EQ(resolver->ask(question("TXT example.com"))->outcome, Outcome::temporary_failure);
}

TEST(UnboundResolver, AsksTheNextServerWhereOneIsGone) {
  const auto server = NameServer::start({{.name = "example.com",
                                          .text = std::string("example.com.") + soa +
                                                  "example.com. 600 NS ns.example.\n"
                                                  "example.com. 600 TXT here\n"}});
  ASSERT_TRUE(server);
  UnboundOptions options = asking(testkit::free_port());
  options.servers.push_back({.address = options.servers[0].address, .port = server->port()});
  const auto resolver = open(options);
  ASSERT_TRUE(resolver);
  EXPECT_EQ(in_order(resolver->ask(question("TXT example.com"))), "\"here\" (0)");
}

TEST(UnboundResolver, FailsWhereTheServerRefuses) {
  const auto server = NameServer::start(
      {{.name = "example.com",
        .text = std::string("example.com.") + soa + "example.com. 600 NS ns.example.\n"}});
  ASSERT_TRUE(server);
  const auto resolver = open(asking(server->port()));
  ASSERT_TRUE(resolver);
  const AnswerPtr answer = resolver->ask(question("TXT example.net"));
  EXPECT_EQ(answer->outcome, Outcome::temporary_failure);
  EXPECT_EQ(answer->why, "servfail");
}

}  // namespace
}  // namespace assay::dns
