#!/usr/bin/env python3
"""The filter behind a real Sendmail: what differs from Postfix (indexes of fields, leading spaces, folding) and what must not."""
import unittest

import sendmail
from filter_test import results
from world import MESSAGE, Test, signed

FORGED = b"Authentication-Results: mx.rcpt.example; dmarc=pass header.from=bank.example\r\n"


class BehindSendmail(Test):
    def begin_mta(self):
        return sendmail.Sendmail(self.folder, f"inet:{self.filter.port}@127.0.0.1", self.sink.port)

    def test_pass_is_marked_first_with_one_space(self):
        self.begin()
        self.assertEqual(self.send(signed())[0], 250)
        arrived = self.taken()
        found = results(arrived)
        self.assertEqual(len(found), 1)
        self.assertTrue(found[0].startswith("Authentication-Results: mx.rcpt.example; "), found)
        self.assertIn("dmarc=pass", found[0])
        self.assertLess(arrived.index(b"Authentication-Results:"), arrived.index(b"DKIM-Signature:"))
        entry = self.filter.entries()[0]
        self.assertEqual((entry["client"], entry["helo"], entry["mail_from"]),
                         ("127.0.0.9", "out.aligned.example", "a@aligned.example"))
        self.assertEqual(entry["verdict"]["result"], "pass")

    def test_spoof_is_rejected_in_smtp(self):
        self.begin()
        code, text = self.send(MESSAGE, sender="x@evil.example", helo="out.evil.example")
        self.assertEqual((code, text), (550, b"5.7.1 DMARC policy of aligned.example"))
        self.assertEqual(self.filter.entries()[0]["action"]["action"], "reject")

    def test_forged_results_go_wherever_they_stand(self):
        self.begin()
        other = b"Authentication-Results: other.example; dmarc=pass\r\n"
        message = FORGED + other + signed().replace(b"Subject:", FORGED.upper().replace(b"PASS", b"pass") + b"Subject:")
        self.assertEqual(self.send(message)[0], 250)
        found = results(self.taken())
        self.assertEqual(len(found), 2, found)
        self.assertIn("header.from=aligned.example", found[0])
        self.assertIn("other.example", found[1])

    def test_octets_of_the_header_count_as_they_stand(self):
        """Leading spaces, tabs, none, and folding, under a signature that minds them."""
        self.begin()
        for subject in (b"Subject:none", b"Subject:  two", b"Subject:\ttab", b"Subject: folded\r\n\tonce\r\n twice "):
            message = signed(MESSAGE.replace(b"Subject: a message", subject), form="simple")
            self.assertEqual(self.send(message)[0], 250)
        for entry in self.filter.entries(4):
            self.assertEqual(entry["dkim"][0]["result"], "pass", entry)

    def test_quarantine_queue(self):
        self.begin(enforcement='quarantine = "hold"')
        message = MESSAGE.replace(b"aligned.example", b"careful.example")
        self.assertEqual(self.send(message, sender="x@evil.example", helo="out.evil.example")[0], 250)
        self.assertEqual(self.filter.entries()[0]["action"]["quarantine"], "hold")
        self.assertEqual(self.mta.quarantined(), 1)
        self.assertEqual(self.sink.messages, [])

    def test_the_filter_away_and_back(self):
        """F=T: the client tries again later."""
        self.begin()
        self.filter.stop()
        self.assertEqual(self.send(signed())[0], 451)
        self.filter.out = open(self.folder / "filter.log", "ab")
        self.filter.start()
        self.assertEqual(self.send(signed())[0], 250)
        self.assertIn("dmarc=pass", results(self.taken())[0])


if __name__ == "__main__":
    unittest.main()
