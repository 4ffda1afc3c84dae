"""Runs the built program as a user would. ASSAY names it; default build/test/bin/assay."""
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ASSAY = os.environ.get("ASSAY", str(ROOT / "build/test/bin/assay"))
TIMEOUT = 120

ZONE = """\
$ORIGIN com.
_dmarc.example TXT "v=DMARC1; p=reject; rua=mailto:reports@example.com"
example        TXT "v=spf1 ip4:192.0.2.0/24 include:relay.example.com -all"
relay.example  TXT "v=spf1 ip4:198.51.100.1 -all"
"""

MESSAGE = (b"From: Alice <alice@example.com>\r\n"
           b"To: bob@example.org\r\n"
           b"Subject: a message\r\n"
           b"\r\n"
           b"Hello.\r\n")

ENVELOPE = ["--ip", "192.0.2.1", "--helo", "mx.example.com", "--mail-from", "bounce@example.com"]


def run(*arguments, stdin=b"", **more):
    """The finished process; text decoded as UTF-8, which it must be."""
    done = subprocess.run([ASSAY, *arguments], input=stdin, capture_output=True, timeout=TIMEOUT, **more)
    done.out, done.err = done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
    return done


def run_lines(*arguments, requests, **more):
    """The answers of --jsonl as values. A request may be a value or a line of text."""
    lines = [line if isinstance(line, str) else json.dumps(line) for line in requests]
    done = run(*arguments, "--jsonl", stdin="".join(line + "\n" for line in lines).encode(), **more)
    return done, [json.loads(line) for line in done.out.splitlines()]


class Test(unittest.TestCase):
    """A folder of its own for each test, with a zone and a message in it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.zone = self.write("world.zone", ZONE.encode())
        self.message = self.write("message.eml", MESSAGE)

    def write(self, name, octets):
        path = self.folder / name
        path.write_bytes(octets)
        return str(path)

    def assert_failed(self, done, status, *parts):
        """The right exit code and exactly one line that says where and what."""
        self.assertEqual(done.returncode, status, done.err)
        self.assertEqual(done.out, "")
        self.assertEqual(done.err.count("\n"), 1, done.err)
        self.assertTrue(done.err.startswith("assay: "), done.err)
        for part in parts:
            self.assertIn(part, done.err)

    def verify(self, *arguments, **more):
        """The verdict of one message, as JSON."""
        done = run("verify", "--json", "--zone", self.zone, *arguments, **more)
        self.assertEqual(done.returncode, 0, done.err)
        self.assertEqual(done.err, "")
        return json.loads(done.out)


def main():
    unittest.main(verbosity=1)
