#include "system/milter/detail/codec.h"

#include "assay/base/ascii.h"

#include "testkit/cases.h"

namespace assay::milter::detail {
namespace {

using namespace std::string_view_literals;

TEST(PacketSize, NeedsFourOctets) {
  EXPECT_EQ(packet_size("", 100), 0U);
  EXPECT_EQ(packet_size("\0\0\0"sv, 100), 0U);
  EXPECT_EQ(packet_size("\0\0\0\1"sv, 100), 5U);
}

TEST(PacketSize, HasLimits) {
  EXPECT_EQ(packet_size("\0\0\0\0"sv, 100).error().what, "a packet has length 0");
  EXPECT_EQ(packet_size("\0\0\0\x64"sv, 100), 104U);
  EXPECT_EQ(packet_size("\0\0\0\x65"sv, 100).error().what,
            "a packet of 101 octets is longer than the 100 allowed");
  EXPECT_EQ(packet_size("\xff\xff\xff\xff"sv, 0xffffffff), 0x100000003U);
}

TEST(PacketSize, TakesAnotherProtocolForTooLong) {
  EXPECT_FALSE(packet_size("GET / HTTP/1.1\r\n", 2U << 20));
  EXPECT_FALSE(packet_size("EHLO x", 2U << 20));
}

CASES(ParseConnect, "system/milter/testdata/connect.cases") {
  const auto connection = parse_connect(c["data"]);
  if (c.has("error")) {
    ASSERT_FALSE(connection);
    EXPECT_EQ(connection.error().what, c["error"]);
    return;
  }
  ASSERT_TRUE(connection) << connection.error().what;
  EXPECT_EQ(connection->host_name, c["host"]);
  const std::optional<IpAddress>& client = connection->client;
  EXPECT_EQ(client ? to_text(*client) : "", c.get("client", ""));
  EXPECT_EQ(std::to_string(connection->port), c.get("port", "0"));
  EXPECT_EQ(connection->unix_path, c.get("path", ""));
}

TEST(ParsePath, TakesBracketsOff) {
  EXPECT_EQ(parse_path("<a@example.com>\0"sv)->address, "a@example.com");
  EXPECT_EQ(parse_path("a@example.com\0"sv)->address, "a@example.com");
  EXPECT_EQ(parse_path("<>\0"sv)->address, "");
  EXPECT_EQ(parse_path("\0"sv)->address, "");
  EXPECT_EQ(parse_path("<<a>>\0"sv)->address, "<a>");
}

TEST(ParsePath, KeepsArgumentsInOrder) {
  const auto path = parse_path("<>\0SIZE=1\0\0SMTPUTF8\0"sv);
  EXPECT_EQ(path->arguments, (std::vector<std::string>{"SIZE=1", "", "SMTPUTF8"}));
}

TEST(ParsePath, RefusesWhatIsCutOffOrTooMuch) {
  EXPECT_FALSE(parse_path(""));
  EXPECT_FALSE(parse_path("<>"));
  EXPECT_FALSE(parse_path("<>\0SIZE"sv));
  EXPECT_TRUE(parse_path("<>" + std::string(1 + max_arguments, '\0')));
  EXPECT_FALSE(parse_path("<>" + std::string(2 + max_arguments, '\0')));
}

TEST(ParseHeader, KeepsEveryOctetOfTheValue) {
  const auto field = parse_header("Subject\0  a\r\n\tb\n c\0d \0"sv);
  EXPECT_EQ(field->name, "Subject");
  EXPECT_EQ(field->value, "  a\r\n\tb\n c\0d "sv);
  EXPECT_EQ(parse_header("A\0\0"sv)->value, "");
  EXPECT_EQ(parse_header("\0\0"sv)->name, "");
}

TEST(ParseHeader, RefusesMissingNuls) {
  for (const auto data : {""sv, "\0"sv, "A"sv, "A\0"sv, "A\0b"sv, "A b"sv}) {
    EXPECT_FALSE(parse_header(data)) << ascii::printable(data);
  }
}

TEST(ParseHelo, NeedsItsNul) {
  EXPECT_EQ(parse_helo("mx.example.com\0"sv), "mx.example.com");
  EXPECT_EQ(parse_helo("\0"sv), "");
  EXPECT_FALSE(parse_helo(""));
  EXPECT_FALSE(parse_helo("mx.example.com"));
}

TEST(ParseMacros, GivesStageAndPairs) {
  const auto macros = parse_macros("Ci\0001\0"sv);
  EXPECT_EQ(macros->stage, 'C');
  EXPECT_EQ(macros->pairs, "i\0001\0"sv);
  EXPECT_EQ(parse_macros("E")->pairs, "");
  EXPECT_FALSE(parse_macros(""));
  EXPECT_FALSE(parse_macros("Ci"));
  EXPECT_TRUE(parse_macros("C" + std::string(2 * max_macros, '\0')));
  EXPECT_FALSE(parse_macros("C" + std::string((2 * max_macros) + 1, '\0')));
}

TEST(ParseOffer, ReadsThreeNumbersAndLeavesTheRest) {
  const auto offer = parse_offer("\0\0\0\6\0\0\1\xff\0\x1f\xff\xff more"sv);
  EXPECT_EQ(*offer, (Offer{.version = 6, .actions = 0x1ff, .protocol = 0x1fffff}));
  EXPECT_FALSE(parse_offer("\0\0\0\6\0\0\1\xff\0\x1f\xff"sv));
  std::string out;
  append_offer(out, *offer);
  EXPECT_EQ(out, "\0\0\0\015O\0\0\0\6\0\0\1\xff\0\x1f\xff\xff"sv);
}

/// "i \x00\x00\x00\x00Name\x00value\x00": the one packet that stands in `octets`, or nothing.
std::string shown(std::string_view octets) {
  if (octets.empty()) return "nothing";
  const auto size = packet_size(octets, 1U << 20);
  EXPECT_TRUE(size && *size == octets.size());
  return std::string(octets.substr(4, 1)) + " " + ascii::printable(octets.substr(5), 2000);
}

CASES(WriteReply, "system/milter/testdata/custom_reply.cases") {
  std::string out;
  append_reply(out, {.kind = Reply::Kind::custom, .text = c["text"]});
  EXPECT_EQ(shown(out), c["packet"]);
}

TEST(WriteReplyLimits, LinesAndOctets) {
  std::string lines = "550 5.7.1 " + std::string(1000, 'x');
  for (int i = 0; i < 100; ++i) lines += "\r\nmore";
  std::string out;
  append_reply(out, {.kind = Reply::Kind::custom, .text = lines});
  EXPECT_EQ(out.find("\r\n"), 5 + max_reply_line);
  std::size_t count = 0;
  for (std::size_t at = 0; (at = out.find("550", at)) != std::string::npos; ++at) ++count;
  EXPECT_EQ(count, max_reply_lines);
}

CASES(WriteEdit, "system/milter/testdata/edit.cases") {
  using enum Edit::Kind;
  const std::pair<std::string_view, Edit::Kind> kinds[] = {{"insert", insert_header},
                                                           {"add", add_header},
                                                           {"change", change_header},
                                                           {"delete", delete_header},
                                                           {"quarantine", quarantine}};
  Edit edit{.name = c.get("name", ""), .value = c.get("value", "")};
  for (const auto& [word, kind] : kinds) {
    if (c["kind"] == word) edit.kind = kind;
  }
  edit.index = static_cast<std::uint32_t>(std::stoul(c.get("index", "0")));
  std::string out;
  append_edit(out, edit,
              c.has("leading_space") ? LeadingSpace::written : LeadingSpace::left_to_mta);
  EXPECT_EQ(shown(out), c["packet"]);
}

}  // namespace
}  // namespace assay::milter::detail
