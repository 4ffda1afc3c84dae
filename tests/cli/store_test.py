#!/usr/bin/env python3
"""assay store: check, backup and info of a file with two evaluations of example.com, one of them sent as report r1, and a failure report."""
import json
import sqlite3

from harness import ROOT, Test, main, run


class Store(Test):
    def setUp(self):
        super().setUp()
        self.store = str(self.folder / "store")
        self.do((ROOT / "system/store_sqlite/testdata/schema_2.sql").read_text(encoding="utf-8"))

    def do(self, sql):
        database = sqlite3.connect(self.store)
        database.executescript(sql)
        database.close()

    def test_info(self):
        done = run("store", "info", self.store)
        self.assertEqual((done.returncode, done.err), (0, ""))
        self.assertRegex(done.out, r"Evaluations taken in +2\n")
        self.assertRegex(done.out, r"in reports that were sent +1\n")
        found = json.loads(run("store", "info", "--json", self.store).out)
        self.assertEqual((found["version"], found["tuples"], found["waiting"], found["sent"]), (2, 2, 1, 1))
        self.assertEqual(found["settled"]["reported"], 1)

    def test_check(self):
        done = run("store", "check", self.store)
        self.assertEqual((done.returncode, done.out, done.err), (0, "all well\n", ""))
        self.do("UPDATE facts SET count = 3 WHERE settlement = 0; DELETE FROM tuples WHERE id = 1;")
        done = run("store", "check", self.store)
        self.assertEqual((done.returncode, done.err),
                         (65, f"assay: store check: {self.store} is damaged; put a backup in its place\n"))
        self.assertIn("1 counts of rows that are not there\n", done.out)
        self.assertIn("taken in: 2 evaluations, but 4 in their places\n", done.out)

    def test_backup(self):
        copy = str(self.folder / "copy")
        done = run("store", "backup", self.store, copy)
        self.assertEqual((done.returncode, done.err), (0, ""))
        self.assertEqual(run("store", "check", copy).out, "all well\n")
        self.assert_failed(run("store", "backup", self.store, copy), 74, copy, "there is a file of that name")

    def test_erase(self):
        done = run("store", "erase", "--domain", "example.com", self.store)
        self.assertEqual((done.returncode, done.err), (0, ""))
        self.assertIn("example.com: 2 evaluations, 1 reports, 2 deliveries", done.out)
        self.assertEqual(run("store", "check", self.store).out, "all well\n")
        self.assertIn("0 evaluations", run("store", "erase", "--domain", "example.com", self.store).out)

    def test_failures(self):
        self.assert_failed(run("store"), 64, "--help")
        self.assert_failed(run("store", "info"), 64, "FILE")
        self.assert_failed(run("store", "erase", self.store), 64, "--domain")
        self.assert_failed(run("store", "backup", self.store), 64, "COPY")
        for command in ("check", "info"):
            self.assert_failed(run("store", command, self.store + "-none"), 66, "No such file or directory")
            self.assert_failed(run("store", command, self.message), 65, self.message, "is damaged")
        self.do("PRAGMA user_version=99")
        self.assert_failed(run("store", "info", self.store), 65, "later version of Assay")


if __name__ == "__main__":
    main()
