#!/usr/bin/env python3
"""Failure reports (RFC 9991) on their whole way: a message that fails at the filter, the spool, the reports role, the mailbox."""
import collections
import email
import email.policy
import json
import os
import random
import re
import signal
import stat
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from world import ASSAY, ReportsTest, main, mta, run, sign
from milter_client import MilterClient

KILLS = int(sys.argv.pop(1)) if len(sys.argv) > 1 and sys.argv[1].isdigit() else 8

MESSAGE = (b"Received: from secret.person.example by mx.{}; Sat, 21 Nov 2026 10:00:00 +0000 (for <bob.private@rcpt.example>)\r\n"
           b"From: \"Alice Private\" <alice.private@{}>\r\n"
           b"To: Bob Private <bob.private@rcpt.example>\r\n"
           b"Subject: invoice for bob.private@rcpt.example\r\n"
           b"Date: Sat, 21 Nov 2026 10:00:00 +0000\r\n"
           b"Message-ID: <1@{}>\r\n"
           b"X-Secret: alice.private\r\n"
           b"Content-Type: text/plain\r\n"
           b"\r\n"
           b"The body mentions bob.private@rcpt.example and http://pay.example/now\r\n")
GOOD, BAD = "192.0.2.1", "203.0.113.9"  # where SPF passes, and where it fails


def message(author="author.example", more=b""):
    return more + MESSAGE.replace(b"{}", author.encode())


class FailureReport:
    """A mail that carries a failure report, as python reads it."""

    def __init__(self, sender, recipients, octets):
        self.sender, self.recipients, self.octets = sender, recipients, octets
        self.mail = email.message_from_bytes(octets, policy=email.policy.default)
        self.text, self.feedback, self.original = self.mail.iter_parts()
        # python reads message/* as a message of its own: the fields of the report are its header.
        self.fields = self.feedback.get_payload()[0]

    def incidents(self):
        return int(self.fields["Incidents"] or 1)


class FailureTest(ReportsTest):
    """The filter and the reports role, with a zone in which SPF passes from one address only."""
    domains = ("author.example", "one.example", "fo1.example", "fod.example", "fos.example", "both.example", "rcpt.example",
               "stranger.example", "two.example", "late.example")
    listed = '"author.example", "one.example", "fo1.example", "fod.example", "fos.example", "both.example", "rcpt.example", ' \
             '"external.example", "victim.example", "psd.example", "two.example", "late.example"'

    @classmethod
    def setUpClass(cls):
        cls.folder_of_key = tempfile.TemporaryDirectory()
        cls.signer = sign.Key(cls.folder_of_key.name, "author")
        cls.addClassCleanup(cls.folder_of_key.cleanup)

    def names(self):
        fo = {"fo1.example": "; fo=1", "fod.example": "; fo=d", "fos.example": "; fo=s", "both.example": "; fo=0:d:s"}
        ruf = {"rcpt.example": "mailto:reports@rcpt.example", "two.example": "mailto:a@two.example,mailto:b@two.example"}
        lines = []
        for name in self.domains:
            if name != "rcpt.example":
                lines.append(f'{name} TXT "v=spf1 ip4:{GOOD} -all"')
                lines.append(f'_dmarc.{name} TXT "v=DMARC1; p=reject; ruf={ruf.get(name, "mailto:Ruf@" + name)}{fo.get(name, "")}"')
            if name != "late.example":
                lines.append(f"s1._domainkey.{name} TXT {self.signer.record}")
        lines += ['_dmarc.external.example TXT "v=DMARC1; p=none; ruf=mailto:ruf@service.example"',
                  'external.example._report._dmarc.service.example TXT "v=DMARC1"',
                  '_dmarc.victim.example TXT "v=DMARC1; p=none; ruf=mailto:ruf@service.example"',
                  '_dmarc.psd.example TXT "v=DMARC1; p=none; psd=y; ruf=mailto:ruf@psd.example"',
                  'lists.example TXT "v=spf1 ip4:198.51.100.7 -all"', f"s1._domainkey.lists.example TXT {self.signer.record}"]
        return "\n".join(lines) + "\n$FAIL s1._domainkey.late.example TXT servfail\n"

    def setUp(self):
        super().setUp()
        self.port, self.numbers = mta.free_port(), {role: mta.free_port() for role in ("filter", "reports", "run")}
        self.spool = self.folder / "var/failures"
        self.log = open(self.folder / "role.log", "ab")
        self.addCleanup(self.log.close)
        self.set_up()

    def set_up(self, reports="", listed=None, hold="0s", smtp=None):
        self.configure(f'failure_domains = [{self.listed if listed is None else listed}]\nfailure_hold = "{hold}"\n{reports}',
                       zone=self.names(), port=smtp, timeout="5s",
                       more=f'[filter]\nauthserv_id = "mx.rcpt.example"\nown_networks = ["192.0.2.200"]\n'
                            f'[[listen]]\naddress = "127.0.0.1:{self.port}"')

    def start(self, role="run"):
        process = subprocess.Popen([ASSAY, role, "--config", self.config, "--metrics", f"127.0.0.1:{self.numbers[role]}"],
                                   stdout=self.log, stderr=subprocess.STDOUT)
        self.addCleanup(lambda: process.poll() is None and (process.kill(), process.wait()))
        ready = self.numbers[role]
        mta.wait_for(lambda: mta.answers(ready) or process.poll() is not None, "the role")
        self.assertIsNone(process.poll(), self.written())
        return process

    def end(self, process):
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(mta.WAIT), 0, self.written())

    def written(self):
        return (self.folder / "role.log").read_text()[-3000:]

    def metric(self, name, role="run"):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.numbers[role]}/metrics", timeout=mta.WAIT) as answer:
            text = answer.read().decode()
        found = re.search(rf"(?m)^{re.escape(name)} (\S+)$", text)
        return float(found[1]) if found else None

    def bring(self, octets=None, ip=BAD, sender="<alice.private@author.example>", recipients=("<bob.private@rcpt.example>",)):
        with MilterClient(("127.0.0.1", self.port), mta.WAIT) as peer:
            peer.negotiate()
            peer.connect("client.example", ip, 4321)
            peer.helo("client.example")
            reply, _ = peer.send_message(octets or message(), sender, recipients)
            return reply.kind

    def reports(self, count):
        """The failure reports that arrived, once there are so many."""
        return [FailureReport(*each) for each in self.sink.wait(count)]


