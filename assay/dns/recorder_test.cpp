#include "assay/dns/recorder.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "assay/dns/zone.h"

#include "testkit/dns_text.h"

namespace assay::dns {
namespace {

using std::chrono::milliseconds;
using testkit::answer_text;
using testkit::question;

/// Answers from a zone; each question takes some of the time that the test's stopwatch shows.
class Slow final : public Resolver {
 public:
  Slow(std::string_view zone, milliseconds takes)
      : zone_(Zone::parse(zone).value()), takes_(takes) {}
  AnswerPtr ask(const Question& question) override {
    ++asked;
    now += takes_;
    return zone_.ask(question);
  }
  void prefetch(std::span<const Question> questions) override { announced += questions.size(); }

  std::chrono::steady_clock::time_point now = {};
  int asked = 0;
  std::size_t announced = 0;

 private:
  Zone zone_;
  milliseconds takes_;
};

TEST(Recorder, NotesDistinctQuestionsWithOutcomeAndTime) {
  Slow slow("a.example. TXT x\n$FAIL b.example. timeout\n", milliseconds(12));
  Recorder recorder(slow, [&] { return slow.now; });
  recorder.ask(question("TXT a.example"));
  recorder.ask(question("A a.example"));
  recorder.ask(question("TXT b.example"));
  recorder.ask(question("TXT c.example"));
  recorder.ask(question("TXT a.example"));
  ASSERT_EQ(recorder.asked().size(), 4U);
  const auto line = [&](std::size_t i) {
    const Asked& one = recorder.asked()[i];
    return std::string(to_text(one.question.type)) + " " + one.question.name.text() + " " +
           std::string(to_text(one.outcome)) + " " + one.why;
  };
  EXPECT_EQ(line(0), "TXT a.example records ");
  EXPECT_EQ(line(1), "A a.example no_data ");
  EXPECT_EQ(line(2), "TXT b.example temporary_failure timeout");
  EXPECT_EQ(line(3), "TXT c.example name_error ");
  EXPECT_EQ(recorder.asked()[3].waited, milliseconds(12));
  EXPECT_EQ(recorder.waited(), milliseconds(48));
  EXPECT_FALSE(recorder.exhausted());
}

// RFC 9989 §11.6: also an answer that no cache may keep is shared between the walks of a message.
TEST(Recorder, GivesOneMessageOneAnswer) {
  Slow slow("a.example. 0 TXT x\n", milliseconds(1));
  Recorder recorder(slow, [&] { return slow.now; });
  const AnswerPtr first = recorder.ask(question("TXT a.example"));
  EXPECT_EQ(recorder.ask(question("TXT a.example")), first);
  EXPECT_EQ(slow.asked, 1);
}

TEST(Recorder, RefusesBeyondTheNumberOfQuestions) {
  Slow slow("*.example. TXT x\n", milliseconds(1));
  Recorder recorder(slow, [&] { return slow.now; }, {.max_questions = 3});
  for (int i = 0; i < 10; ++i) {
    const AnswerPtr answer = recorder.ask(question("TXT n" + std::to_string(i) + ".example"));
    EXPECT_EQ(answer_text(*answer), i < 3 ? "\"x\" (3600)" : "temporary_failure budget (0)") << i;
  }
  EXPECT_EQ(answer_text(*recorder.ask(question("TXT n2.example"))), "\"x\" (3600)")
      << "what was answered stays";
  EXPECT_EQ(slow.asked, 3);
  EXPECT_TRUE(recorder.exhausted());
  ASSERT_EQ(recorder.asked().size(), 4U) << "of those refused the first is noted";
  EXPECT_EQ(recorder.asked()[3].why, "budget");
}

TEST(Recorder, RefusesBeyondTheTime) {
  Slow slow("*.example. TXT x\n", milliseconds(700));
  Recorder recorder(slow, [&] { return slow.now; }, {.max_waited = std::chrono::seconds(2)});
  for (int i = 0; i < 10; ++i) recorder.ask(question("TXT n" + std::to_string(i) + ".example"));
  EXPECT_EQ(slow.asked, 3);
  EXPECT_TRUE(recorder.exhausted());
  EXPECT_EQ(recorder.waited(), milliseconds(2100));
}

TEST(Recorder, HandsOnEachAnnouncedQuestionOnceAndNotTooMany) {
  Slow slow("a.example. TXT x\n", milliseconds(1));
  Recorder recorder(slow, [&] { return slow.now; }, {.max_announced_questions = 3});
  recorder.ask(question("TXT a.example"));
  const std::array announced = {question("TXT a.example"), question("TXT b.example"),
                                question("TXT c.example")};
  recorder.prefetch(announced);
  EXPECT_EQ(slow.announced, 2U);
  recorder.prefetch(announced);
  EXPECT_EQ(slow.announced, 2U);
  const std::array more = {question("TXT d.example"), question("TXT e.example")};
  recorder.prefetch(more);
  EXPECT_EQ(slow.announced, 3U);
  EXPECT_EQ(recorder.asked().size(), 1U) << "announced alone is not asked";
}

}  // namespace
}  // namespace assay::dns
