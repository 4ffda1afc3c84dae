#!/usr/bin/env python3
"""assay intake: reports of others taken in, once each, whatever they come in and whatever happens meanwhile."""
import base64
import collections
import gzip
import io
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
import unittest
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/reports"))
sys.dont_write_bytecode = True
from world import ASSAY, SUITES, ReportsTest, entry, main, mta, run  # noqa: E402
from harness import Test  # noqa: E402
import sign  # noqa: E402

KILLS = int(sys.argv.pop(1)) if len(sys.argv) > 1 and sys.argv[1].isdigit() else 12
BEGIN = 1777507200  # 2026-04-30T00:00:00Z

RECORD = """ <record><row><source_ip>{ip}</source_ip><count>{count}</count><policy_evaluated><disposition>none</disposition>
  <dkim>pass</dkim><spf>fail</spf></policy_evaluated></row><identifiers><header_from>{domain}</header_from></identifiers>
  <auth_results><dkim><domain>{domain}</domain><selector>s1</selector><result>pass</result></dkim>
  <spf><domain>bounce.{domain}</domain><scope>mfrom</scope><result>fail</result></spf></auth_results></record>
"""


def report(report_id="id1", domain="example.com", records=((("192.0.2.1"), 3),), begin=BEGIN, end=BEGIN + 86399,
           email="dmarc@receiver.example"):
    text = "".join(RECORD.format(ip=ip, count=count, domain=domain) for ip, count in records)
    return f"""<?xml version="1.0"?>
<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">
 <version>1.0</version>
 <report_metadata><org_name>Receiver</org_name><email>{email}</email><report_id>{report_id}</report_id>
  <date_range><begin>{begin}</begin><end>{end}</end></date_range></report_metadata>
 <policy_published><domain>{domain}</domain><p>reject</p></policy_published>
{text}</feedback>
""".encode()


def sql(path, text):
    """Runs these statements on a file of SQLite."""
    base = sqlite3.connect(path)
    with base:
        base.executescript(text)
    base.close()


def mail(octets, name="report.xml.gz", sender="dmarc@receiver.example"):
    return (f"From: <{sender}>\r\nTo: rua@example.com\r\nSubject: Report Domain: example.com\r\nMIME-Version: 1.0\r\n"
            f"Message-ID: <1@receiver.example>\r\nContent-Type: application/gzip; name=\"{name}\"\r\n"
            "Content-Transfer-Encoding: base64\r\n\r\n").encode() + base64.encodebytes(octets).replace(b"\n", b"\r\n")


