#!/usr/bin/env python3
"""Reports come in by LMTP, SMTP, a folder, HTTP and IMAP, with real parts: Postfix, swaks, Dovecot."""
import gzip
import json
import os
import smtplib
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from dovecot import Dovecot
from receiver import Lmtp, Receiver, free_port, mail, main, report, run, wait_for
from mta import Postfix


class ReceiveTest(Receiver):
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
            done = self.swaks(number, port, protocol)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(self.kept(), ["r-0", "r-1"])

    def certificate(self, name):
        """Files of a certificate that signs itself, and its key."""
        cert, key = self.folder / "cert.pem", self.folder / "key.pem"
        for path in (cert, key):
            path.unlink(missing_ok=True)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                        "-addext", f"subjectAltName=DNS:{name}", "-keyout", key, "-out", cert], check=True, capture_output=True)
        key.chmod(0o600)
        self.receive = f'certificate = "{cert}"\nkey = "{key}"\n'
        return str(cert)

    def swaks(self, number, port, protocol, *more):
        path = self.folder / f"{number}.eml"
        path.write_bytes(mail(number).replace(b"\r\n", b"\n"))
        return subprocess.run(["swaks", "--server", f"127.0.0.1:{port}", "--protocol", protocol, "--from",
                               "dmarc@reporter.example", "--to", "reports@example.com", "--data", f"@{path}", *more],
                              capture_output=True, text=True)

    def test_swaks_delivers_by_tls(self):
        cert = self.certificate("mx.example.com")
        self.start()
        for number, (port, protocol) in enumerate(((self.lmtp, "LMTP"), (self.smtp, "ESMTP"))):
            done = self.swaks(number, port, protocol, "--tls", "--tls-verify", "--tls-ca-path", cert)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertIn("TLS started", done.stdout)
        self.assertEqual(self.kept(), ["r-0", "r-1"])

    def test_what_was_said_before_tls_is_forgotten(self):
        cert = self.certificate("mx.example.com")
        self.start()
        trusted = ssl.create_default_context(cafile=cert)
        with socket.create_connection(("127.0.0.1", self.smtp), timeout=60) as plain:
            answers = plain.makefile("rb")
            answers.readline()
            plain.sendall(b"EHLO before.example\r\n")
            while not answers.readline().startswith(b"250 "):
                pass
            # What stands behind STARTTLS could be of anybody in between (RFC 3207 section 4.2).
            plain.sendall(b"STARTTLS\r\nMAIL FROM:<evil@example.net>\r\n")
            self.assertEqual(answers.readline()[:4], b"220 ")
            with trusted.wrap_socket(plain, server_hostname="mx.example.com") as secure:
                said = secure.makefile("rb")
                secure.sendall(b"MAIL FROM:<a@b.example>\r\n")
                self.assertEqual(said.readline()[:4], b"503 ")
                secure.sendall(b"EHLO after.example\r\n")
                lines = []
                while not lines or not lines[-1].startswith(b"250 "):
                    lines.append(said.readline())
                self.assertNotIn(b"250-STARTTLS\r\n", lines)
                secure.sendall(b"MAIL FROM:<a@b.example>\r\n")
                self.assertEqual(said.readline()[:4], b"250 ")

    def test_a_renewed_certificate_is_taken_without_a_restart(self):
        self.certificate("old.example.com")
        self.start()

        def shown():
            context = ssl.create_default_context(cafile=self.folder / "cert.pem")
            context.check_hostname = False
            with smtplib.SMTP("127.0.0.1", self.smtp, timeout=60) as client:
                client.starttls(context=context)
                return dict(each[0] for each in client.sock.getpeercert()["subject"])["commonName"]

        self.assertEqual(shown(), "old.example.com")
        self.certificate("new.example.com")
        self.assertEqual(shown(), "new.example.com")

    def test_a_key_that_is_none_or_that_everybody_may_read_is_told(self):
        self.certificate("mx.example.com")
        key = self.folder / "key.pem"
        key.chmod(0o644)
        done = run("receive", "--config", self.configure())
        self.assertEqual(done.returncode, 65)
        self.assertIn("chmod o-r", done.err)
        key.chmod(0o600)
        key.write_text("no key\n")
        done = run("receive", "--config", self.configure())
        self.assertEqual(done.returncode, 65)
        self.assertIn("key.pem: holds no private key", done.err)
        self.receive = f'key = "{key}"\n'
        done = run("receive", "--config", self.configure(), "--check")
        self.assertEqual(done.returncode, 65)
        self.assertIn("both or neither", done.err)

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

    # ---- All channels ----

    def test_every_channel_gives_the_same(self):
        """AGC-18; a mail store is read by imap tests below."""
        path = self.folder / "one.eml"
        path.write_bytes(mail(1))
        plain = mail(1).replace(b"\r\n", b"\n")
        box = self.folder / "Maildir"
        for part in ("new", "cur", "tmp"):
            (box / part).mkdir(parents=True)
        (box / "new/1.host").write_bytes(plain)
        (self.folder / "mails.mbox").write_bytes(b"From x Fri May  1 00:00:00 2026\n" + plain + b"\n")

        def add(*words, **more):
            done = run("intake", "add", *words, "--config", self.folder / "assay.toml", **more)
            self.assertEqual(done.returncode, 0, done.err)

        def put():
            incoming = self.folder / "var/incoming"
            (incoming / "one.eml").write_bytes(mail(1))
            wait_for(lambda: not [each for each in incoming.iterdir() if each.is_file()], "the folder")

        def send(client, port):
            with client("127.0.0.1", port) as session:
                session.sendmail("dmarc@reporter.example", ["reports@example.com"], mail(1))

        channels = [lambda: add(path), lambda: add("-", stdin=mail(1)), lambda: add(box), lambda: add(self.folder / "mails.mbox"),
                    put, lambda: send(Lmtp, self.lmtp), lambda: send(smtplib.SMTP, self.smtp),
                    lambda: self.assertEqual(self.post(mail(1))[0], 200)]
        seen = []
        self.start()
        for give in channels:
            give()
            listed = run("intake", "list", "--json", "--config", self.folder / "assay.toml")
            one = json.loads(listed.out.splitlines()[0])
            shown = run("intake", "show", "--json", str(one["id"]), "--config", self.folder / "assay.toml")
            shown = json.loads(shown.out)
            for key in ("id", "channel", "arrived", "seen_last", "raw_name"):
                shown.pop(key, None)
            seen.append(shown)
            erased = run("intake", "erase", "example.com", "--config", self.folder / "assay.toml")
            self.assertEqual(erased.returncode, 0, erased.err)
        for one in seen[1:]:
            self.assertEqual(one, seen[0])

    # ---- IMAP ----

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

    def test_a_silent_server_does_not_keep_it_from_ending(self):
        silent = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(silent.close)
        self.secret("secret\n")
        # One that never answers, and one that is silent as soon as somebody has signed in.
        for greeting in (b"", b"* PREAUTH ready\r\n"):
            self.more = (f'[[imap]]\nserver = "imap:localhost:{silent.getsockname()[1]}"\ntls = "never"\nuser = "me"\n'
                         f'password_file = "{self.folder / "password"}"\n')
            self.start()
            connection, _ = silent.accept()
            connection.sendall(greeting)
            self.process.terminate()
            self.process.wait(90)  # not two minutes, the patience for an answer
            self.assertEqual(self.stop(), 0)
            connection.close()

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
