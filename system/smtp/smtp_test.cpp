#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>
#include <utility>

#include "system/smtp/detail/mailbox.h"
#include "system/smtp/serve.h"
#include "system/smtp/session.h"

#include "testkit/cases.h"

namespace assay::smtp {
namespace {

Rules rules_of(const testkit::Case& c) {
  return {.protocol = c.get("protocol", "lmtp") == "smtp" ? Protocol::smtp : Protocol::lmtp,
          .name = "r.example",
          .max_message = 100,
          .max_errors = static_cast<unsigned>(std::stoul(c.get("max_errors", "9"))),
          .takes_xforward = c.has("xforward")};
}

/// "250-r.example 250": of each reply what stands before its first space.
std::string shorten(std::string_view replies) {
  std::string all;
  while (!replies.empty()) {
    const std::string_view line = replies.substr(0, replies.find("\r\n"));
    replies.remove_prefix(line.size() + 2);
    all += (all.empty() ? "" : " ") + std::string(line.substr(0, line.find(' ')));
  }
  return all;
}

std::string text_of(const detail::Kept& kept) {
  std::string to;
  for (const std::string& one : kept.to) to += (to.empty() ? "" : ",") + one;
  return kept.from + "|" + to + "|" + kept.message;
}

CASES(SmtpDialogue, "system/smtp/testdata/session.cases") {
  const std::string octets = c["client"];
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, octets.size()}) {
    detail::Mailbox mailbox;
    {
      Session session(rules_of(c), mailbox, IpAddress::parse("127.0.0.1"));
      std::string out;
      for (std::size_t at = 0; at < octets.size(); at += piece) {
        out += session.feed(std::string_view(octets).substr(at, piece));
      }
      EXPECT_EQ(shorten(out), c["replies"]);
      EXPECT_EQ(session.ended(), c.get("ended", "no") == "yes");
    }
    EXPECT_EQ(mailbox.claimed(), 0U);
    std::vector<std::string> kept;
    std::vector<std::string> clients;
    for (const detail::Kept& one : mailbox.kept()) {
      kept.push_back(text_of(one));
      clients.push_back(one.client + " " + one.helo);
    }
    EXPECT_EQ(kept, c.all("kept"));
    if (c.has("client_of")) {
      EXPECT_EQ(clients, c.all("client_of"));
    }
  }
}

TEST(SmtpSession, GreetsByItsProtocol) {
  detail::Mailbox mailbox;
  EXPECT_EQ(Session({.name = "r.example"}, mailbox).greeting(), "220 r.example LMTP Assay\r\n");
  EXPECT_EQ(Session({.protocol = Protocol::smtp, .name = "r.example"}, mailbox).greeting(),
            "220 r.example ESMTP Assay\r\n");
}

