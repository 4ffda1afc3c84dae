#!/usr/bin/env python3
"""Aggregate reports from journals to mail: what is sent, to whom, once, and why not to others."""
import base64
import json
import os
import subprocess
from datetime import timedelta

from world import SUITES, TODAY, YESTERDAY, ReportsTest, day, entry, main, mta, run
import dkim_test  # of tests/cli, which world has made known


class Content(ReportsTest):
    def test_a_report_of_a_day(self):
        self.put(*(entry(i) for i in range(20)), entry(20, result="fail"), entry(21, result="fail", client="198.51.100.7"),
                 entry(22, exempt="authenticated", verdict=None, recipient_domains=["friend.example"]))
        outlines, reports = self.build()
        self.assertEqual([(one["policy_domain"], one["messages"], one["outcome"]) for one in outlines],
                         [("example.com", 22, "reported")])
        (name, report), = reports.items()
        self.assertRegex(name, rf"^rcpt\.example!example\.com!{int(YESTERDAY.timestamp())}!{int(TODAY.timestamp()) - 1}"
                               r"![0-9a-z]+\.xml\.gz$")
        self.assertEqual(report.messages(), 22)
        self.assertEqual(sorted(zip(report.all("source_ip"), report.all("count"), report.all("disposition"))),
                         [("192.0.2.1", "1", "reject"), ("192.0.2.1", "20", "pass"), ("198.51.100.7", "1", "reject")])
        self.assertEqual(report.text("policy_published/p"), "reject")
        self.assertEqual(report.text("report_metadata/org_name"), "rcpt.example")
        self.assertEqual(report.all("selector"), ["s1"] * 3)

    def test_the_schema_holds(self):
        schema = SUITES.parent / "standards/rfc9990-dmarc-2.0.xsd"
        if not schema.exists():
            self.skipTest(f"{schema} is missing")
        self.put(entry(1), entry(2, result="fail", overrides=[{"type": "mailing_list", "comment": "list <a&b>"}],
                                 action={"action": "accept", "disposition": "none"}),
                 entry(3, mail_from="", spf=[{"identity": "helo", "domain": "mx.example.com", "result": "pass"}], dkim=[]))
        _, reports = self.build()
        report, = reports.values()
        done = subprocess.run(["xmllint", "--noout", "--schema", schema, "-"], input=report.xml, capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr.decode())

    def test_what_was_done_and_why(self):
        self.configure('to = "all"')
        self.put(entry(1, result="fail", action={"action": "accept", "disposition": "none"},
                       overrides=[{"type": "mailing_list", "comment": "the signature was recovered"}]),
                 entry(2, result="fail", action={"action": "accept", "disposition": "none"}),
                 entry(3, result="fail", action={"action": "defer", "disposition": "none"}))
        outlines, reports = self.build()
        self.assertEqual(outlines[0]["messages"], 2, "a deferred message comes again")
        report, = reports.values()
        self.assertEqual(report.all("disposition"), ["none", "none"])
        self.assertEqual(sorted(report.all("type")), ["local_policy", "mailing_list"])

    def test_one_report_for_each_configuration(self):
        self.put(entry(1), entry(2, record="v=DMARC1; p=none; rua=mailto:dmarc@example.com"))
        outlines, reports = self.build()
        self.assertEqual([one["messages"] for one in outlines], [1, 1])
        self.assertEqual(sorted(one.text("policy_published/p") for one in reports.values()), ["none", "reject"])

    def test_a_bad_record_is_told(self):
        self.put(entry(1, record="v=DMARC1; p=nonsense; rua=mailto:dmarc@example.com"))
        _, reports = self.build()
        report, = reports.values()
        self.assertIn("policy record", report.text("report_metadata/error"))
        self.assertEqual(report.text("policy_published/p"), "none")

    def test_what_no_schema_permits_is_not_sent(self):
        self.configure('to = "all"')
        self.put(entry(1, result="fail", action={"action": "accept", "disposition": "none"}, overrides=[{"type": "forwarded"}]))
        outline, = self.build()[0]
        self.assertEqual((outline["outcome"], outline["letters"]), ("given_up", []))
        self.assertIn("no report that its schema permits", outline["reason"])
        self.send()
        self.assertEqual(self.sink.messages, [])

    def test_large_reports_go_in_parts(self):
        self.configure('max_attachment = "160KiB"')
        self.put(*(entry(i, client=f"2001:db8::{i * 7919 % 65536:x}:{i:x}", dkim=[
            {"domain": f"s{i * 104729 % 99991}.example.com", "selector": f"k{i * 7}", "result": "fail"}]) for i in range(12_000)))
        outlines, reports = self.build()
        self.assertGreater(len(reports), 1)
        self.assertEqual(sum(report.messages() for report in reports.values()), 12_000)
        self.assertEqual(len({report.text("report_metadata/report_id") for report in reports.values()}), len(reports))
        for letter in outlines[0]["letters"]:
            self.assertLess(letter["octets"], 160 * 1024)

    def test_the_older_form(self):
        self.configure('rfc7489_to = ["@old.example"]', zone='*._report._dmarc.old.example TXT "v=DMARC1"\n')
        self.put(entry(1, record="v=DMARC1; p=reject; rua=mailto:dmarc@example.com,mailto:x@old.example"))
        outlines, reports = self.build()
        forms = {report.tree.tag: report for report in reports.values()}
        self.assertEqual(len(forms), 2)
        self.assertEqual(forms["feedback"].text("policy_published/pct"), "100")
        self.assertEqual(len(outlines[0]["letters"]), 2)


