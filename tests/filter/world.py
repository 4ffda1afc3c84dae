"""What the tests of the filter share: a zone with keys, the filter as a process, and messages."""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import unittest
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import mta
import sign

ROOT = Path(__file__).resolve().parents[2]
ASSAY = os.environ.get("ASSAY", str(ROOT / "build/test/bin/assay"))

AUTHORS = ("one", "two", "three", "four", "five")
ZONE = """
aligned           TXT "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8:1::/48 -all"
_dmarc.aligned    TXT "v=DMARC1; p=reject; rua=mailto:reports@aligned.example"
s1._domainkey.aligned TXT {aligned}
careful           TXT "v=spf1 ip4:192.0.2.0/24 -all"
_dmarc.careful    TXT "v=DMARC1; p=quarantine"
asking            TXT "v=spf1 ip4:192.0.2.0/24 ~all"
_dmarc.asking     TXT "v=DMARC1; p=none"
lists             TXT "v=spf1 ip4:198.51.100.7 -all"
s1._domainkey.lists TXT {lists}
sealer            TXT "v=spf1 ip4:198.51.100.8 -all"
s1._domainkey.sealer TXT {sealer}
forward           TXT "v=spf1 ip4:198.51.100.9 -all"
own               TXT "v=spf1 ip4:192.0.2.77 -all"
""" + "".join(f"""
{name} TXT "v=spf1 ip4:192.0.2.0/24 -all"
_dmarc.{name} TXT "v=DMARC1; p=reject"
s1._domainkey.{name} TXT {{{name}}}
""" for name in AUTHORS)

MESSAGE = (b"From: Alice <a@aligned.example>\r\n"
           b"To: user@rcpt.example\r\n"
           b"Subject: a message\r\n"
           b"Date: Sat, 21 Nov 2026 10:00:00 +0000\r\n"
           b"Message-ID: <1@aligned.example>\r\n"
           b"\r\n"
           b"Hello,\r\n"
           b"\r\n"
           b"this is the first line of some that say nothing.\r\n"
           b"This is the second, and it ends here.\r\n"
           b"Alice\r\n")

RELAYED = b"Received: from somewhere.else.example ([203.0.113.50]) by mx.else.example; Sat, 21 Nov 2026 10:00:01 +0000\r\n"


class Keys:
    """Made once for all tests of a file: keys take time."""
    known = {}

    @classmethod
    def of(cls, name):
        if not cls.known:
            cls.folder = tempfile.TemporaryDirectory()
        if name not in cls.known:
            cls.known[name] = sign.Key(cls.folder.name, name)
        return cls.known[name]


SIGNERS = ("aligned", "lists", "sealer", *AUTHORS)


def zone():
    return ZONE.format(**{name: Keys.of(name).record for name in SIGNERS})


def signed(message=MESSAGE, name="aligned", **more):
    return sign.dkim(message, Keys.of(name), name + ".example", **more)


class Filter:
    """`assay filter` with a configuration of the test's own."""

    def __init__(self, folder, dns_port, config="", enforcement="", listen="", data=None, environment=None):
        self.folder = Path(folder)
        self.data = f"{self.folder}/var" if data is None else data
        self.environment = {**os.environ, **(environment or {})}
        self.port = mta.free_port()
        self.metrics = mta.free_port()
        self.config = self.folder / "assay.toml"
        self.dns_port = dns_port
        self.write(config, enforcement, listen)
        self.start()

    def write(self, config="", enforcement="", listen=""):
        self.config.write_text(f"""
data = "{self.data}"
[filter]
authserv_id = "mx.rcpt.example"
own_networks = ["192.0.2.200"]
trusted_relays = ["192.0.2.250"]
{config}
[[listen]]
address = "127.0.0.1:{self.port}"
{listen}
[dns]
servers = ["127.0.0.1@{self.dns_port}"]
dnssec = false
[metrics]
address = "127.0.0.1:{self.metrics}"
[enforcement]
{enforcement}
""")

    def start(self):
        self.out = open(self.folder / "filter.log", "ab")
        self.process = subprocess.Popen([ASSAY, "filter", "--config", str(self.config)], stdout=self.out,
                                        stderr=subprocess.STDOUT, env=self.environment)
        mta.wait_for(lambda: mta.answers(self.port) or self.process.poll() is not None, "the filter")
        if self.process.poll() is not None:
            self.out.close()
            raise AssertionError(self.log())

    def log(self):
        return (self.folder / "filter.log").read_text(errors="replace")

    def metric(self, name):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics}/metrics", timeout=mta.WAIT) as answer:
            text = answer.read().decode()
        found = re.search(rf"(?m)^{re.escape(name)} (\S+)$", text)
        assert found, f"{name} is missing in\n{text}"
        return float(found[1])

    def reload(self):
        before = self.log().count("event=reloaded") + self.log().count("event=reload_failed")
        self.process.send_signal(signal.SIGHUP)
        mta.wait_for(lambda: self.log().count("event=reloaded") + self.log().count("event=reload_failed") > before,
                     "the reload")

    def entries(self, count=1):
        """The journal's lines, once there are so many."""
        def lines():
            found = []
            for path in sorted((Path(self.data) / "journal").glob("*.journal*")):
                found += [json.loads(line) for line in path.read_text().splitlines()]
            return found if len(found) >= count else None
        return mta.wait_for(lines, f"{count} lines in the journal; {self.log()[-2000:]}")

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(mta.WAIT)
        self.out.close()


class FilterTest(unittest.TestCase):
    """A name server and the filter, for each test."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.names = mta.NameServer(self.folder, zone())
        self.addCleanup(self.names.stop)

    def begin(self, config="", dns_port=None, **more):
        self.filter = Filter(self.folder, dns_port or self.names.port, config, **more)
        self.addCleanup(self.filter.stop)


class Test(FilterTest):
    """With an MTA, and a sink behind it."""
    default_action = "tempfail"

    def setUp(self):
        super().setUp()
        self.sink = mta.Sink()
        self.addCleanup(self.sink.stop)

    def begin(self, config="", dns_port=None, **more):
        super().begin(config, dns_port, **more)
        self.mta = self.begin_mta()
        self.addCleanup(self.mta.stop)

    def begin_mta(self):
        return mta.Postfix(self.folder, f"inet:127.0.0.1:{self.filter.port}", self.sink.port, self.default_action)

    def send(self, message=MESSAGE, **more):
        return self.mta.send(message, **more)

    def taken(self, number=1):
        """The octets of the message that came last, of so many."""
        return self.sink.wait(number)[-1][2]
