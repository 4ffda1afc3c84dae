#include <algorithm>

#include "assay/base/ascii.h"
#include "system/milter/detail/codec.h"
#include "system/milter/detail/negotiation.h"
#include "system/milter/detail/recorder.h"
#include "system/milter/milter.h"

#include "testkit/cases.h"

namespace assay::milter {
namespace {

using namespace std::string_view_literals;
using detail::Recorder;

constexpr std::uint32_t all_actions = 0x1ff;
constexpr std::uint32_t all_steps = 0x1fffff;

std::string packet(std::string_view command_and_data) {
  std::string out;
  detail::append_packet(out, command_and_data.front(), command_and_data.substr(1));
  return out;
}

std::string offer(std::uint32_t version, std::uint32_t actions, std::uint32_t protocol) {
  std::string out;
  detail::append_offer(out, {.version = version, .actions = actions, .protocol = protocol});
  return out;
}

/// What an MTA of that kind offers.
std::string offer_of(std::string_view mta) {
  if (mta == "postfix" || mta == "sendmail") return offer(6, all_actions, all_steps);
  if (mta == "answered") return offer(6, all_actions, 0x400 | 0x7f);  // no stage unanswered
  if (mta == "version 2") return offer(2, 0x3f, 0x7f);
  if (mta == "headers unanswered") return offer(6, 0x3f, 0xff);
  ADD_FAILURE() << "no such MTA: " << mta;
  return {};
}

/// "reject", "custom 550 5.7.1 no", …
Reply reply_of(std::string_view text) {
  using enum Reply::Kind;
  const std::size_t space = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, space);
  const std::pair<std::string_view, Reply::Kind> words[] = {
      {"proceed", proceed}, {"accept", accept}, {"reject", reject}, {"tempfail", tempfail},
      {"discard", discard}, {"custom", custom}, {"skip", skip}};
  for (const auto& [name, kind] : words) {
    if (name == word) {
      return {.kind = kind, .text = std::string(text.substr(std::min(space + 1, text.size())))};
    }
  }
  ADD_FAILURE() << "no such reply: " << text;
  return {};
}

/// "insert 0 Name: value", "delete 2 Name", "add Name: value", "quarantine why".
Edit edit_of(std::string_view text) {
  using enum Edit::Kind;
  const auto word = [&text] {
    const std::size_t space = std::min(text.find(' '), text.size());
    const std::string_view taken = text.substr(0, space);
    text.remove_prefix(std::min(space + 1, text.size()));
    return taken;
  };
  const std::string_view kind = word();
  if (kind == "quarantine") return {.kind = quarantine, .value = std::string(text)};
  Edit edit{.kind = kind == "insert"   ? insert_header
                    : kind == "delete" ? delete_header
                    : kind == "change" ? change_header
                                       : add_header};
  if (kind != "add") edit.index = static_cast<std::uint32_t>(std::stoul(std::string(word())));
  const std::size_t colon = std::min(text.find(':'), text.size());
  edit.name = text.substr(0, colon);
  edit.value = text.substr(std::min(colon + 2, text.size()));
  return edit;
}

/// "c", "y 550 5.7.1 no\x00", … one line for each packet.
std::vector<std::string> packets_of(std::string_view octets) {
  std::vector<std::string> lines;
  while (!octets.empty()) {
    const auto size = detail::packet_size(octets, 1U << 20);
    if (!size || *size == 0 || *size > octets.size()) {
      ADD_FAILURE() << "not well-formed: " << ascii::printable(octets);
      return lines;
    }
    std::string line(octets.substr(4, 1));
    if (*size > 5) line += " " + ascii::printable(octets.substr(5, *size - 5));
    lines.push_back(line);
    octets.remove_prefix(*size);
  }
  return lines;
}

/// A session as a case describes it, and what came of it.
struct Run {
  Recorder recorder = {};
  std::string output = {};
  std::string error = {};
  bool closed = false, in_message = false;
};

Run run(const testkit::Case& c, std::string_view input, std::size_t piece) {
  Run result;
  for (const std::string& line : c.all("answer")) {
    const std::size_t space = line.find(' ');
    result.recorder.replies[line.substr(0, space)] = reply_of(line.substr(space + 1));
  }
  result.recorder.shown_macros = c.all("macro");
  result.recorder.ending.reply = reply_of(c.get("ending", "proceed"));
  for (const std::string& line : c.all("edit")) {
    result.recorder.ending.edits.push_back(edit_of(line));
  }
  const std::string options = c.get("options", "");
  const auto has = [&](std::string_view word) { return options.find(word) != std::string::npos; };
  Session session(result.recorder, {.max_packet = 200,
                                    .want_recipients = !has("no_recipients"),
                                    .want_body = !has("no_body"),
                                    .answer_body = has("answer_body")});
  for (std::size_t at = 0; at < input.size() && !session.closed(); at += piece) {
    result.output += session.feed(input.substr(at, piece));
  }
  result.error = session.error();
  result.closed = session.closed();
  result.in_message = session.in_message();
  return result;
}

/// What one `send` stands for: "client", "message", "all" (both), or itself.
std::string packets_for(std::string_view send) {
  std::string packets;
  if (send == "client" || send == "all") {
    packets += packet("Cmx.example.com\0004\0\031192.0.2.1\0"sv) + packet("Hmx.example.com\0"sv);
  }
  if (send == "message" || send == "all") {
    for (const auto one : {"M<a@example.com>\0"sv, "R<b@example.org>\0"sv, "T"sv,
                           "LFrom\0 a@example.com\0"sv, "N"sv, "BHello.\r\n"sv, "E"sv}) {
      packets += packet(one);
    }
  }
  return packets.empty() ? packet(send) : packets;
}

std::string input_of(const testkit::Case& c) {
  std::string input;
  if (c.get("mta", "") != "silent") input += offer_of(c.get("mta", "postfix"));
  for (const auto& [key, value] : c.entries) {
    if (key == "raw") input += value;
    if (key == "send") input += packets_for(value);
  }
  return input;
}

CASES(Session, "system/milter/testdata/session.cases") {
  const std::string input = input_of(c);
  const Run whole = run(c, input, input.size());
  std::vector<std::string> replies = packets_of(whole.output);
  if (!replies.empty() && replies[0][0] == 'O') replies.erase(replies.begin());
  EXPECT_EQ(whole.recorder.calls, c.all("call"));
  EXPECT_EQ(replies, c.all("reply"));
  EXPECT_EQ(whole.error, c.get("error", ""));
  EXPECT_EQ(whole.closed, c.has("closed") || c.has("error"));
  EXPECT_EQ(whole.in_message, c.has("in_message"));
  for (std::size_t piece = 1; piece < std::min<std::size_t>(input.size(), 12); ++piece) {
    const Run split = run(c, input, piece);
    EXPECT_EQ(split.recorder.calls, whole.recorder.calls) << piece;
    EXPECT_EQ(split.output, whole.output) << piece;
    EXPECT_EQ(split.error, whole.error) << piece;
  }
}

CASES(Negotiation, "system/milter/testdata/negotiation.cases") {
  const auto number = [&](std::string_view key) {
    return static_cast<std::uint32_t>(std::stoul(c[key], nullptr, 0));
  };
  const std::string options = c.get("options", "");
  const auto has = [&](std::string_view word) { return options.find(word) != std::string::npos; };
  const auto agreed = detail::negotiate(
      {.version = number("version"), .actions = number("actions"), .protocol = number("protocol")},
      {.want_recipients = !has("no_recipients"),
       .want_body = !has("no_body"),
       .answer_body = has("answer_body")});
  ASSERT_EQ(agreed.has_value(), !c.has("error"));
  if (!agreed) {
    EXPECT_EQ(agreed.error().what, c["error"]);
    return;
  }
  const detail::Offer expected{.version = number("agreed_version"),
                               .actions = number("agreed_actions"),
                               .protocol = number("agreed_protocol")};
  EXPECT_EQ(*agreed, expected);
}

TEST(SessionUse, GivesViewsIntoTheInput) {
  struct Watcher : Recorder {
    Reply body(std::string_view octets) override {
      at = octets.data();
      return {};
    }
    const char* at = nullptr;
  };
  Watcher watcher;
  Session session(watcher);
  session.feed(offer(6, all_actions, all_steps));
  session.feed(packet("Clocalhost\0U"sv) + packet("M<>\0"sv));
  const std::string chunk = packet("B" + std::string(65535, 'x'));
  session.feed(chunk);
  EXPECT_EQ(watcher.at, chunk.data() + 5);
}

TEST(SessionUse, SaysWhetherLeadingSpaceWasAgreed) {
  Recorder recorder;
  Session with(recorder), without(recorder);
  with.feed(offer(6, all_actions, all_steps));
  without.feed(offer(6, all_actions, all_steps & ~0x100000U));
  EXPECT_TRUE(with.leading_space());
  EXPECT_FALSE(without.leading_space());
}

TEST(SessionUse, ManyMessagesDoNotMix) {
  Recorder recorder;
  recorder.shown_macros = {"i"};
  Session session(recorder);
  session.feed(offer(6, all_actions, all_steps));
  session.feed(packet("Clocalhost\0U"sv));
  for (int i = 0; i < 1000; ++i) {
    recorder.calls.clear();
    const std::string id = std::to_string(i);
    std::string message;
    if (i % 3 != 0) message += packet("DMi" + std::string(1, '\0') + id + '\0');
    message += packet("M<" + id + ">" + '\0') + packet(i % 7 == 0 ? "A" : "E");
    session.feed(message);
    const std::string line = "mail <" + id + ">" + (i % 3 != 0 ? " i=" + id : "");
    ASSERT_EQ(recorder.calls.at(0), line);
    ASSERT_EQ(recorder.calls.size(), i % 7 == 0 ? 2U : 3U);
    ASSERT_FALSE(session.in_message());
  }
}

TEST(SessionUse, TakesNothingMoreOnceClosed) {
  Recorder recorder;
  Session session(recorder);
  session.feed(packet("Q"));
  EXPECT_TRUE(session.closed());
  EXPECT_EQ(session.feed(offer(6, all_actions, all_steps)), "");
}

TEST(Macros, LastValueOfANameHolds) {
  Macros macros;
  macros.set("i", "1");
  macros.set("i", "2");
  EXPECT_EQ(macros.find("i"), "2");
  EXPECT_EQ(macros.find("j"), "");
  macros.clear();
  EXPECT_EQ(macros.find("i"), "");
}

}  // namespace
}  // namespace assay::milter