class Once(ReportsTest):
    def test_nothing_is_reported_twice(self):
        self.put(entry(1), entry(2))
        self.send()
        self.assertEqual([mail.report.messages() for mail in self.mails()], [2])
        self.assertIn("0 policy domains", self.send())
        self.assertEqual(len(self.sink.messages), 1)

    def test_late_lines_go_into_the_next_report_and_say_so(self):
        self.put(entry(1, days_ago=2))
        self.send(days_ago=2)
        self.put(entry(2, days_ago=2), entry(3))
        self.send()
        first, second = self.mails()
        self.assertEqual((first.report.messages(), second.report.messages()), (1, 2))
        self.assertIn("1 of the messages are of earlier periods", second.report.text("report_metadata/error"))
        self.assertEqual(second.report.text("report_metadata/date_range/begin"), str(int(YESTERDAY.timestamp())))

    def test_a_file_is_taken_in_once_while_it_grows_is_completed_and_moved(self):
        part = "mx-20260101T000000000-20260101T01.journal.part"
        self.put(entry(1), entry(2)[:50], name=part, end="")
        self.assertEqual(self.build()[0][0]["messages"], 1)
        with open(self.journal / part, "a") as file:
            file.write(entry(2)[50:] + "\n")
        self.assertEqual(self.build()[0][0]["messages"], 2)
        (self.journal / part).rename(self.journal / part.removesuffix(".part"))
        self.assertEqual(self.build()[0][0]["messages"], 2)
        self.assertEqual(run("journal", "erase", "--domain", "nobody.example", str(self.journal)).returncode, 0)
        self.assertEqual(self.build()[0][0]["messages"], 2)

    def test_jumps_of_the_clock_neither_lose_nor_repeat(self):
        self.put(*(entry(i, days_ago=i) for i in range(1, 7)))
        self.send(days_ago=5)
        self.send(days_ago=2)  # forward over three days
        self.send(days_ago=4)  # and back
        self.send(days_ago=1)
        self.send(days_ago=6)
        reports = [mail.report for mail in self.mails()]
        self.assertEqual([report.messages() for report in reports], [2, 3, 1])
        begins = [int(report.text("report_metadata/date_range/begin")) for report in reports]
        self.assertEqual(begins, [int((TODAY - timedelta(days=days)).timestamp()) for days in (5, 2, 1)])

    def test_erased_lines_do_not_shift_others(self):
        name = "mx-20260101T000000000-20260101T02.journal"
        self.put(entry(1, author="gone.example"), entry(2), name=name)
        self.build()
        run("journal", "erase", "--domain", "gone.example", str(self.journal))
        self.put(entry(3), name=name)
        outlines, _ = self.build()
        self.assertEqual({one["policy_domain"]: one["messages"] for one in outlines}["example.com"], 2)

    def test_broken_lines_lose_nothing_else(self):
        self.put(entry(1), "no line of a journal", "{}", entry(2))
        self.assertEqual(self.build()[0][0]["messages"], 2)

    def test_nothing_of_today(self):
        self.put(entry(1, days_ago=0, hour=0))
        self.assertEqual(self.build()[0], [])
        done = run("report", "build", "--day", day(0), "--out", str(self.folder / "out"), "--config", self.config)
        self.assert_failed(done, 64, "not over")


