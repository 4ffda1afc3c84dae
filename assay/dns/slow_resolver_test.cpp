#include "testkit/slow_resolver.h"

#include <gtest/gtest.h>

#include <array>

#include "assay/dns/zone.h"

#include "testkit/dns_text.h"

namespace assay::dns {
namespace {

using std::chrono::milliseconds;
using testkit::question;

TEST(SlowResolver, CountsOneRoundTripForEachQuestionAfterAnother) {
  auto zone = Zone::parse("a. A 192.0.2.1\nb. A 192.0.2.2\n");
  ASSERT_TRUE(zone);
  testkit::SlowResolver slow(*zone);
  EXPECT_EQ(slow.round_trips(), 0U);
  EXPECT_EQ(testkit::answer_text(*slow.ask(question("A a"))), "192.0.2.1 (3600)");
  EXPECT_EQ(slow.elapsed(), milliseconds(50));
  slow.ask(question("A b"));
  EXPECT_EQ(slow.round_trips(), 2U);
  slow.ask(question("A a"));
  EXPECT_EQ(slow.round_trips(), 2U) << "what was answered costs nothing again";
}

TEST(SlowResolver, AnswersTogetherWhatWasAnnouncedTogether) {
  auto zone = Zone::parse("a. A 192.0.2.1\n");
  ASSERT_TRUE(zone);
  testkit::SlowResolver slow(*zone, milliseconds(20));
  const std::array announced = {question("A a"), question("A b"), question("A c")};
  slow.prefetch(announced);
  EXPECT_EQ(slow.elapsed(), milliseconds(0));
  for (const Question& one : announced) slow.ask(one);
  EXPECT_EQ(slow.elapsed(), milliseconds(20));
  slow.prefetch(announced);
  const std::array late = {question("A d"), question("A e")};
  slow.prefetch(late);
  slow.ask(late[1]);
  EXPECT_EQ(slow.round_trips(), 2U);
  EXPECT_EQ(slow.sent(), 5U);
  EXPECT_EQ(slow.asked().size(), 4U) << "announced alone is not asked";
}

}  // namespace
}  // namespace assay::dns