class Way(FailureTest):
    def test_a_message_that_fails_makes_one_redacted_report(self):
        role = self.start()
        self.bring()
        report, = self.reports(1)
        mta.wait_for(lambda: self.outbox("--kind", "failure", "--state", "sent"), "the delivery to be booked")
        self.assertEqual(self.outbox("--kind", "aggregate"), [])
        self.end(role)
        mail, fields = report.mail, report.fields
        self.assertEqual(mail.get_content_type(), "multipart/report")
        self.assertEqual(mail.get_param("report-type"), "feedback-report")
        self.assertEqual(report.recipients, ["Ruf@author.example"])
        self.assertRegex(report.sender, r"^reports\+\d+-[a-z2-9]{10}@rcpt\.example$")
        self.assertEqual(mail["Auto-Submitted"], "auto-generated")
        self.assertEqual(report.feedback.get_content_type(), "message/feedback-report")
        self.assertEqual(report.original.get_content_type(), "text/rfc822-headers")
        want = {"Feedback-Type": "auth-failure", "Version": "1", "Auth-Failure": "dmarc", "Identity-Alignment": "dkim, spf",
                "Source-IP": BAD, "Source-Port": "4321", "Reported-Domain": "author.example", "Delivery-Result": "reject",
                "Reporting-MTA": "dns; mx.rcpt.example"}
        self.assertEqual({name: fields[name] for name in want}, want)
        self.assertIn("dmarc=fail", fields["Authentication-Results"])
        self.assertIn("v=spf1 ip4:192.0.2.1 -all", fields["SPF-DNS"])
        for private in (b"alice.private", b"bob.private", b"Alice Private", b"Bob Private", b"The body", b"X-Secret"):
            self.assertNotIn(private, report.octets)
        # One word stands for one person, wherever he is named.
        words = re.findall(r"([a-z2-7]{16})@rcpt\.example", report.octets.decode().replace(mail["Message-ID"], ""))
        self.assertGreater(len(words), 2)
        self.assertEqual(len(set(words)), 1)
        self.assertEqual(list(self.spool.iterdir()), [])

    def test_the_mail_passes_dmarc(self):
        role = self.start()
        self.bring()
        report, = self.reports(1)
        self.end(role)
        path = self.write("mail.eml", report.octets)
        verdict = json.loads(run("verify", "--json", "--zone", self.zone_file, path).out)
        self.assertEqual((verdict["dmarc"]["result"], verdict["dmarc"]["aligned"]["dkim"]), ("pass", True))

    def test_none_leaves_in_the_open(self):
        here = (self.folder / "assay.toml").read_text()
        away = here.replace('server = "127.0.0.1:', 'server = "0.0.0.0:')  # the same server, but no address of this host
        self.assertNotEqual(here, away)
        self.write("assay.toml", away.encode())
        role = self.start()
        self.bring()
        mta.wait_for(lambda: [one for one in self.outbox("--kind", "failure") if one["attempts"] > 0], "a try")
        self.end(role)
        one, = self.outbox("--kind", "failure")
        self.assertEqual((one["state"], len(self.sink.messages)), ("waiting", 0))
        self.write("assay.toml", here.encode())
        self.assay("outbox", "retry", str(one["id"]))
        role = self.start()
        self.reports(1)
        self.end(role)

    def test_text_is_shown_where_asked(self):
        self.set_up('failure_content = "text"')
        role = self.start()
        self.bring()
        report, = self.reports(1)
        self.end(role)
        self.assertEqual(report.original.get_content_type(), "message/rfc822")
        text = report.original.get_payload()[0].get_content()
        self.assertRegex(text, r"The body mentions [a-z2-7]{16}@rcpt\.example and hxxp://pay\.example/now")
        self.assertNotIn(b".private", report.octets)

    def test_it_says_what_became_of_the_message(self):
        Path(self.config).write_text(Path(self.config).read_text() + '[enforcement]\nmode = "monitor"\n')
        role = self.start()
        self.assertEqual(self.bring(), "continue")
        report, = self.reports(1)
        self.assertEqual(report.fields["Delivery-Result"], "delivered")
        self.end(role)

    def test_all_addresses_of_ruf_get_it_and_externals_that_agreed(self):
        role = self.start()
        for author in ("two.example", "external.example", "victim.example"):
            self.bring(message(author), sender=f"<a@{author}>")
        reports = self.reports(3)
        mta.wait_for(lambda: self.metric('assay_failure_reports_total{outcome="no_destination"}') == 1, "the refusal")
        self.end(role)
        self.assertEqual(collections.Counter(each.recipients[0] for each in reports),
                         {"a@two.example": 1, "b@two.example": 1, "ruf@service.example": 1})
        self.assertIn("victim.example: nobody gets it", self.written())

    def test_only_to_those_whom_the_operator_trusts(self):
        self.set_up('failure_only_to = ["@service.example"]')
        role = self.start()
        self.bring()
        self.bring(message("external.example"), sender="<a@external.example>")
        self.assertEqual([each.recipients for each in self.reports(1)], [["ruf@service.example"]])
        mta.wait_for(lambda: self.metric('assay_failure_reports_total{outcome="no_destination"}') == 1, "the refusal")
        self.end(role)
        self.assertEqual(len(self.sink.messages), 1)

    def test_through_real_postfixes(self):
        smarthost = self.folder / "smarthost"
        smarthost.mkdir()
        for folder in (smarthost, self.folder):
            os.chmod(folder, 0o755)
        out = mta.Postfix(smarthost, "", self.sink.port, trusted="127.0.0.1")
        self.addCleanup(out.stop)
        mailbox = mta.Sink()
        self.addCleanup(mailbox.stop)
        self.set_up(smtp=out.port)
        role = self.start()
        front = mta.Postfix(self.folder, f"inet:127.0.0.1:{self.port}", mailbox.port)
        self.addCleanup(front.stop)
        code, text = front.send(message(), sender="alice.private@author.example", recipients=["bob.private@rcpt.example"], ip=BAD)
        self.assertEqual(code, 550, text)
        report, = self.reports(1)
        self.end(role)
        self.assertEqual(report.fields["Source-IP"], BAD)
        path = self.write("mail.eml", report.octets)
        self.assertIn('"dkim":true', run("verify", "--json", "--zone", self.zone_file, path).out)


