#!/usr/bin/env python3
"""The filter in its place: what the host gives it, what it learns, sockets of each kind, reloads, idle and slow peers."""
import re
import socket
import subprocess
import threading
import time
import unittest
from datetime import datetime, timedelta, timezone
from pathlib import Path

import mta
from milter_client import MilterClient
from world import ASSAY, AUTHORS, MESSAGE, FilterTest, Test, signed

IDLE = 500


class Place(FilterTest):
    def test_state_directory_of_the_service_manager(self):
        given = self.folder / "given"
        self.begin(data="", environment={"STATE_DIRECTORY": f"{given}:{self.folder / 'another'}"})
        self.assertTrue((given / "journal").is_dir())

    def test_old_journals_go_as_configured(self):
        journal = self.folder / "var/journal"
        journal.mkdir(parents=True)
        ages = {"old": 8, "young": 6}
        for name, days in ages.items():
            hour = (datetime.now(timezone.utc) - timedelta(days=days)).strftime("%Y%m%dT%H")
            (journal / f"{name}-20260101T000000000-{hour}.journal").write_text("")
        self.begin('[journal]\nkeep = "7d"')
        mta.wait_for(lambda: self.filter.metric("assay_journal_expired_files_total") == 1, "the old file to go")
        self.assertEqual([path.name.split("-")[0] for path in journal.iterdir()], ["young"])

    def test_reload_says_what_waits_for_a_restart(self):
        self.begin()
        self.filter.write(config='[journal]\nkeep = "7d"', listen='[[listen]]\naddress = "127.0.0.1:1"')
        self.filter.reload()
        self.assertRegex(self.filter.log(), r'event=needs_restart what="?listen, journal')
        self.filter.write()
        self.filter.reload()
        self.assertEqual(self.filter.log().count("needs_restart"), 1)


def processor_ticks(process):
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


class Idle(FilterTest):
    def test_idle_connections_cost_memory_alone(self):
        self.begin(f"max_connections = {IDLE + 1}")
        idle = [MilterClient(("127.0.0.1", self.filter.port), mta.WAIT) for _ in range(IDLE)]
        for one in idle:
            self.addCleanup(one.close)
            one.negotiate()
        before = processor_ticks(self.filter.process)
        time.sleep(1)
        self.assertLessEqual(processor_ticks(self.filter.process) - before, 5, "of 100")
        with MilterClient(("127.0.0.1", self.filter.port), mta.WAIT) as peer:
            peer.negotiate()
            peer.connect("out.aligned.example", "192.0.2.1")
            peer.helo("out.aligned.example")
            reply, edits = peer.send_message(signed(), "<bounce@aligned.example>")
        self.assertIn("dmarc=pass", edits[-1].value)
        self.assertEqual(self.filter.metric("assay_connections_refused_total"), 0)


class Learning(Test):
    """A forwarder that has passed on much good mail is believed when a signature breaks."""

    def test_known_forwarder_by_journals(self):
        snapshot = self.folder / "evidence"
        self.begin()
        forwarder = dict(ip="198.51.100.9", helo="mx.forward.example")
        for author in AUTHORS:
            message = MESSAGE.replace(b"aligned", author.encode())
            for _ in range(4):
                sent = signed(message, author)
                self.assertEqual(self.send(sent, sender=f"a@{author}.example", **forwarder)[0], 250)
        entries = self.filter.entries(20)
        self.assertEqual({entry["verdict"]["result"] for entry in entries}, {"pass"})
        self.filter.stop()
        # Half of them came the day before.
        yesterday = datetime.now(timezone.utc) - timedelta(days=1)
        path, = (self.folder / "var/journal").glob("*.journal")
        lines = path.read_text().splitlines(keepends=True)
        lines[:10] = [re.sub(r'"time":"[^T]*', '"time":"' + yesterday.strftime("%Y-%m-%d"), line, count=1)
                      for line in lines[:10]]
        path.write_text("".join(lines))
        subprocess.run([ASSAY, "evidence", "build", path.parent, "-o", snapshot], check=True, capture_output=True)
        listed = subprocess.run([ASSAY, "evidence", "list", snapshot], check=True, capture_output=True, text=True)
        self.assertRegex(listed.stdout, r"198\.51\.100\.9 .*known forwarder")

        self.filter.start()
        broken = signed().replace(b"Hello", b"Hullo")
        self.assertEqual(self.send(broken, **forwarder)[0], 550)
        self.filter.write(config=f'[evidence]\nsnapshot = "{snapshot}"')
        self.filter.reload()
        self.assertEqual(self.send(broken, **forwarder)[0], 250)
        entry = self.filter.entries(22)[-1]
        self.assertEqual(entry["overrides"][0]["type"], "trusted_forwarder")
        self.assertIn("known_forwarder", [one["kind"] for one in entry["evidence"]])


class UnixSocket(Test):
    def begin_mta(self):
        return mta.Postfix(self.folder, f"unix:{self.path}", self.sink.port, self.default_action)

    def test_behind_postfix(self):
        self.path = self.folder / "assay.sock"
        self.begin(listen=f'[[listen]]\naddress = "unix:{self.path}"\npermissions = "0666"')
        self.assertEqual(self.send(signed())[0], 250)
        self.assertIn(b"dmarc=pass", self.taken())


class SlowNames:
    """Stands before a name server and lets each question wait."""

    def __init__(self, port, seconds):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port, self.upstream, self.seconds = self.socket.getsockname()[1], port, seconds
        self.asked = 0
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                question, client = self.socket.recvfrom(4096)
            except OSError:
                return
            self.asked += 1
            threading.Thread(target=self.answer, args=(question, client), daemon=True).start()

    def answer(self, question, client):
        time.sleep(self.seconds)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as upstream:
            upstream.settimeout(mta.WAIT)
            upstream.sendto(question, ("127.0.0.1", self.upstream))
            answer = upstream.recv(65536)
        try:
            self.socket.sendto(answer, client)
        except OSError:
            pass  # closed meanwhile

    def stop(self):
        self.socket.close()


class SlowDns(Test):
    def begin_behind(self, seconds, config):
        slow = SlowNames(self.names.port, seconds)
        self.addCleanup(slow.stop)
        self.begin(config, dns_port=slow.port)

    def test_waited_for(self):
        self.begin_behind(0.3, 'lookup_time = "20s"')
        self.assertEqual(self.send(signed())[0], 250)
        self.assertIn(b"dmarc=pass", self.taken())

    def test_given_up_when_the_time_of_the_message_is_over(self):
        self.begin_behind(0.7, 'lookup_time = "500ms"\nmessage_time = "1s"')
        self.assertEqual(self.send(MESSAGE.replace(b"aligned", b"careful"), ip="203.0.113.9")[0], 250)
        self.assertIn(b"dmarc=temperror", self.taken())
        self.assertEqual(self.filter.entries()[0]["verdict"]["result"], "temperror")


if __name__ == "__main__":
    unittest.main(verbosity=1)
