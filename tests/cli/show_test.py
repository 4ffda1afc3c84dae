#!/usr/bin/env python3
"""assay show and assay mark: reports are taken in, questions asked, in every form."""
import csv
import io
import json
import os
import unittest
from pathlib import Path

from harness import ROOT, Test, main, run

SUITES = Path(os.environ.get("ASSAY_SUITES", ROOT / "../shared/testdata")) / "aggregate"

QUESTIONS = ("sources volume cube unauthenticated newcomers who unaligned gaps overrides failures ladder piles route readiness whatif "
             "reporters compare split domains tls changes").split()


def record(ip, count, spf, dkim, disposition="none", reason="", dkim_domain="example.com", selector="s1", spf_domain="example.com"):
    result = "pass" if dkim in ("pass", "unaligned") else "fail"
    envelope = "pass" if spf in ("pass", "unaligned") else "fail"
    told = "<reason><type>%s</type><comment>arc=pass as[1].d=list.example</comment></reason>" % reason if reason else ""
    return f"""<record><row><source_ip>{ip}</source_ip><count>{count}</count><policy_evaluated><disposition>{disposition}</disposition>
 <dkim>{"pass" if dkim == "pass" else "fail"}</dkim><spf>{"pass" if spf == "pass" else "fail"}</spf>{told}</policy_evaluated></row>
 <identifiers><header_from>example.com</header_from><envelope_from>{spf_domain}</envelope_from></identifiers>
 <auth_results><dkim><domain>{dkim_domain}</domain><selector>{selector}</selector><result>{result}</result></dkim>
 <spf><domain>{spf_domain}</domain><scope>mfrom</scope><result>{envelope}</result></spf></auth_results></record>"""


def report(day, records, policy="quarantine", reporter="receiver.example"):
    """A report of one day, counted from 2026-05-01."""
    begin = 1777593600 + 86400 * day
    return f"""<?xml version="1.0"?>
<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0"><version>1.0</version>
 <report_metadata><org_name>{reporter}</org_name><email>d@{reporter}</email><report_id>{day}.{reporter}</report_id>
  <date_range><begin>{begin}</begin><end>{begin + 86399}</end></date_range></report_metadata>
 <policy_published><domain>example.com</domain><p>{policy}</p><sp>{policy}</sp><np>reject</np><adkim>r</adkim><aspf>r</aspf>
  <testing>n</testing><discovery_method>treewalk</discovery_method></policy_published>
 {"".join(records)}</feedback>""".encode()


def mmdb(network, record):
    """An MMDB file for IPv4 that knows one /24."""
    def octets(value):
        if isinstance(value, str):
            size = bytes([0x40 | len(value)]) if len(value) < 29 else bytes([0x40 | 29, len(value) - 29])
            return size + value.encode()
        if isinstance(value, int):
            return b"\xc4" + value.to_bytes(4, "big")
        return bytes([0xe0 | len(value)]) + b"".join(octets(key) + octets(one) for key, one in value.items())
    bits = "".join(f"{int(part):08b}" for part in network.split(".")[:3])
    tree = b""
    for at, bit in enumerate(bits):
        there = at + 1 if at + 1 < len(bits) else len(bits) + 16
        children = [len(bits), len(bits)]
        children[int(bit)] = there
        tree += b"".join(each.to_bytes(3, "big") for each in children)
    about = {"binary_format_major_version": 2, "database_type": "Test", "ip_version": 4, "node_count": len(bits), "record_size": 24}
    return tree + bytes(16) + octets(record) + b"\xab\xcd\xefMaxMind.com" + octets(about)


