#!/usr/bin/env python3
"""The reports role as a process: it reports by itself, ends when told, and a crash at any point neither loses nor doubles."""
import collections
import random
import re
import signal
import subprocess
import sys
import time
import unittest
import urllib.request
from pathlib import Path

from world import ASSAY, ROOT, ReportsTest, entry, main, mta

KILLS = int(sys.argv.pop(1)) if len(sys.argv) > 1 and sys.argv[1].isdigit() else 12


class Role(ReportsTest):
    def setUp(self):
        super().setUp()
        self.log = open(self.folder / "role.log", "ab")
        self.addCleanup(self.log.close)

    def start(self, role="reports", *more):

        process = subprocess.Popen([ASSAY, role, "--config", self.config, *more], stdout=self.log, stderr=subprocess.STDOUT)
        self.addCleanup(lambda: process.poll() is None and (process.kill(), process.wait()))
        return process

    def end(self, process):
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(mta.WAIT), 0, (self.folder / "role.log").read_text()[-2000:])


class ByItself(Role):
    def test_reports_leave_by_themselves(self):
        self.configure('spread = "0s"')
        self.put(entry(1), entry(2, author="stranger.example", result="fail"))
        process = self.start()
        self.sink.wait(1)
        mta.wait_for(lambda: self.outbox("--state", "sent"), "the delivery to be booked")
        self.end(process)
        self.assertEqual([mail.report.messages() for mail in self.mails()], [1])
        log = (self.folder / "role.log").read_text()
        self.assertIn("policy_domain=stranger.example messages=1 outcome=optional", log)
        self.assertIn("event=stopped", log)
        # What comes late does not make a second report of the same period.
        self.put(entry(3))
        process = self.start()
        time.sleep(1)
        self.end(process)
        self.assertEqual(len(self.sink.messages), 1)

    def test_all_roles_in_one_process(self):
        port = mta.free_port()
        self.configure('spread = "0s"', more=f'[filter]\nauthserv_id = "mx.rcpt.example"\n[[listen]]\naddress = "127.0.0.1:{port}"')
        self.put(entry(1))
        numbers = mta.free_port()
        process = self.start("run", "--metrics", f"127.0.0.1:{numbers}")
        self.sink.wait(1)
        mta.wait_for(lambda: mta.answers(port), "the filter")
        mta.wait_for(lambda: mta.answers(numbers), "the metrics")
        with urllib.request.urlopen(f"http://127.0.0.1:{numbers}/metrics", timeout=mta.WAIT) as answer:
            self.assertIn("assay_reports_outbox", answer.read().decode())
        self.end(process)

    def test_without_an_address_evaluations_are_kept(self):
        text = Path(self.config).read_text().replace('email = "reports@rcpt.example"', "")
        self.write("assay.toml", text.encode())
        self.put(entry(1))
        process = self.start()
        mta.wait_for(lambda: "no_reports" in (self.folder / "role.log").read_text(), "the word that there are none")
        time.sleep(0.5)
        self.end(process)
        self.configure('spread = "0s"')
        self.send()
        self.assertEqual(len(self.sink.messages), 1)


class Watching(unittest.TestCase):
    def test_dashboard_and_alerts_name_metrics_that_exist(self):
        code = "".join(path.read_text() for folder in ("bin", "system") for path in (ROOT / folder).rglob("*.cpp"))
        for name in ("grafana.json", "alerts.yml"):
            text = (ROOT / "docs/operate" / name).read_text()
            metrics = set(re.findall(r"\bassay_[a-z_]+[a-z]", text))
            self.assertTrue(metrics)
            for metric in metrics:
                self.assertIn(f'"{metric.removesuffix("_bucket")}"', code, name)
class Together(Role):
    def test_two_programs_never_send_one_delivery_twice(self):
        domains = 40
        self.configure('to = "all"\nspread = "0s"')
        self.put(*(entry(i, author=f"d{i}.example") for i in range(domains)))
        gone = mta.free_port()
        text = Path(self.config).read_text()
        self.write("assay.toml", text.replace(f":{self.sink.port}", f":{gone}").encode())
        self.send()  # nobody listens: all of it waits
        self.write("assay.toml", text.encode())
        ids = [str(one["id"]) for one in self.outbox("--state", "waiting")]
        self.assertEqual(len(ids), domains)
        for one in ids:
            self.assay("outbox", "retry", one)
        roles = [self.start(), self.start()]
        mta.wait_for(lambda: len(self.outbox("--state", "sent")) == domains, "all to be sent")
        for role in roles:
            self.end(role)
        tries = collections.Counter(mail.report.text("report_metadata/report_id") for mail in self.mails())
        self.assertEqual((len(tries), set(tries.values())), (domains, {1}))


class Crashes(Role):
    def test_killed_at_random_points(self):
        domains = 60
        self.configure('spread = "0s"', timeout="1s")
        chance = random.Random(4)
        self.refusal = lambda stage, address: chance.choice([None, None, None, "451 4.3.0 later", ""]) if stage == "DATA" else None
        self.put(*(entry(i, author=f"d{i % domains}.example") for i in range(domains * 5)))
        for _ in range(KILLS):
            process = self.start()
            time.sleep(chance.uniform(0.1, 1.0))
            process.kill()
            process.wait()
        self.refusal = lambda stage, address: None
        process = self.start()  # it finishes what was cut short

        def is_all_sent():  # once the claims of the dead have run out
            for one in self.outbox("--state", "waiting"):
                self.assay("outbox", "retry", str(one["id"]))
            return len(self.outbox("--state", "sent")) == domains
        mta.wait_for(is_all_sent, "all reports to be sent")
        self.end(process)
        reports = collections.defaultdict(set)
        for mail in self.mails():
            reports[mail.report.text("report_metadata/report_id")].add(mail.report.xml)
        self.assertEqual({len(versions) for versions in reports.values()}, {1}, "one id, one report")
        mails = {mail.report.text("report_metadata/report_id"): mail for mail in self.mails()}
        self.assertEqual(sum(mail.report.messages() for mail in mails.values()), domains * 5)
        self.assertEqual(collections.Counter(mail.report.text("policy_published/domain") for mail in mails.values()),
                         collections.Counter({f"d{i}.example": 1 for i in range(domains)}))


if __name__ == "__main__":
    main()
