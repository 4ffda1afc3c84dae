#!/usr/bin/env python3
"""Writes api/examples anew: the answers of the real program to what stands here, with the demonstration world.

usage: tests/web/make_examples.py      ASSAY names the program
"""
import json
import unittest
from pathlib import Path

from web import EXAMPLES, PASSWORD, WebTest, report

DOMAIN = "harbour.example"
MESSAGE = "From: Alice <alice@example.com>\nTo: bob@example.org\nSubject: a message\n\nHello.\n"


class Examples(WebTest):
    def write_example(self, name, answer):
        self.assertLess(answer.status, 500, (name, answer))
        value = answer.json
        if "token" in value and value["token"].startswith("assay_"):
            value["token"] = "assay_" + "0" * 64
        if value.get("csrf"):
            value["csrf"] = "0" * 64
        (EXAMPLES / (name + ".json")).write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n")

    def test_write(self):
        self.start()
        write, client = self.write_example, self.client()
        write("get_session_anonymous", client.get("/session"))
        write("error", client.get("/domains"))
        body = {"name": "alice", "password": PASSWORD, "setup_token": self.setup_token()}
        answer = client.api("POST", "/setup", body)
        write("post_setup", answer)
        client.take_session(answer)
        write("post_demo", client.api("POST", "/demo"))
        write("post_session", self.client().sign_in("alice"))
        write("get_session", client.get("/session"))
        write("post_marks", client.api("POST", "/marks", {"domain": DOMAIN, "service": "network 192.0.2.0/24", "mark": "own",
                                                         "note": "our servers"}))
        client.api("POST", "/marks", {"domain": DOMAIN, "pile": "mixed"})
        questions = ("split sources volume cube unauthenticated newcomers unaligned gaps overrides failures ladder piles route readiness "
                     "reporters compare tls").split()
        for question in questions:
            write("get_show_" + question, client.get(f"/show/{question}?domain={DOMAIN}"))
        for at, policy, network in (("2026-05-01T08:00:00Z", "none", "192.0.2.0/24"), ("2026-05-08T08:00:00Z", "quarantine", "192.0.2.0/25")):
            Path(self.zone).write_text(f'_dmarc.{DOMAIN}. 60 IN TXT "v=DMARC1; p={policy}; rua=mailto:dmarc@{DOMAIN}"\n'
                                       f'{DOMAIN}. 60 IN TXT "v=spf1 ip4:{network} -all"\n')
            self.command("alert", "check", "--no-send", "--at", at)
        write("get_show_changes", client.get(f"/show/changes?domain={DOMAIN}&from=2026-05-01&to=2026-05-31"))
        write("get_show_whatif", client.get(f"/show/whatif?domain={DOMAIN}&policy=reject&adkim=s"))
        write("get_show_who", client.get(f"/show/who?domain={DOMAIN}&source=203.0.113.200"))
        write("get_show_domains", client.get("/show/domains"))
        (EXAMPLES / "get_show_sources.csv").write_bytes(client.get(f"/show/sources.csv?domain={DOMAIN}").body)
        write("get_overview", client.get(f"/overview?domains={DOMAIN}"))
        write("get_domains", client.get("/domains"))
        write("get_reports", client.get("/reports?limit=5"))
        for kind, name in (("aggregate", "get_report"), ("failure", "get_report_failure"), ("tls", "get_report_tls")):
            one = client.get(f"/reports?kind={kind}&limit=1").json["reports"][0]["id"]
            write(name, client.get(f"/reports/{one}"))
        write("post_reports", client.upload(report(1)))
        write("post_verify", client.api("POST", "/verify", {"message": MESSAGE, "client": "192.0.2.1", "helo": "mx.example.com",
                                                            "mail_from": "alice@example.com"}))
        write("get_marks", client.get("/marks"))
        write("get_alerts", client.get(f"/alerts?domain={DOMAIN}"))
        write("get_health", client.get("/health"))
        write("get_channels", client.get("/channels"))
        write("post_channel_test", client.api("POST", "/channels/folder/test"))
        write("get_retention", client.get("/retention"))
        write("put_retention", client.api("PUT", "/retention", {"keep_raw": "400d"}))
        write("post_groups", client.api("POST", "/groups", {"name": "shop", "domains": ["example.com", "*.example.net"]}))
        write("patch_group", client.api("PATCH", "/groups/shop", {"domains": ["orders." + DOMAIN]}))
        write("get_groups", client.get("/groups"))
        write("post_users", client.api("POST", "/users", {"name": "bob", "password": PASSWORD, "role": "viewer", "groups": ["shop"]}))
        write("patch_user", client.api("PATCH", "/users/bob", {"role": "analyst"}))
        write("get_users", client.get("/users"))
        write("post_tokens", client.api("POST", "/tokens", {"name": "backup", "role": "viewer", "days": 365}))
        write("get_tokens", client.get("/tokens"))
        write("get_audit", client.get("/audit"))


if __name__ == "__main__":
    unittest.main()