class Whom(ReportsTest):
    STRANGER = dict(author="stranger.example", result="fail")

    def test_strangers_get_none_unless_wanted(self):
        self.put(entry(1, **self.STRANGER))
        self.assertEqual(self.build()[0][0]["outcome"], "optional")
        self.configure('to = "all"')
        self.assertEqual(self.build()[0][0]["outcome"], "reported")
        self.configure('also = ["stranger.example"]')
        self.assertEqual(self.build()[0][0]["outcome"], "reported")
        self.configure('to = "all"\nnever = ["stranger.example"]')
        self.assertEqual(self.build()[0][0]["outcome"], "optional")

    def test_whom_we_write_to_is_known(self):
        self.put(entry(1, **self.STRANGER),
                 entry(2, verdict=None, exempt="authenticated", recipient_domains=["mail.stranger.example"]))
        self.assertEqual(self.build()[0][0]["outcome"], "reported")

    def test_external_destinations(self):
        zone = ('example.com._report._dmarc.yes.example TXT "v=DMARC1"\n'
                'example.com._report._dmarc.moved.example TXT "v=DMARC1; rua=mailto:new@moved.example"\n')
        self.configure(zone=zone)
        uris = ",".join(f"mailto:a@{host}.example" for host in ("no", "yes", "moved"))
        self.put(entry(1, record=f"v=DMARC1; p=none; rua={uris},https://example.com/x"))
        outline, = self.build()[0]
        self.assertEqual([letter["to"] for letter in outline["letters"]], ["a@yes.example", "new@moved.example"])
        self.assertEqual(len(outline["refused"]), 2)
        self.assertIn("no record with v=DMARC1", outline["refused"][0])

    def test_sizes_have_no_effect_and_uris_are_counted(self):
        self.configure("max_uris = 3", zone='example.com._report._dmarc.b.example TXT "v=DMARC1"\n')
        self.put(entry(1, record="v=DMARC1; p=none; rua=mailto:a@example.com!1, mailto:bad, mailto:b@b.example!10k,mailto:c@example.com"))
        outline, = self.build()[0]
        self.assertEqual([letter["to"] for letter in outline["letters"]], ["a@example.com", "b@b.example"])
        self.assertIn("mailto:c@example.com: stands behind the first 3", outline["refused"])

    def test_a_psd_learns_of_existing_domains_only_where_wanted(self):
        record = "v=DMARC1; p=none; psd=y; rua=mailto:a@suffix.example"

        def under(number, **more):
            line = json.loads(entry(number, author="shop.suffix.example", record=record))
            line["verdict"].update(policy_domain="suffix.example", **more)
            return json.dumps(line)
        self.configure('psd = false\nto = "all"')
        self.put(under(1), under(2, nonexistent=True))
        self.assertEqual([one["messages"] for one in self.build()[0]], [1])

    def test_a_dns_that_does_not_answer_is_waited_for(self):
        self.configure(zone="$FAIL example.com._report._dmarc.late.example TXT servfail\n")
        self.put(entry(1, record="v=DMARC1; p=none; rua=mailto:a@late.example"))
        self.assertEqual(self.build()[0][0]["outcome"], "waits")
        self.send()
        self.assertEqual(self.sink.messages, [])
        self.configure(zone='example.com._report._dmarc.late.example TXT "v=DMARC1"\n')
        self.send()
        self.assertEqual(self.mails()[0].recipients, ["a@late.example"])

    def test_no_destination(self):
        self.put(entry(1, record="v=DMARC1; p=none"))
        outline, = self.build()[0]
        self.assertEqual((outline["outcome"], outline["letters"]), ("no_destination", []))
        self.assertIn("asks for no reports", outline["reason"])

    def test_reports_about_reports_are_not_made(self):
        self.configure('ignore_recipients = ["dmarc.rcpt.example"]')
        self.put(entry(1, automatic="report"), entry(2, recipient_domains=["dmarc.rcpt.example"]), entry(3))
        self.assertEqual(self.build()[0][0]["messages"], 1)