class Show(Test):
    def setUp(self):
        super().setUp()
        self.store = str(self.folder / "reports.sqlite")
        self.marks = str(self.folder / "marks.jsonl")

    def take_in(self, *paths):
        done = run("intake", "add", "--defaults", "--no-verify", "--store", self.store, *paths)
        self.assertIn(done.returncode, (0, 65), done.err)

    def take_in_days(self):
        for day in range(3):
            records = [record("192.0.2.1", 10, "pass", "pass"),
                       record("192.0.2.2", 5, "pass", "fail"),
                       record("198.51.100.1", 4, "fail", "fail", "none", "mailing_list"),
                       record("198.51.100.77", 3, "unaligned", "unaligned", "quarantine", dkim_domain="sendgrid.net", spf_domain="u1.sendgrid.net"),
                       record("203.0.113.9", 2, "fail", "fail", "quarantine", dkim_domain="", selector="")]
            self.take_in(self.write(f"{day}.xml", report(day, records)))

    def show(self, question, *arguments, status=0):
        done = run("show", question, *arguments, "--defaults", "--store", self.store, "--marks", self.marks, "--zone", self.zone,
                   "--at", "2026-05-04T12:00:00Z")
        self.assertEqual(done.returncode, status, done.err)
        return done

    def ask(self, question, *arguments):
        return json.loads(self.show(question, *arguments, "--json").out)

    def row(self, table, key, value):
        return next(each for each in table if each.get(key) == value)

    def test_counts_are_messages(self):
        self.take_in_days()
        found = self.ask("split", "example.com")
        self.assertEqual(found["basis"], {"reports": 3, "reporters": 1, "messages": 72, "first_day": "2026-05-01"})
        self.assertEqual(found["period"], {"from": "2026-04-04", "to": "2026-05-03"})
        self.assertEqual(found["data_through"], "2026-05-03")
        parts = {each["part"]: each["messages"] for each in found["parts"]}
        self.assertEqual(parts, {"passed_under_enforcement": 45, "delivered_without_enforcement": 0, "let_through_by_override": 12,
                                 "quarantined": 15, "rejected": 0})
        cube = self.ask("cube", "example.com", "--from", "2026-05-02", "--to", "2026-05-02")
        self.assertEqual((cube["both"], cube["only_spf"], cube["only_dkim"], cube["none"]), (10, 5, 0, 9))

    def test_sources_unaligned_and_marks(self):
        self.take_in_days()
        sources = self.ask("sources", "example.com")
        self.assertEqual(self.row(sources["by_service"], "name", "Twilio SendGrid")["messages"], 9)
        unaligned = self.ask("unaligned", "example.com")["unaligned"]
        self.assertIn("sign with d=example.com instead of d=sendgrid.net", unaligned[0]["fix"][0])
        done = run("mark", "example.com", "Twilio SendGrid", "approved", "--who", "alice", "--note", "=news", "--marks", self.marks, "--defaults")
        self.assertEqual(done.returncode, 0, done.err)
        causes = self.ask("unauthenticated", "example.com")
        self.assertEqual(self.row(causes["causes"], "cause", "broken_own")["messages"], 9)
        self.assertIn("you marked it as approved", self.row(causes["sources"], "service", "Twilio SendGrid")["evidence"])
        self.assertIn("alice", run("mark", "example.com", "--marks", self.marks, "--defaults").out)
        table = list(csv.DictReader(io.StringIO(self.show("sources", "example.com", "--csv").out)))
        self.assertEqual(sum(int(each["messages"]) for each in table), 72)

    def test_every_question_in_every_form(self):
        self.take_in_days()
        for question in QUESTIONS:
            with self.subTest(question):
                found = self.ask(question, "example.com")
                self.assertEqual(found["question"], question)
                self.assertIn("not_known", found)
                self.assertNotIn("null", json.dumps(found))
                self.assertIn("Rests on", self.show(question, "example.com").out)
                self.show(question, "example.com", "--csv")

    def test_empty_states_say_what_to_do(self):
        found = self.ask("sources", "example.com")
        self.assertIn("assay show ladder example.com", found["next"][0])
        self.take_in_days()
        found = self.ask("split", "example.com", "--from", "2026-06-01", "--to", "2026-06-02")
        self.assertIn("2026-05-03", found["next"][0])

    def test_ladder_asks_the_zone(self):
        steps = self.ask("ladder", "example.com")["steps"]
        self.assertEqual(self.row(steps, "step", "record")["state"], "ok")
        self.assertEqual(self.row(steps, "step", "first_report")["state"], "waiting")

    def test_received(self):
        journal = ROOT / "corpus/demo"
        done = self.show("received", "--journal", str(self.folder), "--json")
        self.assertEqual(json.loads(done.out)["messages"], 0)
        self.assertTrue(journal.exists())

    def test_wrong_use(self):
        self.assert_failed(run("show", "split", "--defaults", "--from", "yesterday"), 64, "--from", "yesterday")
        self.assert_failed(run("show", "sources", "--defaults", "--store", self.store), 64, "assay show sources example.com")
        self.assert_failed(run("show", "wisdom"), 64, "QUESTION")
        self.assert_failed(run("show", "split", "--json", "--csv"), 64, "--csv")
        self.assert_failed(run("show", "split", "--csv", "--table", "none", "--defaults", "--store", self.store), 64, "parts")
        self.assert_failed(run("mark", "example.com", "X", "good", "--defaults", "--marks", self.marks), 64, "own, approved")
        Path(self.marks).write_text("{\n")
        self.assert_failed(run("mark", "example.com", "X", "own", "--defaults", "--marks", self.marks), 65, "line 1")
        self.assertEqual(Path(self.marks).read_text(), "{\n")
        self.assert_failed(run("show", "sources", "example.com", "--defaults", "--store", self.store, "--marks", self.marks), 65, "line 1")

    def test_places_from_files(self):
        self.take_in_days()
        record = {"autonomous_system_number": 64500, "autonomous_system_organization": "Example Net", "country": {"iso_code": "XA"}}
        files = self.write("asn.mmdb", mmdb("203.0.113.0", record))
        config = self.write("assay.toml", f'data = "{self.folder}"\n[insight]\nasn = "{files}"\ncountry = "{files}"\n'.encode())
        ask = ("show", "who", "example.com", "--config", config, "--store", self.store, "--json")
        found = [one for one in json.loads(run(*ask).out)["sources"] if one["network"] == "203.0.113.0/24"]
        self.assertEqual(found[0]["as_number"], 64500)
        self.assertEqual(found[0]["known_by"], "as_number")
        self.assertEqual(found[0]["country"], "XA")
        words = run("show", "who", "example.com", "--config", config, "--store", self.store)
        self.assertIn("AS64500 Example Net", words.out)
        self.write("asn.mmdb", b"no such file")
        self.assert_failed(run(*ask), 65, "asn.mmdb")

    def test_own_journal_is_the_truth(self):
        self.take_in_days()
        line = {"v": 1, "id": "a.1", "time": "2026-05-03T12:00:00.000Z", "host": "mx.example.com", "exempt": "own_network", "client": "192.0.2.2",
                "author_domains": ["example.com"], "action": {"action": "accept", "disposition": "none"}}
        journal = self.write("mail.jsonl", (json.dumps(line, separators=(",", ":")) + "\n").encode())
        found = {one["name"]: one for one in self.ask("sources", "example.com", "--journal", journal)["by_address"]}
        self.assertTrue(found["192.0.2.2"]["by_journal"])
        self.assertNotIn("by_journal", found["192.0.2.1"])

    @unittest.skipUnless(SUITES.exists(), f"the public samples are not at {SUITES}")
    def test_all_questions_on_the_samples(self):
        self.take_in(str(SUITES))
        domains = self.ask("domains", "--from", "2010-01-01", "--to", "2026-12-31")["domains"]
        self.assertGreater(len(domains), 20)
        for each in domains:
            facts = self.ask("cube", each["domain"], "--from", "2010-01-01", "--to", "2026-12-31")
            self.assertEqual(facts["messages"], each["messages"])
            sources = self.ask("sources", each["domain"], "--from", "2010-01-01", "--to", "2026-12-31")
            self.assertEqual(sum(one["messages"] for one in sources["by_address"]), each["messages"], each["domain"])
        busiest = domains[0]["domain"]
        for question in QUESTIONS:
            with self.subTest(question):
                self.assertEqual(self.ask(question, busiest, "--from", "2010-01-01", "--to", "2026-12-31")["question"], question)


if __name__ == "__main__":
    main()
