#!/usr/bin/env python3
"""The filter behind a real Postfix: each test sends mail by SMTP and looks at the reply, at what arrives, and at the journal."""
import re
import unittest

import mta
import sign
from world import MESSAGE, RELAYED, Keys, Test, signed

SPOOF = dict(ip="203.0.113.9", helo="out.evil.example", sender="x@evil.example")


def results(octets):
    """Our own Authentication-Results, unfolded."""
    head = re.sub(rb"\r\n[ \t]+", b" ", octets.split(b"\r\n\r\n")[0])
    return [line.decode() for line in head.split(b"\r\n") if line.lower().startswith(b"authentication-results:")]


class Passing(Test):
    def test_aligned_mail_is_marked_and_journalled(self):
        self.begin()
        code, text = self.send(signed())
        self.assertEqual(code, 250, text)
        arrived = self.taken()
        found = results(arrived)
        self.assertEqual(len(found), 1)
        self.assertIn("mx.rcpt.example;", found[0])
        self.assertIn("dmarc=pass", found[0])
        self.assertIn("dkim=pass", found[0])
        self.assertTrue(arrived.startswith(b"Authentication-Results: mx.rcpt.example;"), arrived[:200])
        entry, = self.filter.entries()
        self.assertEqual(entry["verdict"]["result"], "pass")
        self.assertEqual(entry["action"]["disposition"], "pass")
        self.assertEqual(entry["client"], "192.0.2.1")
        self.assertEqual(entry["mail_from"], "a@aligned.example")
        self.assertEqual(entry["recipient_domains"], ["rcpt.example"])

    def test_forged_results_go_and_foreign_ones_stay(self):
        self.begin()
        forged = (b"Authentication-Results: mx.rcpt.example; dmarc=pass header.from=bank.example\r\n"
                  b"authentication-results:\r\n\t(hidden) MX.rcpt.example\r\n\t; spf=pass\r\n"
                  b"Authentication-Results: mx.other.example; dkim=pass\r\n"
                  b"Authentication-Results: \"mx.rcpt.example\" 1; dkim=pass\r\n")
        self.assertEqual(self.send(forged + signed())[0], 250)
        found = results(self.taken())
        self.assertEqual(len(found), 2, found)
        self.assertIn("dmarc=pass header.from=aligned.example", re.sub(r" \([^)]*\)", "", found[0]))
        self.assertIn("mx.other.example", found[1])

    def test_octets_of_the_header_count_as_they_stand(self):
        """DKV-40: folding, doubled spaces, no leading space, and a simple signature over them."""
        self.begin()
        odd = (b"From:Alice  <a@aligned.example>\r\n"
               b"Subject:\tfolded\r\n \t twice\r\n  and again\r\n"
               b"To: user@rcpt.example\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\nMessage-ID:  <2@aligned.example>\r\n"
               b"\r\nBody  with \t white space \r\n.\r\n..dots\r\n\r\n\r\n")
        for number, form in enumerate(("relaxed", "simple"), 1):
            with self.subTest(form):
                self.assertEqual(self.send(signed(odd, form=form), sender="b@elsewhere.example")[0], 250)
                self.assertIn("dkim=pass", results(self.taken(number))[0])

    def test_eight_bit_and_smtputf8(self):
        self.begin()
        message = MESSAGE.replace(b"Alice <", "Zoë <".encode()).replace(b"say nothing", "sägen nichts".encode())
        self.assertEqual(self.send(signed(message), options=["BODY=8BITMIME", "SMTPUTF8"])[0], 250)
        self.assertIn("dmarc=pass", results(self.taken())[0])

    def test_arc_is_left_out_and_received_spf_added_where_so_configured(self):
        self.begin("add_arc_results = false\nadd_received_spf = true")
        self.assertEqual(self.send(signed())[0], 250)
        arrived = self.taken()
        self.assertNotIn("; arc=", results(arrived)[0])
        self.assertIn("dkim=pass", results(arrived)[0])
        self.assertRegex(arrived, rb"(?m)^Received-SPF: pass ")

    def test_no_policy_no_touch(self):
        self.begin()
        free = MESSAGE.replace(b"a@aligned.example", b"a@free.example")
        self.assertEqual(self.send(free, **SPOOF)[0], 250)
        self.assertIn("dmarc=none", results(self.taken())[0])