class Delivery(ReportsTest):
    def test_the_mail_passes_dmarc_and_says_what_it_is(self):
        self.put(entry(1))
        self.send()
        mail, = self.mails()
        self.assertEqual(mail.recipients, ["dmarc@example.com"])
        self.assertRegex(mail.sender, r"^reports\+\d+-[a-z2-9]{10}@rcpt\.example$")
        identity = mail.report.text("report_metadata/report_id")
        self.assertRegex(" ".join(mail.message["Subject"].split()),
                         rf"^Report Domain: example\.com Submitter: rcpt\.example Report-ID: <{identity}>$")
        self.assertEqual(mail.message["Auto-Submitted"], "auto-generated")
        self.assertEqual(mail.attachment.get_content_type(), "application/gzip")
        self.assertIn(identity, mail.attachment.get_filename())
        path = self.write("mail.eml", mail.octets)
        verdict = run("verify", "--json", "--zone", self.zone_file, "--ip", "127.0.0.1", "--helo", "rcpt.example",
                      "--mail-from", mail.sender, path)
        self.assertIn('"dkim":true', verdict.out)
        self.assertIn('"spf":true', verdict.out)
        self.assertEqual(self.other_verifier(mail.octets), [True])
        self.assertEqual(mail.message["From"].addresses[0].addr_spec, "reports@rcpt.example")
        self.assertNotIn(b"l=", mail.octets.partition(b"b=")[0])

    def other_verifier(self, octets):
        """What python3-dkim says of each signature."""
        record = "".join(part.strip(' "') for part in self.key.record.split('" "'))
        asked = {"records": {"r1._domainkey.rcpt.example": record}, "messages": [base64.b64encode(octets).decode()],
                 "count": octets.count(b"DKIM-Signature:")}
        done = subprocess.run([dkim_test.PYTHON, "-c", dkim_test.OTHER], input=json.dumps(asked).encode(), capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)[0]

    def test_a_key_that_everybody_may_read_is_refused(self):
        self.put(entry(1))
        os.chmod(self.key.path, 0o644)
        done = run("report", "send", "--config", self.config)
        self.assertEqual(done.returncode, 65)
        self.assertIn("everybody on this host may read it", done.err)
        self.assertEqual(self.sink.messages, [])
        os.chmod(self.key.path, 0o640)
        self.send()
        self.assertEqual(len(self.sink.messages), 1)
        self.assertNotIn("PRIVATE KEY", done.err + done.out)

    def test_through_a_real_postfix(self):
        postfix = mta.Postfix(self.folder, "", self.sink.port, trusted="127.0.0.1")
        self.addCleanup(postfix.stop)
        self.configure(port=postfix.port)
        self.put(entry(1))
        self.assertIn("sent 1,", self.send())
        self.sink.wait(1)
        mail, = self.mails()
        self.assertEqual(mail.report.messages(), 1)
        path = self.write("mail.eml", mail.octets)
        self.assertIn('"dkim":true', run("verify", "--json", "--zone", self.zone_file, path).out)

    def test_a_refusal_is_remembered(self):
        self.refusal = lambda stage, address: "550 5.1.1 no such user" if stage == "RCPT" else None
        self.put(entry(1))
        self.send()
        one, = self.outbox()
        self.assertEqual((one["state"], one["attempts"]), ("given_up", 1))
        self.assertIn("no such user", one["reason"])
        self.assertIn("dmarc@example.com", self.assay("suppress", "list"))
        self.put(entry(2))
        self.assertIn("suppressed", self.send())
        self.assertEqual(len(self.sink.tries), 1)
        self.assay("suppress", "remove", "dmarc@example.com")
        self.refusal = lambda stage, address: None
        self.put(entry(3))
        self.send()
        self.assertEqual([mail.report.messages() for mail in self.mails()], [1])

    def test_a_refusal_behind_the_data_counts_as_well(self):
        self.refusal = lambda stage, address: "554 5.7.1 no reports" if stage == "DATA" else None
        self.put(entry(1))
        self.send()
        self.assertEqual(self.outbox()[0]["state"], "given_up")
        self.assertIn("no reports", self.assay("suppress", "list"))

    def test_trouble_is_tried_again_with_the_same_report(self):
        for reply in ("451 4.7.1 greylisted", ""):
            with self.subTest(reply):
                self.refusal = lambda stage, address, reply=reply: reply if stage == "DATA" else None
                self.put(entry(1, author="again.example"))
                self.send()
                one = self.outbox("--state", "waiting")[-1]
                self.assertEqual(one["attempts"], 1)
                self.refusal = lambda stage, address: None
                self.assay("outbox", "retry", str(one["id"]))
                self.send()
                mail = self.mails()[-1]
                self.assertEqual(mail.report.text("report_metadata/report_id"), one["report_id"])
                self.assertEqual(mail.attachment.get_filename(), one["file_name"])
        self.assertEqual(self.assay("suppress", "list"), "")

    def test_nobody_listens(self):
        self.configure(port=mta.free_port())
        self.put(entry(1))
        self.send()
        self.assertEqual(self.outbox()[0]["state"], "waiting")

    def test_limits_of_rate_hold_back(self):
        self.configure('to = "all"\nper_day = 3')
        self.put(*(entry(i, author=f"d{i}.example") for i in range(8)))
        self.assertIn("held back 5", self.send())
        self.assertEqual(len(self.sink.messages), 3)
        self.assertEqual([one["attempts"] for one in self.outbox("--state", "waiting")], [0] * 5)

    def test_dry_run_changes_nothing(self):
        self.put(entry(1))
        self.assertIn("to dmarc@example.com", self.send("--dry-run"))
        self.assertEqual((self.sink.messages, self.outbox()), ([], []))
        self.assertIn("sent 1,", self.send())

    def test_drop_and_show(self):
        self.configure(port=mta.free_port())
        self.put(entry(1))
        self.send()
        self.assertIn("Report Domain: example.com", self.assay("outbox", "show", "1"))
        self.assay("outbox", "drop", "1")
        self.assertEqual(self.outbox()[0]["reason"], "dropped by hand")

    def test_without_an_address_nothing_is_sent(self):
        self.put(entry(1))
        config = self.write("empty.toml", f'data = "{self.folder}/var"\n'.encode())
        done = run("report", "send", "--config", config)
        self.assert_failed(done, 64, "[reports] email")


if __name__ == "__main__":
    main()