def zipped(**members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, octets in members.items():
            archive.writestr(name.replace("_", "."), octets)
    return out.getvalue()


class IntakeTest(Test):
    options = ""

    def setUp(self):
        super().setUp()
        self.configure(self.options)

    def configure(self, intake="", zone=""):
        self.zone = self.write("intake.zone", ("$ORIGIN .\n" + zone).encode())
        self.config = self.write("assay.toml", f"""
data = "{self.folder}/var"
[dns]
zone = "{self.zone}"
[intake]
{intake}
""".encode())
        self.store = self.folder / "var/reports.sqlite"

    def intake(self, *words, status=0, **more):
        done = run("intake", *words, "--config", self.config, **more)
        self.assertEqual(done.returncode, status, done.err + done.out)
        return done.out

    def add(self, *paths, status=0, **more):
        """What is said of each report, and the total."""
        *lines, total = [json.loads(line) for line in self.intake("add", "--json", *paths, status=status, **more).splitlines()]
        return lines, total["total"]

    def outcomes(self, *paths, **more):
        return [each["outcome"] + (":" + each["reason"] if "reason" in each else "") for each in self.add(*paths, **more)[0]]

    def list(self, *words):
        return [json.loads(line) for line in self.intake("list", "--json", *words).splitlines()]

    def show(self, number):
        return json.loads(self.intake("show", "--json", str(number)))

    def info(self):
        done = run("store", "info", "--json", str(self.store))
        self.assertEqual(done.returncode, 0, done.err)
        return json.loads(done.out)

    def check(self):
        done = run("store", "check", str(self.store))
        self.assertEqual(done.out, "all well\n", done.err)


class Wrappings(IntakeTest):
    def test_any_wrapping_is_the_same_report(self):
        xml = report()
        packed = gzip.compress(xml)
        self.assertEqual(self.outcomes(self.write("a.xml", xml)), ["added"])
        for name, octets in {"a.gz": packed, "a.zip": zipped(a_xml=xml), "a.eml": mail(packed),
                             "a.mbox": b"From x Fri May  1 00:00:00 2026\n" + mail(packed).replace(b"\r\n", b"\n"),
                             "renamed.pdf": xml}.items():
            self.assertEqual(self.outcomes(self.write(name, octets)), ["duplicate"], name)
        self.assertEqual(self.outcomes("-", stdin=packed), ["duplicate"])
        self.assertEqual(self.info()["messages"], 3)
        self.assertEqual(self.list()[0]["seen"], 7)
        self.check()

    def test_folders_maildirs_and_what_is_not_there(self):
        box = self.folder / "Maildir"
        for name in ("cur", "new", "tmp"):
            (box / name).mkdir(parents=True)
        (box / "cur/1.host:2,S").write_bytes(mail(gzip.compress(report("one"))))
        (box / "new/2.host").write_bytes(mail(gzip.compress(report("two", records=[("192.0.2.2", 1)]))))
        (box / "tmp/3.host").write_bytes(mail(gzip.compress(report("three", records=[("192.0.2.3", 1)]))))
        lines, total = self.add(str(box), str(self.folder / "nothing"), status=66)
        self.assertEqual(sorted(each["outcome"] for each in lines), ["added", "added", "refused"])
        self.assertEqual((total["added"], total["missing"], total["messages"]), (2, 1, 4))

    def test_a_large_mbox_is_read_in_pieces(self):
        box = b"".join(b"From x Fri May  1 00:00:00 2026\n" + mail(gzip.compress(report(f"id{i}", records=[(f"192.0.2.{i}", i)]))
                                                                   + b"x" * 300_000).replace(b"\r\n", b"\n") + b"\n"
                       for i in range(1, 31))
        lines, total = self.add(self.write("big.mbox", box))
        self.assertEqual(total["added"], 30)
        self.assertEqual(total["messages"], sum(range(1, 31)))

    def test_a_large_report_is_the_same_however_it_is_packed(self):
        rng = random.Random(7)
        reason = "<reason><type>other</type><comment>{}</comment></reason></policy_evaluated>"
        record = RECORD.replace("</policy_evaluated>", reason)
        records = [record.format(rng.randbytes(150).hex(), ip=f"198.51.100.{i % 256}", count=1, domain="example.com")
                   for i in range(60_000)]
        xml = report().replace(RECORD.format(ip="192.0.2.1", count=3, domain="example.com").encode(), "".join(records).encode())
        packed = gzip.compress(xml, 1)
        self.assertGreater(len(packed), 8 << 20, "it must be large enough not to be held")
        with zipfile.ZipFile(self.folder / "large.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.writestr("a.xml", xml)
        self.assertEqual(self.outcomes(self.write("large.gz", packed)), ["added"])
        one = self.list()[0]
        self.assertEqual((one["records"], one["messages"]), (60_000, 60_000))
        self.assertEqual(self.outcomes(str(self.folder / "large.zip")), ["duplicate"])
        self.assertEqual(self.outcomes(self.write("large.xml", xml)), ["duplicate"])
        self.assertEqual(self.outcomes("-", stdin=packed), ["duplicate"])
        raw = subprocess.run([ASSAY, "intake", "show", "--raw", str(one["id"]), "--config", self.config], capture_output=True)
        self.assertEqual(raw.stdout, packed)
        self.intake("replay")
        self.assertEqual(self.list()[0]["records"], 60_000)
        self.check()
        self.intake("erase", "example.com")
        self.assertEqual(self.outcomes(str(self.folder / "large.xml")), ["added"])
        raw = subprocess.run([ASSAY, "intake", "show", "--raw", str(self.list()[0]["id"]), "--config", self.config],
                             capture_output=True)
        self.assertEqual(gzip.decompress(raw.stdout), xml)

    def test_each_limit_is_configured_and_says_its_name(self):
        packed = gzip.compress(report("l1", records=[("192.0.2.1", 1), ("192.0.2.2", 1)]))
        bomb = gzip.compress(report("l2") + b" " * (40 << 20))
        several = zipped(a_xml=report("l3"), b_xml=report("l4"))
        for setting, octets, code in (("max_expanded = \"1MiB\"", bomb, "expanded_too_large"), ("max_ratio = 20", bomb, "ratio"),
                                      ("max_members = 1", several, "too_many_members"),
                                      ("max_nesting = 1", gzip.compress(packed), "too_deep")):
            self.configure(setting)
            lines = self.add(self.write("limit", octets), status=65)[0]
            self.assertIn(code, [each.get("reason") for each in lines if each["outcome"] == "refused"], setting)
        self.configure("max_records = 1")
        self.add(self.write("limit", packed))
        self.assertIn("too_many", [each["code"] for each in self.show(self.list()[-1]["id"])["findings"]])

    def test_what_is_no_report_is_refused_and_the_rest_is_taken(self):
        lines, total = self.add(self.write("a.xml", report()), self.write("b.xml", b"<html/>"), self.write("c", b"hello"),
                                self.write("d.eml", b"Subject: x\r\n\r\nhello\r\n"), status=65)
        self.assertEqual([each["outcome"] for each in lines if each["outcome"] != "refused"], ["added"])
        self.assertEqual(total["refused"], 3)
        for each in lines:
            if each["outcome"] == "refused":
                self.assertTrue(each["why"])

    def test_tls_reports_by_policy_domain(self):
        policy = {"policy": {"policy-type": "sts", "policy-domain": "example.com"},
                  "summary": {"total-successful-session-count": 5, "total-failure-session-count": 1}}
        other = {"policy": {"policy-type": "no-policy-found", "policy-domain": "example.net"},
                 "summary": {"total-successful-session-count": 7, "total-failure-session-count": 0}}
        text = json.dumps({"organization-name": "Receiver", "contact-info": "tls@receiver.example", "report-id": "t1",
                           "date-range": {"start-datetime": "2026-04-30T00:00:00Z", "end-datetime": "2026-04-30T23:59:59Z"},
                           "policies": [policy, other]}).encode()
        path = self.write("tls.json.gz", gzip.compress(text))
        self.assertEqual(self.outcomes(path), ["added", "added"])
        self.assertEqual(self.outcomes(path), ["duplicate", "duplicate"])
        self.assertEqual([(each["kind"], each["policy_domain"], each["messages"]) for each in self.list()],
                         [("tls", "example.com", 6), ("tls", "example.net", 7)])
        self.intake("replay")
        self.intake("erase", "example.com")
        self.assertEqual([each["policy_domain"] for each in self.list()], ["example.net"])
        self.check()

    def test_in_words(self):
        out = self.intake("add", self.write("a.xml", report()))
        self.assertRegex(out, r"^added +example.com of receiver.example: aggregate 2026-04-30T00:00:00Z to 2026-04-30T23:59:59Z, "
                              r"3 messages, report 1 - ")
        self.assertTrue(out.endswith("1 files: 1 added (1 records, 3 messages), 0 set aside, 0 duplicate, 0 refused\n"), out)


class Duplicates(IntakeTest):
    def test_each_case(self):
        def add(**what):
            return self.outcomes(self.write("x.xml", report(**what)))
        self.assertEqual(add(), ["added"])
        self.assertEqual(add(), ["duplicate"])
        self.assertEqual(add(report_id="id2"), ["set_aside:same_content"])
        self.assertEqual(add(records=[("192.0.2.1", 4)]), ["set_aside:same_id"])
        self.assertEqual(add(report_id="id3", records=[("192.0.2.9", 5)]), ["added"])
        self.assertEqual(add(begin=BEGIN + 86400, end=BEGIN + 172799), ["added"])
        self.assertEqual(add(email="a@other.example"), ["added"])
        self.assertEqual(add(domain="example.net"), ["added"])
        self.assertEqual(self.info()["messages"], 3 + 5 + 3 + 3 + 3)
        kinds = collections.Counter(found["code"] for each in self.list() for found in each["findings"])
        for code in ("same_content", "same_id", "split", "id_reused"):
            self.assertIn(code, kinds)
        self.check()

    def test_the_latest_counts_where_that_is_wished(self):
        self.configure('same_id = "latest"')
        self.outcomes(self.write("x.xml", report()))
        self.assertEqual(self.outcomes(self.write("y.xml", report(records=[("192.0.2.1", 4)]))), ["added"])
        self.assertEqual([each["standing"] for each in self.list()], ["set_aside", "counted"])
        self.assertEqual(self.info()["messages"], 4)
        self.check()


class Truth(IntakeTest):
    def test_domains_that_are_not_ours(self):
        self.configure('domains = ["example.com"]')
        self.assertEqual(self.outcomes(self.write("a.xml", report(domain="example.net"))), ["set_aside:foreign_domain"])
        self.assertEqual(self.outcomes(self.write("b.xml", report(domain="mail.example.com"))), ["added"])
        self.assertEqual(self.info()["messages"], 3)
        self.intake("count", "1")
        self.assertEqual(self.info()["messages"], 6)
        self.intake("set-aside", "1")
        self.assertEqual(self.list("--standing", "set_aside")[0]["reason"], "by hand")
        self.check()

    def test_absurd_numbers(self):
        future = int(time.time()) + 10 * 86400
        for number, what in enumerate([dict(records=[("192.0.2.1", 99_999_999_999)]), dict(begin=future, end=future + 86399),
                                       dict(begin=86400, end=172799), dict(end=BEGIN + 400 * 86400)]):
            outcome, = self.outcomes(self.write("a.xml", report(report_id=f"absurd{number}", **what)))
            self.assertRegex(outcome, "^set_aside:absurd_")
        self.assertEqual(self.info()["messages"], 0)

    def test_alignment_that_is_said_otherwise_than_found(self):
        said = report(records=[("192.0.2.1", 3), ("192.0.2.2", 4)]).replace(b"<dkim>pass</dkim>", b"<dkim>fail</dkim>", 1)
        self.assertEqual(self.outcomes(self.write("a.xml", said)), ["added"])
        shown = self.show(self.list()[0]["id"])
        self.assertEqual([each["what"] for each in shown["findings"] if each["code"] == "alignment_differs"],
                         ["1 records with 3 messages say dkim=fail, and a signature of an aligned domain passes; "
                          "record 1 is the first"])

    def test_authenticity_of_the_mail(self):
        key = sign.Key(self.folder, "k")
        self.configure(zone=f"k._domainkey.receiver.example TXT {key.record}\n"
                            '_dmarc.receiver.example TXT "v=DMARC1; p=reject"\n')
        text = mail(gzip.compress(report("genuine")))
        signed = subprocess.run([ASSAY, "dkim", "sign", "--domain", "receiver.example", "--selector", "k", "--key", str(key.path), "-"],
                                input=text, capture_output=True, check=True).stdout
        self.assertEqual(self.outcomes(self.write("a.eml", signed)), ["added"])
        broken = signed.replace(b"Subject: Report", b"Subject: report")
        broken = broken.replace(base64.encodebytes(gzip.compress(report("genuine")))[:40], base64.encodebytes(
            gzip.compress(report("genuine")))[:40])
        fake = subprocess.run([ASSAY, "dkim", "sign", "--domain", "receiver.example", "--selector", "k", "--key", str(key.path), "-"],
                              input=mail(gzip.compress(report("fake", records=[("192.0.2.66", 7)]))), capture_output=True,
                              check=True).stdout.replace(b"To: rua@example.com", b"To: rub@example.com")
        self.assertEqual(self.outcomes(self.write("b.eml", fake)), ["set_aside:forged"])
        unsigned = mail(gzip.compress(report("unsigned", records=[("192.0.2.67", 8)])))
        self.assertEqual(self.outcomes(self.write("c.eml", unsigned)), ["added"])
        stranger = mail(gzip.compress(report("stranger", records=[("192.0.2.68", 9)], email="dmarc@other.example")))
        stranger = subprocess.run([ASSAY, "dkim", "sign", "--domain", "receiver.example", "--selector", "k", "--key", str(key.path),
                                   "-"], input=stranger, capture_output=True, check=True).stdout
        self.assertEqual(self.outcomes(self.write("d.eml", stranger)), ["added"])
        self.assertEqual([each["trust"] for each in self.list()], ["genuine", "forged", "unverified", "unverified"])
        self.assertEqual(self.info()["messages"], 3 + 8 + 9)
        self.configure('refuse = ["forged"]', zone=Path(self.zone).read_text()[len("$ORIGIN .\n"):])
        self.assertEqual(self.outcomes(self.write("b.eml", fake), status=65), ["refused:forged"])


class Keeping(IntakeTest):
    def test_replay_reads_what_was_kept_again(self):
        both = zipped(a_xml=report("one"), b_xml=report("two", domain="example.net", records=[("192.0.2.7", 7)]))
        self.add(self.write("a.zip", both), self.write("b.eml", mail(gzip.compress(report("three", records=[("192.0.2.8", 8)])))))
        before = [self.show(each["id"]) for each in self.list()]
        self.assertIn("3 reports read again", self.intake("replay"))
        self.assertEqual([self.show(each["id"]) for each in self.list()], before)
        self.check()
        # A reader that read less before is overtaken.
        sql(self.store, "DELETE FROM daily; DELETE FROM daily_sums; DELETE FROM chunks WHERE id >> 20 = 2;"
                        "UPDATE reports SET records = 0, messages = 0 WHERE id = 2")
        self.intake("set-aside", "3")
        sql(self.store, "DELETE FROM daily; DELETE FROM daily_sums")
        sql(self.store, "UPDATE reports SET standing = 1")
        self.intake("replay")
        self.check()
        self.assertEqual(self.show(2)["messages"], 7)
        self.assertEqual(self.show(3)["reason"], "by hand")

    def test_show_raw_and_erase(self):
        self.add(self.write("a.xml", report()), self.write("b.xml", report(domain="mail.example.com")),
                 self.write("c.xml", report(domain="example.net")))
        done = subprocess.run([ASSAY, "intake", "show", "--raw", "1", "--config", self.config], capture_output=True, check=True)
        self.assertEqual(gzip.decompress(done.stdout), report())
        self.assertEqual(self.show(1)["report"]["records"][0]["source_ip"], "192.0.2.1")
        self.assertIn("192.0.2.1", self.intake("show", "1"))
        self.assertEqual(self.intake("erase", "example.com"), "2 reports with 2 records are erased\n")
        self.assertEqual([each["policy_domain"] for each in self.list()], ["example.net"])
        self.assertNotIn(b"mail.example.com", self.store.read_bytes())
        self.assertEqual(self.outcomes(self.write("a.xml", report())), ["added"])
        self.check()
        done = run("intake", "show", "99", "--config", self.config)
        self.assert_failed(done, 66, "99")

    def test_backup_and_the_wrong_file(self):
        self.add(self.write("a.xml", report()))
        copy = self.folder / "copy.sqlite"
        self.assertEqual(run("store", "backup", str(self.store), str(copy)).returncode, 0)
        self.assertEqual(run("store", "check", str(copy)).out, "all well\n")
        other = self.folder / "store.sqlite"
        sql(other, "PRAGMA application_id=0x41534159; PRAGMA user_version=1; CREATE TABLE x (y)")
        done = run("intake", "list", "--store", str(other), "--config", self.config)
        self.assert_failed(done, 65, "another of the files of Assay")


class Samples(IntakeTest):
    def test_public_samples(self):
        folder = SUITES / "aggregate"
        if not folder.exists():
            self.skipTest(f"{folder} is missing")
        lines, total = self.add(str(folder), str(SUITES / "failure"), status=65)
        self.assertGreater(total["added"], 50)
        self.check()
        again, second = self.add(str(folder), str(SUITES / "failure"), status=65)
        self.assertEqual(second["added"], 0, [each for each in again if each["outcome"] == "added"])
        self.assertEqual(self.info()["messages"], total["messages"])
        self.intake("replay")
        self.assertEqual(self.info()["messages"], total["messages"])
        self.check()


class Ring(ReportsTest):
    """What the reports role sends is what intake has afterwards."""

    def test_our_own_reports_come_in_equal(self):
        # What these journals say is aligned is SPF alone, so that the signature is another's.
        other = [{"domain": "esp.example.net", "selector": "s1", "result": "pass"}]
        self.put(*(entry(number, client=f"192.0.2.{number % 7 + 1}", dkim=other) for number in range(40)),
                 *(entry(100 + number, author="other.example", result="fail", client="2001:db8::1") for number in range(5)))
        self.configure('to = "all"', zone='_dmarc.other.example TXT "v=DMARC1; p=reject; rua=mailto:d@other.example"\n'
                                          '_dmarc.example.com TXT "v=DMARC1; p=reject; rua=mailto:dmarc@example.com"\n')
        self.send()
        paths = [self.write(f"sent{number}.eml", each.octets) for number, each in enumerate(self.mails())]
        self.assertEqual(len(paths), 2)
        lines = [json.loads(line) for line in self.assay("intake", "add", "--json", *paths).splitlines()]
        self.assertEqual([each["outcome"] for each in lines[:-1]], ["added", "added"])
        self.assertEqual([each["trust"] for each in lines[:-1]], ["genuine", "genuine"])
        for line, sent in zip(lines, self.mails()):
            kept = json.loads(self.assay("intake", "show", "--json", str(line["id"])))
            self.assertEqual(kept["messages"], sent.report.messages())
            self.assertEqual(kept["report_id"], sent.report.text("report_metadata/report_id"))
            path = self.write("sent.xml", sent.report.xml)
            read = json.loads(run("report", "read", "--json", path).out)
            for either in (kept["report"], read):
                for key in ("file", "findings"):
                    either.pop(key, None)
            self.assertEqual(kept["report"], read)
            self.assertEqual(kept["findings"], [])


class Crashes(IntakeTest):
    def test_killed_at_random_points(self):
        rng = random.Random(5)
        folder = self.folder / "mails"
        folder.mkdir()
        expected = 0
        for number in range(400):
            records = [(f"192.0.2.{rng.randrange(256)}", rng.randrange(1, 50)) for _ in range(rng.randrange(1, 30))]
            expected += sum(count for _, count in records)
            (folder / f"{number}.eml").write_bytes(mail(gzip.compress(report(f"id{number}", f"d{number % 7}.example", records))))
        told = set()
        for _ in range(KILLS):
            process = subprocess.Popen([ASSAY, "intake", "add", "--json", str(folder), "--config", self.config],
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            time.sleep(rng.random() * 1.5)
            process.send_signal(signal.SIGKILL)
            out = process.communicate()[0]
            for line in out.splitlines():
                try:
                    one = json.loads(line)
                except ValueError:
                    continue
                if one.get("outcome") == "added":
                    told.add(one["file"])
            if self.store.exists():
                kept = {each["report_id"] for each in self.list()}
                self.assertLessEqual({"id" + Path(path).stem for path in told}, kept, "told and lost")
        self.add(str(folder))
        self.assertEqual(self.info()["messages"], expected)
        self.assertEqual(self.info()["reports"], 400)
        self.check()

    def test_ctrl_c_ends_cleanly(self):
        folder = self.folder / "mails"
        folder.mkdir()
        for number in range(1200):
            (folder / f"{number}.xml").write_bytes(report(f"id{number}", records=[("192.0.2.1", number + 1)]))
        process = subprocess.Popen([ASSAY, "intake", "add", "--json", str(folder), "--config", self.config],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while not process.stdout.readline():
            pass
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
        total = json.loads(out.splitlines()[-1])["total"]
        if process.returncode != 0:  # it may have been quicker
            self.assertEqual(process.returncode, 69, err)
            self.assertEqual(err.count(b"\n"), 1)
        self.assertEqual(self.info()["reports"], total["added"])
        self.check()


if __name__ == "__main__":
    main()