class Asked(FailureTest):
    """Which messages are reported on. The filter counts them while the message waits, so that there is nothing to wait for."""

    def asked(self, *given, **more):
        before = self.metric("assay_failures_total", "filter")
        self.bring(*given, **more)
        return self.metric("assay_failures_total", "filter") - before

    def test_letters_of_fo(self):
        self.start("filter")
        want = {  # (SPF, DKIM): domain: reports
            (GOOD, "none"): {"author": 0, "fo1": 1, "fod": 0, "fos": 0, "both": 0},
            (GOOD, "pass"): {"author": 0, "fo1": 0, "fod": 0, "fos": 0, "both": 0},
            (GOOD, "fail"): {"author": 0, "fo1": 1, "fod": 1, "fos": 0, "both": 1},
            (BAD, "none"): {"author": 1, "fo1": 1, "fod": 0, "fos": 1, "both": 1},
            (BAD, "pass"): {"author": 0, "fo1": 1, "fod": 0, "fos": 1, "both": 1},
            (BAD, "fail"): {"author": 1, "fo1": 1, "fod": 1, "fos": 1, "both": 1}}
        for (ip, dkim), reports in want.items():
            for name, count in reports.items():
                author = name + ".example"
                octets = message(author)
                if dkim != "none":
                    octets = sign.dkim(octets, self.signer, author)
                if dkim == "fail":
                    octets += b"and more\r\n"
                with self.subTest(spf=ip == GOOD, dkim=dkim, author=author):
                    self.assertEqual(self.asked(octets, ip=ip, sender=f"<a@{author}>"), count)

    def test_one_method_a_report(self):
        role = self.start()
        for author in ("fod.example", "fos.example"):
            octets = sign.dkim(message(author), self.signer, author) + b"and more\r\n"
            self.bring(octets, sender=f"<a@{author}>")
        found = {each.recipients[0]: each for each in self.reports(2)}
        self.end(role)
        dkim, spf = found["Ruf@fod.example"].fields, found["Ruf@fos.example"].fields
        self.assertEqual((dkim["Auth-Failure"], dkim["DKIM-Domain"], dkim["DKIM-Selector"], dkim["DKIM-Identity"]),
                         ("bodyhash", "fod.example", "s1", "@fod.example"))
        self.assertIn("dkim=fail", dkim["Authentication-Results"])
        self.assertEqual(spf["Auth-Failure"], "spf")
        self.assertIn("spf=fail", spf["Authentication-Results"])
        self.assertIn("v=spf1", spf["SPF-DNS"])

    def test_who_is_not_reported_on(self):
        self.set_up('ignore_recipients = ["intake.example"]')
        self.start("filter")
        self.assertEqual(self.asked(), 1)
        report = (b"Content-Type: multipart/report; report-type=feedback-report; boundary=x\r\n")
        for what, given in {
                "a domain that is not listed": {"octets": message("stranger.example"), "sender": "<a@stranger.example>"},
                "a bounce": {"sender": "<>"},
                "a report": {"octets": message().replace(b"Content-Type: text/plain\r\n", report)},
                "an automatic answer": {"octets": message(more=b"Auto-Submitted: auto-replied\r\n")},
                "mail to our own reports": {"recipients": ("<Reports@rcpt.example>",)},
                "a bounce of our own reports": {"recipients": ("<bob@rcpt.example>", "<reports+17@rcpt.example>")},
                "mail to our intake": {"recipients": ("<x@intake.example>",)},
                "own users' mail": {"ip": "192.0.2.200"},
                "what the DNS left open": {"octets": sign.dkim(message("late.example"), self.signer, "late.example"),
                                           "sender": "<a@late.example>"},
                "a public suffix": {"octets": message("psd.example"), "sender": "<a@psd.example>"},
                "what passes": {"ip": GOOD}}.items():
            with self.subTest(what):
                self.assertEqual(self.asked(**given), 0)

    def test_lists_and_forwarders_are_left_alone(self):
        text = Path(self.config).read_text()
        self.start("filter")
        listed = sign.dkim(message(more=b"List-Id: <talk.lists.example>\r\n"), self.signer, "lists.example")
        with self.subTest("a list"):
            self.assertEqual(self.asked(listed, ip="198.51.100.7", sender="<bounce@lists.example>"), 0)
            fo1 = message("fo1.example", more=b"List-Id: <talk.lists.example>\r\n")
            signed = sign.dkim(fo1, self.signer, "fo1.example")
            self.assertEqual(self.asked(signed, ip="198.51.100.7", sender="<bounce@lists.example>"), 0)
        self.port, self.numbers["filter"] = mta.free_port(), mta.free_port()
        self.set_up()
        Path(self.config).write_text(text.replace(text[text.index("[[listen]]"):text.index("[smtp]")],
                                                  f'[[listen]]\naddress = "127.0.0.1:{self.port}"\n')
                                     + f'[[allow]]\nclient = "{BAD}"\noverride_type = "trusted_forwarder"\n')
        self.start("filter")
        with self.subTest("a forwarder"):
            self.assertEqual(self.asked(), 0)

    def test_off_costs_nothing_and_leaves_nothing(self):
        self.set_up(listed="")
        self.start("filter")
        self.bring()
        self.assertIsNone(self.metric("assay_failures_total", "filter"))
        self.assertFalse(self.spool.exists() or (self.folder / "var/failure.key").exists())

    def test_key_and_spool_are_for_their_owner(self):
        self.start("filter")
        self.bring()
        file, = mta.wait_for(lambda: list(self.spool.glob("*.failure")), "the spool")
        for path, mode in ((self.folder / "var/failure.key", 0o600), (self.spool, 0o700), (file, 0o600)):
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), mode, path)
        self.assertNotIn(b".private", file.read_bytes())


