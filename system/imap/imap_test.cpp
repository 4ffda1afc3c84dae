#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "system/imap/curl_transport.h"
#include "system/imap/mailbox.h"
#include "system/imap/response.h"

namespace assay::imap {
namespace {

using std::string_view_literals::operator""sv;

std::vector<Response> read_all(std::string_view octets, std::size_t piece,
                               const ResponseLimits& limits = {}) {
  ResponseReader reader(limits);
  std::vector<Response> all;
  for (std::size_t at = 0; at < octets.size(); at += piece) {
    reader.feed(octets.substr(at, piece));
    for (;;) {
      auto response = reader.next();
      EXPECT_TRUE(response);
      if (!response || !*response) break;
      all.push_back(std::move(**response));
    }
  }
  return all;
}

TEST(ImapResponse, LiteralsAreTakenOutHoweverTheOctetsAreCut) {
  const std::string_view octets =
      "* 1 FETCH (UID 7 BODY[] {5}\r\na\r\nb) FLAGS ({0}\r\n))\r\nA1 OK done {x}\r\n"sv;
  for (const std::size_t piece : {1UZ, 3UZ, 100UZ}) {
    const auto all = read_all(octets, piece);
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].line, "* 1 FETCH (UID 7 BODY[] {} FLAGS ({}))");
    ASSERT_EQ(all[0].literals.size(), 2U);
    EXPECT_EQ(all[0].literals[0].octets, "a\r\nb)");
    EXPECT_EQ(all[0].literals[1].octets, "");
    EXPECT_EQ(all[1].line, "A1 OK done {x}");
  }
}

TEST(ImapResponse, ALargeLiteralIsReadOver) {
  const auto all = read_all("* 1 FETCH (UID 7 BODY[] {20}\r\n01234567890123456789)\r\n* OK\r\n", 6,
                            {.literal = 10});
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].literals[0].octets, "");
  EXPECT_EQ(all[0].literals[0].size, 20U);
}

TEST(ImapResponse, LimitsAreErrors) {
  ResponseReader lines({.line = 10});
  lines.feed("* 345678901");
  EXPECT_EQ(lines.next().error().code, "imap_line_too_long");
  ResponseReader literals({.literals = 1});
  literals.feed("* {1}\r\na{1}\r\nb\r\n");
  EXPECT_EQ(literals.next().error().code, "imap_too_many_literals");
}

TEST(ImapResponse, Endings) {
  EXPECT_EQ(read_ending("A12 OK [READ-WRITE] fine", "A12")->text, "[READ-WRITE] fine");
  EXPECT_EQ(read_ending("A12 no sorry", "A12")->status, Status::no);
  EXPECT_EQ(read_ending("A12 BAD", "A12")->status, Status::bad);
  EXPECT_FALSE(read_ending("A1 OK", "A12"));
  EXPECT_FALSE(read_ending("A123 OK", "A12"));
  EXPECT_FALSE(read_ending("A12 WHAT", "A12"));
  EXPECT_FALSE(read_ending("* OK", "A12"));
}

Message fetched(std::string line, std::vector<Literal> literals = {}) {
  auto message = read_fetch({.line = std::move(line), .literals = std::move(literals)});
  return message ? std::move(*message) : Message{};
}

TEST(ImapResponse, WhatAFetchSays) {
  EXPECT_EQ(fetched("* 1 FETCH (UID 7 RFC822.SIZE 42)").size, 42U);
  EXPECT_EQ(fetched("* 1 fetch (body[] {} uid 7)", {{.octets = "x", .size = 1}}).body->octets, "x");
  EXPECT_EQ(fetched(R"(* 1 FETCH (UID 7 BODY[] "a\"b"))").body->octets, "a\"b");
  const Message other =
      fetched(R"x(* 1 FETCH (FLAGS (\Seen "x)" {}) BODY[HEADER.FIELDS (X)] {} UID 7 BODY[] {}))x",
              {{.octets = "1"}, {.octets = "2"}, {.octets = "3"}});
  EXPECT_EQ(other.uid, 7U);
  EXPECT_EQ(other.body->octets, "3");
  EXPECT_FALSE(fetched("* 1 FETCH (UID 7 BODY[] NIL)").body);
  for (const std::string line :
       {"", "* 1 FETCH (", "* 1 FETCH (BODY[] {})", "* 1 FETCH (UID 7 BODY[] {})",
        "* 1 FETCH (UID 7 FLAGS (a", "* 1 FETCH (UID 7 X \"a", "* 1 EXISTS", "* FETCH (UID 7)",
        "* 1 FETCH (UID 99999999999)", "* 1 FETCH (UID 7 BODY[)", "* 1 FETCH (UID"}) {
    EXPECT_FALSE(read_fetch({.line = line})) << line;
  }
}

TEST(ImapResponse, SearchesAndSets) {
  EXPECT_EQ(*read_search("* SEARCH 3 1 2 x 0 99999999999"), (std::vector<std::uint32_t>{3, 1, 2}));
  EXPECT_TRUE(read_search("* SEARCH")->empty());
  EXPECT_FALSE(read_search("* 3 EXISTS"));
  EXPECT_EQ(sequence_set({1, 2, 3, 5, 7, 8}), "1:3,5,7:8");
  EXPECT_EQ(sequence_set({4294967295U}), "4294967295");
  EXPECT_EQ(quoted("a \"b\\"), R"("a \"b\\")");
  EXPECT_FALSE(quoted("a\r\nA2 DELETE x"));
  EXPECT_FALSE(quoted("\xC3\xA4"));
}

