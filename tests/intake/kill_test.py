#!/usr/bin/env python3
"""`assay receive` is killed a hundred times, over all channels: what it acknowledged is there, once, and nothing is lost.

kill_test.py N kills it N times for each channel.
"""
import gzip
import os
import signal
import smtplib
import sys
import threading
from pathlib import Path

KILLS = int(sys.argv.pop(1)) if len(sys.argv) > 1 and sys.argv[1].isdigit() else 20
sys.path.insert(0, str(Path(__file__).resolve().parent))
from dovecot import Dovecot
from receiver import Lmtp, Receiver, mail, main, report, wait_for

SENDERS = 4


class KillTest(Receiver):
    killings = {}  # by channel

    @classmethod
    def tearDownClass(cls):
        made = ", ".join(f"{channel} {times}" for channel, times in cls.killings.items())
        print(f"killed {sum(cls.killings.values())} times: {made}", flush=True)
        super().tearDownClass()

    def kill(self):
        self.assertEqual(self.stop(signal.SIGKILL), -signal.SIGKILL)
        channel = self._testMethodName.removeprefix("test_")
        self.killings[channel] = self.killings.get(channel, 0) + 1

    def killed(self, round_, progress):
        """The role is killed when it has done something more, now sooner, now later."""
        before = progress()
        wait_for(lambda: progress() >= before + 1 + round_ % 5, "that something is taken in")
        self.kill()

    def senders(self, send):
        """Sends from several sides until the role is killed, round after round. Whatever was not acknowledged may be
        there or not; it is sent again in the end, and then all must be there."""
        sent, acknowledged, lock = set(), set(), threading.Lock()
        for round_ in range(KILLS):
            self.start()

            def deliver(first):
                number = first
                while True:
                    with lock:
                        sent.add(number)
                    try:
                        send(number)
                    except (OSError, smtplib.SMTPException):
                        return
                    with lock:
                        acknowledged.add(number)
                    number += SENDERS

            threads = [threading.Thread(target=deliver, args=(10_000 * round_ + i,)) for i in range(SENDERS)]
            for each in threads:
                each.start()
            self.killed(round_, lambda: len(acknowledged))
            for each in threads:
                each.join()
        kept = self.kept()
        names = {f"r-{number}" for number in acknowledged}
        self.assertEqual(len(kept), len(set(kept)), "a report is there twice")
        self.assertLessEqual(names, set(kept), "a report is lost that was acknowledged")
        self.assertLessEqual(len(set(kept) - names), SENDERS * KILLS, "more than what was under way")
        self.start()
        for number in sent - acknowledged:
            send(number)
        self.assertEqual(self.kept(), sorted(f"r-{number}" for number in sent))

    def by_mail(self, client, port):
        def send(number):
            with client("127.0.0.1", port, timeout=60) as session:
                session.sendmail("dmarc@reporter.example", ["reports@example.com"], mail(number))
        return send

    def test_lmtp(self):
        self.senders(self.by_mail(Lmtp, self.lmtp))

    def test_smtp(self):
        self.receive = 'per_minute = 0\n'
        self.senders(self.by_mail(smtplib.SMTP, self.smtp))

    def test_upload(self):
        def send(number):
            try:
                status, text = self.post(gzip.compress(report(number)))
            except Exception as error:  # whatever a connection that ends within an answer is called
                raise OSError(error) from error
            if status != 200:
                raise OSError(text)
        self.senders(send)

    def test_folder(self):
        incoming = self.folder / "var/incoming"
        incoming.mkdir(parents=True)
        given = 0

        def there():
            return [each for each in incoming.iterdir() if each.is_file() and not each.name.startswith(".")]

        for round_ in range(KILLS):
            for _ in range(20):
                hidden = incoming / f".{given}"
                hidden.write_bytes(gzip.compress(report(given)))
                hidden.rename(incoming / f"{given}.xml.gz")
                given += 1
            self.start()
            self.killed(round_, lambda: given - len(there()))
        self.start()
        wait_for(lambda: not there(), "that the folder is empty")
        self.assertEqual(self.kept(), sorted(f"r-{number}" for number in range(given)))

    def test_imap(self):
        with Dovecot() as box:
            self.imap(box)
            given = 0
            for round_ in range(KILLS):
                for _ in range(10):
                    box.deliver(mail(given))
                    given += 1
                self.start()
                before = len(self.kept())
                wait_for(lambda: len(self.kept()) > before or not box.folder(), "that something is taken in")
                self.kill()
            self.start()
            wait_for(lambda: len(box.folder("Reports taken in")) >= given and not box.folder(), "that all mails are moved")
            self.assertEqual(self.kept(), sorted(f"r-{number}" for number in range(given)))


if __name__ == "__main__":
    main()
