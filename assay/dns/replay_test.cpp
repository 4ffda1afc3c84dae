#include "assay/dns/replay.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "assay/dns/zone.h"

#include "testkit/dns_text.h"

namespace assay::dns {
namespace {

using testkit::answer_text;
using testkit::question;

/// A small evaluation in which each question depends on the answer before: the addresses of the
/// exchanges of the domain that a TXT record names.
std::string evaluate(Resolver& resolver) {
  const AnswerPtr text = resolver.ask(question("TXT start.example"));
  if (text->outcome != Outcome::records) return "no start: " + text->why;
  const AnswerPtr hosts = resolver.ask(question("MX " + text->texts.at(0)));
  if (hosts->outcome != Outcome::records) return "no exchange: " + hosts->why;
  std::vector<Question> addresses;
  for (const MailExchange& one : hosts->exchanges) {
    addresses.push_back({.name = one.host, .type = Type::a});
  }
  resolver.prefetch(addresses);
  std::string found;
  for (const Question& one : addresses) {
    const AnswerPtr answer = resolver.ask(one);
    if (answer->outcome == Outcome::temporary_failure) return "no address: " + answer->why;
    found += answer_text(*answer) + " ";
  }
  return found;
}

constexpr std::string_view zone_text =
    "start.example. TXT next.example\n"
    "next.example. MX 1 a.example.\nnext.example. MX 2 b.example.\nnext.example. MX 3 c.example.\n"
    "a.example. 60 A 192.0.2.1\nb.example. 60 A 192.0.2.2\n";

TEST(Replay, BringsADependentEvaluationToItsEndInRounds) {
  auto zone = Zone::parse(zone_text);
  ASSERT_TRUE(zone);
  Replay replay;
  std::string result = evaluate(replay);
  std::vector<std::size_t> rounds;
  while (!replay.unanswered().empty()) {
    ASSERT_LT(rounds.size(), 10U);
    const std::vector<Question> open = replay.unanswered();
    rounds.push_back(open.size());
    for (const Question& one : open) replay.add(one, zone->ask(one));
    EXPECT_TRUE(replay.unanswered().empty());
    result = evaluate(replay);
  }
  EXPECT_EQ(rounds, (std::vector<std::size_t>{1, 1, 3})) << "what is announced comes together";
  EXPECT_EQ(result, evaluate(*zone));
  EXPECT_EQ(result, "192.0.2.1 (60) 192.0.2.2 (60) name_error (0) ");
}

TEST(Replay, AnswersWhatItDoesNotKnowAsATemporaryFailure) {
  Replay replay;
  EXPECT_EQ(answer_text(*replay.ask(question("TXT a.example"))),
            "temporary_failure unanswered (0)");
  replay.add(question("TXT a.example"), std::make_shared<const Answer>(Answer{.texts = {"x"}}));
  EXPECT_EQ(replay.ask(question("TXT a.example"))->texts.at(0), "x");
}

TEST(Replay, NotesDistinctQuestionsInOrderAndBounded) {
  Replay replay(3);
  const std::array announced = {question("TXT b.example"), question("TXT a.example"),
                                question("TXT b.example")};
  replay.prefetch(announced);
  replay.ask(question("TXT a.example"));
  replay.ask(question("A a.example"));
  replay.ask(question("TXT d.example"));
  const std::vector<Question> open = replay.unanswered();
  ASSERT_EQ(open.size(), 3U);
  EXPECT_EQ(open[0], announced[0]);
  EXPECT_EQ(open[1], announced[1]);
  EXPECT_EQ(open[2], question("A a.example"));
  replay.add(open[1], std::make_shared<const Answer>());
  replay.add(question("MX unasked.example"), std::make_shared<const Answer>());
  replay.ask(question("TXT d.example"));
  ASSERT_EQ(replay.unanswered().size(), 3U) << "an answer makes room";
  EXPECT_EQ(replay.unanswered()[2], question("TXT d.example"));
}

}  // namespace
}  // namespace assay::dns
