#!/usr/bin/env python3
"""Reports that come back: what a bounce does, and what a forged one does not."""

import smtplib
import subprocess
from pathlib import Path

from world import ASSAY, ReportsTest, entry, main, mta, run


def notification(to, recipient="dmarc@example.com", action="failed", status="5.1.1", returned=None):
    fields = f"Final-Recipient: rfc822; {recipient}\nAction: {action}\nStatus: {status}\nDiagnostic-Code: smtp; 550 {status} no\n"
    back = f"--b\nContent-Type: text/rfc822-headers\n\nSubject: Report Domain: x Submitter: y Report-ID:\n <{returned}>\n\n" if returned else ""
    return (f"From: MAILER-DAEMON@mx.example.com\nTo: {to}\nSubject: Undelivered\nMIME-Version: 1.0\n"
            "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
            "--b\nContent-Type: text/plain\n\nno luck\n--b\nContent-Type: message/delivery-status\n\n"
            f"Reporting-MTA: dns; mx.example.com\n\n{fields}\n{back}--b--\n").encode()


class Bounces(ReportsTest):
    def sent(self):
        """A report that was sent: the return path of its mail."""
        self.put(entry(1))
        self.send()
        mail, = self.mails()
        self.assertRegex(mail.sender, r"^reports\+1-[a-z2-9]{10}@rcpt\.example$")
        return mail.sender

    def bounce(self, octets, *words):
        return self.assay("intake", "bounce", *words, self.write("bounce.eml", octets))

    def unchanged(self):
        self.assertEqual(self.assay("suppress", "list"), "")
        self.assertEqual([one["state"] for one in self.outbox()], ["sent"])

    def test_a_failure_for_good_suppresses(self):
        path = self.sent()
        self.assertIn("suppressed: delivery 1 to dmarc@example.com, left alone until ", self.bounce(notification(path)))
        one, = self.outbox()
        self.assertEqual(one["state"], "given_up")
        self.assertIn("came back: 550 5.1.1 no", one["reason"])
        self.assertIn("dmarc@example.com", self.assay("suppress", "list"))
        self.put(entry(2))
        self.assertIn("suppressed", self.send())
        self.assertEqual(len(self.sink.messages), 1)
        before = self.assay("suppress", "list")
        self.assertIn("noted: delivery 1 to dmarc@example.com: it was given up before", self.bounce(notification(path)))
        self.assertEqual(self.assay("suppress", "list"), before)

    def test_the_envelope_speaks_before_the_mail(self):
        path = self.sent()
        self.assertIn("ignored", self.bounce(notification(path), "--recipient", "reports@rcpt.example"))
        self.assertIn("suppressed", self.bounce(notification("undisclosed:;"), "--recipient", path.upper()))

    def test_a_text_of_qmail_in_a_mailbox(self):
        path = self.sent()
        text = (f"From: MAILER-DAEMON@mx.example.com\nTo: {path}\nSubject: failure notice\n\n"
                "<dmarc@example.com>:\nSorry, no mailbox here by that name. (#5.1.1)\n")
        out = self.bounce(f"From x Fri May  1 00:00:00 2026\nTo: a@b.example\n\nhello\n\nFrom x Fri May  1 00:00:00 2026\n{text}".encode())
        self.assertEqual([line.split(":")[0] for line in out.splitlines()], ["ignored", "suppressed"])

    def test_what_is_not_for_good_is_noted(self):
        path = self.sent()
        self.assertIn("noted", self.bounce(notification(path, action="delayed", status="4.4.1")))
        self.assertIn("noted", self.bounce(notification(path, action="failed", status="4.4.7")))
        self.assertIn("noted", self.bounce(notification(path, action="relayed", status="2.1.9")))
        self.assertIn("noted", self.bounce(f"From: a@example.com\nTo: {path}\nSubject: Out of office\n\n550 5.1.1 x\n".encode()))
        self.unchanged()

    def test_forged_ones_change_nothing(self):
        path = self.sent()
        number, tag = path.removeprefix("reports+").removesuffix("@rcpt.example").split("-")
        for forged in (f"reports+{number}@rcpt.example", f"reports+{number}-aaaaaaaaaa@rcpt.example", f"reports+2-{tag}@rcpt.example",
                       path.replace("@rcpt", "@other"), "reports@rcpt.example"):
            self.assertIn("ignored", self.bounce(notification(forged)), forged)
        self.assertIn("about another recipient", self.bounce(notification(path, recipient="somebody@other.example")))
        self.unchanged()

    def test_a_forwarder_of_the_destination_may_return_it(self):
        path = self.sent()
        identity = self.mails()[0].report.text("report_metadata/report_id")
        self.assertIn("suppressed", self.bounce(notification(path, recipient="somebody@other.example", returned=identity)))

    def test_what_was_never_sent_cannot_come_back(self):
        self.configure(port=mta.free_port())
        self.put(entry(1))
        self.send()  # nobody listens, but it was tried
        self.put(entry(2, author="held.example"))
        self.configure("per_day = 0")
        self.send()
        held = [one for one in self.outbox() if one["policy_domain"] == "held.example"][0]
        shown = self.assay("outbox", "show", str(held["id"]))
        path = shown.split("From <")[1].split(">")[0]
        self.assertIn("noted", self.bounce(notification(path, recipient="dmarc@held.example")))
        self.assertEqual(self.assay("suppress", "list"), "")

    def test_through_a_real_postfix(self):
        """A Postfix that refuses the recipient behind its own queue writes the bounce; it comes to the sink."""
        postfix = mta.Postfix(self.folder, "", self.sink.port, trusted="127.0.0.1")
        self.addCleanup(postfix.stop)
        self.refusal = lambda stage, address: "550 5.1.1 no such user" if stage == "RCPT" and address == "dmarc@example.com" else None
        self.configure(port=postfix.port)
        self.put(entry(1))
        self.assertIn("sent 1,", self.send())
        sender, recipients, octets = self.sink.wait(1)[0]
        self.assertEqual(sender, "")
        out = self.bounce(octets, "--recipient", recipients[0])
        self.assertIn("suppressed: delivery 1 to dmarc@example.com", out)
        self.assertIn("no such user", self.assay("suppress", "list"))

    def test_a_bounce_comes_by_lmtp_to_the_role(self):
        path = self.sent()
        port = mta.free_port()
        text = Path(self.config).read_text().replace('lmtp = ""', f'lmtp = "127.0.0.1:{port}"\naddresses = ["dmarc@rua.example"]')
        config = self.write("receive.toml", text.encode())
        log = open(self.folder / "receive.log", "wb")
        role = subprocess.Popen([ASSAY, "receive", "--config", config, "--metrics", ""], stdout=log, stderr=log)
        self.addCleanup(log.close)
        self.addCleanup(role.wait)
        self.addCleanup(role.terminate)
        mta.wait_for(lambda: mta.answers(port), "the role")
        with smtplib.LMTP("127.0.0.1", port) as client:
            client.lhlo = client.ehlo
            with self.assertRaises(smtplib.SMTPRecipientsRefused):
                client.sendmail("", ["reports+1-aaaaaaaaaa@rcpt.example"], notification(path))
            client.sendmail("", [path], notification(path))
        one, = self.outbox()
        self.assertEqual(one["state"], "given_up")
        self.assertIn("dmarc@example.com", self.assay("suppress", "list"))

    def test_hostile_files(self):
        self.sent()
        for octets in (b"", b"\0" * 100_000, b"From: MAILER-DAEMON\n" * 10_000, b"Content-Type: multipart/report; boundary=b\n\n" + b"--b\n" * 50_000):
            self.assertIn("ignored", self.bounce(octets))
        self.unchanged()
        done = run("intake", "bounce", "--config", self.config, str(self.folder / "nothing"))
        self.assert_failed(done, 66)
        self.assert_failed(run("intake", "bounce", "--config", self.config), 64)


if __name__ == "__main__":
    main()
