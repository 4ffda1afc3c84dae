#!/usr/bin/env python3
"""Very many policy domains at once: against a server in every bad mood, and pointed at one victim.

usage: many_test.py [DOMAINS [STORM]]    so many policy domains; full length: 10000 50000
"""
import collections
import json
import socketserver
import sqlite3
import subprocess
import sys
import threading
import time

from world import ASSAY, Mail, ReportsTest, entry, main

NUMBERS = [int(sys.argv.pop(1)) for _ in sys.argv[1:3] if sys.argv[1].isdigit()]
DOMAINS, STORM = (NUMBERS + [320, 3_000][len(NUMBERS):])[:2]


class MoodySink:
    """An SMTP server whose mood goes by the recipient: .taken are (recipient, octets) of what it has answered for, or
    taken in without an answer."""
    MOODS = ("good", "defers", "refuses", "leaves within the data", "greylists", "slow", "refuses the data", "leaves before the answer")

    def __init__(self):
        self.taken, self.tries, self.connections = [], collections.Counter(), 0
        sink = self

        class Handler(socketserver.StreamRequestHandler):
            def say(self, line):
                self.wfile.write(line.encode() + b"\r\n")

            def handle(self):
                try:
                    sink.connections += 1
                    if sink.connections % 9 == 0:
                        return  # without a word
                    if sink.connections % 11 == 0:
                        return self.say("421 4.3.2 too busy")
                    if sink.connections % 13 == 0:
                        return self.say("\0\0 nonsense")
                    self.talk()
                except ConnectionError:
                    pass  # the other side is gone

            def talk(self):
                self.say("220 sink.example ESMTP")
                while line := self.rfile.readline().decode("utf-8", "replace").strip():
                    verb = line.upper()
                    if verb.startswith("RCPT TO:"):
                        self.address = line[8:].strip("<> ")
                        sink.tries[self.address] += 1
                    reply = self.answer(verb)
                    if not reply:
                        return
                    self.say(reply)
                    if verb == "QUIT":
                        return

            def answer(self, verb):
                mood = sink.mood(self.address) if verb.startswith(("RCPT", "DATA")) else ""
                first = verb.startswith(("RCPT", "DATA")) and sink.tries[self.address] == 1
                if verb.startswith("EHLO"):
                    return "250-sink.example\r\n250 8BITMIME"
                if verb.startswith("RCPT"):
                    time.sleep(0.02 if mood == "slow" else 0)
                    return {"defers": "451 4.2.0 never today", "refuses": "550 5.1.1 no such user"}.get(
                        mood, "450 4.7.1 greylisted" if mood == "greylists" and first else "250 2.1.5 fine")
                if verb == "DATA":
                    self.say("354 go on")
                    if mood == "leaves within the data" and first:
                        self.rfile.readline()
                        return None
                    octets = self.message()
                    if mood == "refuses the data":
                        return "554 5.7.1 we take no reports"
                    sink.taken.append((self.address, octets))
                    return None if mood == "leaves before the answer" and first else "250 2.0.0 taken"
                return "221 bye" if verb == "QUIT" else "250 fine"

            def message(self):
                lines = []
                while (line := self.rfile.readline()) not in (b".\r\n", b""):
                    lines.append(line[1:] if line.startswith(b".") else line)
                return b"".join(lines)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = daemon_threads = True
            request_queue_size = 100

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def mood(self, address):
        return self.MOODS[int(address.partition("@d")[2].partition(".")[0]) % len(self.MOODS)]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Many(ReportsTest):
    def assay(self, *words):
        done = subprocess.run([ASSAY, *words, "--config", self.config], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        return done.stdout

    def books(self):
        done = subprocess.run([ASSAY, "store", "info", "--json", str(self.folder / "var/store.sqlite")], capture_output=True, text=True)
        return json.loads(done.stdout)

    def let_time_pass(self, days):
        """All that waits is due, and so much older."""
        with sqlite3.connect(self.folder / "var/store.sqlite") as store:
            store.execute("UPDATE deliveries SET next = 0, claimed_until = 0, created = created - ? WHERE state = 0", (days * 86_400,))
        store.close()

    def test_books_balance_whatever_the_server_does(self):
        sink = MoodySink()
        self.addCleanup(sink.stop)
        self.configure('spread = "0s"\nper_day = 1000000', port=sink.port)
        self.put(*(entry(i, author=f"d{i % DOMAINS}.example") for i in range(2 * DOMAINS)))
        began = time.monotonic()
        while True:
            self.send()
            books = self.books()
            self.assertEqual(books["taken"], 2 * DOMAINS)
            self.assertEqual(books["sent"] + books["in_outbox"] + books["undelivered"], 2 * DOMAINS)
            stubborn = [one for one in self.outbox("--state", "waiting") if sink.mood(one["to"]) != "defers"]
            if not stubborn:
                break
            self.let_time_pass(0)
        for one in self.outbox("--state", "waiting"):
            self.assertGreater(one["attempts"], 0)
        waiting = self.books()["deliveries_waiting"]
        self.assertEqual(waiting, len([i for i in range(DOMAINS) if i % 8 == 1]))
        self.let_time_pass(3)
        self.send()
        self.check(sink)
        print(f"{DOMAINS} policy domains, {sink.connections} connections, {sum(sink.tries.values())} tries, "
              f"{time.monotonic() - began:.0f} s")

    def check(self, sink):
        books = self.books()
        self.assertEqual((books["waiting"], books["in_outbox"], books["deliveries_waiting"]), (0, 0, 0))
        self.assertEqual(books["settled"], {**dict.fromkeys(books["settled"], 0), "reported": 2 * DOMAINS})
        never = {"defers", "refuses", "refuses the data"}
        deaf = [i for i in range(DOMAINS) if sink.MOODS[i % 8] in never]
        self.assertEqual((books["undelivered"], books["sent"]), (2 * len(deaf), 2 * (DOMAINS - len(deaf))))
        taken = collections.defaultdict(list)
        for address, octets in sink.taken:
            taken[address].append(Mail("", [address], octets).report)
        self.assertEqual(set(taken), {f"dmarc@d{i}.example" for i in range(DOMAINS) if i not in set(deaf)})
        for address, reports in taken.items():
            self.assertEqual(len({report.xml for report in reports}), 1, "one report, however often it was taken")
            self.assertEqual(reports[0].messages(), 2)
            self.assertLessEqual(len(reports), 2 if sink.mood(address) == "leaves before the answer" else 1)
        suppressed = {line.split()[0] for line in self.assay("suppress", "list").splitlines()}
        self.assertEqual(suppressed, {f"dmarc@d{i}.example" for i in deaf if sink.MOODS[i % 8] != "defers"})

    def test_a_storm_at_one_host_costs_the_cap(self):
        self.configure('to = "all"\nmax_domains_per_host = 25\nspread = "0s"',
                       zone='*._report._dmarc.victim.example TXT "v=DMARC1"\n')
        self.put(*(entry(i, author=f"d{i}.example", result="fail", record="v=DMARC1; p=none; rua=mailto:a@victim.example")
                   for i in range(STORM)))
        began = time.monotonic()
        self.send()
        self.assertEqual(len(self.sink.messages), 25)
        settled = self.books()["settled"]
        self.assertEqual((settled["reported"], settled["no_destination"]), (25, STORM - 25))
        print(f"{STORM} policy domains at one host: {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
