"""The answers of the interface: their shape, and that the commands say the same."""

import json
import os
import re
import unittest

from web import ASSAY, EXAMPLES, PASSWORD, WebTest, report, routes, run, shape


class Contract(WebTest):
    """Answers have the shape of the examples, which the pages are built and tested with."""

    maxDiff = None

    def expect(self, name, answer, status=200):
        self.assertEqual(answer.status, status, answer)
        example = json.loads((EXAMPLES / (name + ".json")).read_text())
        self.assert_like(shape(example), shape(answer.json), name)

    def assert_like(self, wanted, got, where):
        """What is there is of the same kind; what is absent may be."""
        if wanted == "null" or got == "null":
            return
        if isinstance(wanted, list):
            self.assertIsInstance(got, list, where)
            if wanted[0] and got[0]:
                self.assert_like(wanted[0], got[0], where + "[]")
        elif isinstance(wanted, dict):
            self.assertIsInstance(got, dict, where)
            for name in wanted.keys() & got.keys():
                self.assert_like(wanted[name], got[name], where + "." + name)
        else:
            self.assertEqual(wanted, got, where)

    def test_examples(self):
        self.start()
        client = self.client()
        self.expect("get_session_anonymous", client.get("/session"))
        self.expect("error", client.get("/domains"), 401)
        root = self.administrator()
        self.expect("get_session", root.get("/session"))
        self.expect("post_session", self.client().sign_in("root"))
        self.expect("post_demo", root.api("POST", "/demo"), 201)
        self.assertEqual(root.api("POST", "/demo").code, "not_empty")
        self.assertTrue(root.get("/session").json["demo"])
        domain = "harbour.example"
        for example in sorted(EXAMPLES.glob("get_show_*.json")):
            question = example.stem.removeprefix("get_show_")
            self.expect(example.stem, root.get(f"/show/{question}?domain={domain}" if question != "domains" else "/show/domains"))
        self.expect("get_reports", root.get("/reports?kind=aggregate"))
        listed = root.get("/reports?limit=3").json
        self.assertEqual(len(listed["reports"]), 3)
        self.assertEqual(listed["next"], listed["reports"][-1]["id"])
        aggregate = root.get("/reports?kind=aggregate&limit=1").json["reports"][0]["id"]
        self.expect("get_report", root.get(f"/reports/{aggregate}"))
        for kind in ("failure", "tls"):
            one = root.get(f"/reports?kind={kind}&limit=1").json["reports"][0]["id"]
            self.assertIn(kind, root.get(f"/reports/{one}").json)
            self.expect("get_report_" + kind, root.get(f"/reports/{one}"))
        self.expect("get_overview", root.get(f"/overview?domains={domain}"))
        self.expect("post_reports", root.upload(report(1)))
        self.expect("post_verify", root.api("POST", "/verify", {"message": "From: a@example.com\n\nx\n", "client": "192.0.2.1",
                                                                "helo": "mx.example.com", "mail_from": "a@example.com"}))
        mark = {"domain": domain, "service": "network 192.0.2.0/24", "mark": "own", "note": "our servers"}
        self.expect("post_marks", root.api("POST", "/marks", mark))
        self.expect("get_marks", root.get("/marks"))
        self.expect("get_domains", root.get("/domains"))
        self.expect("get_health", root.get("/health"))
        self.expect("get_channels", root.get("/channels"))
        self.expect("post_channel_test", root.api("POST", "/channels/folder/test"))
        self.expect("get_alerts", root.get("/alerts"))
        self.expect("get_retention", root.get("/retention"))
        self.expect("put_retention", root.api("PUT", "/retention", {"keep_raw": "30d"}))
        self.assertEqual(root.get("/retention").json["retention"]["keep_raw"], "30d")
        self.expect("post_groups", root.api("POST", "/groups", {"name": "shop", "domains": ["example.com"]}), 201)
        self.expect("patch_group", root.api("PATCH", "/groups/shop", {"domains": ["*.example.com"]}))
        self.expect("get_groups", root.get("/groups"))
        self.expect("post_users", root.api("POST", "/users", {"name": "bob", "password": PASSWORD, "groups": ["shop"]}), 201)
        self.expect("patch_user", root.api("PATCH", "/users/bob", {"role": "analyst"}))
        self.expect("get_users", root.get("/users"))
        self.expect("post_tokens", root.api("POST", "/tokens", {"name": "backup"}), 201)
        self.expect("get_tokens", root.get("/tokens"))
        self.expect("get_audit", root.get("/audit"))
        self.assertEqual(root.api("DELETE", "/demo").status, 204)
        self.assertEqual(root.get("/domains").json["domains"], ["example.com"])

    def test_the_command_and_the_interface_say_the_same(self):
        self.start()
        root = self.administrator()
        root.upload(report(1))
        root.upload(report(2))
        config = self.configure()
        for question in ("domains", "sources", "split", "volume", "whatif", "readiness"):
            told = json.loads(run("show", question, "example.com", "--config", config, "--json").out)
            self.assertEqual(root.get(f"/show/{question}?domain=example.com").json, told)
        self.assertEqual(root.get("/show/sources.csv?domain=example.com").body.decode(),
                         run("show", "sources", "example.com", "--config", config, "--csv").out)
        told = run("intake", "list", "--config", config, "--json").out.splitlines()
        self.assertEqual(root.get("/reports").json["reports"], [json.loads(line) for line in reversed(told)])
        self.assertEqual(root.get("/reports/1").json, json.loads(run("intake", "show", "1", "--config", config, "--json").out))
        marked = root.api("POST", "/marks", {"domain": "example.com", "pile": "users"}).json
        self.assertEqual(marked, json.loads(run("mark", "example.com", "--config", config, "--json").out))

    def test_every_route_is_in_the_contract(self):
        text = (EXAMPLES.parent / "README.md").read_text()
        said = set(re.findall(r"^\| (GET|POST|PUT|PATCH|DELETE) \| `(/[^`?]*)[^`]*` \| (\w+)", text, re.M))
        known = {(each["method"], re.sub(r":(\w+)", lambda m: {"id": "ID", "name": "NAME", "question": "QUESTION"}[m[1]], each["path"]),
                  each["needs"]) for each in routes()}
        self.assertEqual({each for each in said if not each[1].endswith(".csv")}, known)


if __name__ == "__main__":
    os.environ.setdefault("ASSAY", ASSAY)
    unittest.main(verbosity=1)
