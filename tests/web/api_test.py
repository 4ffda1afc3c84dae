#!/usr/bin/env python3
"""The interface of the pages with a real server and a real store: signing in, every route by role and tenant, safety."""
import gzip
import io
import json
import os
import re
import signal
import subprocess
import threading
import time
import unittest
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from web import ASSAY, PASSWORD, Client, WebTest, free_port, report, routes, run, trusting

# What stands for the names in paths, and a body that is right in form.
PARAMETERS = {":question": "domains", ":id": "1", ":name": "nobody"}
BODIES = {("POST", "/setup"): {"name": "x", "password": PASSWORD, "setup_token": "x"},
          ("POST", "/session"): {"name": "x", "password": PASSWORD},
          ("PUT", "/session/password"): {"old": "wrong wrong wrong", "new": "another one entirely"},
          ("POST", "/verify"): {"message": "From: a@example.com\n\nx\n"},
          ("POST", "/marks"): {"domain": "example.com", "service": "network 192.0.2.0/24", "mark": "own"},
          ("POST", "/users"): {"name": "u1", "password": PASSWORD},
          ("PATCH", "/users/:name"): {"role": "viewer"},
          ("POST", "/groups"): {"name": "g1", "domains": ["example.org"]},
          ("PATCH", "/groups/:name"): {"domains": ["example.org"]},
          ("POST", "/tokens"): {"name": "t1"},
          ("PUT", "/retention"): {"keep_raw": "10d"}}
RANKS = {"everyone": 0, "viewer": 1, "analyst": 2, "administrator": 3}


def path_of(route):
    path = route["path"].replace("/tokens/:id", "/tokens/999999")  # none of those that ask
    for name, value in PARAMETERS.items():
        path = path.replace(name, value)
    return path


def call(client, route, **more):
    if (route["method"], route["path"]) == ("POST", "/reports"):
        return client.upload(report(5), **more)
    return client.api(route["method"], path_of(route), BODIES.get((route["method"], route["path"])), **more)


