#!/usr/bin/env python3
"""assay verify: one message at a time."""
import json
import os
import pty
import subprocess
import threading
import time

from harness import ASSAY, ENVELOPE, MESSAGE, ROOT, Test, main, run


class Verify(Test):
    def test_a_file(self):
        verdict = self.verify(*ENVELOPE, self.message)
        self.assertEqual(verdict["dmarc"]["result"], "pass")
        self.assertEqual(verdict["dmarc"]["aligned"], {"spf": True, "dkim": False})
        self.assertEqual(verdict["spf"][-1]["result"], "pass")
        self.assertEqual(verdict["arc"]["result"], "none")
        self.assertIn({"name": "_dmarc.example.com", "type": "TXT", "outcome": "records"},
                      [{key: each[key] for key in ("name", "type", "outcome")} for each in verdict["dns"]])
        self.assertTrue(verdict["authentication_results"].startswith("Authentication-Results: localhost"))

    def test_standard_input_named_and_unnamed(self):
        for where in ([], ["-"]):
            self.assertEqual(self.verify(*ENVELOPE, *where, stdin=MESSAGE)["dmarc"]["result"], "pass")

    def test_without_a_client_there_is_no_spf(self):
        verdict = self.verify(self.message)
        self.assertNotIn("spf", verdict)
        self.assertEqual(verdict["dmarc"]["result"], "fail")
        self.assertEqual(verdict["decision"]["action"], "quarantine")

    def test_nothing_at_all(self):
        verdict = self.verify(stdin=b"")
        self.assertEqual(verdict["dmarc"]["result"], "none")
        self.assertEqual(verdict["dmarc"]["author_domains"], [])
        self.assertTrue(verdict["dmarc"]["findings"])

    def test_absent_is_absent(self):
        def check(value):
            self.assertNotIn(value, (None, ""))
            for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
                check(each)
        check(self.verify(*ENVELOPE, self.message))
        check(self.verify(stdin=b""))

    def test_the_same_twice(self):
        # EVA-24: a captured case can be replayed: message, envelope, zone and instant are all there is.
        def verdict():
            value = self.verify(*ENVELOPE, "--at", "2026-05-01T12:00:00Z", self.message)
            for each in value["dns"]:
                del each["ms"]
            return value
        self.assertEqual(verdict(), verdict())

    def test_compare_shows_both_standards(self):
        psl = self.write("psl", b"com\n")
        verdict = self.verify("--standard", "compare", "--psl", psl, *ENVELOPE, self.message)
        self.assertEqual(verdict["rfc7489"]["result"], "pass")
        self.assertEqual(verdict["rfc7489"]["discovery"], "psl")
        self.assertEqual(verdict["differs"], [])

    def test_explanation_is_the_default(self):
        done = run("verify", "--zone", self.zone, *ENVELOPE, self.message)
        self.assertEqual(done.returncode, 0)
        self.assertTrue(done.out.startswith("DMARC: PASS — example.com vouched for this message, by SPF\n"))
        self.assertLess(done.out.count("\n"), 40)
        self.assertEqual(run("verify", "--explain", "--zone", self.zone, *ENVELOPE, self.message).out, done.out)

    def test_trace_shows_questions_and_terms(self):
        done = run("verify", "--trace", "--zone", self.zone, *ENVELOPE, self.message)
        self.assertIn('"v=DMARC1; p=reject; rua=mailto:reports@example.com"', done.out)
        self.assertIn("ip4:192.0.2.0/24", done.out)
        self.assertRegex(done.out, r"\d+\.\d ms  TXT  _dmarc\.example\.com")
        self.assertIn("Authentication-Results: localhost", done.out)

    def test_no_octet_of_a_message_reaches_the_terminal(self):
        # SEC-03
        hostile = b"From: \x1b[2J\xff <a@evil\x1b]0;x\x07.example>\r\nDKIM-Signature: v=1; d=\x1b[31m; s=\x9b\r\n\r\n"
        zone = self.write("hostile.zone", b'_dmarc.evil.example. TXT "v=DMARC1; p=none; \\027[2J"\n')
        for more in ([], ["--trace"], ["--json"]):
            out = run("verify", "--zone", zone, *more, stdin=hostile).stdout
            self.assertFalse([octet for octet in out if octet < 0x20 and octet not in b"\n\t" or octet == 0x7f], out)