class Failing(Test):
    def test_a_bare_spoof_is_rejected_with_evidence(self):
        self.begin()
        code, text = self.send(**SPOOF)
        self.assertEqual(code, 550, text)
        self.assertIn(b"5.7.1", text)
        self.assertIn(b"DMARC", text)
        self.assertIn(b"aligned.example", text)
        entry, = self.filter.entries()
        self.assertEqual(entry["action"]["action"], "reject")
        self.assertEqual(entry["action"]["disposition"], "reject")
        self.assertIn("abuse", [one["leans"] for one in entry["evidence"]])

    def test_reject_alone_is_no_ground(self):
        """EVA-11: p=reject and nothing else against the message: quarantine, with the reason."""
        self.begin()
        code, text = self.send(RELAYED + MESSAGE, **SPOOF)
        self.assertEqual(code, 250, text)
        self.assertIn(b"X-Assay-Quarantine: yes", self.taken())
        entry, = self.filter.entries()
        self.assertEqual(entry["action"]["disposition"], "quarantine")
        self.assertEqual(entry["overrides"][0]["type"], "local_policy")

    def test_monitor_changes_nothing(self):
        self.begin(enforcement='mode = "monitor"')
        self.assertEqual(self.send(**SPOOF)[0], 250)
        arrived = self.taken()
        self.assertNotIn(b"X-Assay-Quarantine", arrived)
        self.assertIn("dmarc=fail", results(arrived)[0])
        entry, = self.filter.entries()
        self.assertEqual(entry["action"]["action"], "accept")
        self.assertEqual(entry["overrides"][0]["type"], "local_policy")

    def test_published_is_to_the_letter(self):
        self.begin(enforcement='mode = "published"')
        self.assertEqual(self.send(RELAYED + MESSAGE, **SPOOF)[0], 550)
        careful = MESSAGE.replace(b"a@aligned.example", b"a@careful.example")
        self.assertEqual(self.send(careful, **SPOOF)[0], 250)
        self.assertIn(b"X-Assay-Quarantine: yes", self.taken())

    def test_hold_queue(self):
        self.begin(enforcement='mode = "published"\nquarantine = "hold"')
        careful = MESSAGE.replace(b"a@aligned.example", b"a@careful.example")
        self.assertEqual(self.send(careful, **SPOOF)[0], 250)
        self.assertIn('"queue_name": "hold"', self.mta.queue())
        self.assertEqual(self.filter.entries()[0]["action"]["quarantine"], "hold")

    def test_subject_mark(self):
        self.begin(enforcement='mode = "published"\nquarantine = "subject"')
        careful = MESSAGE.replace(b"a@aligned.example", b"a@careful.example")
        self.assertEqual(self.send(careful, **SPOOF)[0], 250)
        self.assertIn(b"Subject: [suspicious] a message", self.taken())

    def test_own_domain_is_held_to_more_than_it_publishes(self):
        self.begin(enforcement='[enforcement.stricter]\n"own.example" = "reject"')
        own = MESSAGE.replace(b"a@aligned.example", b"boss@own.example")
        self.assertEqual(self.send(own, **SPOOF)[0], 550)
        self.assertEqual(self.send(own, ip="192.0.2.77", sender="boss@own.example")[0], 250)

    def test_two_from_fields_never_pass(self):
        self.begin()
        double = b"From: Bob <b@asking.example>\r\n" + signed()
        code, _ = self.send(double)
        if code == 250:
            self.assertNotIn("dmarc=pass", results(self.taken())[0])
        entry, = self.filter.entries()
        self.assertNotEqual(entry["verdict"]["result"], "pass")
        self.assertEqual(sorted(entry["author_domains"]), ["aligned.example", "asking.example"])

    def test_limits_by_author_and_share(self):
        self.begin(enforcement='only_authors = ["other.example"]')
        self.assertEqual(self.send(**SPOOF)[0], 250)
        self.assertEqual(self.filter.entries()[0]["action"]["action"], "accept")


