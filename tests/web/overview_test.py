#!/usr/bin/env python3
"""The overview with hundreds of domains, and a copy of the accounts."""
import io
import json
import os
import unittest
import zipfile
from pathlib import Path

from web import ASSAY, PASSWORD, WebTest, report, run

MANY = 500


class Overview(WebTest):
    def test_hundreds_of_domains_a_page_at_a_time(self):
        self.start()
        root = self.administrator()
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as file:
            for number in range(MANY):
                file.writestr(f"{number}.xml", report(number % 20, f"d{number:03}.example", count=number + 1))
        outcomes = root.upload(packed.getvalue(), "all.zip").json["outcomes"]
        self.assertEqual([each["outcome"] for each in outcomes], ["added"] * MANY)
        period = "from=2026-06-01&to=2026-07-31"
        listed = root.get("/show/domains?" + period).json
        self.assertEqual((listed["domain_count"], len(listed["domains"])), (MANY, MANY))
        names = [f"d{number:03}.example" for number in range(25)]
        found = root.get(f"/overview?{period}&domains={','.join(names)}").json["domains"]
        self.assertEqual([each["domain"] for each in found], names)
        self.assertEqual([each["split"]["messages"] for each in found], list(range(1, 26)))
        for question in ("split", "route"):
            alone = root.get(f"/show/{question}?{period}&domain={names[7]}").json
            self.assertEqual(found[7][question], alone)
        # What is no domain is passed over, what is not known is empty.
        odd = root.get("/overview?domains=a..b,,nobody.example," + "a" * 300).json["domains"]
        self.assertEqual([(each["domain"], each["split"]["messages"]) for each in odd], [("nobody.example", 0)])
        self.assertEqual(root.get("/overview").json, {"domains": []})
        self.assertEqual(root.get("/overview?domains=" + ",".join(f"x{i}.example" for i in range(51))).status, 400)
        self.assertEqual(root.get("/overview?domains=example.com&from=yesterday").status, 400)

    def test_a_tenant_sees_his_own(self):
        self.start()
        root = self.administrator()
        for number, domain in enumerate(("example.com", "example.net")):
            root.upload(report(number, domain))
        root.api("POST", "/groups", {"name": "com", "domains": ["example.com"]})
        root.api("POST", "/users", {"name": "bob", "password": PASSWORD, "groups": ["com"]})
        asked = "/overview?domains=example.com,example.net&from=2026-06-01&to=2026-07-31"
        found = self.client("bob").get(asked).json["domains"]
        self.assertEqual([(each["domain"], each["split"]["messages"]) for each in found], [("example.com", 3)])
        self.assertEqual([each["split"]["messages"] for each in root.get(asked).json["domains"]], [3, 3])
        self.assertEqual(self.client().get(asked).status, 401)


class Copies(WebTest):
    def test_accounts_are_copied_checked_and_put_back(self):
        self.start()
        root = self.administrator()
        root.api("POST", "/groups", {"name": "com", "domains": ["example.com"]})
        root.api("POST", "/users", {"name": "bob", "password": PASSWORD, "groups": ["com"]})
        there, copy = str(self.folder / "var/web.sqlite"), str(self.folder / "copy.sqlite")
        done = run("store", "backup", there, copy)
        self.assertEqual((done.returncode, done.err), (0, ""))
        self.assertEqual(run("store", "check", copy).out, "all well\n")
        told = json.loads(run("store", "info", "--json", copy).out)
        self.assertEqual((told["users"], told["administrators"], told["groups"]), (2, 1, 2))
        self.assertNotIn(PASSWORD.encode(), Path(copy).read_bytes())
        self.assertEqual(os.stat(copy).st_mode & 0o007, 0)
        self.assertEqual(run("store", "erase", "--domain", "example.com", copy).returncode, 65)
        self.assertEqual(root.api("DELETE", "/users/bob").status, 204)
        self.stop()
        for end in ("", "-wal", "-shm"):
            if os.path.exists(there + end):
                os.remove(there + end)
        os.rename(copy, there)
        self.start()
        self.assertEqual(self.client("bob").get("/session").json["user"]["groups"], ["com"])
        self.assertNotIn("setup?token", self.logged().rsplit("Pages: ", 1)[1])


if __name__ == "__main__":
    os.environ.setdefault("ASSAY", ASSAY)
    unittest.main(verbosity=1)
