#!/usr/bin/env python3
"""The filter for a while: memory and descriptors stay where they are.

usage: soak_test.py               a few thousand messages
       soak_test.py MINUTES       that long; the figures are printed
"""
import os
import sys
import threading
import time
import unittest
from pathlib import Path

import mta
from milter_client import MilterClient
from world import MESSAGE, FilterTest, signed

MINUTES = float(sys.argv.pop(1)) if len(sys.argv) > 1 and sys.argv[1][0].isdigit() else 0
CONNECTIONS = 8
A_ROUND = 150  # messages of each connection
ROUNDS = 4


def resident(process):
    """Octets."""
    return int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def descriptors(process):
    return len(os.listdir(f"/proc/{process.pid}/fd"))


class Soak(FilterTest):
    def setUp(self):
        # The sanitizer keeps what was freed; so much of it hides nothing.
        os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1:thread_local_quarantine_size_kb=16"
        super().setUp()
        self.begin(enforcement='mode = "monitor"')
        good = signed()
        self.messages = [good, MESSAGE, good.replace(b"Hello", b"Hullo"), MESSAGE.replace(b"aligned", b"asking"),
                         good.replace(b"\r\n\r\n", b"\r\n\r\n" + b"a line of a longer body\r\n" * 2000, 1)]
        self.wrong = []

    def feed(self, number):
        """One connection for a round; some messages are given up, and it hangs up in the middle of one."""
        try:
            with MilterClient(("127.0.0.1", self.filter.port), mta.WAIT) as peer:
                peer.negotiate()
                peer.connect("out.aligned.example", f"192.0.2.{number + 1}")
                peer.helo("out.aligned.example")
                for i in range(A_ROUND):
                    if i % 10 == 9:
                        peer.mail("<bounce@aligned.example>")
                        peer.abort()
                    reply, edits = peer.send_message(self.messages[i % len(self.messages)], "<bounce@aligned.example>")
                    if reply.kind != "continue" or not edits:
                        self.wrong.append((reply, edits))
                peer.mail("<bounce@aligned.example>")
        except Exception as error:  # of a thread, to be shown by the test
            self.wrong.append(error)

    def round(self):
        threads = [threading.Thread(target=self.feed, args=(number,)) for number in range(CONNECTIONS)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        self.assertEqual(self.wrong, [])
        mta.wait_for(lambda: self.filter.metric("assay_connections") == 0, "the connections to be closed")
        return resident(self.filter.process)

    def test_memory_and_descriptors_stay(self):
        self.round()
        settled, idle = self.round(), descriptors(self.filter.process)
        until, rounds = time.monotonic() + 60 * MINUTES, 0
        while rounds < ROUNDS or time.monotonic() < until:
            now = self.round()
            rounds += 1
            if MINUTES:
                print(f"{(rounds + 2) * A_ROUND * CONNECTIONS} messages: {now >> 10} KiB, "
                      f"{descriptors(self.filter.process)} descriptors", flush=True)
            # A question to the DNS may be under way; a leak would be one for each of the connections.
            self.assertLess(descriptors(self.filter.process), idle + CONNECTIONS // 2)
            self.assertLess(now, settled * 1.1 + (4 << 20), f"after {rounds} rounds")


if __name__ == "__main__":
    unittest.main()