class Indirect(Test):
    def test_mailing_list_with_recovered_signature(self):
        self.begin()
        sent = signed()
        changed = sent.replace(b"Subject: a message", b"Subject: [talk] a message")
        changed += b"_______________________________________________\r\ntalk mailing list\r\n"
        listed = (b"List-Id: talk <talk.lists.example>\r\nList-Post: <mailto:talk@lists.example>\r\n" + changed)
        code, text = self.send(listed, sender="talk-bounces@lists.example", ip="198.51.100.7",
                               helo="mx.lists.example")
        self.assertEqual(code, 250, text)
        entry, = self.filter.entries()
        self.assertEqual(entry["verdict"]["result"], "fail")
        self.assertEqual(entry["action"]["action"], "accept")
        self.assertEqual(entry["overrides"][0]["type"], "mailing_list")
        self.assertIn("author_signature_recovered", [one["kind"] for one in entry["evidence"]])
        self.assertNotIn(b"X-Assay-Quarantine", self.taken())

    def test_trusted_arc(self):
        self.begin(config='[evidence]\ntrusted_sealers = ["sealer.example"]')
        sealed = sign.arc(MESSAGE, Keys.of("sealer"), "sealer.example",
                          "mx.sealer.example; dkim=pass header.d=aligned.example; "
                          "dmarc=pass header.from=aligned.example")
        code, text = self.send(sealed, sender="fwd@sealer.example", ip="198.51.100.8", helo="mx.sealer.example")
        self.assertEqual(code, 250, text)
        entry, = self.filter.entries()
        self.assertEqual(entry["arc"]["result"], "pass")
        self.assertEqual(entry["overrides"][0]["type"], "local_policy")
        self.assertIn("arc=pass", entry["overrides"][0]["comment"])

    def test_allow_list_names_its_override(self):
        self.begin(config='[[allow]]\nclient = "198.51.100.0/24"\noverride_type = "trusted_forwarder"\ncomment = "our gateway"')
        self.assertEqual(self.send(ip="198.51.100.9", sender="x@forward.example", helo="mx.forward.example")[0], 250)
        entry, = self.filter.entries()
        self.assertEqual(entry["overrides"][0]["type"], "trusted_forwarder")


class Exempt(Test):
    def test_own_network_and_submitters_are_not_judged(self):
        self.begin()
        self.assertEqual(self.send(ip="192.0.2.200")[0], 250)
        self.assertEqual(self.filter.entries()[0]["exempt"], "own_network")
        self.assertEqual(self.send(login="alice", **SPOOF)[0], 250)
        self.assertEqual(self.filter.entries(2)[1]["exempt"], "authenticated")

    def test_client_behind_a_trusted_relay(self):
        self.begin()
        received = (b"Received: from out.aligned.example (out.aligned.example [192.0.2.5])\r\n"
                    b"\tby backup.rcpt.example (Postfix) with ESMTP id 1; Sat, 21 Nov 2026 10:00:01 +0000\r\n")
        self.assertEqual(self.send(received + MESSAGE, ip="192.0.2.250", helo="backup.rcpt.example")[0], 250)
        entry, = self.filter.entries()
        self.assertEqual(entry["client"], "192.0.2.5")
        self.assertEqual(entry["verdict"]["result"], "pass")


class DnsTrouble(Test):
    """No name server answers."""

    def test_accepted_by_default(self):
        self.begin('lookup_time = "300ms"', dns_port=mta.free_port())
        self.assertEqual(self.send(**SPOOF)[0], 250)
        self.assertIn("dmarc=temperror", results(self.taken())[0])
        self.assertEqual(self.filter.entries()[0]["verdict"]["result"], "temperror")

    def test_deferred_where_configured_with_a_cap(self):
        self.begin('lookup_time = "300ms"', dns_port=mta.free_port(),
                   enforcement='on_dns_failure = "defer"\nmax_deferrals = 2')
        codes = [self.send(**SPOOF)[0] for _ in range(3)]
        self.assertEqual(codes, [451, 451, 250])


if __name__ == "__main__":
    unittest.main(verbosity=1)
