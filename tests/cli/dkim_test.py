#!/usr/bin/env python3
"""assay dkim: keys made, published, checked and signed with; the signatures verified by another verifier, python3-dkim."""
import base64
import json
import os
import re
import stat
import subprocess
import tempfile
from pathlib import Path

from harness import ROOT, Test, main, run

# Packages of Debian belong to its own interpreter.
PYTHON = "/usr/bin/python3"

# The other verifier: on standard input JSON with the TXT records and messages in base64; a line of results, a list for
# each message.
OTHER = r"""
import base64, json, sys, dkim
asked = json.load(sys.stdin)
def txt(name, timeout=5):
    return asked["records"].get(name.decode().rstrip("."), "").encode() or None
def verify(message, at):
    try:
        return message.verify(idx=at, dnsfunc=txt)
    except dkim.DKIMException as error:
        return type(error).__name__ + ": " + str(error)
messages = [dkim.DKIM(base64.b64decode(text)) for text in asked["messages"]]
print(json.dumps([[verify(message, at) for at in range(asked["count"])] for message in messages]))
"""

MESSAGES = {
    "plain": b"From: Alice <alice@example.com>\r\nTo: bob@example.org\r\nSubject: a message\r\n\r\nHello.\r\n",
    "no body": b"From: alice@example.com\r\n\r\n",
    "no empty line": b"From: alice@example.com\r\nSubject: a message\r\n",
    "white space": b"FROM:  Alice\r\n\t<alice@example.com>  \r\nSubject:   a \t message\r\n"
                   b"\r\n \t \r\n two  words \t\r\n\t\r\n\r\n\r\n",
    "no last line end": b"From: alice@example.com\r\n\r\nHello",
    "repeated": b"References: <1@example.com>\r\nFrom: alice@example.com\r\nReferences: <2@example.com>\r\n"
                b"Resent-To: a@example.org\r\nResent-To: b@example.org\r\n\r\nHello.\r\n",
    "eight bits": "From: alice@example.com\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nGrüße\r\n".encode(),
    "long": b"From: alice@example.com\r\nTo: " + b",\r\n ".join(b"u%d@example.org" % i for i in range(200))
            + b"\r\nList-Unsubscribe: <https://example.com/u>\r\n\r\n" + b"line of text\r\n" * 5000,
    "dots": b"From: alice@example.com\r\n\r\n.\r\n..\r\n",
}
FORMS = ("relaxed/relaxed", "relaxed/simple", "simple/relaxed", "simple/simple")


