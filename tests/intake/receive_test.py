#!/usr/bin/env python3
"""Reports come in by LMTP, SMTP, a folder, HTTP and IMAP, with real parts: Postfix, swaks, Dovecot."""
import email.message
import gzip
import json
import os
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
for folder in ("cli", "filter", "intake"):
    sys.path.insert(0, str(ROOT / "tests" / folder))
from dovecot import Dovecot
from harness import ASSAY, Test, main, run
from mta import Postfix, free_port, wait_for

KILLS = int(sys.argv.pop(1)) if len(sys.argv) > 1 and sys.argv[1].isdigit() else 5
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


class ReceiveTest(Test):
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

    # ---- LMTP and SMTP ----

    def test_a_report_by_lmtp_is_kept_and_again_a_duplicate(self):
        self.start()
        with Lmtp("127.0.0.1", self.lmtp) as client:
            client.sendmail("dmarc@reporter.example", ["reports@example.com"], mail(1))
            code, text = client.docmd("NOOP")
            self.assertEqual(code, 250)
            client.sendmail("dmarc@reporter.example", ["anything@rua.example.com"], mail(1))
        self.assertEqual(self.kept(), ["r-1"])
        self.assertIn("outcome=duplicate", self.logged())

    def test_others_are_not_relayed_for(self):
        self.start()
        for port, kind in ((self.lmtp, Lmtp), (self.smtp, smtplib.SMTP)):
            with kind("127.0.0.1", port) as client:
                with self.assertRaises(smtplib.SMTPRecipientsRefused) as refused:
                    client.sendmail("a@b.example", ["victim@elsewhere.example"], mail(1))
                self.assertEqual(refused.exception.recipients["victim@elsewhere.example"][0], 550)

    def test_a_mail_without_a_report_is_refused_with_the_reason(self):
        self.start()
        with smtplib.SMTP("127.0.0.1", self.smtp) as client:
            with self.assertRaises(smtplib.SMTPDataError) as refused:
                client.sendmail("a@b.example", ["reports@example.com"], b"Subject: hello\r\n\r\nhello\r\n")
        self.assertEqual(refused.exception.smtp_code, 550)
        self.assertIn(b"Not taken in", refused.exception.smtp_error)

    def test_swaks_delivers_by_both(self):
        self.start()
        for number, (port, protocol) in enumerate(((self.lmtp, "LMTP"), (self.smtp, "ESMTP"))):
            path = self.folder / f"{number}.eml"
            path.write_bytes(mail(number).replace(b"\r\n", b"\n"))
            done = subprocess.run(["swaks", "--server", f"127.0.0.1:{port}", "--protocol", protocol, "--from",
                                   "dmarc@reporter.example", "--to", "reports@example.com", "--data", f"@{path}"],
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(self.kept(), ["r-0", "r-1"])

    def test_two_hundred_deliveries_at_a_time(self):
        self.start()
        wrong = []

        def deliver(number):
            try:
                with Lmtp("127.0.0.1", self.lmtp) as client:
                    client.sendmail("dmarc@reporter.example", ["reports@example.com"], mail(number))
                    client.sendmail("dmarc@reporter.example", ["reports@example.com"], mail(number % 50))
            except (OSError, smtplib.SMTPException) as error:
                wrong.append(repr(error))

        threads = [threading.Thread(target=deliver, args=(number,)) for number in range(200)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        self.assertEqual(wrong, [])
        self.assertEqual(self.kept(), sorted(f"r-{number}" for number in range(200)))

    def test_behind_postfix_the_client_is_known_and_the_mail_verified(self):
        self.receive = 'addresses = ["@reports.example"]\n'
        self.start()
        postfix = Postfix(self.folder, "", free_port())
        self.addCleanup(postfix.stop)
        settings = [f"transport_maps=inline:{{reports.example=lmtp:inet:127.0.0.1:{self.lmtp}}}",
                    "relay_domains=reports.example", "lmtp_send_xforward_command=yes", "smtpd_milters="]
        subprocess.run(["/usr/sbin/postconf", "-c", postfix.folder / "etc", "-e", *settings], check=True)
        postfix.command("reload")
        for number, ip in ((1, "192.0.2.7"), (2, "203.0.113.66")):
            code, text = postfix.send(mail(number), "dmarc@reporter.example", ["dmarc@reports.example"], ip,
                                      "out.reporter.example")
            self.assertEqual(code, 250, text)
        wait_for(lambda: len(self.kept()) == 2, "both reports")
        listed = run("intake", "list", "--json", "--config", self.folder / "assay.toml")
        trust = {each["report_id"]: (each["trust"], each["standing"]) for each in map(json.loads, listed.out.splitlines())
                 if "report_id" in each}
        self.assertEqual(trust, {"r-1": ("genuine", "counted"), "r-2": ("forged", "set_aside")})
        wait_for(lambda: "status=sent (250 2.0.0 1 report: 1 added)" in postfix.log(), "what Postfix was told")

    def test_one_client_may_send_only_so_much_by_smtp(self):
        self.receive = "per_minute = 2"
        self.start()
        codes = []
        with smtplib.SMTP("127.0.0.1", self.smtp) as client:
            client.ehlo()
            for _ in range(3):
                codes.append(client.docmd("MAIL FROM:<a@b.example>")[0])
                client.docmd("RSET")
        self.assertEqual(codes, [250, 250, 450])

    def test_what_was_acknowledged_survives_kill(self):
        acknowledged, number = set(), 0
        for _ in range(KILLS):
            self.start()
            stop = threading.Event()

            def deliver(first):
                at = first
                while not stop.is_set():
                    try:
                        with Lmtp("127.0.0.1", self.lmtp) as client:
                            client.sendmail("dmarc@reporter.example", ["reports@example.com"], mail(at))
                        acknowledged.add(f"r-{at}")
                    except (OSError, smtplib.SMTPException):
                        return
                    at += 4

            threads = [threading.Thread(target=deliver, args=(number + i,)) for i in range(4)]
            before = len(acknowledged)
            for each in threads:
                each.start()
            wait_for(lambda: len(acknowledged) >= before + 7, "some deliveries")
            self.stop(signal.SIGKILL)
            stop.set()
            for each in threads:
                each.join()
            number += 10_000
        kept = self.kept()
        self.assertEqual(len(kept), len(set(kept)))
        self.assertLessEqual(acknowledged, set(kept))
        self.assertLessEqual(len(set(kept) - acknowledged), 4 * KILLS, "more than what was under way")

    # ---- The folder ----

    def test_files_in_the_folder_are_taken_in_and_removed(self):
        self.start()
        incoming = self.folder / "var/incoming"
        (incoming / "report.xml").write_bytes(report(1))
        (incoming / "mails.mbox").write_bytes(b"".join(b"From x\n" + mail(n).replace(b"\r\n", b"\n") + b"\n" for n in (2, 3)))
        (incoming / ".hidden").write_bytes(report(9))
        (incoming / "nonsense.txt").write_bytes(b"hello")
        wait_for(lambda: not [each for each in incoming.iterdir() if each.is_file() and each.name != ".hidden"], "the folder")
        self.assertEqual(self.kept(), ["r-1", "r-2", "r-3"])
        self.assertEqual([each.name for each in (incoming / "refused").iterdir()], ["nonsense.txt"])

    def test_a_maildir_as_the_folder(self):
        box = self.folder / "Maildir"
        for part in ("new", "cur", "tmp"):
            (box / part).mkdir(parents=True)
        self.receive = f'folder = "{box}"'
        (box / "new/1.x").write_bytes(mail(1))
        (box / "tmp/2.x").write_bytes(mail(2))
        self.start()
        wait_for(lambda: not list((box / "new").iterdir()), "the Maildir")
        self.assertEqual(self.kept(), ["r-1"])
        self.assertTrue((box / "tmp/2.x").exists())

    # ---- HTTP ----

    def test_an_upload_answers_what_became_of_it(self):
        self.start()
        status, text = self.post(gzip.compress(report(1)))
        self.assertEqual((status, json.loads(text)["outcome"]), (200, "added"))
        status, text = self.post(mail(1))
        self.assertEqual((status, json.loads(text)["outcome"]), (200, "duplicate"))
        self.assertEqual(self.post(b"hello")[0], 422)
        self.assertEqual(self.post(report(2), token="0" * 64)[0], 401)
        self.assertEqual(self.post(report(2), headers={"Content-Encoding": "gzip"})[0], 415)
        self.assertEqual(self.kept(), ["r-1"])
        self.assertEqual(os.stat(self.folder / "var/upload.token").st_mode & 0o777, 0o600)

    def test_a_large_upload_is_refused(self):
        self.receive = 'max_mail = "1MiB"'
        self.start()
        try:
            self.assertEqual(self.post(b"x" * (2 << 20))[0], 413)
        except OSError:  # it may hang up before all is sent
            pass
        self.assertEqual(self.post(report(1))[0], 200)

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

    def test_reports_are_fetched_and_moved_and_more_are_awaited(self):
        with Dovecot() as box:
            for number in range(5):
                box.deliver(mail(number))
            box.deliver(b"Subject: lunch\n\nAt noon?\n")
            self.imap(box)
            self.start()
            wait_for(lambda: len(self.kept()) == 5, "five reports")
            wait_for(lambda: len(box.folder("Reports taken in")) == 5, "that they are moved")
            self.assertEqual(len(box.folder()), 1, "what is no report stays")
            box.deliver(mail(5))  # IDLE tells of it; polling would take five minutes
            wait_for(lambda: len(box.folder("Reports taken in")) == 6, "the sixth")
            self.assertEqual(len(self.kept()), 6)

    def test_reports_are_fetched_with_starttls_and_removed(self):
        with Dovecot() as box:
            box.deliver(mail(1))
            self.imap(box, server=f"imap:localhost:{box.port}", after="remove")
            self.start()
            wait_for(lambda: not box.folder(), "that it is removed")
            self.assertEqual(self.kept(), ["r-1"])

    def test_a_certificate_that_is_not_trusted_stops_it(self):
        with Dovecot() as box:
            box.deliver(mail(1))
            self.imap(box, ca_file="")
            self.start()
            wait_for(lambda: "receive_failed" in self.logged(), "a line of the log")
            self.assertEqual(self.kept(), [])

    def test_a_token_of_oauth_signs_in(self):
        with Dovecot() as box:
            box.deliver(mail(1))
            self.imap(box, token_command=f"echo {box.token}", password_file="")
            self.start()
            wait_for(lambda: len(box.folder("Reports taken in")) == 1, "that it is moved" + box.log())
            self.assertEqual(self.kept(), ["r-1"])

    def test_a_wrong_password_is_told_and_tried_again(self):
        with Dovecot() as box:
            self.imap(box)
            self.secret("wrong\n")
            self.start()
            wait_for(lambda: "receive_failed" in self.logged(), "a line of the log")
            self.assertNotIn("wrong", self.logged())

    def test_a_password_that_everybody_may_read_is_none(self):
        with Dovecot() as box:
            self.imap(box)
            (self.folder / "password").chmod(0o644)
            self.start()
            wait_for(lambda: "chmod o-r" in self.logged(), "a line of the log")
            self.assertEqual(box.folder("Reports taken in"), [])

    def test_a_server_without_idle_is_asked_again_and_one_without_move_copies(self):
        with Dovecot("IMAP4rev1 UIDPLUS") as box:
            box.deliver(mail(1))
            self.imap(box, poll="10s")
            self.start()
            wait_for(lambda: len(box.folder("Reports taken in")) == 1, "the first")
            box.deliver(mail(2))
            wait_for(lambda: len(box.folder("Reports taken in")) == 2, "the second")
            wait_for(lambda: not box.folder(), "that the originals are gone")

    def test_fetching_goes_on_after_kill(self):
        with Dovecot() as box:
            for number in range(40):
                box.deliver(mail(number))
            self.imap(box)
            self.start()
            wait_for(self.kept, "a first report")
            self.stop(signal.SIGKILL)
            self.start()
            wait_for(lambda: len(box.folder("Reports taken in")) == 40, "all mails")
            self.assertEqual(self.kept(), sorted(f"r-{number}" for number in range(40)))

    # ---- Wrong input ----

    def test_smtp_without_addresses_is_no_configuration(self):
        path = self.configure()
        path.write_text(path.read_text().replace("addresses =", "#"))
        done = run("receive", "--config", path, "--check")
        self.assertEqual(done.returncode, 65)
        self.assertIn("addresses", done.err)

    def test_a_port_that_is_taken_is_told(self):
        self.start()
        done = run("receive", "--config", self.configure())
        self.assertEqual(done.returncode, 69)
        self.assertIn("cannot listen", done.err)


if __name__ == "__main__":
    main()
