#!/usr/bin/env python3
"""assay show ladder beside a real name server (nsd): each rung whole, and broken."""
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from mta import NameServer

ROOT = Path(__file__).resolve().parents[2]
ASSAY = os.environ.get("ASSAY", str(ROOT / "build/test/bin/assay"))

ZONE = """\
_dmarc.whole TXT "v=DMARC1; p=none; rua=mailto:d@whole.example"
whole MX 10 mx.whole.example.
mx.whole A 192.0.2.1
_dmarc.double TXT "v=DMARC1; p=none; rua=mailto:d@whole.example"
_dmarc.double TXT "v=DMARC1; p=reject"
_dmarc.invalid TXT "v=DMARC1; p=maybe; p=none"
_dmarc.silent TXT "v=DMARC1; p=none"
_dmarc.web TXT "v=DMARC1; p=none; rua=https://whole.example/reports"
_dmarc.outside TXT "v=DMARC1; p=none; rua=mailto:d@elsewhere.example"
elsewhere MX 10 mx.whole.example.
_dmarc.allowed TXT "v=DMARC1; p=none; rua=mailto:d@agreed.example"
agreed MX 10 mx.whole.example.
allowed.example._report._dmarc.agreed TXT "v=DMARC1;"
_dmarc.nomail TXT "v=DMARC1; p=none; rua=mailto:d@nomail.example"
nomail MX 0 .
_dmarc.nowhere TXT "v=DMARC1; p=none; rua=mailto:d@nowhere.example"
nowhere MX 10 missing.example.
"""


class Ladder(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.server = NameServer(cls.folder.name, ZONE)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.folder.cleanup()

    def ask(self, *arguments):
        return subprocess.run([ASSAY, *arguments], capture_output=True, timeout=120, text=True, cwd=self.folder.name)

    def steps(self, domain, *arguments):
        store = str(Path(self.folder.name) / "reports.sqlite")
        if not os.path.exists(store):  # One report, of another domain: intake works.
            report = Path(self.folder.name) / "report.xml"
            report.write_text("""<feedback><report_metadata><org_name>r.example</org_name><email>d@r.example</email><report_id>1</report_id>
<date_range><begin>1777593600</begin><end>1777679999</end></date_range></report_metadata>
<policy_published><domain>other.example</domain><p>none</p></policy_published><record><row><source_ip>192.0.2.1</source_ip><count>1</count>
<policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>pass</spf></policy_evaluated></row>
<identifiers><header_from>other.example</header_from></identifiers><auth_results><spf><domain>other.example</domain><result>pass</result>
</spf></auth_results></record></feedback>""")
            self.assertEqual(self.ask("intake", "add", "--defaults", "--no-verify", "--store", store, str(report)).returncode, 0)
        done = self.ask("show", "ladder", domain, "--defaults", "--store", store, "--resolver", f"127.0.0.1@{self.server.port}",
                        "--at", "2026-05-10T12:00:00Z", "--json", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        answer = json.loads(done.stdout)
        return {each["step"]: each for each in answer["steps"]}

    def states(self, domain):
        return {step: each["state"] for step, each in self.steps(domain).items()}

    def test_whole(self):
        found = self.states("whole.example")
        for step in ("record", "record_valid", "rua", "rua_mailto", "rua_authorized", "mailbox", "mailbox_dmarc", "intake"):
            self.assertEqual(found[step], "ok", step)
        self.assertEqual(found["mail_sent"], "unknown")
        self.assertEqual(found["first_report"], "waiting")

    def test_record(self):
        self.assertEqual(self.states("missing.example")["record"], "broken")
        self.assertEqual(self.states("double.example")["record_single"], "broken")
        self.assertIn(self.states("invalid.example")["record_valid"], ("broken", "unknown"))

    def test_rua(self):
        self.assertEqual(self.states("silent.example")["rua"], "broken")
        self.assertEqual(self.states("web.example")["rua_mailto"], "broken")

    def test_another_domain_must_agree(self):
        outside = self.steps("outside.example")["rua_authorized"]
        self.assertEqual(outside["state"], "broken")
        self.assertIn("outside.example._report._dmarc.elsewhere.example", outside["fix"])
        self.assertEqual(self.states("allowed.example")["rua_authorized"], "ok")

    def test_mailbox(self):
        self.assertEqual(self.states("nomail.example")["mailbox"], "broken")
        self.assertEqual(self.states("nowhere.example")["mailbox"], "broken")

    def test_own_mail(self):
        journal = Path(self.folder.name) / "mail.jsonl"
        line = {"v": 1, "id": "a.1", "time": "2026-05-09T12:00:00.000Z", "host": "mx.whole.example", "exempt": "authenticated",
                "client": "198.51.100.7", "author_domains": ["whole.example"], "action": {"action": "accept", "disposition": "none"}}
        journal.write_text(json.dumps(line, separators=(",", ":")) + "\n")
        found = self.steps("whole.example", "--journal", str(journal))
        self.assertEqual(found["mail_sent"]["state"], "ok")
        self.assertIn("2026-05-12", found["first_report"]["what"])


if __name__ == "__main__":
    unittest.main()