class SigningIn(WebTest):
    def test_the_first_administrator_by_the_link(self):
        self.start()
        client = self.client()
        self.assertTrue(client.get("/session").json["setup_needed"])
        for token in ("", "0" * 64):
            answer = client.api("POST", "/setup", {"name": "eve", "password": PASSWORD, "setup_token": token})
            self.assertEqual((answer.status, answer.code), (403, "setup_token"))
        token = self.setup_token()
        short = client.api("POST", "/setup", {"name": "root", "password": "short", "setup_token": token})
        self.assertEqual(short.status, 400)
        root = self.administrator()
        self.assertEqual(root.get("/session").json["user"],
                         {"name": "root", "role": "administrator", "groups": ["all"], "all_domains": True})
        again = client.api("POST", "/setup", {"name": "eve", "password": PASSWORD, "setup_token": token})
        self.assertEqual(again.code, "set_up_already")
        self.assertEqual(root.api("DELETE", "/session").status, 204)
        self.assertIsNone(root.get("/session").json["user"])

    def test_a_session_survives_a_kill_and_ends_when_it_must(self):
        self.start()
        root = self.administrator()
        self.stop(signal.SIGKILL)
        self.start()
        self.assertEqual(root.get("/users").status, 200)
        other = self.client("root")
        self.assertEqual(other.api("PUT", "/session/password", {"old": PASSWORD, "new": "a new password"}).status, 204)
        self.assertEqual(other.get("/users").status, 200)
        self.assertEqual(root.get("/users").status, 401)
        out = self.command("web", "user", "password", "root")
        self.assertIn("another password", out)
        self.assertEqual(other.get("/users").status, 401)
        self.client("root")

    def test_the_cookie_is_for_the_browser_alone(self):
        self.web = 'trusted_proxies = ["127.0.0.1"]\nhosts = ["dmarc.example.com"]'
        self.start()
        root = self.administrator()
        plain = root.api("POST", "/session", {"name": "root", "password": PASSWORD}).headers["Set-Cookie"]
        self.assertIn("HttpOnly", plain)
        self.assertIn("SameSite=Strict", plain)
        self.assertNotIn("Secure", plain)
        proxied = {"Host": "dmarc.example.com", "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
        answer = self.client().api("POST", "/session", {"name": "root", "password": PASSWORD}, headers=proxied)
        self.assertIn("; Secure", answer.headers["Set-Cookie"])
        self.assertIn("203.0.113.9", [each["address"] for each in root.get("/audit").json["entries"]])

    def test_tries_are_limited_and_tell_nothing(self):
        self.web = 'trusted_proxies = ["127.0.0.1"]'
        self.start()
        root = self.administrator()
        self.assertEqual(self.client().sign_in("root").status, 200)

        def wrong(name, address):
            return self.client().api("POST", "/session", {"name": name, "password": "wrong wrong"},
                                     headers={"X-Forwarded-For": address})

        known, unknown = wrong("root", "203.0.113.1"), wrong("nobody", "203.0.113.2")
        self.assertEqual((known.status, known.body), (unknown.status, unknown.body))
        self.assertEqual(known.code, "wrong_password")
        statuses = [wrong("root", f"203.0.113.{i}").status for i in range(10, 22)]
        self.assertEqual(statuses[-1], 429)
        self.assertIn("Retry-After", wrong("root", "203.0.113.99").headers)
        # From where the user signed in before nobody can lock him out.
        self.assertEqual(self.client().sign_in("root").status, 200)
        noted = [each for each in root.get("/audit?limit=1000").json["entries"] if each["action"] == "session.open"]
        self.assertIn("too_many_tries", [each["outcome"] for each in noted])
        # A name that is none may be a password.
        self.assertNotIn("nobody", [each["object"] for each in noted])

    def test_what_changes_something_needs_csrf_and_the_same_origin(self):
        self.start()
        root = self.administrator()
        group = {"name": "g", "domains": ["example.com"]}
        for value in (None, "", "0" * 64):
            answer = root.api("POST", "/groups", group, headers={"X-Assay-CSRF": value})
            self.assertEqual((answer.status, answer.code), (403, "csrf"))
        for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
                        {"Sec-Fetch-Site": "same-site"}):
            self.assertEqual(root.api("POST", "/groups", group, headers=headers).code, "foreign_origin", headers)
            sign_in = self.client().api("POST", "/session", {"name": "root", "password": PASSWORD}, headers=headers)
            self.assertEqual(sign_in.code, "foreign_origin", headers)
        forms = root.api("POST", "/groups", b"name=g", content_type="application/x-www-form-urlencoded")
        self.assertEqual(forms.status, 415)
        same = {"Origin": f"http://127.0.0.1:{self.port}", "Sec-Fetch-Site": "same-origin"}
        self.assertEqual(root.api("POST", "/groups", group, headers=same).status, 201)
        self.assertEqual([each["name"] for each in root.get("/groups").json["groups"]], ["all", "g"])

    def test_a_token_may_what_it_says_and_is_shown_once(self):
        self.start()
        root = self.administrator()
        made = root.api("POST", "/tokens", {"name": "backup", "role": "viewer", "days": 1})
        self.assertEqual(made.status, 201)
        secret = made.json["token"]
        self.assertNotIn(secret, root.get("/tokens").body.decode())
        with open(self.folder / "var/web.sqlite", "rb") as file:
            kept = file.read() + (self.folder / "var/web.sqlite-wal").read_bytes()
        self.assertNotIn(secret.encode(), kept)
        self.assertNotIn(root.cookie.encode(), kept)
        self.assertNotIn(PASSWORD.encode(), kept)
        program = self.client(token=secret)
        self.assertEqual(program.get("/domains").status, 200)
        self.assertEqual(program.get("/users").status, 403)
        self.assertEqual(program.api("POST", "/tokens", {"name": "more", "role": "analyst"}).status, 403)
        self.assertEqual(self.client(token=secret + "0").get("/domains").status, 401)
        self.assertEqual(root.api("DELETE", f"/tokens/{made.json['id']}").status, 204)
        self.assertEqual(program.get("/domains").status, 401)