TEST(SmtpSession, ALineWithoutEndCostsNoMemoryAndIsAnError) {
  detail::Mailbox mailbox;
  Session session({.name = "r.example", .max_line = 100}, mailbox);
  const std::string block(65'536, 'x');
  for (int i = 0; i < 100; ++i) EXPECT_EQ(session.feed(block), "");
  EXPECT_EQ(session.feed("\r\nNOOP\r\n"), "500 5.5.2 The line is too long\r\n250 2.0.0 Ok\r\n");
}

TEST(SmtpSession, RecipientsAreLimitedForTheTimeBeing) {
  detail::Mailbox mailbox;
  Session session({.name = "r.example", .max_recipients = 1}, mailbox);
  session.feed("LHLO c\r\nMAIL FROM:<>\r\n");
  EXPECT_EQ(session.feed("RCPT TO:<a@reports.example>\r\n").substr(0, 3), "250");
  EXPECT_EQ(session.feed("RCPT TO:<b@reports.example>\r\n").substr(0, 9), "452 4.5.3");
}

TEST(SmtpSession, AMessageForWhichThereIsNoRoomIsRefusedForTheTimeBeing) {
  detail::Mailbox mailbox(100'000);
  Session session({.name = "r.example"}, mailbox);
  session.feed("LHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@reports.example>\r\nDATA\r\n");
  EXPECT_TRUE(session.busy());
  for (int i = 0; i < 10; ++i) EXPECT_EQ(session.feed(std::string(30'000, 'x') + "\r\n"), "");
  EXPECT_EQ(mailbox.claimed(), 0U) << "what is refused is not held";
  EXPECT_EQ(session.feed(".\r\n").substr(0, 9), "452 4.3.1");
  EXPECT_TRUE(mailbox.kept().empty());
  EXPECT_FALSE(session.busy());
}

TEST(SmtpSession, NoOctetOfTheClientComesBackAsAReplyOfItsOwn) {
  detail::Mailbox mailbox;
  Session session({.name = "r.example"}, mailbox);
  session.feed("LHLO c\r\n");
  const std::string out = session.feed("MAIL FROM:<a@b.example> X\r250\x80=1\r\n");
  EXPECT_EQ(out.find('\r'), out.size() - 2) << out;
  EXPECT_EQ(out.find('\x80'), std::string::npos);
}

/// A pair of connected sockets, one of them served.
// RFC 3207 §4.2
TEST(SmtpSession, ForgetsWhatWasSaidBeforeTls) {
  detail::Mailbox mailbox;
  Session session({.protocol = Protocol::smtp, .name = "r.example", .offers_tls = true}, mailbox);
  EXPECT_NE(session.feed("EHLO c\r\n").find("250-STARTTLS\r\n"), std::string::npos);
  EXPECT_EQ(session.feed("STARTTLS now\r\n").substr(0, 3), "501");
  EXPECT_FALSE(session.wants_tls());
  EXPECT_EQ(session.feed("MAIL FROM:<a@b.example>\r\nSTARTTLS\r\nRCPT TO:<a@reports.example>\r\n"),
            "250 2.1.0 Ok\r\n220 2.0.0 Begin TLS\r\n");
  EXPECT_TRUE(session.wants_tls());
  session.secured();
  EXPECT_EQ(shorten(session.feed("RCPT TO:<a@reports.example>\r\nMAIL FROM:<a@b.example>\r\n")),
            "503 503");
  EXPECT_EQ(session.feed("EHLO c\r\n").find("STARTTLS"), std::string::npos);
  EXPECT_EQ(shorten(session.feed("STARTTLS\r\n")), "500");
}

TEST(SmtpServe, LeadsASessionAndEndsWithIt) {
  int pair[2] = {};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  detail::Mailbox mailbox;
  std::jthread server([&] {
    net::Connection connection{net::Descriptor(pair[0])};
    EXPECT_FALSE(connection.peer());
    serve(connection, {.name = "r.example"}, mailbox);
  });
  net::Connection client{net::Descriptor(pair[1])};
  const std::string say =
      "LHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@reports.example>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n";
  EXPECT_TRUE(client.write(say, std::chrono::minutes{5}));
  std::string heard;
  std::array<char, 4'096> buffer = {};
  for (;;) {
    const auto got = client.read(buffer, std::chrono::minutes{5}, net::Connection::Heed::nothing);
    if (got.how != net::Read::octets) break;
    heard.append(buffer.data(), got.size);
  }
  EXPECT_TRUE(heard.starts_with("220 r.example LMTP Assay\r\n")) << heard;
  EXPECT_TRUE(heard.ends_with("250 2.0.0 Kept\r\n221 2.0.0 Bye\r\n")) << heard;
  server.join();
  EXPECT_EQ(mailbox.kept().size(), 1U);
}

TEST(SmtpServe, ASilentClientIsLetGo) {
  int pair[2] = {};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  detail::Mailbox mailbox;
  net::Connection connection{net::Descriptor(pair[0])};
  net::Connection client{net::Descriptor(pair[1])};
  serve(connection, {.name = "r.example"}, mailbox, {.read = std::chrono::milliseconds{1}});
  std::array<char, 4'096> buffer = {};
  const auto got = client.read(buffer, std::chrono::minutes{5}, net::Connection::Heed::nothing);
  EXPECT_NE(std::string_view(buffer.data(), got.size).find("421 4.3.2"), std::string_view::npos);
}

}  // namespace
}  // namespace assay::smtp