class Storms(FailureTest):
    def test_likes_become_one_report(self):
        self.set_up(hold="3s")
        role = self.start()
        for _ in range(20):
            self.bring()
        report, = self.reports(1)
        self.end(role)
        self.assertEqual(report.incidents(), 20)
        self.assertEqual(len(self.sink.messages), 1)
        one, = self.outbox("--kind", "failure")
        self.assertEqual(one["messages"], 20)

    def test_rates_hold_back_also_after_a_restart(self):
        self.set_up("failure_per_hour = 2")
        role = self.start()
        for i in range(5):
            self.bring(ip=f"203.0.113.{i}")
        self.bring(message("one.example"), sender="<a@one.example>")
        self.reports(3)
        mta.wait_for(lambda: self.metric("assay_failure_reports_waiting") == 3, "the rest to wait")
        self.end(role)
        role = self.start()
        mta.wait_for(lambda: self.metric("assay_failure_reports_waiting") == 3, "the rest to wait")
        self.end(role)
        self.assertEqual(collections.Counter(each.recipients[0] for each in self.reports(3)),
                         {"Ruf@author.example": 2, "Ruf@one.example": 1})

    def test_the_ceiling_of_a_day_counts_them(self):
        self.set_up("per_day = 2")
        role = self.start()
        for i in range(4):
            self.bring(ip=f"203.0.113.{i}")
        self.reports(2)
        mta.wait_for(lambda: len(self.outbox("--state", "waiting")) == 2, "the rest to wait")
        self.end(role)
        self.assertEqual(len(self.sink.messages), 2)

    def test_a_full_spool_holds_no_mail_up_and_is_told_of(self):
        self.set_up("failure_spool_files = 1")
        filter = self.start("filter")
        self.bring()
        mta.wait_for(lambda: self.metric("assay_failures_written_total", "filter") == 1, "the spool to be full")
        for _ in range(3):
            self.assertEqual(self.bring(message("one.example"), sender="<a@one.example>"), "custom")
        mta.wait_for(lambda: self.metric("assay_failures_dropped_total", "filter") == 3, "the count")
        reports = self.start("reports")
        self.reports(1)

        def another():
            time.sleep(0.3)
            self.bring(message("one.example"), sender="<a@one.example>")
            return len(self.sink.messages) > 1
        mta.wait_for(another, "the next of its kind")
        found = [each for each in self.reports(2) if each.recipients == ["Ruf@one.example"]]
        self.assertGreaterEqual(found[0].incidents(), 4)
        self.end(filter)
        self.end(reports)

    def test_a_disk_that_refuses_holds_no_mail_up(self):
        self.spool.write_text("in the way")
        filter = self.start("filter")
        self.assertEqual(self.bring(), "custom")
        mta.wait_for(lambda: self.metric("assay_failures_dropped_total", "filter") == 1, "the count")
        self.end(filter)

    def test_no_loops(self):
        """A report about a report, and reports to ourselves, where everybody asks for everything."""
        role = self.start()
        self.bring()
        report, = self.reports(1)
        before = self.metric("assay_failures_total")
        for forged in (report.octets, report.octets.replace(b"Auto-Submitted", b"X-Was")):
            self.bring(forged, sender="<reports+1@rcpt.example>", recipients=("<ruf@rcpt.example>",))
        self.assertEqual(self.metric("assay_failures_total"), before)
        self.end(role)

    def test_no_report_to_whom_reports_come_from(self):
        zone = Path(self.zone_file)
        text = zone.read_text().replace('_dmarc.rcpt.example TXT "v=DMARC1; p=reject"',
                                        '_dmarc.rcpt.example TXT "v=DMARC1; p=reject; ruf=mailto:reports@rcpt.example"')
        zone.write_text(text)
        role = self.start()
        self.bring(message("rcpt.example"), sender="<eve@rcpt.example>")
        mta.wait_for(lambda: self.metric('assay_failure_reports_total{outcome="no_destination"}') == 1, "the refusal")
        self.end(role)
        self.assertEqual(self.sink.messages, [])
        self.assertIn("is an address of our own reports", self.written())