class Permissions(WebTest):
    """Every route × role × tenant × nobody."""

    def people(self):
        root = self.administrator()
        for number, domain in ((1, "example.com"), (2, "example.net"), (3, "mail.example.org")):
            self.assertEqual(root.upload(report(number, domain)).json["outcomes"][0]["outcome"], "added")
        for name, domains in (("com", ["example.com"]), ("rest", ["example.net", "*.example.org"])):
            self.assertEqual(root.api("POST", "/groups", {"name": name, "domains": domains}).status, 201)
        for role in ("viewer", "analyst"):
            for group in ("com", "rest"):
                added = root.api("POST", "/users", {"name": f"{role}-{group}", "password": PASSWORD, "role": role,
                                                    "groups": [group]})
                self.assertEqual(added.status, 201, added)
        self.assertEqual(root.api("POST", "/users", {"name": "alone", "password": PASSWORD}).status, 201)
        return root

    def test_every_route_asks_for_its_role(self):
        self.start()
        root = self.people()
        clients = {"": self.client()}
        for name in ("alone", "viewer-com", "analyst-rest"):
            clients[name] = self.client(name)
            token = clients[name].api("POST", "/tokens", {"name": "t", "role": "analyst" if name == "analyst-rest" else "viewer"})
            clients[name + " by token"] = self.client(token=token.json["token"])
        ranks = {"": 0, "alone": 1, "viewer-com": 1, "analyst-rest": 2}
        all_routes = routes()
        self.assertGreater(len(all_routes), 30)
        for route in all_routes:
            for name, client in clients.items():
                with self.subTest(route=route["method"] + " " + route["path"], who=name):
                    rank = ranks[name.removesuffix(" by token")]
                    if rank and (route["method"], route["path"]) == ("DELETE", "/session"):
                        continue  # would sign out
                    answer = call(client, route)
                    wanted = RANKS[route["needs"]]
                    if wanted > rank:
                        self.assertEqual(answer.status, 401 if rank == 0 else 403, answer)
                        self.assertEqual(answer.code, "not_signed_in" if rank == 0 else "not_permitted")
                    else:
                        self.assertNotIn(answer.code if answer.status >= 400 else "", ("not_signed_in", "csrf"))
                        if answer.status == 403:
                            self.assertIn(answer.code, ("setup_token", "set_up_already", "wrong_password", "not_permitted"))
        # None of those who may not has changed anything.
        self.assertEqual({each["name"] for each in root.get("/users").json["users"]},
                         {"root", "alone", "viewer-com", "viewer-rest", "analyst-com", "analyst-rest"})
        self.assertEqual(root.get("/retention").json["retention"]["keep_raw"], "400d")

    def test_every_route_without_csrf_changes_nothing(self):
        self.start()
        root = self.people()
        for route in routes():
            if route["method"] == "GET" or route["needs"] == "everyone":
                continue
            with self.subTest(route=route["method"] + " " + route["path"]):
                answer = call(root, route, headers={"X-Assay-CSRF": None})
                self.assertEqual((answer.status, answer.code), (403, "csrf"))

    def test_every_answer_is_of_the_tenant(self):
        self.start()
        root = self.people()
        for service, domain in (("network 192.0.2.0/24", "example.com"), ("network 192.0.2.0/24", "example.net")):
            root.api("POST", "/marks", {"domain": domain, "service": service, "mark": "own"})
        root.api("POST", "/marks", {"domain": "example.net", "pile": "transactional"})
        words = run("show", "--help").out
        questions = [word for word in "domains split sources volume cube unauthenticated newcomers who unaligned gaps overrides failures "
                     "ladder reporters piles route readiness whatif compare".split() if word in words]
        paths = [path_of(route) for route in routes() if route["method"] == "GET" and route["needs"] == "viewer"]
        paths += [f"/show/{question}{end}{domain}" for question in questions for end in ("", ".csv")
                  for domain in ("", "?domain=example.net", "?domain=mail.example.org")]
        paths += ["/reports?domain=example.net", "/reports?domain=example.net&standing=counted", "/marks?domain=example.net",
                  "/reports/2", "/reports/3", "/reports/2/raw", "/reports/3/raw", "/show/received", "/show/received?domain=example.net",
                  "/reports?reporter=reporter.example"]
        viewer, rest, alone = self.client("viewer-com"), self.client("viewer-rest"), self.client("alone")
        for path in paths:
            with self.subTest(path=path):
                answer = viewer.get(path)
                said = re.sub(r'"(domain|what)":"(example\.net|mail\.example\.org)[^"]*"', "", answer.body.decode(errors="replace"))
                for foreign in ("rxexample.net", "r2x", "r3x", "transactional", "example.net\",\"service"):
                    self.assertNotIn(foreign, said)
                if "domain=" not in path:
                    self.assertNotIn("example.net", said)
                    self.assertNotIn("example.org", said)
                nothing = alone.get(path).body.decode(errors="replace")
                for foreign in ("r1x", "r2x", "r3x", "\"messages\":3"):
                    self.assertNotIn(foreign, nothing)
        self.assertEqual(viewer.get("/domains").json["domains"], ["example.com"])
        self.assertEqual(rest.get("/domains").json["domains"], ["example.net", "mail.example.org"])
        self.assertEqual([each["id"] for each in rest.get("/reports").json["reports"]], [3, 2])
        self.assertEqual(rest.get("/reports?limit=1").json["next"], 3)
        self.assertEqual([each["id"] for each in rest.get("/reports?limit=1&before=3").json["reports"]], [2])
        self.assertEqual([viewer.get(f"/reports/{i}").status for i in (1, 2, 3)], [200, 404, 404])
        self.assertEqual([viewer.get(f"/reports/{i}/raw").status for i in (1, 2, 3)], [200, 404, 404])
        self.assertEqual(viewer.get("/show/domains").json["basis"]["messages"], 3)
        self.assertEqual(rest.get("/show/domains").json["basis"]["messages"], 6)
        self.assertEqual(root.get("/show/domains").json["basis"]["messages"], 9)
        self.assertEqual([each["domain"] for each in viewer.get("/marks").json["marks"]], ["example.com"])
        self.assertEqual(viewer.get("/health").json["reports"], 1)
        self.assertEqual(viewer.get("/show/received").status, 403)
        self.assertEqual(viewer.get("/show/route?domain=example.net").code, "not_found")
        self.assertIn("transactional", rest.get("/show/route?domain=example.net").body.decode())
        self.assertEqual(viewer.get("/show/sources?domain=example.net").status, 404)

    def test_alerts_and_records_go_with_their_domains(self):
        self.more = '[intake]\ndomains = ["example.com", "example.net", "mail.example.org"]'
        self.start()
        root = self.people()
        self.assertEqual(root.get("/alerts").json["alerts"], [])
        zone = Path(self.zone).read_text() + "$ORIGIN net.\n_dmarc.example 60 IN TXT \"v=DMARC1; p=reject\"\n"
        for day, policy in ((1, "reject"), (2, "none")):
            Path(self.zone).write_text(zone.replace("p=reject", "p=" + policy))
            self.command("alert", "check", "--no-send", "--at", f"2026-05-0{day}T12:00:00Z")
        viewer, rest, alone = self.client("viewer-com"), self.client("viewer-rest"), self.client("alone")
        def told(who):
            return {each["domain"] for each in who.get("/alerts").json["alerts"] if each["rule"] == "record_changed"}
        self.assertEqual([told(who) for who in (root, viewer, rest, alone)],
                         [{"example.com", "example.net"}, {"example.com"}, {"example.net"}, set()])
        self.assertEqual(viewer.get("/show/changes").status, 403)
        self.assertEqual(viewer.get("/show/changes?domain=example.net").status, 403)
        self.assertIn("p=none", viewer.get("/show/changes?domain=example.com").body.decode())
        self.assertIn("example.net", root.get("/show/changes").body.decode())
        # None of these records asks for reports; each user is told of his own.
        self.assertEqual([self.step(who, "records")["done"] for who in (root, viewer, rest)], [False] * 3)
        self.assertIn("no usable rua: example.com, example.net, mail.example.org", self.step(root, "records")["what"])
        self.assertNotIn("example.net", json.dumps(self.step(viewer, "records")))
        self.assertNotIn("example.com", json.dumps(self.step(rest, "records")))
        self.assertIsNone(self.step(alone, "records"))
        Path(self.zone).write_text(zone.replace("p=reject", "p=none; rua=mailto:dmarc@example.com"))
        self.command("alert", "check", "--no-send", "--at", "2026-05-03T12:00:00Z")
        self.assertEqual(self.step(viewer, "records"), {"code": "records", "done": True, "what": "1 of 1 domain asks for reports in the DNS", "fix": ""})
        self.assertFalse(self.step(rest, "records")["done"])  # mail.example.org has none

    @staticmethod
    def step(who, code):
        return next((each for each in who.get("/health").json["steps"] if each["code"] == code), None)

    def test_what_is_missing_before_the_first_report(self):
        self.start()
        root = self.administrator()
        self.assertIn("Nobody watches", self.step(root, "records")["what"])
        self.assertIn("[intake] domains", self.step(root, "records")["fix"])
        self.assertIn("Publish a DMARC record", self.step(root, "first_report")["fix"])
        self.stop()
        self.more = '[intake]\ndomains = ["example.com"]'
        Path(self.zone).write_text('_dmarc.example.com. 60 IN TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.com"\n')
        self.start()
        self.command("alert", "check", "--no-send", "--at", "2026-05-01T12:00:00Z")
        root = self.client("root")
        self.assertTrue(self.step(root, "records")["done"])
        self.assertIn("2026-05-01T12:00:00Z", self.step(root, "first_report")["what"])
        self.assertIn("due by 2026-05-03T12:00:00Z", self.step(root, "first_report")["fix"])

    def test_a_tenant_writes_on_his_domains_alone(self):
        self.start()
        root = self.people()
        analyst = self.client("analyst-com")
        foreign = analyst.api("POST", "/marks", {"domain": "example.net", "service": "x", "mark": "own"})
        self.assertEqual(foreign.status, 404)
        self.assertEqual(analyst.api("POST", "/marks", {"domain": "Example.COM", "service": "x", "mark": "own"}).status, 200)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as file:
            file.writestr("a.xml", report(10, "example.com"))
            file.writestr("b.xml", report(11, "example.net"))
        lines = analyst.upload(packed.getvalue(), "both.zip").json["outcomes"]
        self.assertEqual(sorted((each["outcome"], each.get("reason", "")) for each in lines),
                         [("added", ""), ("refused", "not_permitted")])
        self.assertNotIn("r11x", json.dumps(lines))
        # The file it came in holds another's report: it is the administrator's to save.
        mixed = lines[0]["id"] if lines[0]["outcome"] == "added" else lines[1]["id"]
        self.assertEqual(analyst.get(f"/reports/{mixed}/raw").status, 403)
        self.assertEqual(root.get(f"/reports/{mixed}/raw").body, packed.getvalue())
        self.assertEqual(root.get("/domains").json["domains"], ["example.com", "example.net", "mail.example.org"])

    def test_an_administrator_remains(self):
        self.start()
        root = self.people()
        self.assertEqual(root.api("PATCH", "/users/root", {"role": "viewer"}).code, "last_administrator")
        self.assertEqual(root.api("DELETE", "/users/root").code, "last_administrator")
        self.assertEqual(root.api("PATCH", "/users/alone", {"role": "administrator", "groups": ["com"]}).status, 200)
        self.assertEqual(root.api("PATCH", "/users/root", {"role": "viewer"}).status, 200)
        self.assertEqual(root.get("/users").status, 403)  # at once
        self.assertEqual(self.client("alone").api("DELETE", "/users/root").status, 204)
        self.assertEqual(root.get("/domains").status, 401)

    def test_read_only(self):
        self.start()
        self.people()
        self.stop()
        self.web = "read_only = true"
        self.start()
        root = self.client("root")
        self.assertTrue(root.get("/session").json["read_only"])
        for route in routes():
            with self.subTest(route=route["method"] + " " + route["path"]):
                if (route["method"], route["path"]) == ("DELETE", "/session"):
                    continue
                answer = call(root, route)
                if route["changes"]:
                    self.assertEqual((answer.status, answer.code), (403, "read_only"))
                else:
                    self.assertNotIn(b"read_only\"}", answer.body)
        self.assertEqual(root.api("DELETE", "/session").status, 204)