class Lines(Test):
    """How a saved message is read."""

    def from_fields(self, octets):
        return json.loads(run("author", "--json", stdin=octets).out)

    def test_line_feeds_become_crlf(self):
        demo = signed_demo(self)
        if demo is None:
            self.skipTest("no signed demonstration message")
        message, arguments = demo
        crlf = message.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        lf = crlf.replace(b"\r\n", b"\n")
        verdicts = [json.loads(run("verify", "--json", *arguments, stdin=octets).out)["dkim"] for octets in (crlf, lf)]
        self.assertEqual(verdicts[0][0]["result"], "pass")
        self.assertEqual(verdicts[0], verdicts[1])

    def test_a_mailbox_line_is_left_out(self):
        self.assertEqual(self.verify(*ENVELOPE, stdin=b"From bounce@example.com Fri May  1 12:00:00 2026\r\n" + MESSAGE)
                         ["dmarc"], self.verify(*ENVELOPE, stdin=MESSAGE)["dmarc"])

    def test_an_old_from_field_is_no_mailbox_line(self):
        # RFC 5322 section 4.5: spaces may stand before the colon.
        answer = self.from_fields(b"From : alice@example.com\r\n\r\n")
        self.assertEqual(answer["author_domains"], ["example.com"])

    def test_pieces_of_a_pipe(self):
        process = subprocess.Popen([ASSAY, "verify", "--json", "--zone", self.zone, *ENVELOPE],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for octet in MESSAGE:
            process.stdin.write(bytes([octet]))
            process.stdin.flush()
        out, _ = process.communicate(timeout=60)
        self.assertEqual(json.loads(out)["dmarc"]["result"], "pass")


def signed_demo(test):
    """A signed message of corpus/demo with what it must be verified with."""
    demo = ROOT / "corpus/demo"
    message, zone = demo / "aligned.eml", demo / "demo.zone"
    if not message.exists():
        return None
    return message.read_bytes(), ["--zone", str(zone), "--at", "2026-06-01T12:00:00Z"]


class Wrong(Test):
    def test_help_of_everything(self):
        for command in ([], ["verify"], ["spf"], ["dmarc"], ["record"], ["author"], ["walk"], ["destination"]):
            done = run(*command, "--help")
            self.assertEqual(done.returncode, 0)
            self.assertIn("Example", done.out)
            self.assertIn(" ".join(["assay", *command]), done.out)
        self.assertRegex(run("--version").out, r"^assay \d+\.\d+\.\d+\n$")

    def test_wrong_usage(self):
        cases = [([], "subcommand"), (["verfy"], ""), (["verify", "--nonsense"], "--nonsense"),
                 (["verify", "--ip", "192.0.2.256"], "192.0.2.256"), (["verify", "--at", "soon"], "soon"),
                 (["verify", "--standard", "rfc822"], "rfc822"), (["verify", "a", "b"], ""),
                 (["verify", "--json", "--explain"], ""), (["verify", "--resolver", "nowhere"], "nowhere"),
                 (["verify", "--resolver", "192.0.2.1@0"], "192.0.2.1@0"),
                 (["verify", "--zone", "x", "--resolver", "192.0.2.1"], ""), (["verify", "--jobs", "0"], ""),
                 (["spf"], "--ip"), (["dmarc"], "--from"), (["dmarc", "--from", "a..b"], "a..b"),
                 (["dmarc", "--from", "example.com", "--spf", "pass"], "RESULT:DOMAIN"),
                 (["dmarc", "--from", "example.com", "--dkim", "good:example.com"], "good"),
                 (["record", "dmarc"], "TEXT"), (["record", "bimi", "x"], "bimi"), (["walk"], "DOMAIN"),
                 (["walk", "a..b"], "a..b"), (["walk", "\x1b[2J.."], "\\x1b"),
                 (["destination", "example.com"], "URI"), (["destination", "a..b", "mailto:x@a"], "a..b")]
        for arguments, part in cases:
            with self.subTest(arguments):
                self.assert_failed(run(*arguments, stdin=b""), 64, part)

    def test_a_file_that_is_not_there(self):
        done = run("verify", "--zone", self.zone, str(self.folder / "none.eml"))
        self.assert_failed(done, 66, "verify", "none.eml", "No such file")

    def test_a_folder(self):
        self.assert_failed(run("verify", "--zone", self.zone, str(self.folder)), 66, "directory")

    def test_a_zone_that_is_not_there(self):
        self.assert_failed(run("verify", "--zone", "none.zone", self.message), 66, "none.zone")

    def test_a_bad_zone_names_its_line(self):
        zone = self.write("bad.zone", b'example.com. TXT "x"\n\nexample.com. A 192.0.2.256\n')
        self.assert_failed(run("verify", "--zone", zone, self.message), 65, "bad.zone", "line 3")

    def test_a_bad_suffix_list(self):
        psl = self.write("psl", b"// nothing\n")
        self.assert_failed(run("verify", "--zone", self.zone, "--standard", "rfc7489", "--psl", psl, self.message), 65, "psl")

    def test_closed_standard_input(self):
        self.assert_failed(run_closed(0, "verify", "--zone", self.zone), 66, "standard input")

    def test_a_repeatable_option_leaves_the_file_alone(self):
        done = run("verify", "--resolver", "192.0.2.1", "--resolver", "192.0.2.2", str(self.folder / "none"))
        self.assert_failed(done, 66, "No such file")

    def test_closed_standard_output(self):
        done = run_closed(1, "verify", "--zone", self.zone, self.message)
        self.assertEqual(done.returncode, 74)
        self.assertIn("standard output", done.err)

    def test_a_full_disk(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([ASSAY, "verify", "--zone", self.zone, self.message], stdout=full,
                                  stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(done.returncode, 74)
        self.assertIn(b"No space left", done.stderr)

    def test_a_reader_that_goes_away(self):
        command = f"yes '{{}}' | head -200000 | {ASSAY} verify --jsonl | head -1; echo ${{PIPESTATUS[2]}}"
        done = subprocess.run(["bash", "-c", command], capture_output=True, timeout=60)
        self.assertEqual(done.stderr, b"")
        self.assertEqual(done.stdout.splitlines()[-1], b"141")

    def test_interrupted(self):
        process = subprocess.Popen([ASSAY, "verify", "--zone", self.zone], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(0.5)
        process.send_signal(2)
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, -2)
        self.assertEqual(err, b"")


def run_closed(descriptor, *arguments):
    """Runs with one of the standard streams closed."""
    redirect = {0: "<&-", 1: ">&-"}[descriptor]
    done = subprocess.run(["bash", "-c", f'"$0" "$@" {redirect}', ASSAY, *arguments], capture_output=True, timeout=60)
    done.out, done.err = done.stdout.decode(), done.stderr.decode()
    return done


class Terminal(Test):
    def test_progress_bar_on_a_terminal_only(self):
        # A pipe that takes longer than a second; standard error is a terminal.
        ours, theirs = pty.openpty()
        path = str(self.folder / "slow")
        os.mkfifo(path)
        requests = json.dumps({"message": "x", "zone": ""}).encode() + b"\n"

        def feed():
            with open(path, "wb", buffering=0) as pipe:
                for _ in range(16):
                    pipe.write(requests)
                    time.sleep(0.1)
        threading.Thread(target=feed, daemon=True).start()
        with open(path, "rb") as pipe:
            done = subprocess.run([ASSAY, "verify", "--jsonl"], stdin=pipe, stdout=subprocess.PIPE, stderr=theirs, timeout=60)
        os.close(theirs)
        drawn = os.read(ours, 65536)
        self.assertEqual(done.returncode, 0)
        self.assertIn(b" requests", drawn)
        self.assertTrue(drawn.endswith(b"\r\x1b[K"))


if __name__ == "__main__":
    main()
