#!/usr/bin/env python3
"""assay journal: cat, check and stats over files as docs/journal.md describes them."""
import json
import re
from pathlib import Path

from harness import ROOT, Test, main, run


def line(number, **members):
    """A line as docs/journal.md says; None takes a member away."""
    value = {"v": 1, "id": f"mx-{number}", "time": f"2026-05-01T12:00:{number:02}.000Z",
             "author_domains": ["example.com"],
             "verdict": {"result": "pass", "author_domain": "example.com", "discovery": "treewalk"},
             "action": {"action": "accept", "disposition": "pass"}, **members}
    return json.dumps({key: each for key, each in value.items() if each is not None})


def failing(domain):
    return {"author_domains": [domain],
            "verdict": {"result": "fail", "author_domain": domain, "discovery": "treewalk"},
            "action": {"action": "reject", "disposition": "reject"}}


class Journal(Test):
    def setUp(self):
        super().setUp()
        (self.folder / "journal").mkdir()
        self.journal = str(self.folder / "journal")

    def put(self, name, *lines, end="\n"):
        return self.write(f"journal/{name}", ("\n".join(lines) + end).encode())

    def cat(self, *arguments):
        done = run("journal", "cat", self.journal, *arguments)
        self.assertEqual(done.returncode, 0, done.err)
        return [json.loads(each)["id"] for each in done.out.splitlines()]

    def test_lines_as_they_are_file_after_file(self):
        odd = '{ "action":{"disposition":"none","action":"accept"}, "time":"2026-05-01T12:00:00Z", "new":[1], "id":"é", "v":1 }'
        self.put("b.journal", odd)
        self.put("a.journal", line(1), line(2))
        self.put("c.journal.part", line(3), '{"v":1,"id":"unfini', end="")
        self.put("d.txt", "no journal")
        done = run("journal", "cat", self.journal)
        self.assertEqual((done.returncode, done.err), (0, ""))
        self.assertEqual(done.out, "".join(each + "\n" for each in (line(1), line(2), odd, line(3))))

    def test_one_file_and_several(self):
        one, two = self.put("a.journal", line(1)), self.put("b.journal", line(2))
        self.assertEqual(run("journal", "cat", two, one).out, line(2) + "\n" + line(1) + "\n")

    def test_conditions(self):
        self.put("a.journal", line(1), line(2, **failing("mail.example.com")), line(3, **failing("example.org")),
                 line(4, verdict=None, exempt="authenticated"), line(5, author_domains=["notexample.com"]))
        self.assertEqual(self.cat("--result", "fail"), ["mx-2", "mx-3"])
        self.assertEqual(self.cat("--author", "Example.COM"), ["mx-1", "mx-2", "mx-4"])
        self.assertEqual(self.cat("--author", "example.com", "--action", "reject"), ["mx-2"])
        self.assertEqual(self.cat("--from", "2026-05-01T12:00:02Z", "--to", "2026-05-01T12:00:04Z"), ["mx-2", "mx-3"])
        self.assertEqual(self.cat("--from", "2026-05-01T14:00:05.000+02:00"), ["mx-5"])
        self.assertEqual(self.cat("--from", "1777636804"), ["mx-4", "mx-5"])
        self.assertEqual(self.cat("--result", "permerror"), [])

    def test_no_octet_of_a_line_hurts_the_terminal(self):
        # SEC-03
        raw = line(1, helo="\x9b2J\u202e\U000e0041\x7f end").encode()
        raw = json.dumps(json.loads(raw), ensure_ascii=False).encode()
        self.write("journal/a.journal", raw + b"\n")
        done = run("journal", "cat", self.journal)
        self.assertEqual(done.stdout.decode("ascii"), done.out)
        self.assertNotIn("\x7f", done.out)
        self.assertEqual(json.loads(done.out), json.loads(raw))

    def test_cat_passes_over_broken_lines_and_says_so(self):
        self.put("a.journal", line(1), "broken", line(2))
        done = run("journal", "cat", self.journal)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.out, line(1) + "\n" + line(2) + "\n")
        self.assertEqual(done.err, "assay: journal cat: 1 of 3 lines cannot be read; see assay journal check\n")

    def test_erase(self):
        """PRI-07"""
        self.put("a.journal", line(1), line(2, **failing("evil.example")), "broken", line(3, mail_from="x@sub.example.com",
                                                                                           **failing("evil.example")))
        other = Path(self.put("b.journal", line(4, **failing("evil.example"))))
        gone = Path(self.put("c.journal", line(5), line(6, author_domains=["sub.example.com"])))
        self.put("d.journal.part", line(7))
        before = other.stat()
        size = len((self.folder / "journal/a.journal").read_text())
        done = run("journal", "erase", "--domain", "EXAMPLE.com", self.journal)
        self.assertEqual(done.returncode, 0, done.err)
        self.assertEqual(done.out, "erased 4 of 7 lines, in 2 files\n1 more in files that are still written: erase again "
                                   "when their hour is over\n")
        self.assertEqual(self.cat(), ["mx-2", "mx-4", "mx-7"])
        kept = (self.folder / "journal/a.journal").read_text()
        self.assertEqual(len(kept), size)
        self.assertEqual([one.strip() for one in kept.splitlines()], ["", line(2, **failing("evil.example")), "broken", ""])
        self.assertFalse(gone.exists())
        self.assertEqual(other.stat().st_mtime_ns, before.st_mtime_ns)
        again = run("journal", "erase", "--domain", "example.com", self.journal)
        self.assertTrue(again.out.startswith("erased 0 of 3 lines, in 0 files\n"), again.out)
        self.assertEqual((self.folder / "journal/a.journal").read_text(), kept)
        run("journal", "erase", "--domain", "evil.example", self.journal)
        blank = (self.folder / "journal/a.journal").read_text()
        self.assertEqual((len(blank), blank.split()), (len(kept), ["broken"]))
        self.assertEqual(run("journal", "erase", self.journal).returncode, 64)

    def test_check(self):
        self.put("a.journal", line(1), line(2))
        done = run("journal", "check", self.journal)
        self.assertEqual((done.returncode, done.out, done.err), (0, "2 lines, all well\n", ""))

    def test_check_says_what_is_broken_where(self):
        # SEC-02
        path = self.put("a.journal", line(1), '{"v":1,', line(2, time="yesterday"), '{"v":9}', "\x1b[2J", "x" * (2 << 20),
                        line(3), line(4), end="")
        done = run("journal", "check", self.journal)
        self.assertEqual(done.returncode, 65)
        self.assertEqual(done.err, "assay: journal check: 6 of 8 lines cannot be read\n")
        found = done.out.splitlines()
        start = len(line(1)) + 1
        self.assertEqual(found[0], f"{path}:2: octet {start + 7}: no JSON text: a member's name in quotation marks is missing")
        self.assertEqual(found[1], f'{path}:3: octet {start + 8}: "time" must be a time like 2026-05-01T12:00:00.000Z')
        self.assertIn("is of version 9", found[2])
        self.assertIn("no JSON value", found[3])
        self.assertIn("longer than 1 MiB", found[4])
        self.assertIn("the last line is cut", found[5])
        self.assertNotIn("\x1b", done.out)

    def test_stats(self):
        self.put("a.journal", line(1), line(2, **failing("mail.example.com")), line(3, **failing("mail.example.com")),
                 line(4, **failing("example.org"), overrides=[{"type": "mailing_list"}, {"type": "mailing_list"}]),
                 line(5, verdict=None, exempt="own_network"),
                 line(6, verdict={"result": "temperror", "discovery": "treewalk"},
                      dkim=[{"domain": "example.com", "result": "temperror"}],
                      rfc7489={"result": "pass", "discovery": "psl"}, differs=["result"]), "broken")
        done = run("journal", "stats", self.journal)
        self.assertEqual((done.returncode, done.err), (0, ""))
        self.assertIn("Messages: 6\nPeriod:   2026-05-01T12:00:01.000Z to 2026-05-01T12:00:06.000Z\n", done.out)
        self.assertIn("1 of 7 lines cannot be read", done.out)
        self.assertRegex(done.out, r"Author domains that fail most\n  mail\.example\.com +2\n  example\.org +1\n")
        done = run("journal", "stats", "--json", self.journal)
        counts = json.loads(done.out)
        self.assertEqual(counts["messages"], 6)
        self.assertEqual((counts["lines"], counts["broken_lines"]), (7, 1))
        self.assertEqual(counts["results"], {"fail": 3, "pass": 1, "temperror": 1})
        self.assertEqual(counts["exempt"], {"own_network": 1})
        self.assertEqual(counts["actions"], {"accept": 3, "reject": 3})
        self.assertEqual(counts["overrides"], {"mailing_list": 1})
        self.assertEqual(counts["failing_author_domains"], {"mail.example.com": 2, "example.org": 1})
        self.assertEqual(counts["dns_failures"], {"result": 1, "spf": 0, "dkim": 1})
        self.assertEqual(counts["compare"], {"messages": 1, "differing": 1, "members": {"result": 1}})
        done = run("journal", "stats", "--json", "--result", "fail", self.journal)
        self.assertEqual(json.loads(done.out)["messages"], 3)

    def test_stats_of_nothing(self):
        done = run("journal", "stats", self.journal)
        self.assertEqual((done.returncode, done.out), (0, "Messages: 0\n"))
        self.assertNotIn("first", json.loads(run("journal", "stats", "--json", self.journal).out))

    def test_words_of_a_hostile_journal_are_shown_harmlessly(self):
        # SEC-03
        self.put("a.journal", line(1, action={"action": "\x1b[2J\nX", "disposition": "none"}))
        done = run("journal", "stats", self.journal)
        self.assertNotIn("\x1b", done.out)
        self.assertNotIn("\nX", done.out)

    def test_the_example_of_the_documentation(self):
        text = (ROOT / "docs/journal.md").read_text(encoding="utf-8")
        example = re.search(r"```json\n(.*)\n```", text).group(1)
        self.put("a.journal", example)
        self.assertEqual(run("journal", "check", self.journal).returncode, 0)

    def test_help(self):
        for command in ("", "cat", "check", "stats"):
            done = run("journal", *([command] if command else []), "--help")
            self.assertEqual(done.returncode, 0)
            self.assertIn("Example", done.out)
            self.assertIn(f"assay journal {command}".strip(), done.out)

    def test_failures(self):
        self.assert_failed(run("journal"), 64, "--help")
        self.assert_failed(run("journal", "cat"), 64, "PATH")
        self.assert_failed(run("journal", "cat", self.journal, "--from", "noon"), 64, "--from", '"noon" is no time')
        self.assert_failed(run("journal", "cat", self.journal, "--author", "a..b"), 64, "--author")
        self.assert_failed(run("journal", "check", self.journal + "/none"), 66, "No such file or directory")


if __name__ == "__main__":
    main()
