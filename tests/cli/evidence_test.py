#!/usr/bin/env python3
"""assay evidence: build, list, show, forget."""
import json
import os
import resource
from pathlib import Path

from harness import Test, main, run

NOW = ["--at", "2026-05-01T00:00:00Z"]


def entry(number, result, author, client, day=20, **more):
    """A line of a journal."""
    verdict = {"result": result, "author_domain": author, "organizational_domain": author, "discovery": "treewalk",
               "dkim_aligned": result == "pass", **more.pop("verdict", {})}
    return json.dumps({"v": 1, "id": f"mx.{number}", "time": f"2026-04-{day:02}T10:00:00.000Z", "host": "mx.example.org",
                       "client": client, "mail_from": f"a@{author}", "author_domains": [author],
                       "spf": [{"identity": "mfrom", "domain": author, "result": "fail"}], "verdict": verdict,
                       "action": {"action": "accept", "disposition": "none"}, **more}) + "\n"


class Evidence(Test):
    def setUp(self):
        super().setUp()
        lines = [entry(number, "pass", f"d{number % 6}.example", "198.51.100.25", 10 + number % 3) for number in range(24)]
        lines += [entry(100 + number, "fail", f"d{number}.example", "203.0.113.9") for number in range(5)]
        lines.append(entry(200, "pass", "example.com", "2001:db8::1", 2))
        self.journal = self.write("mx.journal", "".join(lines).encode())
        self.file = str(self.folder / "evidence")

    def build(self, *journals, **more):
        done = run("evidence", "build", *(journals or [self.journal]), "-o", self.file, *NOW, **more)
        self.assertEqual((done.returncode, done.err), (0, ""))
        return done

    def lines(self, *arguments):
        done = run("evidence", *arguments, "--json")
        self.assertEqual((done.returncode, done.err), (0, ""))
        return [json.loads(line) for line in done.out.splitlines()][1:]

    def test_build_and_list(self):
        self.assertEqual(self.build().out, "30 messages read: 3 clients, 7 author domains, 7 pairs\n")
        words = run("evidence", "list", self.file).out
        self.assertRegex(words, r"198\.51\.100\.25 .* known forwarder\n")
        self.assertRegex(words, r"203\.0\.113\.9 .* only failing\n")
        self.assertRegex(words, r"2001:db8::/64 example\.com ")
        self.assertEqual(len(self.lines("list", self.file)), 17)
        for what, member in [("clients", 3), ("authors", 7), ("pairs", 7)]:
            self.assertEqual(len(self.lines("list", self.file, what)), member)

    def test_build_in_json(self):
        done = run("evidence", "build", self.journal, "-o", self.file, "--json", *NOW)
        self.assertEqual(json.loads(done.out), {"messages": 30, "broken_lines": 0, "clients": 3, "authors": 7, "pairs": 7})

    def test_days(self):
        run("evidence", "build", self.journal, "-o", self.file, "--days", "15", *NOW)
        self.assertEqual([line["client"] for line in self.lines("list", self.file, "clients")], ["203.0.113.9"])
        done = run("evidence", "build", self.journal, "-o", self.file, "--days", "0", *NOW)
        self.assert_failed(done, 64, "--days")

    def test_show(self):
        self.build()
        found = self.lines("show", self.file, "198.51.100.25")
        self.assertEqual((found[0]["relayed"], found[0]["relayed_authors"], found[0]["relayed_days"]), (24, 6, 3))
        self.assertEqual(len(found), 7)
        self.assertEqual([line.get("client") for line in self.lines("show", self.file, "D1.example")], [None, "198.51.100.25"])
        self.assertIn("2001:db8::/64", run("evidence", "show", self.file, "2001:db8::99").out)
        self.assertEqual(run("evidence", "show", self.file, "nobody.example").out, "Nothing is known of it.\n")

    def test_forget(self):
        self.build()
        os.chmod(self.file, 0o640)
        self.assertEqual(run("evidence", "forget", self.file, "d1.example").out, "2 entries forgotten\n")
        self.assertEqual(self.lines("show", self.file, "d1.example"), [])
        self.assertEqual(len(self.lines("list", self.file)), 15)
        self.assertEqual(run("evidence", "forget", self.file, "d1.example").out, "0 entries forgotten\n")
        self.assertEqual(json.loads(run("evidence", "forget", self.file, "2001:db8::1", "--json").out), {"forgotten": 2})
        self.assertEqual(os.stat(self.file).st_mode & 0o777, 0o640)

    def test_what_is_neither_address_nor_domain(self):
        self.build()
        for command in ("show", "forget"):
            self.assert_failed(run("evidence", command, self.file, "a b\x1b"), 64, "neither an address nor a domain", "\\x1b")

    def test_broken_lines_are_counted(self):
        broken = self.write("broken.journal", b"{\n" + entry(1, "pass", "example.com", "192.0.2.1").encode() + b"\xff\n")
        done = run("evidence", "build", broken, "-o", self.file, *NOW)
        self.assertEqual(done.returncode, 0)
        self.assertIn("2 lines cannot be read", done.err)
        self.assertIn("1 messages read", done.out)

    def test_nothing_but_broken_lines_leaves_the_file(self):
        self.build()
        before = Path(self.file).read_bytes()
        done = run("evidence", "build", self.write("broken.journal", b"x\n"), "-o", self.file, *NOW)
        self.assert_failed(done, 65, "is left as it is")
        self.assertEqual(Path(self.file).read_bytes(), before)

    def test_missing_journal(self):
        done = run("evidence", "build", "/nowhere/journal", "-o", self.file, *NOW)
        self.assert_failed(done, 66, "/nowhere/journal")
        self.assertFalse(os.path.exists(self.file))

    def test_files_that_are_none(self):
        self.assert_failed(run("evidence", "list", "/nowhere/evidence"), 66, "/nowhere/evidence")
        self.assert_failed(run("evidence", "list", self.write("x", b"\x00\x1b[2J\n")), 65, "line 1")
        self.assert_failed(run("evidence", "list", self.journal), 65, "no file of evidence")

    def test_a_full_disk_leaves_the_old_file(self):
        self.build()
        before = Path(self.file).read_bytes()

        def small():
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

        done = run("evidence", "forget", self.file, "d1.example", preexec_fn=small)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(Path(self.file).read_bytes(), before)

    def test_nothing_else_is_left_in_the_folder(self):
        self.build()
        self.build()
        self.assertEqual(sorted(os.listdir(self.folder)), ["evidence", "message.eml", "mx.journal", "world.zone"])

    def test_a_link_beside_the_file_is_not_followed(self):
        victim = self.write("victim", b"precious")
        os.symlink(victim, self.file + ".new")
        self.build()
        self.assertEqual(Path(victim).read_bytes(), b"precious")


if __name__ == "__main__":
    main()
