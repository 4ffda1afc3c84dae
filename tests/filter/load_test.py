#!/usr/bin/env python3
"""The filter under load and in trouble: nothing lost, nothing mixed up, and the MTA does what its default action says."""
import collections
import signal
import smtplib
import threading
import unittest

import mta
from world import MESSAGE, Test, signed

MANY = 1000
CONNECTIONS = 50


def numbered(number):
    """Every third message is signed well, every third badly, every third not at all; each says who it is."""
    message = MESSAGE.replace(b"<1@aligned.example>", b"<%d@aligned.example>" % number)
    message = message.replace(b"a message", b"message %d" % number)
    if number % 3 == 0:
        return numbered.good.replace(b"\r\n\r\n", b"\r\nX-Number: %d\r\n\r\n" % number, 1)
    if number % 3 == 1:
        return numbered.bad.replace(b"\r\n\r\n", b"\r\nX-Number: %d\r\n\r\n" % number, 1)
    return message.replace(b"\r\n\r\n", b"\r\nX-Number: %d\r\n\r\n" % number, 1)


class Load(Test):
    def feed(self, numbers, codes):
        """Sends these over one connection, as the same client."""
        with smtplib.SMTP("127.0.0.1", self.mta.port, timeout=mta.WAIT) as client:
            client.ehlo("gateway.example")
            client.docmd("XCLIENT ADDR=203.0.113.9 NAME=[UNAVAILABLE]")
            client.ehlo("out.evil.example")
            for number in numbers:
                code = client.mail("x@evil.example")[0]
                if code == 250:
                    code = client.rcpt(f"user{number}@rcpt.example")[0]
                codes[number] = client.data(numbered(number))[0] if code == 250 else code
                if codes[number] != 250:
                    client.rset()

    def send_many(self, count=MANY):
        numbered.good, codes = signed(), {}
        numbered.bad = numbered.good.replace(b"Hello", b"Hullo")
        threads = [threading.Thread(target=self.feed, args=(range(i, count, CONNECTIONS), codes))
                   for i in range(CONNECTIONS)]
        for one in threads:
            one.start()
        return threads, codes

    def test_many_messages_over_many_connections(self):
        self.begin(enforcement='mode = "monitor"')
        threads, codes = self.send_many()
        for one in threads:
            one.join()
        self.assertEqual(collections.Counter(codes.values()), {250: MANY})
        entries = self.filter.entries(MANY)
        self.assertEqual(len(entries), MANY)
        self.assertEqual(len({entry["id"] for entry in entries}), MANY)
        arrived = self.sink.wait(MANY)
        for _, recipients, octets in arrived:
            number = int(octets.split(b"X-Number: ")[1].split(b"\r\n")[0])
            self.assertEqual(recipients, [f"user{number}@rcpt.example"])
            expected = b"dmarc=pass" if number % 3 == 0 else b"dmarc=fail"
            self.assertIn(expected, octets.split(b"\r\n\r\n")[0])
        results = collections.Counter(entry["verdict"]["result"] for entry in entries)
        self.assertEqual(results["pass"], len(range(0, MANY, 3)))

    def test_reload_under_load(self):
        self.begin(enforcement='mode = "monitor"')
        threads, codes = self.send_many(300)
        for round in range(5):
            self.filter.write(enforcement='mode = "monitor"' if round % 2 else "mode = 7")
            self.filter.reload()
        for one in threads:
            one.join()
        self.assertEqual(collections.Counter(codes.values()), {250: 300})
        self.assertEqual(len(self.filter.entries(300)), 300)
        self.assertIn("event=reload_failed", self.filter.log())
        self.assertIn("assay.toml:", self.filter.log())

    def test_killed_under_load(self):
        self.begin(enforcement='mode = "monitor"')
        threads, codes = self.send_many(300)
        mta.wait_for(lambda: len(codes) > 30, "some messages")
        self.filter.process.send_signal(signal.SIGKILL)
        self.filter.process.wait()
        self.filter.start()
        for one in threads:
            one.join()
        counted = collections.Counter(codes.values())
        self.assertEqual(set(counted) - {250, 451, 421}, set(), counted)
        self.assertGreater(counted[250], 30)
        self.assertEqual(self.send()[0], 250)
        for entry in self.filter.entries(1):  # each line is whole
            self.assertIn("verdict", entry)

    def test_ends_when_told_and_finishes_what_is_under_way(self):
        self.begin(enforcement='mode = "monitor"')
        self.assertEqual(self.send()[0], 250)
        self.filter.process.terminate()
        self.assertEqual(self.filter.process.wait(mta.WAIT), 0)
        self.assertIn("event=stopped", self.filter.log())
        self.assertEqual(self.send()[0] // 100, 4, "the MTA's default action")
        names = [path.name for path in (self.folder / "var/journal").iterdir()]
        self.assertTrue(all(name.endswith(".journal") for name in names), names)

    def test_a_large_message(self):
        self.begin(enforcement='mode = "monitor"')
        line = b"x" * 76 + b"\r\n"
        large = signed(MESSAGE + line * (100 * 1024 * 1024 // len(line)))
        self.assertEqual(self.send(large)[0], 250)
        entry, = self.filter.entries()
        self.assertEqual(entry["verdict"]["result"], "pass")
        self.assertTrue(entry["verdict"]["dkim_aligned"])
        self.assertGreater(entry["size"], 100 * 1024 * 1024)


if __name__ == "__main__":
    unittest.main(verbosity=1)
