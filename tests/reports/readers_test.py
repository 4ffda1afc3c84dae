#!/usr/bin/env python3
"""What others read in our reports: Mail::DMARC of Perl sees the rows that we see."""
import gzip
import json
import shutil
import subprocess
import unittest
from pathlib import Path

from world import ReportsTest, entry, main

READER = Path(__file__).with_name("mail_dmarc.pl")
HAVE = shutil.which("perl") and subprocess.run(["perl", "-MMail::DMARC::Report::Receive", "-e", "1"], capture_output=True).returncode == 0


@unittest.skipUnless(HAVE, "Mail::DMARC (libmail-dmarc-perl) is missing")
class Readers(ReportsTest):
    maxDiff = None
    def read(self, octets):
        done = subprocess.run(["perl", READER, self.write("report.eml", octets)], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout.splitlines()[-1])

    def put_all_kinds(self):
        self.put(*(entry(i) for i in range(7)), entry(20, result="fail"),
                 entry(21, result="fail", client="2001:db8::7", action={"action": "accept", "disposition": "none"},
                       overrides=[{"type": "mailing_list", "comment": "a list <&> \"ö\""}]),
                 entry(22, mail_from="", spf=[{"identity": "helo", "domain": "mx.example.com", "result": "pass"}]),
                 entry(23, dkim=[{"domain": "example.com", "selector": f"s{i}", "result": "pass"} for i in range(3)]))

    def compare(self, mail, found):
        report = mail.report
        self.assertEqual(found["kind"], "aggregate")
        for name in ("report_id", "org_name", "email"):
            self.assertEqual(found[name], report.text(f"report_metadata/{name}"))
        for name in ("begin", "end"):
            self.assertEqual(str(found[name]), report.text(f"report_metadata/date_range/{name}"))
        for name in ("domain", "p", "sp", "adkim", "aspf"):
            self.assertEqual(found["policy"][name], report.text(f"policy_published/{name}"))
        self.assertEqual(found["rows"], [self.row(record, report.space) for record in report.tree.iterfind(report.space + "record")])
        self.assertEqual(sum(row["count"] for row in found["rows"]), 11)

    @staticmethod
    def row(record, space):
        def texts(path, *names):
            return [" ".join(each.findtext(space + name) or "" for name in names) for each in record.iterfind(path.replace("/", "/" + space))]

        def text(path):
            return record.findtext((space + path).replace("/", "/" + space))
        disposition = text("row/policy_evaluated/disposition")
        signatures = texts(space + "auth_results/dkim", "domain", "selector", "result")
        return {"source_ip": text("row/source_ip"), "count": int(text("row/count")),
                # It does not know the word pass of RFC 9990.
                "disposition": "none" if disposition == "pass" else disposition,
                "dkim": text("row/policy_evaluated/dkim"), "spf": text("row/policy_evaluated/spf"),
                "reasons": texts(space + "row/policy_evaluated/reason", "type"),
                "header_from": text("identifiers/header_from"), "envelope_from": text("identifiers/envelope_from") or "",
                "signatures": signatures[:1] * len(signatures),  # it reads the first as often as there are some
                "senders": texts(space + "auth_results/spf", "domain", "scope", "result")}

    def test_the_older_form_as_it_is_mailed(self):
        self.configure('form = "rfc7489"')
        self.put_all_kinds()
        self.send()
        mail, = self.mails()
        found = self.read(mail.octets)
        self.compare(mail, found)
        self.assertEqual(str(found["policy"]["pct"]), "100")

    def test_the_new_form_but_for_its_namespace(self):
        """It looks for elements without a namespace, so that this one is taken away."""
        self.put_all_kinds()
        self.send()
        mail, = self.mails()
        bare = mail.report.xml.replace(b' xmlns="urn:ietf:params:xml:ns:dmarc-2.0"', b"")
        self.assertNotEqual(bare, mail.report.xml)
        mail.attachment.set_content(gzip.compress(bare), "application", "gzip", filename=mail.attachment.get_filename())
        self.compare(mail, self.read(mail.message.as_bytes()))


if __name__ == "__main__":
    main()