class Dkim(Test):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.keys = Path(folder.name)
        cls.world = cls.keys / "zone"
        cls.records = {}
        zone = ""
        for selector, *options in (("r2026", "--type", "rsa"), ("e2026", "--type", "ed25519")):
            done = run("dkim", "key", *options, "--domain", "example.com", "--selector", selector,
                       "--out", str(cls.keys / selector))
            assert done.returncode == 0, done.err
            zone += done.out
            cls.records[f"{selector}._domainkey.example.com"] = "".join(re.findall('"([^"]*)"', done.out))
        cls.world.write_text(zone)

    def key(self, selector):
        return str(self.keys / selector)

    def sign(self, message, *options, selectors=("r2026", "e2026")):
        keys = [word for one in selectors for word in ("--selector", one, "--key", self.key(one))]
        return run("dkim", "sign", "--domain", "example.com", *keys, *options, stdin=message)

    def signed(self, message, *options, **more):
        done = self.sign(message, *options, **more)
        self.assertEqual(done.returncode, 0, done.err)
        return done.stdout

    def other(self, message, count):
        """What the other verifier says of the first `count` signatures."""
        return self.others([message], count)[0]

    def others(self, messages, count):
        asked = {"records": self.records, "count": count, "messages": [base64.b64encode(one).decode() for one in messages]}
        done = subprocess.run([PYTHON, "-c", OTHER], input=json.dumps(asked).encode(), capture_output=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return json.loads(done.stdout)

    def ours(self, message):
        done = run("verify", "--json", "--zone", str(self.world), stdin=message)
        self.assertEqual(done.returncode, 0, done.err)
        return [one["result"] for one in json.loads(done.out)["dkim"]]

    # ---- sign ----

    def test_both_verifiers_pass_every_form_of_every_message(self):
        """DKS-01 DKS-09 DKS-12"""
        every = [(name, form) for name in MESSAGES for form in FORMS]
        signed = [self.signed(MESSAGES[name], "--canonicalization", form) for name, form in every]
        for (name, form), octets, verdict in zip(every, signed, self.others(signed, 2)):
            with self.subTest(message=name, form=form):
                self.assertTrue(octets.endswith(MESSAGES[name]))
                self.assertIn(b" c=" + form.encode() + b";", octets)
                self.assertEqual(self.ours(octets), ["pass", "pass"])
                self.assertEqual(verdict, [True, True])

    def test_the_other_verifier_sees_changes(self):
        signed = self.signed(MESSAGES["repeated"])
        for old, new in ((b"Hello.", b"Hullo."), (b"b@example.org", b"c@example.org"), (b"From: ", b"From: x")):
            changed = signed.replace(old, new)
            self.assertNotEqual(changed, signed)
            self.assertNotIn(True, self.other(changed, 2))
            self.assertEqual(set(self.ours(changed)), {"fail"})

    def test_oversigned_fields_cannot_be_added(self):
        """DKS-03"""
        signed = self.signed(MESSAGES["plain"], selectors=("r2026",))
        for field in (b"From: x@example.net", b"Subject: x", b"To: x@example.net", b"Cc: x@example.net",
                      b"Reply-To: x@example.net", b"Date: x", b"MIME-Version: 1.0", b"Content-Type: text/html"):
            self.assertNotEqual(self.other(field + b"\r\n" + signed, 1), [True], field)
            self.assertEqual(self.ours(field + b"\r\n" + signed), ["fail"], field)
        received = b"Received: from a by b; Fri, 1 May 2026 12:00:00 +0000\r\n" + signed
        self.assertEqual(self.other(received, 1), [True])

    def test_tags(self):
        """DKS-05 DKS-06"""
        signed = self.signed(MESSAGES["plain"], "--at", "2026-05-01T12:00:00Z", "--expire", "7d",
                             "--identity", "alice@example.com", "--field-only", selectors=("r2026",))
        tags = dict(re.findall(r"(\w+)=([^;]*)", re.sub(r"\s", "", signed.decode())))
        self.assertEqual({name: tags[name] for name in "vacdstxi"},
                         {"v": "1", "a": "rsa-sha256", "c": "relaxed/relaxed", "d": "example.com", "s": "r2026",
                          "t": "1777636800", "x": "1778241600", "i": "alice@example.com"})
        self.assertNotIn("l", tags)

    def test_field_only(self):
        field = self.signed(MESSAGES["plain"], "--field-only", selectors=("e2026",))
        self.assertTrue(field.startswith(b"DKIM-Signature: v=1; a=ed25519-sha256;"))
        self.assertEqual(field.count(b"DKIM-Signature"), 1)
        self.assertEqual(self.other(field + MESSAGES["plain"], 1), [True])

    def test_line_ends_of_unix_become_those_of_mail(self):
        """DKS-07"""
        signed = self.signed(MESSAGES["white space"].replace(b"\r\n", b"\n"))
        self.assertTrue(signed.endswith(MESSAGES["white space"]))
        self.assertEqual(self.other(signed, 2), [True, True])
        signed = self.signed(MESSAGES["plain"] + b"one\rtwo\n")
        self.assertTrue(signed.endswith(b"one\r\ntwo\r\n"))
        self.assertEqual(self.other(signed, 2), [True, True])

    def test_a_signature_stands_above_others_which_stay(self):
        """DKS-08"""
        first = self.signed(MESSAGES["plain"], selectors=("r2026",))
        second = self.signed(first, selectors=("e2026",))
        self.assertTrue(second.startswith(b"DKIM-Signature: v=1; a=ed25519"))
        self.assertTrue(second.endswith(first))
        self.assertEqual(self.other(second, 2), [True, True])

    def test_a_file(self):
        done = run("dkim", "sign", "--domain", "example.com", "--selector", "r2026", "--key", self.key("r2026"),
                   self.message)
        self.assertEqual(done.returncode, 0, done.err)
        self.assertEqual(self.other(done.stdout, 1), [True])

    def test_what_is_not_signed(self):
        """DKS-11"""
        for message, why in ((b"", "no From"), (b"Subject: x\r\n\r\n", "no From"),
                             (b"From: alice@example.com\r\nFrom: alice@example.com\r\n\r\n", "several From"),
                             (b"From: alice@example.com\r\nno field\r\n\r\n", "no header field"),
                             (b"From alice@example.com Fri May  1 12:00:00 2026\r\nFrom: alice@example.com\r\n\r\n", ""),
                             (b"From: alice@example.com\r\nSubject: a\0b\r\n\r\n", "NUL")):
            self.assert_failed(self.sign(message), 65, "dkim sign: standard input: not signed", why)

    def test_alignment(self):
        """DKS-10"""
        message = b"From: alice@example.net\r\nDate: x\r\nMessage-ID: <1@example.net>\r\n\r\n"
        self.assert_failed(self.sign(message), 65, "not aligned", "example.net", "--unaligned")
        done = self.sign(message, "--unaligned")
        self.assertEqual(done.returncode, 0)
        self.assertIn("warning: example.com is not aligned", done.err)
        self.assertEqual(self.other(done.stdout, 2), [True, True])

    def test_warnings(self):
        """DKS-12"""
        done = self.sign(MESSAGES["eight bits"])
        self.assertIn("warning: octets above 127", done.err)
        self.assertNotIn("octets above 127", self.sign(MESSAGES["plain"]).err)

    def test_no_octet_of_a_message_hurts_the_terminal(self):
        # SEC-03
        done = self.sign(b"From: alice@\x1b[2J.example.net\r\n\r\n")
        self.assertEqual(done.returncode, 65)
        self.assertNotIn("\x1b", done.err)

    def test_keys_that_cannot_sign(self):
        """DKS-02"""
        weak = str(self.folder / "weak")
        subprocess.run(["openssl", "genrsa", "-out", weak, "768"], check=True, capture_output=True)
        curve = str(self.folder / "curve")
        subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", curve],
                       check=True, capture_output=True)
        sign = ["dkim", "sign", "--domain", "example.com", "--selector", "s", "--key"]
        self.assert_failed(run(*sign, weak, stdin=MESSAGES["plain"]), 65, "768 bits")
        self.assert_failed(run(*sign, curve, stdin=MESSAGES["plain"]), 65, "neither RSA nor Ed25519")
        self.assert_failed(run(*sign, self.message, stdin=MESSAGES["plain"]), 65, "everybody on this host may read it")
        os.chmod(self.message, 0o600)
        self.assert_failed(run(*sign, self.message, stdin=MESSAGES["plain"]), 65, "no private key in PEM")
        self.assert_failed(run(*sign, str(self.folder / "none"), stdin=MESSAGES["plain"]), 66, "No such file")

    def test_wrong_usage(self):
        plain = MESSAGES["plain"]
        self.assert_failed(self.sign(plain, "--selector", "more"), 64, "--key needs a --selector")
        self.assert_failed(self.sign(plain, "--identity", "alice@example.net"), 64, "example.com or below")
        self.assert_failed(self.sign(plain, "--expire", "soon"), 64, "--expire", '"soon" is no duration')
        self.assert_failed(self.sign(plain, "--expire", "0s"), 64, "a second at least")
        self.assert_failed(self.sign(plain, "--at", "noon"), 64, "--at")
        self.assert_failed(self.sign(plain, "--canonicalization", "loose"), 64, "--canonicalization")
        self.assert_failed(self.sign(plain, selectors=("r2026", "r2026")), 64, "one selector")
        self.assert_failed(run("dkim"), 64, "--help")
        self.assert_failed(run("dkim", "sign", "--domain", "a..b", "--selector", "s", "--key", self.key("r2026"),
                               stdin=plain), 64, "--domain")

    # ---- check ----

    def check(self, zone, *options, selector="r2026", key="r2026"):
        path = self.write("check.zone", zone.encode())
        return run("dkim", "check", "--domain", "example.com", "--selector", selector, "--key", self.key(key),
                   "--zone", path, *options)

    def published(self, zone, **more):
        done = self.check(zone, "--json", **more)
        answer = json.loads(done.out)
        self.assertEqual(answer["usable"], done.returncode == 0)
        self.assertEqual(done.err.count("\n"), 0 if answer["usable"] else 1)
        return done.returncode, answer["publication"]

    def test_check(self):
        """DKS-15"""
        name = "r2026._domainkey.example.com."
        good = self.world.read_text()
        self.assertEqual(self.published(good), (0, "matches"))
        self.assertEqual(self.published(good, selector="e2026", key="e2026"), (0, "matches"))
        self.assertEqual(self.published(good, selector="e2026"), (65, "unusable"))
        self.assertEqual(self.published(f'{name} TXT "v=DKIM1; p="\n'), (65, "revoked"))
        self.assertEqual(self.published(f'{name} A 192.0.2.1\n'), (65, "missing"))
        self.assertEqual(self.published(f'{name} TXT "v=spf1 -all"\n'), (65, "unusable"))
        self.assertEqual(self.published(f"$FAIL {name} TXT timeout\n"), (69, "not_answered"))
        done = run("dkim", "key", "--domain", "example.com", "--selector", "r2026", "--out", str(self.folder / "k"))
        self.assertEqual(self.published(done.out), (65, "other_key"))

    def test_check_in_words(self):
        done = self.check(self.world.read_text())
        self.assertEqual((done.returncode, done.err), (0, ""))
        self.assertIn("the published key is that of the private key", done.out)
        done = self.check("")
        self.assertEqual(done.returncode, 65)
        self.assertIn("there is no key record", done.out)
        self.assertIn("The record to publish: " + self.records["r2026._domainkey.example.com"], done.out)
        done = self.check('r2026._domainkey.example.com. TXT "\\027[2J; p="\n')
        self.assertNotIn("\x1b", done.out + done.err)

    # ---- key ----

    def test_a_key_is_for_its_owner_alone(self):
        for selector in ("r2026", "e2026"):
            status = (self.keys / selector).stat()
            self.assertEqual(stat.S_IMODE(status.st_mode), 0o600)

    def test_a_key_never_replaces_a_file(self):
        before = (self.keys / "r2026").read_bytes()
        self.assert_failed(run("dkim", "key", "--out", self.key("r2026")), 74, "File exists", "never overwritten")
        self.assertEqual((self.keys / "r2026").read_bytes(), before)
        link = self.folder / "link"
        os.symlink(self.folder / "nowhere", link)
        self.assert_failed(run("dkim", "key", "--type", "ed25519", "--out", str(link)), 74, "File exists")
        self.assert_failed(run("dkim", "key", "--out", str(self.folder / "no" / "key")), 74, "No such file")

    def test_a_key_is_as_it_was_ordered(self):
        done = run("dkim", "key", "--bits", "3072", "--out", str(self.folder / "key"))
        self.assertEqual(done.returncode, 0, done.err)
        self.assertTrue(done.out.startswith("v=DKIM1; k=rsa; p="))
        record = json.loads(run("record", "dkim", "--json", done.out.strip()).out)
        self.assertEqual(record["key_bits"], 3072)
        text = subprocess.run(["openssl", "pkey", "-in", str(self.folder / "key"), "-noout", "-text"],
                              capture_output=True, check=True).stdout.decode()
        self.assertIn("publicExponent: 65537", text)
        self.assert_failed(run("dkim", "key", "--bits", "512", "--out", str(self.folder / "b")), 64, "--bits")
        self.assert_failed(run("dkim", "key", "--type", "dsa", "--out", str(self.folder / "b")), 64, "--type")
        self.assert_failed(run("dkim", "key", "--domain", "example.com", "--out", str(self.folder / "b")), 64, "--selector")
        self.assertFalse((self.folder / "b").exists())

    def test_help_and_manual(self):
        manual = (ROOT / "docs/man/assay.1").read_text(encoding="utf-8")
        for command in ("", "sign", "check", "key"):
            done = run("dkim", *([command] if command else []), "--help")
            self.assertEqual(done.returncode, 0)
            self.assertIn("Example", done.out)
            for option in re.findall(r"--([a-z-]+)", done.out):
                self.assertIn(f"Fl Fl {option}", manual)


if __name__ == "__main__":
    main()
