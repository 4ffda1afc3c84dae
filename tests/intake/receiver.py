"""What tests of `assay receive` have in common: reports, mails with them, and the role."""
import email.message
import gzip
import json
import signal
import smtplib
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
for folder in ("cli", "filter", "intake"):
    sys.path.insert(0, str(ROOT / "tests" / folder))
from harness import ASSAY, Test, main, run
from mta import free_port, wait_for

XML = """<?xml version="1.0"?>
<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0"><version>1.0</version>
<report_metadata><org_name>Reporter</org_name><email>dmarc@reporter.example</email><report_id>{id}</report_id>
<date_range><begin>1782172800</begin><end>1782259199</end></date_range></report_metadata>
<policy_published><domain>example.com</domain><p>none</p></policy_published>
<record><row><source_ip>192.0.2.1</source_ip><count>{count}</count>
<policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>fail</spf></policy_evaluated></row>
<identifiers><header_from>example.com</header_from></identifiers>
<auth_results><dkim><domain>example.com</domain><selector>s</selector><result>pass</result></dkim></auth_results></record>
</feedback>
"""


def report(number, count=3):
    return XML.format(id=f"r-{number}", count=count).encode()


def mail(number, count=3):
    message = email.message.EmailMessage()
    message["From"] = "dmarc@reporter.example"
    message["To"] = "reports@example.com"
    message["Subject"] = f"Report domain: example.com Submitter: reporter.example Report-ID: <r-{number}>"
    message.add_attachment(gzip.compress(report(number, count)), maintype="application", subtype="gzip",
                           filename="reporter.example!example.com!1782172800!1782259199.xml.gz")
    return message.as_bytes().replace(b"\n", b"\r\n")


class Lmtp(smtplib.LMTP):
    """Of the standard library, over TCP."""


class Receiver(Test):
    """`assay receive` on ports of its own; a test that kills it starts it again."""

    def setUp(self):
        super().setUp()
        self.lmtp, self.smtp, self.upload = free_port(), free_port(), free_port()
        self.zone = self.folder / "zone"
        self.zone.write_text("$ORIGIN example.\nreporter 60 IN TXT \"v=spf1 ip4:192.0.2.7 -all\"\n"
                             "_dmarc.reporter 60 IN TXT \"v=DMARC1; p=reject\"\n")
        self.process = None
        self.more = ""
        self.receive = ""

    def tearDown(self):
        if self.process:
            self.stop()
        super().tearDown()

    def configure(self):
        path = self.folder / "assay.toml"
        path.write_text(f"""data = "{self.folder}/var"
[dns]
zone = "{self.zone}"
[metrics]
address = ""
[receive]
lmtp = "127.0.0.1:{self.lmtp}"
smtp = "127.0.0.1:{self.smtp}"
upload = "127.0.0.1:{self.upload}"
look_every = "1s"
{self.receive if "addresses" in self.receive else 'addresses = ["reports@example.com", "@rua.example.com"]' + chr(10) + self.receive}
{self.more}
""")
        return path

    def start(self):
        self.log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen([ASSAY, "receive", "--config", self.configure()], stdout=self.log,
                                        stderr=subprocess.STDOUT)
        wait_for(lambda: self.answers() or self.process.poll() is not None, "the role")
        self.assertIsNone(self.process.poll(), (self.folder / "log").read_text())

    def answers(self):
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", self.upload)) == 0

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        result = self.process.wait()
        self.log.close()
        self.process = None
        return result

    def logged(self):
        return (self.folder / "log").read_text()

    def kept(self):
        """report_id of each report that is counted, and how many messages they have."""
        listed = run("intake", "list", "--json", "--config", self.configure())
        self.assertEqual(listed.returncode, 0, listed.err)
        reports = [json.loads(line) for line in listed.out.splitlines()]
        return sorted(each["report_id"] for each in reports if "report_id" in each)

    def post(self, octets, token=None, headers=None):
        token = token or (self.folder / "var/upload.token").read_text().strip()
        request = urllib.request.Request(f"http://127.0.0.1:{self.upload}/reports", octets,
                                         {"Authorization": "Bearer " + token, **(headers or {})})
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    # ---- IMAP ----

    def secret(self, line):
        path = self.folder / "password"
        path.touch(mode=0o600)
        path.write_text(line)

    def imap(self, box, **options):
        self.secret(box.password + "\n")
        settings = {"server": f"imaps:localhost:{box.tls_port}", "ca_file": str(box.ca), "user": box.user,
                    "password_file": str(self.folder / "password"), **options}
        self.more += "[[imap]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items())
