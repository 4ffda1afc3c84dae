#!/usr/bin/env python3
"""assay simulate: a journal under another configuration."""
import json

from harness import Test, main, run


def entry(number, action="accept", **more):
    said = {"v": 1, "id": f"mx-{number}", "time": "2026-05-01T12:00:00.000Z", "host": "mx.example.org",
            "client": "203.0.113.9", "mail_from": "x@evil.example", "recipient_domains": ["example.org"], "recipients": 1,
            "size": 100, "author_domains": ["example.com"],
            "verdict": {"result": "fail", "author_domain": "example.com", "policy_domain": "example.com",
                        "record": "v=DMARC1; p=reject", "published_policy": "reject", "policy": "reject",
                        "discovery": "treewalk"},
            "spf": [{"identity": "mfrom", "domain": "evil.example", "result": "pass"}],
            "evidence": [{"kind": "no_relay", "leans": "abuse", "what": "nothing of a relay"}],
            "action": {"action": action, "disposition": "none"}}
    said.update(more)
    return json.dumps(said)


class Simulate(Test):
    def simulate(self, config, lines, *more):
        journal = self.write("mx-1-20260501T12.journal", "".join(line + "\n" for line in lines).encode())
        return run("simulate", journal, "--config", self.write("new.toml", config.encode()), *more)

    def test_says_what_would_have_differed(self):
        done = self.simulate('[enforcement]\nmode = "rfc9989"\n', [entry(1), entry(2), entry(3, action="reject")], "--json")
        self.assertEqual(done.returncode, 0, done.err)
        answer = json.loads(done.out)
        self.assertEqual((answer["messages"], answer["changed"]), (3, 2))
        group, = answer["groups"]
        self.assertEqual((group["before"], group["after"], group["messages"]), ("accept", "reject", 2))
        self.assertEqual((group["author_domain"], group["sender"]), ("example.com", "evil.example"))
        self.assertEqual(group["examples"], ["mx-1", "mx-2"])

    def test_an_allow_list_is_asked_anew(self):
        config = '[[allow]]\nclient = "203.0.113.0/24"\n'
        self.assertIn("0 of 1 messages", self.simulate(config, [entry(1)]).out)
        self.assertIn("1 of 1 messages", self.simulate("", [entry(1)]).out)

    def test_monitor_and_passing_mail(self):
        passed = entry(1, verdict={"result": "pass", "author_domain": "example.com", "policy": "reject",
                                   "discovery": "treewalk"})
        done = self.simulate('[enforcement]\nmode = "monitor"\n', [entry(2), passed])
        self.assertIn("0 of 2 messages", done.out)

    def test_broken_lines_and_exempt_mail_are_counted(self):
        exempt = json.loads(entry(1))
        del exempt["verdict"]
        exempt["exempt"] = "authenticated"
        done = self.simulate("", [json.dumps(exempt), "{broken"])
        self.assertIn("1 exempt", done.out)
        self.assertIn("1 lines could not be read", done.out)

    def test_a_bad_configuration_is_named_with_its_place(self):
        done = self.simulate("[enforcement]\nmood = 1\n", [entry(1)])
        self.assertEqual(done.returncode, 65)
        self.assertIn("new.toml:2:1", done.err)
        self.assertIn("mode", done.err)


if __name__ == "__main__":
    main()