class Safety(WebTest):
    def test_hostile_strings_come_through_as_text(self):
        self.start()
        root = self.administrator()
        hostile = "<script>alert(1)</script>\u202e\"'&amp;"
        escaped = hostile.replace("&", "&amp;").replace("<", "&lt;")
        root.upload(report(1, org=escaped))
        root.upload(report(2, source="=HYPERLINK(&quot;x&quot;)"))
        root.upload(report(3, domain="a" * 10_000 + ".example"))
        listed = root.get("/reports")
        self.assertEqual(listed.headers["Content-Type"], "application/json; charset=utf-8")
        self.assertIn(hostile, [each.get("org_name") for each in listed.json["reports"]])
        self.assertNotIn("\u202e", listed.body.decode())  # escaped
        for path in ("/show/sources.csv?domain=example.com", "/show/domains", "/show/who?domain=example.com"):
            self.assertEqual(root.get(path).status, 200, path)
        self.assertNotIn("\n=", root.get("/show/sources.csv?domain=example.com").body.decode())
        raw = root.get("/reports/1/raw")
        self.assertEqual(raw.headers["Content-Type"], "application/octet-stream")
        self.assertTrue(raw.headers["Content-Disposition"].startswith("attachment; filename="))
        named = root.upload(report(4), "..%2f..%2f%0d%0aX-Evil:%201%22.xml")
        identity = named.json["outcomes"][0]["id"]
        self.assertNotIn("X-Evil", root.get(f"/reports/{identity}/raw").headers)
        for name in ("a" * 65, "", " ", "a\u202eb", "a\nb", "../x"):
            self.assertEqual(root.api("POST", "/users", {"name": name, "password": PASSWORD}).status, 400, name)
        self.assertEqual(root.api("POST", "/users", {"name": "Jörg <b>", "password": PASSWORD}).status, 201)
        self.assertEqual(root.api("DELETE", "/users/J%C3%B6rg%20%3Cb%3E").status, 204)

    def test_every_answer_has_its_safe_fields(self):
        self.start()
        root = self.administrator()
        for answer in (root.get("/session"), root.get("/nothing"), root.ask("GET", "/"), root.ask("GET", "/api"), self.client().get("/domains"),
                       root.get("/show/domains"), root.api("POST", "/groups", b"{"), root.ask("GET", "/assets/x")):
            self.assertIn("default-src 'none'", answer.headers["Content-Security-Policy"])
            self.assertNotIn("unsafe", answer.headers["Content-Security-Policy"])
            self.assertIn("frame-ancestors 'none'", answer.headers["Content-Security-Policy"])
            self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
            self.assertEqual(answer.headers["Referrer-Policy"], "no-referrer")
            self.assertEqual(answer.headers["Cross-Origin-Opener-Policy"], "same-origin")
            self.assertIn("camera=()", answer.headers["Permissions-Policy"])
            self.assertIn(answer.headers["Cache-Control"], ("no-store", "no-cache"))
            self.assertNotIn("EXCEPTION_WHAT", answer.headers)

    def test_other_hosts_are_refused(self):
        self.start()
        for host in ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "a b", ""):
            self.assertEqual(self.client().get("/session", headers={"Host": host}).status, 400, host)
        for host in ("localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:80"):
            self.assertEqual(self.client().get("/session", headers={"Host": host}).status, 200, host)

    def test_bad_requests_get_an_answer(self):
        self.start()
        root = self.administrator()
        host = f"Host: 127.0.0.1:{self.port}\r\n".encode()
        for octets, status in ((b"\r\n\r\n", b"400"), (b"GET / HTTP/1.1\r\n\r\n", b"400"), (b"BREW / HTTP/1.1\r\n" + host + b"\r\n", b"405"),
                               (b"GET / HTTP/1.1\r\n" + host + b"A" * 40_000, b"431"),
                               (b"GET /api/v1/session HTTP/1.1\r\n" + host + b"Range: bytes=" + b"0-1," * 1000 + b"\r\n\r\n", b"200"),
                               (b"POST /api/v1/session HTTP/1.1\r\n" + host + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", b"400"),
                               (b"GET /api/v1/../../etc/passwd HTTP/1.1\r\n" + host + b"\r\n", b"400"),
                               (b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n" + host + b"\r\n", b"404"),
                               (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n" + host + b"\r\n", b"4")):
            answer = self.raw(octets)
            self.assertTrue(answer.startswith(b"HTTP/1.1 " + status), (octets[:60], answer[:80]))
        for body in (b"", b"[]", b"{", b'{"name":1}', b'{"name":"a","name":"b"}', b'{"other":1}', b"[" * 100_000, b"\xff"):
            answer = root.api("POST", "/groups", body)
            self.assertEqual(answer.status, 413 if len(body) > 65536 else 400, body[:20])
        self.assertEqual(root.api("POST", "/groups", b"x" * 70_000).status, 413)
        for path in ("/reports?limit=0", "/reports?limit=501", "/reports?kind=x", "/reports?before=-1", "/audit?limit=x", "/show/split?from=x",
                     "/show/sources", "/show/whatif?domain=example.com&adkim=x", "/show/who?domain=example.com&reverse=21"):
            self.assertEqual(root.get(path).status, 400, path)
        for path in ("/reports/0", "/reports/99999999999999999999", "/reports/x", "/show/nothing", "/show/split.csv?table=x"):
            self.assertEqual(root.get(path).status, 404, path)

    def test_bodies_of_strangers_are_not_read(self):
        self.web = 'max_upload = "64KiB"'
        self.start()
        root = self.administrator()
        self.assertEqual(self.client().upload(b"x" * 60_000).status, 401)
        self.assertEqual(root.upload(b"x" * 70_000).status, 413)
        self.assertEqual(root.upload(report(1)).status, 200)
        self.assertEqual(root.upload(gzip.compress(report(2)), headers={"Content-Encoding": "gzip"}).status, 415)
        lines = root.upload(b"nothing that anybody would take for a report").json["outcomes"]
        self.assertEqual(lines[0]["outcome"], "refused")

    def test_slow_clients_hold_nobody_up(self):
        self.web = "max_connections = 8"
        self.start()
        import socket
        idle = [socket.create_connection(("127.0.0.1", self.port)) for _ in range(6)]
        for one in idle:
            one.sendall(b"GET / HT")
        self.assertEqual(self.client().get("/session").status, 200)
        # They are let go without having said more.
        idle[0].settimeout(120)
        self.assertEqual(idle[0].recv(100), b"")
        for one in idle:
            one.close()

    def test_tls(self):
        make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                "/CN=localhost", "-keyout", self.folder / "key.pem", "-out", self.folder / "cert.pem"]
        subprocess.run(make, check=True, capture_output=True)
        self.web = f'certificate = "{self.folder}/cert.pem"\nkey = "{self.folder}/key.pem"'
        self.start()
        self.assertIn("Pages: https://", self.logged())
        client = Client(self.port, tls=trusting())
        answer = client.api("POST", "/setup", {"name": "root", "password": PASSWORD, "setup_token": self.setup_token()})
        self.assertIn("; Secure", answer.headers["Set-Cookie"])
        client.take_session(answer)
        self.assertEqual(client.upload(report(1)).status, 200)
        self.assertEqual(len(client.get("/reports").json["reports"]), 1)
        self.assertNotIn(b"200", self.raw(b"GET /api/v1/session HTTP/1.1\r\nHost: localhost\r\n\r\n")[:20])
        self.stop()
        self.web = f'certificate = "{self.folder}/cert.pem"\nkey = "{self.folder}/other.pem"'
        done = run("web", "--config", self.configure())
        self.assertEqual(done.returncode, 65)
        self.assertIn("holds no private key", done.err)

    def test_the_configuration_keeps_passwords_off_the_network(self):
        for web in ('listen = "0.0.0.0:8899"', 'certificate = "/x"', "session_idle = \"1s\"", 'hosts = ["a b"]'):
            path = self.write("bad.toml", ("[web]\n" + web + "\n").encode())
            self.assertEqual(run("web", "--config", path, "--check").returncode, 65, web)

    def test_accounts_by_the_command_line(self):
        self.command("web", "group", "add", "shop", "--domain", "*.Example.com", "--domain", "example.com")
        self.command("web", "user", "add", "alice", "--role", "administrator")
        told = self.command("web", "user", "add", "bob", "--group", "shop", stdin=b"")
        self.start()
        self.assertNotIn("setup?token", self.logged())
        alice = self.client("alice")
        bob = self.client()
        self.assertEqual(bob.sign_in("bob", re.search("password: (.*)", told).group(1)).status, 200)
        self.assertEqual(bob.get("/session").json["user"]["groups"], ["shop"])
        self.assertEqual(alice.get("/groups").json["groups"], [{"name": "shop", "domains": ["*.example.com", "example.com"]}])
        self.assertIn("alice", self.command("web", "user", "list"))
        self.command("web", "user", "remove", "bob")
        self.assertEqual(bob.get("/domains").status, 401)
        done = run("web", "user", "remove", "alice", "--config", self.configure())
        self.assert_failed(done, 64, "one administrator must remain")
        self.assertEqual([each["address"] for each in alice.get("/audit").json["entries"] if each["action"] == "user.remove"],
                         ["command line"])


class Load(WebTest):
    role = "run"

    def configure(self):
        if not hasattr(self, "milter"):
            self.milter, self.lmtp = free_port(), free_port()
        path = self.folder / "assay.toml"
        path.write_text(f"""data = "{self.folder}/var"
[[listen]]
address = "127.0.0.1:{self.milter}"
[dns]
zone = "{self.zone}"
[metrics]
address = ""
[receive]
lmtp = "127.0.0.1:{self.lmtp}"
upload = ""
look_every = "1s"
[web]
listen = "127.0.0.1:{self.port}"
""")
        return str(path)

    def test_readers_while_reports_come_in(self):
        self.start()
        root = self.administrator()
        for number in range(20):
            root.upload(report(number))
        ended = threading.Event()

        def feed():
            number = 100
            while not ended.is_set() and number < 400:
                path = self.folder / "var/incoming" / f".{number}"
                path.write_bytes(report(number))
                path.rename(self.folder / "var/incoming" / f"{number}.xml")
                number += 1
                time.sleep(0.02)

        feeder = threading.Thread(target=feed)
        feeder.start()
        paths = ("/show/domains", "/show/sources?domain=example.com", "/reports", "/health", "/session")

        def read(number):
            return root.get(paths[number % len(paths)]).status

        with ThreadPoolExecutor(200) as pool:
            statuses = list(pool.map(read, range(600)))
        ended.set()
        feeder.join()
        self.assertEqual(set(statuses), {200})
        self.assertEqual({each["state"] for each in root.get("/channels").json["channels"] if each["kind"] in ("lmtp", "folder")}, {"ok"})
        self.assertTrue(root.api("POST", "/channels/lmtp/test").json["ok"])
        self.assertEqual(self.stop(signal.SIGINT), 0)


if __name__ == "__main__":
    os.environ.setdefault("ASSAY", ASSAY)
    unittest.main(verbosity=1)
