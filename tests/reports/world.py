"""What the tests of reports share: journals, a zone, a configuration, a sink for mail, and reports read again."""
import email
import email.policy
import gzip
import json
import os
import sys
import xml.etree.ElementTree as ElementTree
from datetime import datetime, timedelta, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
for folder in ("cli", "filter"):
    sys.path.insert(0, str(ROOT / "tests" / folder))
import mta
import sign
from harness import ASSAY, Test, main, run  # noqa: F401 (for the tests)

NAMESPACE = "{urn:ietf:params:xml:ns:dmarc-2.0}"
SUITES = Path(os.environ.get("ASSAY_SUITES", ROOT.parent / "shared/testdata"))
TODAY = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
YESTERDAY = TODAY - timedelta(days=1)
RECORD = "v=DMARC1; p=reject; rua=mailto:dmarc@{}"


def day(days_ago):
    return (TODAY - timedelta(days=days_ago)).strftime("%Y-%m-%d")


def entry(number, author="example.com", days_ago=1, hour=12, record=None, result="pass", **members):
    """A line of a journal, of a message that was tested."""
    record = record or RECORD.format(author)
    passed = result == "pass"
    value = {"v": 1, "id": f"mx-{number}", "time": f"{day(days_ago)}T{hour:02}:{number // 60 % 60:02}:{number % 60:02}.000Z",
             "host": "mx.rcpt.example", "client": "192.0.2.1", "helo": "mx." + author, "mail_from": "bounce@" + author,
             "recipient_domains": ["rcpt.example"], "recipients": 1, "size": 1000, "author_domains": [author],
             "verdict": {"result": result, "author_domain": author, "policy_domain": author, "organizational_domain": author,
                         "record": record, "published_policy": "reject", "policy": "reject", "discovery": "treewalk",
                         **({"spf_aligned": True} if passed else {})},
             "spf": [{"identity": "mfrom", "domain": author, "result": result}],
             "dkim": [{"domain": author, "selector": "s1", "result": "pass" if passed else "fail"}],
             "action": {"action": "accept" if passed else "reject", "disposition": "pass" if passed else "reject"}, **members}
    return json.dumps({key: each for key, each in value.items() if each is not None}, separators=(",", ":"))


class Mail:
    """A mail that carries a report."""

    def __init__(self, sender, recipients, octets):
        self.sender, self.recipients, self.octets = sender, recipients, octets
        self.message = email.message_from_bytes(octets, policy=email.policy.default)
        self.attachment, = [part for part in self.message.walk() if part.get_filename()]
        self.report = Report(gzip.decompress(self.attachment.get_content()))


class Report:
    def __init__(self, xml):
        self.xml = xml
        self.tree = ElementTree.fromstring(xml)
        self.space = NAMESPACE if self.tree.tag.startswith(NAMESPACE) else ""

    def text(self, path):
        return self.tree.findtext(self.space + path.replace("/", "/" + self.space))

    def all(self, path):
        return [each.text for each in self.tree.iterfind(".//" + self.space + path)]

    def messages(self):
        return sum(int(count) for count in self.all("count"))


class ReportsTest(Test):
    """A configuration whose DNS is a zone file, and a sink for the mail."""
    zone_text = ""

    def setUp(self):
        super().setUp()
        self.journal = self.folder / "var/journal"
        self.journal.mkdir(parents=True)
        self.refusal = lambda stage, address: None
        self.sink = mta.Sink(lambda stage, address: self.refusal(stage, address))
        self.addCleanup(self.sink.stop)
        self.key = sign.Key(self.folder, "reports")
        self.configure()

    def configure(self, reports="", zone="", port=None, more="", timeout="2m", sign_in=""):
        self.zone_file = self.write("reports.zone", (
            f"$ORIGIN .\nr1._domainkey.rcpt.example TXT {self.key.record}\n_dmarc.rcpt.example TXT \"v=DMARC1; p=reject\"\n"
            f"rcpt.example TXT \"v=spf1 ip4:127.0.0.1 -all\"\n{zone}").encode())
        self.config = self.write("assay.toml", f"""
data = "{self.folder}/var"
[dns]
zone = "{self.zone_file}"
[receive]
lmtp = ""
upload = ""
[metrics]
address = ""
{more}
[smtp]
server = "127.0.0.1:{port or self.sink.port}"
timeout = "{timeout}"
{sign_in}
[reports]
email = "reports@rcpt.example"
dkim_selector = "r1"
dkim_key = "{self.key.path}"
per_minute = 100000
per_host_minute = 100000
{reports}
""".encode())

    def put(self, *lines, name=None, end="\n"):
        name = name or f"mx-20260101T000000000-{YESTERDAY:%Y%m%d}T12.journal"
        with open(self.journal / name, "a") as file:
            file.write("".join(line + "\n" for line in lines[:-1]) + lines[-1] + end)

    def assay(self, *words):
        done = run(*words, "--config", self.config)
        self.assertEqual(done.returncode, 0, done.err + done.out)
        return done.out

    def build(self, *words, days_ago=1):
        """What would be sent: outlines, and the reports by name."""
        out = self.folder / "out"
        lines = self.assay("report", "build", "--day", day(days_ago), "--out", str(out), "--json", *words).splitlines()
        reports = {path.name: Report(gzip.decompress(path.read_bytes())) for path in out.iterdir()}
        for path in out.iterdir():
            path.unlink()
        return [json.loads(line) for line in lines], reports

    def send(self, *words, days_ago=1):
        return self.assay("report", "send", "--day", day(days_ago), *words)

    def outbox(self, *words):
        return [json.loads(line) for line in self.assay("outbox", "list", "--json", *words).splitlines()]

    def mails(self):
        return [Mail(*each) for each in self.sink.messages]
