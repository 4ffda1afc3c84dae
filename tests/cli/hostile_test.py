#!/usr/bin/env python3
"""Messages and zones made to hurt: each ends with a verdict, in bounded time and memory.

Run by the tests in small sizes. By hand in full size (a message of 1 GiB, a header of 100 MB, a million fields, …):

    ASSAY=build/release/bin/assay tests/cli/hostile_test.py --full
"""
import base64
import json
import os
import subprocess
import sys
import threading
import time

from harness import ASSAY, ENVELOPE, Test, main

FULL = "--full" in sys.argv
if FULL:
    sys.argv.remove("--full")
SECONDS = 60 if FULL else 100  # the small sizes run with sanitizers, beside other work
MEGABYTE = 1 << 20

KEY = "s1._domainkey.football.example.com"


def size(full, small):
    return full if FULL else small


def repeated(piece, octets):
    """`octets` of repeated pieces, in chunks that are cheap to make."""
    chunk = piece * max(1, (256 << 10) // len(piece))
    for _ in range(octets // len(chunk)):
        yield chunk
    yield piece * ((octets % len(chunk)) // len(piece) + 1)


class Watcher(threading.Thread):
    """Watches the peak of a process's memory. What wait4 says will not do: it counts this test's own memory in."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.path = f"/proc/{pid}/status"
        self.peak = 0
        self.ended = threading.Event()
        self.start()

    def run(self):
        while not self.ended.wait(0.005):
            self.look()

    def look(self):
        with open(self.path, encoding="ascii", errors="replace") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    self.peak = max(self.peak, int(line.split()[1]) * 1024)

    def finish(self):
        self.ended.set()
        self.join()
        return self.peak


class Hostile(Test):
    def judge(self, chunks, *arguments, zone="", memory=None):
        """Feeds the chunks; returns verdict and peak memory in octets."""
        path = self.write("case.zone", zone.encode())
        began = time.monotonic()
        process = subprocess.Popen([ASSAY, "verify", "--json", "--zone", path, *arguments], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)

        def feed():
            try:
                for chunk in chunks:
                    process.stdin.write(chunk)
                watcher.look()  # at least once while the process lives for certain
                process.stdin.close()
            except BrokenPipeError:
                pass
        watcher = Watcher(process.pid)
        feeder = threading.Thread(target=feed)
        feeder.start()
        out = process.stdout.read()
        err = process.stderr.read()
        feeder.join()
        peak = watcher.finish()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
        process.stderr.close()
        took = time.monotonic() - began
        if FULL:
            print(f"{self._testMethodName}: {took:.2f} s, {usage.ru_utime + usage.ru_stime:.2f} s of CPU, "
                  f"{peak / MEGABYTE:.0f} MiB")
        self.assertEqual((process.returncode, err), (0, b""))
        self.assertLess(took, SECONDS)
        if FULL and memory:
            self.assertLess(peak, memory)
        return json.loads(out), peak

    def codes(self, verdict):
        return [finding["code"] for finding in verdict["dmarc"]["findings"]]

    def test_a_body_costs_no_memory(self):
        head = b"From: a@example.com\r\n" + signature() + b"\r\n"
        line = b"0123456789 \t abcdefghij " * 3 + b"\r\n"
        peaks = []
        for octets in (MEGABYTE, size(1 << 30, 24 * MEGABYTE)):
            verdict, peak = self.judge(chain([head], repeated(line, octets)), memory=64 * MEGABYTE)
            self.assertEqual(verdict["dkim"][0]["domain"], "football.example.com")
            peaks.append(peak)
        self.assertLess(peaks[1], peaks[0] + 16 * MEGABYTE, peaks)

    def test_a_body_of_line_feeds_is_converted_in_pieces(self):
        head = b"From: a@example.com\n" + signature().replace(b"\r\n", b"\n") + b"\n"
        self.judge(chain([head], repeated(b"\n", size(256, 4) * MEGABYTE)), memory=64 * MEGABYTE)

    def test_a_body_of_one_line(self):
        head = b"From: a@example.com\r\n" + signature() + b"\r\n"
        self.judge(chain([head], repeated(b" ", size(256, 4) * MEGABYTE)), memory=64 * MEGABYTE)

    def test_a_million_fields(self):
        verdict, _ = self.judge(chain([b"From: a@example.com\r\n"], repeated(b"X-A: b\r\n", 8 * size(1_000_000, 60_000)),
                                      [b"\r\nbody"]), memory=128 * MEGABYTE)
        self.assertNotEqual(verdict["dmarc"]["result"], "pass")
        self.assertIn("header_too_large", self.codes(verdict))

    def test_a_header_of_100_megabytes(self):
        for piece in (b"X-A: " + b"b" * 900 + b"\r\n", b" " + b"b" * 900 + b"\r\n", b"b" * 1000, b"\t\r\n"):
            verdict, _ = self.judge(chain([b"From: a@example.com\r\nX: y\r\n"], repeated(piece, size(100, 20) * MEGABYTE),
                                          [b"\r\n\r\nbody"]), memory=256 * MEGABYTE)
            self.assertIn("header_too_large", self.codes(verdict))

    def test_a_from_field_hidden_behind_the_limit_does_not_pass(self):
        verdict, _ = self.judge(chain([b"From: a@example.com\r\n"], repeated(b"X-A: b\r\n", 20 * MEGABYTE),
                                      [b"From: b@example.net\r\n\r\n"]), *ENVELOPE,
                                zone='example.com. TXT "v=spf1 +all"\n_dmarc.example.com. TXT "v=DMARC1; p=reject"\n')
        self.assertNotEqual(verdict["dmarc"]["result"], "pass")

    def test_ten_thousand_signatures(self):
        count = size(10_000, 2_000)
        fields = b"".join(signature(b"s%d" % number) for number in range(count))
        verdict, _ = self.judge([fields + b"From: joe@football.example.com\r\n\r\nbody\r\n"], memory=128 * MEGABYTE)
        self.assertEqual(len(verdict["dkim"]), count)
        self.assertLess(len(verdict["dns"]), 60)

    def test_ten_thousand_arc_sets(self):
        sets = b"".join(b"ARC-Seal: i=%d; cv=none; a=rsa-sha256; d=x%d.example; s=s; b=AAAA\r\n"
                        b"ARC-Message-Signature: i=%d; a=rsa-sha256; d=x.example; s=s; h=from; bh=AAAA; b=AAAA\r\n"
                        b"ARC-Authentication-Results: i=%d; x; none\r\n" % (number, number, number, number)
                        for number in range(1, size(10_000, 500)))
        verdict, _ = self.judge([sets + b"From: a@example.com\r\n\r\n"], memory=128 * MEGABYTE)
        self.assertEqual(verdict["arc"]["result"], "fail")

    def test_many_authors(self):
        addresses = b", ".join(b"a@x%d.example" % number for number in range(size(20_000, 5_000)))
        verdict, _ = self.judge([b"From: " + addresses + b"\r\n\r\n"], memory=128 * MEGABYTE)
        self.assertLessEqual(len(verdict["dmarc"]["author_domains"]), 10)
        self.assertLess(len(verdict["dns"]), 600)
        fields = b"".join(b"From: a@x%d.example\r\n" % number for number in range(size(40_000, 5_000)))
        self.judge([fields + b"\r\n"], memory=128 * MEGABYTE)

    def test_a_from_field_made_of_nesting(self):
        count = size(4 * MEGABYTE, 200_000)
        for field in (b"(" * count, b"<" * count, b'"\\' * count, b"@a," * count, b"=?" * count, b"a:" * count,
                      b"a@" + b"x." * count, b"\xc3\xbc" * count, b"\x00" * count):
            self.judge([b"From: " + field + b" a@example.com\r\n\r\n"], memory=256 * MEGABYTE)

    def test_nothing_but_zeros_or_line_ends(self):
        for piece in (b"\0", b"\r", b"\n", b"\r\n", b":", b"\xff"):
            self.judge(repeated(piece, size(64, 2) * MEGABYTE), memory=128 * MEGABYTE)

    def test_a_signature_of_everything(self):
        # h= names the same field a great many times; l= and t= are absurd.
        names = b":".join([b"from"] * size(1_000_000, 50_000))
        field = (b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=football.example.com; s=s1; l=" + b"9" * 70 +
                 b"; h=" + names + b"; bh=AAAA; b=AAAA\r\n")
        self.judge([field + b"From: a@football.example.com\r\n\r\nbody"], memory=256 * MEGABYTE)

    def test_spf_bombs(self):
        envelope = ["--ip", "192.0.2.1", "--helo", "x.example", "--mail-from", "a@bomb.example"]
        deep = "".join(f'd{n}.bomb.example. TXT "v=spf1 include:d{n + 1}.bomb.example -all"\n' for n in range(50))
        wide = " ".join(f"include:w{n}.bomb.example" for n in range(9))
        macros = "%{l1r-}" * 30
        records = {
            "deep": 'bomb.example. TXT "v=spf1 include:d0.bomb.example -all"\n' + deep,
            "loop": 'bomb.example. TXT "v=spf1 include:bomb.example -all"\n',
            "redirect": 'bomb.example. TXT "v=spf1 redirect=bomb.example"\n',
            "wide": f'bomb.example. TXT "v=spf1 {wide} -all"\n*.bomb.example. TXT "v=spf1 {wide} -all"\n',
            "mx": 'bomb.example. TXT "v=spf1 mx mx mx mx -all"\n' +
                  "".join(f"bomb.example. MX {n} m{n}.bomb.example.\n" for n in range(500)),
            "a": 'bomb.example. TXT "v=spf1 a -all"\n' + "".join(f"bomb.example. A 10.0.{n // 256}.{n % 256}\n"
                                                             for n in range(5000)),
            "void": 'bomb.example. TXT "v=spf1 ' + " ".join(f"a:v{n}.bomb.example" for n in range(10)) + ' -all"\n',
            "macro": f'bomb.example. TXT "v=spf1 exists:{macros}.bomb.example -all"\n',
            "alias": 'bomb.example. CNAME a.bomb.example.\na.bomb.example. CNAME bomb.example.\n',
            "long": "bomb.example. TXT " + " ".join('"' + "x" * 255 + '"' for _ in range(255)) + "\n",
            "long_spf": 'bomb.example. TXT "v=spf1" ' + " ".join('" ' + "ip4:192.0.2.2 " * 18 + '"' for _ in range(250)) + "\n",
            "many": "".join(f'bomb.example. TXT "v=spf1 ip4:10.0.0.{n % 250}"\n' for n in range(1000)),
        }
        for name, zone in records.items():
            with self.subTest(name):
                verdict, _ = self.judge([b"From: a@bomb.example\r\n\r\n"], *envelope, zone=zone, memory=64 * MEGABYTE)
                self.assertNotEqual(verdict["spf"][-1]["result"], "pass")
                self.assertLess(len(verdict["dns"]), 200)

    def test_walks_and_keys_that_hurt(self):
        author = ".".join(["a"] * 120) + ".example"
        verdict, _ = self.judge([b"From: a@" + author.encode() + b"\r\n\r\n"])
        self.assertLess(len([each for each in verdict["dns"] if each["name"].startswith("_dmarc.")]), 9)
        zone = "".join(f'_dmarc.example.com. TXT "v=DMARC1; p=reject; x{n}=y"\n' for n in range(1000))
        zone += "".join(f'{KEY}. TXT "v=DKIM1; p=AAAA; n={n}"\n' for n in range(1000))
        self.judge([signature() + b"From: a@football.example.com\r\n\r\n"], zone=zone)

    def test_a_hundred_megabytes_in_one_line_of_json(self):
        octets = size(100, 4) * MEGABYTE
        message = base64.b64encode(b"From: a@example.com\r\nX: " + b"b" * octets + b"\r\n\r\nbody").decode()
        line = json.dumps({"id": 1, "message_base64": message, "zone": ""}) + "\n"
        done = subprocess.run([ASSAY, "verify", "--jsonl"], input=(line + '{"id":2,"message":"","zone":""}\n').encode(),
                              capture_output=True, timeout=SECONDS)
        answers = [json.loads(text) for text in done.stdout.splitlines()]
        self.assertEqual([answer["id"] for answer in answers], [1, 2])

    def test_a_line_that_never_ends(self):
        if not FULL:
            self.skipTest("in full size only")
        process = subprocess.Popen([ASSAY, "verify", "--jsonl"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        watcher = Watcher(process.pid)
        for chunk in repeated(b"x", 600 * MEGABYTE):
            process.stdin.write(chunk)
        process.stdin.write(b'\n{"id":2,"message":"","zone":""}\n')
        process.stdin.close()
        lines = process.stdout.read().splitlines()
        peak = watcher.finish()
        process.wait()
        process.stdout.close()
        self.assertEqual(len(lines), 2)
        self.assertIn("longer than", json.loads(lines[0])["error"])
        self.assertLess(peak, 1024 * MEGABYTE)


def chain(*parts):
    for part in parts:
        yield from part


def signature(selector=b"s1"):
    """A signature whose syntax is right, over a body that is another."""
    return (b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=football.example.com; s=" + selector + b";\r\n"
            b" h=from; bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
            b" b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB4nujc7YopdG5\r\n")


if __name__ == "__main__":
    main()
