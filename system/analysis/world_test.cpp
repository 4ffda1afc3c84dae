/// Every answer beside the truth of a world that is known (testdata/world.h).
#include "assay/dns/zone.h"
#include "system/analysis/testdata/answers.h"

namespace assay::analysis {
namespace {

TEST_F(Answers, CubeCountsMessages) {
  const auto found = ask(Question::cube, "example.com");
  const auto is = [](bool spf, bool dkim) {
    return [=](const Stream& stream, const Handled&, const Truth::Key&) {
      return stream.spf_aligned == spf && stream.dkim_aligned == dkim;
    };
  };
  EXPECT_EQ(found["both"], truth("example.com", is(true, true)));
  EXPECT_EQ(found["only_spf"], truth("example.com", is(true, false)));
  EXPECT_EQ(found["only_dkim"], truth("example.com", is(false, true)));
  EXPECT_EQ(found["none"], truth("example.com", is(false, false)));
  for (int ago = 0; ago < 28; ++ago) {
    const auto all = truth(
        "example.com", [](const Stream&, const Handled&, const Truth::Key&) { return true; }, 1,
        ago);
    const auto day = row(found["days"], "day", to_text(WorldOfMail::end() - days{1 + ago}));
    // A report of a week is spread to within a message a record.
    EXPECT_NEAR(day["messages"].get<double>(), static_cast<double>(all), 35) << day;
  }
  const auto big = truth("example.com", [](const Stream&, const Handled&, const Truth::Key& key) {
    return key.reporter == "big.example";
  });
  EXPECT_EQ(row(found["reporters"], "reporter", "big.example")["messages"], big);
  EXPECT_EQ(row(found["sources"], "service", "Bulk Mailer")["messages"], of_stream("bulk"));
}

TEST_F(Answers, BasisSaysWhatItRestsOn) {
  const auto found = ask(Question::split, "example.com");
  // 28 days of four daily reporters that still report, and four weeks.
  EXPECT_EQ(found["basis"]["reports"], 28 * 4 + 4);
  EXPECT_EQ(found["basis"]["reporters"], 5);
  EXPECT_EQ(found["data_through"], to_text(WorldOfMail::end() - days{1}));
}

TEST_F(Answers, SplitPutsEachMessageInOnePart) {
  const auto found = ask(Question::split, "example.com");
  const auto part = [&](const std::string& name) {
    return row(found["parts"], "part", name)["messages"].get<std::uint64_t>();
  };
  const auto stale = [](const Truth::Key& key) { return key.reporter == "stale.example"; };
  const auto passes = [](const Stream& stream) {
    return stream.spf_aligned || stream.dkim_aligned;
  };
  EXPECT_EQ(part("passed_under_enforcement"),
            truth("example.com", [&](const Stream& stream, const Handled&, const Truth::Key& key) {
              return passes(stream) && !stale(key);
            }));
  EXPECT_EQ(part("delivered_without_enforcement"),
            truth("example.com", [&](const Stream&, const Handled&, const Truth::Key& key) {
              return stale(key);
            }));
  EXPECT_EQ(part("let_through_by_override"),
            truth("example.com",
                  [&](const Stream& stream, const Handled& handled, const Truth::Key& key) {
                    return !passes(stream) && handled.first == "none" && !stale(key);
                  }));
  EXPECT_EQ(part("quarantined"),
            truth("example.com", [](const Stream&, const Handled& handled, const Truth::Key&) {
              return handled.first == "quarantine";
            }));
  EXPECT_EQ(part("rejected"), 0U);
}

TEST_F(Answers, GapsNameReporterAndReason) {
  const auto found = ask(Question::gaps, "example.com");
  const auto sum = [&](const std::string& kind, const std::string& reporter) {
    std::uint64_t messages = 0;
    for (const auto& each : found["gaps"]) {
      if (each["kind"] == kind && (reporter.empty() || each["reporter"] == reporter))
        messages += each["messages"].get<std::uint64_t>();
    }
    return messages;
  };
  const auto by = [&](const std::string& reporter, const std::string& reason) {
    return truth("example.com",
                 [&](const Stream& stream, const Handled& handled, const Truth::Key& key) {
                   return !stream.spf_aligned && !stream.dkim_aligned && handled.first == "none" &&
                          handled.second == reason && key.reporter == reporter;
                 });
  };
  EXPECT_EQ(sum("override", "big.example"), by("big.example", "mailing_list"));
  EXPECT_EQ(sum("not_enforced", ""), by("lax.example", ""));
  EXPECT_EQ(sum("not_enforced", "lax.example"), by("lax.example", ""));
  EXPECT_EQ(sum("other_policy", "stale.example"),
            by("stale.example", "") + by("stale.example", "mailing_list"));
  EXPECT_TRUE(row(found["reporters"], "reporter", "lax.example")["never_enforces"]);
  EXPECT_FALSE(row(found["reporters"], "reporter", "big.example")["never_enforces"]);
}

TEST_F(Answers, TestModeIsToldApart) {
  Ask then{.from = WorldOfMail::day(510), .to = WorldOfMail::day(550)};
  const auto found = ask(Question::gaps, "example.com", then);
  for (const auto& each : found["gaps"]) {
    if (each["reporter"] != "big.example") continue;
    EXPECT_NE(each["kind"], "not_enforced") << each;
  }
  EXPECT_FALSE(row(found["gaps"], "kind", "test_mode").is_null());
}

TEST_F(Answers, OverridesHaveTheirComments) {
  const auto found = ask(Question::overrides, "example.com");
  const auto list =
      truth("example.com", [](const Stream&, const Handled& handled, const Truth::Key&) {
        return handled.second == "mailing_list";
      });
  EXPECT_EQ(found["overridden"], list);
  const auto comment = row(found["comments"], "type", "mailing_list");
  EXPECT_EQ(comment["messages"], list);
  EXPECT_EQ(comment["arc"], "pass");
  EXPECT_EQ(comment["sealers"], nlohmann::json({"lists.example"}));
}

TEST_F(Answers, SourcesAtThreeLevels) {
  const auto found = ask(Question::sources, "example.com");
  EXPECT_EQ(row(found["by_service"], "name", "Bulk Mailer")["messages"], of_stream("bulk"));
  EXPECT_EQ(row(found["by_service"], "name", "Bulk Mailer")["class"], "approved");
  EXPECT_EQ(row(found["by_service"], "name", "CRM")["messages"], of_stream("crm"));
  EXPECT_EQ(row(found["by_address"], "name", "192.0.2.10")["messages"], of_stream("office"));
  EXPECT_EQ(row(found["by_address"], "name", "198.18.90.9")["new"], true);
  EXPECT_EQ(row(found["by_address"], "name", "192.0.2.10")["new"], false);
  // Nine streams, one of them from fourteen networks of two days; office and legacy share one.
  EXPECT_EQ(found["networks"], 7 + 14);
  EXPECT_EQ(found["networks_gone"], 14);
}

TEST_F(Answers, VolumeByClass) {
  const auto found = ask(Question::volume, "example.com");
  for (const Class what :
       {Class::own, Class::approved, Class::forwarder, Class::unknown, Class::abuse}) {
    const auto real = truth("example.com", [&](const Stream& stream, const Handled&,
                                               const Truth::Key&) { return stream.what == what; });
    EXPECT_EQ(row(found["by_class"], "class", std::string(to_text(what)))["messages"], real)
        << to_text(what);
  }
  EXPECT_EQ(found["days"].size(), 28U);
}

TEST_F(Answers, UnauthenticatedByCause) {
  const auto found = ask(Question::unauthenticated, "example.com");
  for (const Cause cause : {Cause::broken_own, Cause::forwarding, Cause::abuse, Cause::unknown}) {
    const auto real =
        truth("example.com", [&](const Stream& stream, const Handled&, const Truth::Key&) {
          return !stream.spf_aligned && !stream.dkim_aligned && stream.cause == cause;
        });
    EXPECT_EQ(row(found["causes"], "cause", std::string(to_text(cause)))["messages"], real)
        << to_text(cause);
  }
  for (const auto& each : found["sources"])
    EXPECT_FALSE(each["evidence"].get<std::string>().empty());
}

TEST_F(Answers, MarksOverrule) {
  mark("CRM", Marked::approved);
  mark("network 198.18.7.0/24", Marked::own);
  const auto found = ask(Question::unauthenticated, "example.com");
  EXPECT_EQ(row(found["causes"], "cause", "broken_own")["messages"],
            of_stream("crm") + of_stream("printer"));
  EXPECT_EQ(row(found["causes"], "cause", "unknown")["messages"], 0U);
}

TEST_F(Answers, NewcomersWithTheirSelector) {
  const auto found = ask(Question::newcomers, "example.com");
  ASSERT_EQ(found["newcomers"].size(), 1U) << found["newcomers"];
  EXPECT_EQ(found["newcomers"][0]["selector"], "new1 of example.com");
}

TEST_F(Answers, NothingIsNewWithoutABefore) {
  Ask first{.from = WorldOfMail::day(0), .to = WorldOfMail::day(27)};
  const auto found = ask(Question::newcomers, "example.com", first);
  EXPECT_TRUE(found["newcomers"].empty());
  EXPECT_EQ(row(found["not_known"], "code", "no_period_before").value("code", ""),
            "no_period_before");
}

TEST_F(Answers, UnalignedWithItsFix) {
  const auto found = ask(Question::unaligned, "example.com");
  const auto crm = row(found["unaligned"], "service", "CRM");
  EXPECT_EQ(crm["messages"], of_stream("crm"));
  EXPECT_EQ(crm["dkim_domain"], "crm.example");
  EXPECT_NE(
      crm["fix"][0].get<std::string>().find("sign with d=example.com instead of d=crm.example"),
      std::string::npos)
      << crm;
  EXPECT_NE(crm["fix"][1].get<std::string>().find("include:spf.crm.example"), std::string::npos)
      << crm;
}

TEST_F(Answers, WhatIfHitsWhoFails) {
  const auto found =
      ask(Question::whatif, "example.com", {.scenario = {.policy = dmarc::Policy::reject}});
  const auto failing =
      truth("example.com", [](const Stream& stream, const Handled&, const Truth::Key&) {
        return !stream.spf_aligned && !stream.dkim_aligned;
      });
  EXPECT_EQ(found["failing"], failing);
  EXPECT_EQ(found["failing_abuse"], of_stream("attack"));
  EXPECT_EQ(found["failing_forwarder"], of_stream("list"));
  const auto strict = ask(Question::whatif, "example.com",
                          {.scenario = {.policy = dmarc::Policy::reject,
                                        .adkim = dmarc::Alignment::strict,
                                        .aspf = dmarc::Alignment::strict}});
  EXPECT_EQ(strict["failing"], failing);  // d= and the envelopes that pass are those of example.com
}

TEST_F(Answers, WhoIsRankedByEvidence) {
  auto zone = dns::Zone::parse(
      "7.7.18.198.in-addr.arpa. PTR printer.example.com.\nprinter.example.com. A 198.18.7.7\n");
  ASSERT_TRUE(zone);
  resolver_ = &*zone;
  const auto found = ask(Question::who, "example.com", {.source = "198.18.7.7", .names = 10});
  ASSERT_EQ(found["sources"].size(), 1U);
  EXPECT_EQ(found["sources"][0]["known_by"], "confirmed_name");
  EXPECT_EQ(found["sources"][0]["class"], "own");
  const auto crm = ask(Question::who, "example.com", {.source = "203.0.113.200"});
  EXPECT_EQ(crm["sources"][0]["known_by"], "dkim");
  EXPECT_EQ(crm["sources"][0]["confidence"], "high");
}

TEST_F(Answers, Piles) {
  const auto found = ask(Question::piles, "");
  EXPECT_EQ(row(found["piles"], "domain", "example.org")["pile"], "non_sending");
  EXPECT_EQ(row(found["piles"], "domain", "example.net")["pile"], "transactional");
  EXPECT_EQ(row(found["piles"], "domain", "example.com")["pile"], "mixed");
  const auto com = ask(Question::piles, "example.com")["piles"][0];
  EXPECT_EQ(com["pile"], "mixed");
  // 90 days are no whole weeks.
  EXPECT_NEAR(com["list_posts"].get<double>(), static_cast<double>(of_stream("list", 90)), 10);
}

TEST_F(Answers, ReadinessNamesWhatSpeaksAgainst) {
  const auto found = ask(Question::readiness, "example.net");
  EXPECT_EQ(found["stage"], "p=none");
  EXPECT_EQ(found["next_step"], "p=quarantine; t=y");
  EXPECT_EQ(found["ready"], "not_ready");  // nobody has confirmed its source
  EXPECT_EQ(row(found["criteria"], "code", "month_at_none")["met"], "yes");
  EXPECT_EQ(row(found["criteria"], "code", "sources_confirmed")["met"], "no");
  marks_.add({.at = {},
              .who = "t",
              .domain = "example.net",
              .service = "selector o1 of example.net",
              .marked = Marked::own});
  EXPECT_EQ(ask(Question::readiness, "example.net")["ready"], "ready");
}

TEST_F(Answers, UsersEndAtQuarantine) {
  marks_.add({.at = {}, .who = "t", .domain = "example.com", .pile = Pile::users});
  const auto found = ask(Question::readiness, "example.com");
  EXPECT_EQ(found["stage"], "p=quarantine");
  EXPECT_EQ(found["ready"], "at_end");
  EXPECT_EQ(found.dump().find("pct="), std::string::npos);
}

TEST_F(Answers, RejectNeedsDkimAndTime) {
  marks_.add({.at = {}, .who = "t", .domain = "example.com", .pile = Pile::transactional});
  const auto found = ask(Question::readiness, "example.com");
  EXPECT_EQ(found["next_step"], "p=reject; t=y");
  EXPECT_EQ(row(found["criteria"], "code", "dkim_everywhere")["met"],
            "no");  // "legacy" passes by SPF alone
  EXPECT_EQ(row(found["criteria"], "code", "month_at_quarantine")["met"], "yes");
  EXPECT_EQ(row(found["criteria"], "code", "no_list_users")["met"], "no");
  EXPECT_EQ(row(found["criteria"], "code", "dispositions_compared")["met"], "yes");
}

TEST_F(Answers, ReportersWithFaultsAndSilence) {
  const auto found = ask(Question::reporters, "example.com");
  const auto one = [&](const std::string& name) {
    return row(found["reporters"], "reporter", name);
  };
  EXPECT_TRUE(one("silent.example")["silent"]);
  for (const char* name : {"big.example", "weekly.example", "lax.example"})
    EXPECT_FALSE(one(name)["silent"]) << name;
  EXPECT_EQ(one("faulty.example")["faults"][0], "xml_repaired (28)");
  EXPECT_EQ(one("weekly.example").value("rfc9990", 99), 0);
  EXPECT_EQ(one("big.example")["days"], 28);
}

TEST_F(Answers, CompareOnePeriodWithTheOneBefore) {
  const auto found = ask(Question::compare, "example.com");
  const auto all = [](const Stream&, const Handled&, const Truth::Key&) { return true; };
  const auto messages = row(found["totals"], "what", "messages");
  EXPECT_EQ(messages["now"], truth("example.com", all));
  EXPECT_EQ(messages["then"], truth("example.com", all, 28, 28));
  EXPECT_EQ(row(found["sources"], "name", "Bulk Mailer")["now"], of_stream("bulk"));
}

TEST_F(Answers, DomainsSideBySide) {
  const auto found = ask(Question::domains, "");
  EXPECT_EQ(row(found["domains"], "domain", "example.com")["policy"], "quarantine");
  EXPECT_EQ(row(found["domains"], "domain", "example.org")["policy"], "reject");
  EXPECT_EQ(row(found["domains"], "domain", "example.net")["messages"], of_stream("orders"));
}

TEST_F(Answers, EmptyStateSaysWhatToDo) {
  const auto none = ask(Question::split, "example.edu");
  EXPECT_NE(none["next"][0].get<std::string>().find("assay show ladder example.edu"),
            std::string::npos);
  const auto later =
      ask(Question::split, "example.com",
          {.from = WorldOfMail::end() + days{10}, .to = WorldOfMail::end() + days{11}});
  EXPECT_NE(later["next"][0].get<std::string>().find(to_text(WorldOfMail::end() - days{1})),
            std::string::npos);
}

TEST_F(Answers, LadderFindsTheBrokenRung) {
  auto zone = dns::Zone::parse(
      "_dmarc.example.com. TXT \"v=DMARC1; p=none; rua=mailto:d@reports.example\"\n"
      "reports.example. MX 10 mx.reports.example.\nmx.reports.example. A 192.0.2.1\n");
  ASSERT_TRUE(zone);
  resolver_ = &*zone;
  const auto found = ask(Question::ladder, "example.com");
  EXPECT_EQ(row(found["steps"], "step", "record")["state"], "ok");
  EXPECT_EQ(row(found["steps"], "step", "rua_authorized")["state"], "broken");
  EXPECT_NE(row(found["steps"], "step", "rua_authorized")["fix"].get<std::string>().find(
                "example.com._report._dmarc.reports.example"),
            std::string::npos);
  EXPECT_EQ(row(found["steps"], "step", "mailbox")["state"], "ok");
  EXPECT_EQ(row(found["steps"], "step", "heartbeat")["state"], "unknown");
  EXPECT_EQ(row(found["steps"], "step", "mailbox_dmarc")["state"], "ok");
  EXPECT_EQ(row(found["steps"], "step", "mail_sent")["state"], "ok");  // as reports say
  const auto none = ask(Question::ladder, "example.edu");
  EXPECT_EQ(row(none["steps"], "step", "mail_sent")["state"], "unknown");
  EXPECT_EQ(row(none["steps"], "step", "record")["state"], "broken");
  EXPECT_EQ(row(none["steps"], "step", "first_report")["state"], "waiting");
}

TEST_F(Answers, EachQuestionInEveryForm) {
  auto zone = dns::Zone::parse("example. TXT \"nothing\"\n");
  ASSERT_TRUE(zone);
  const World world{.reports = &world_of_mail().store(),
                    .catalogue = &catalogue_,
                    .marks = &marks_,
                    .organization = organization,
                    .resolver = &*zone};
  for (const std::string_view word : question_words()) {
    const Question question = *parse_question(word);
    if (question == Question::received) continue;
    const auto document =
        answer({.question = question, .domain = "example.com", .now = now_}, world);
    ASSERT_TRUE(document) << word;
    EXPECT_TRUE(nlohmann::json::accept(to_json(*document))) << word;
    EXPECT_TRUE(to_csv(*document)) << word;
    EXPECT_FALSE(document->basis.unknown.empty() && document->tables.empty()) << word;
    if (may_lack_domain(question)) continue;
    EXPECT_EQ(answer({.question = question, .now = now_}, world).error().code, "no_domain");
  }
}

}  // namespace
}  // namespace assay::analysis