class Erased(FailureTest):
    def test_what_is_known_of_a_domain_goes(self):
        self.set_up(smtp=mta.free_port())  # nobody takes the mail, so that it waits
        role = self.start()
        for author in ("author.example", "one.example"):
            self.bring(message(author), sender=f"<a@{author}>")
        mta.wait_for(lambda: len(self.outbox("--kind", "failure")) == 2, "the outbox")
        self.end(role)
        filter = self.start("filter")
        for author in ("author.example", "one.example"):
            self.bring(message(author), sender=f"<b@{author}>", ip="203.0.113.77")
        mta.wait_for(lambda: len(list(self.spool.glob("*.failure"))) == 2, "the spool")
        self.end(filter)
        out = run("store", "erase", "--domain", "author.example", "--failures", str(self.spool), str(self.folder / "var/store.sqlite"))
        self.assertEqual((out.returncode, out.err), (0, ""))
        self.assertIn("1 deliveries, 1 failure reports of the spool", out.out)
        self.assertEqual([one["policy_domain"] for one in self.outbox("--kind", "failure")], ["one.example"])
        self.assertEqual(len(list(self.spool.glob("*.failure"))), 1)


class Crashes(FailureTest):
    def test_killed_at_random_points(self):
        """Each message is told of once: the incidents of all reports, of one id once, are the messages."""
        self.set_up("failure_per_hour = 10000\nfailure_all_per_hour = 10000", hold="1s")
        chance = random.Random(7)
        self.refusal = lambda stage, address: chance.choice([None, None, "451 4.3.0 later", ""]) if stage == "DATA" else None
        filter = self.start("filter")
        sent = 0
        for _ in range(KILLS):
            role = self.start("reports")
            for _ in range(10):
                author = chance.choice(["author.example", "one.example", "two.example"])
                self.bring(message(author), sender=f"<a@{author}>", ip=f"203.0.113.{chance.randrange(3)}")
                sent += 2 if author == "two.example" else 1  # of these, two addresses are told
            time.sleep(chance.uniform(0.0, 2.0))
            role.kill()
            role.wait()
        self.end(filter)
        self.refusal = lambda stage, address: None
        role = self.start("reports")
        mta.wait_for(lambda: not list(self.spool.glob("*.failure")), "the spool to be empty")

        def is_all_sent():  # once the claims of the dead have run out
            for one in self.outbox("--state", "waiting"):
                self.assay("outbox", "retry", str(one["id"]))
            return not self.outbox("--state", "waiting")
        mta.wait_for(is_all_sent, "all reports to be sent")
        self.end(role)
        mails = {each.mail["Message-ID"]: each for each in self.reports(1)}
        self.assertEqual(sum(each.incidents() for each in mails.values()), sent)
        self.assertEqual(sum(one["messages"] for one in self.outbox("--kind", "failure")), sent)


if __name__ == "__main__":
    main()