/// A server that says, to each line it is sent, the next of its answers; `$` in it is the tag.
class Script final : public Transport {
 public:
  explicit Script(std::deque<std::string> answers) : answers_(std::move(answers)) {}
  Expected<std::size_t> read(std::span<char> buffer, std::chrono::milliseconds) override {
    if (waiting_.empty()) {
      if (answers_.empty()) {
        return std::unexpected(Finding{.code = "imap_connection", .what = "gone", .at = 0});
      }
      return 0U;
    }
    const std::size_t size = std::min(buffer.size(), waiting_.size());
    waiting_.copy(buffer.data(), size);
    waiting_.erase(0, size);
    return size;
  }
  Expected<> write(std::string_view octets) override {
    const std::string tag(octets.substr(0, octets.find(' ')));
    said.emplace_back(octets.substr(0, octets.size() - 2));
    std::string answer = answers_.empty() ? "" : answers_.front();
    if (!answers_.empty()) answers_.pop_front();
    for (std::size_t at = 0; (at = answer.find('$', at)) != std::string::npos;) {
      answer.replace(at, 1, tag);
    }
    waiting_ += answer;
    return {};
  }
  std::vector<std::string> said = {};

 private:
  std::deque<std::string> answers_;
  std::string waiting_ = {};
};

TEST(ImapMailbox, WithoutMoveAndUidplusMailsAreCopiedAndMarked) {
  auto script = std::make_unique<Script>(
      std::deque<std::string>{"* CAPABILITY IMAP4rev1\r\n$ OK\r\n", "$ OK\r\n",
                              "$ NO [TRYCREATE] none\r\n", "$ OK\r\n", "$ OK\r\n", "$ OK\r\n"});
  Script& server = *script;
  auto mailbox = Mailbox::open(std::move(script), {});
  ASSERT_TRUE(mailbox);
  EXPECT_FALSE((*mailbox)->can_idle());
  ASSERT_TRUE((*mailbox)->move({4, 5}, "Done"));
  EXPECT_EQ(server.said, (std::vector<std::string>{"A1 CAPABILITY", "A2 SELECT \"INBOX\"",
                                                   "A3 UID COPY 4:5 \"Done\"", "A4 CREATE \"Done\"",
                                                   "A5 UID COPY 4:5 \"Done\"",
                                                   "A6 UID STORE 4:5 +FLAGS.SILENT (\\Deleted)"}));
}

TEST(ImapMailbox, AMailThatIsTooLargeIsNotFetched) {
  auto script = std::make_unique<Script>(std::deque<std::string>{
      "$ OK\r\n", "$ OK\r\n",
      "* 1 FETCH (UID 1 RFC822.SIZE 5)\r\n* 2 FETCH (UID 2 RFC822.SIZE 500)\r\n$ OK\r\n",
      "* 1 FETCH (UID 1 BODY[] {5}\r\nhello)\r\n* 9 FETCH (UID 9 BODY[] {1}\r\nx)\r\n$ OK\r\n"});
  Script& server = *script;
  auto mailbox = Mailbox::open(std::move(script), {.max_message = 100});
  ASSERT_TRUE(mailbox);
  std::vector<std::pair<std::uint32_t, std::string>> shown;
  ASSERT_TRUE((*mailbox)->fetch({1, 2}, [&](std::uint32_t uid, const Literal& mail) {
    shown.emplace_back(uid, mail.octets);
  }));
  EXPECT_EQ(shown, (std::vector<std::pair<std::uint32_t, std::string>>{{2, ""}, {1, "hello"}}));
  EXPECT_EQ(server.said.back(), "A4 UID FETCH 1 (BODY.PEEK[])");
}

TEST(ImapMailbox, ARefusalIsShownAsText) {
  auto mailbox = Mailbox::open(
      std::make_unique<Script>(std::deque<std::string>{"$ OK\r\n", "$ NO \x1b[31mno\r\n"}), {});
  ASSERT_FALSE(mailbox);
  EXPECT_EQ(mailbox.error().code, "imap_refused");
  EXPECT_EQ(mailbox.error().what.find('\x1b'), std::string::npos);
}

TEST(ImapMailbox, AServerThatGoesIsAnError) {
  auto mailbox = Mailbox::open(std::make_unique<Script>(std::deque<std::string>{"* BYE\r\n"}), {});
  ASSERT_FALSE(mailbox);
  EXPECT_EQ(mailbox.error().code, "imap_connection");
}

TEST(ImapConnect, SaysWhatIsWrong) {
  const auto transport = connect({.server = "imap:127.0.0.1:1", .tls = Tls::never});
  ASSERT_FALSE(transport);
  EXPECT_EQ(transport.error().code, "imap_connection");
  EXPECT_NE(transport.error().what.find("imap:127.0.0.1:1"), std::string::npos);
}

}  // namespace
TEST(Mailbox, EndsWhileTheServerIsSilent) {
  unsigned asked = 0;
  const auto mailbox = Mailbox::open(std::make_unique<Script>(std::deque<std::string>{"", "never"}),
                                     {.stop = [&] { return ++asked == 3; }});
  ASSERT_FALSE(mailbox);
  EXPECT_EQ(mailbox.error().code, "imap_stopped");
  EXPECT_EQ(asked, 3U);
}

}  // namespace assay::imap
