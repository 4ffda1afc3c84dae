#!/usr/bin/env python3
"""Alerts and digests with real parts: nsd whose records change, an SMTP sink, a web server that fails and recovers, kill -9."""
import email
import email.policy
import hashlib
import hmac
import json
import os
import random
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
for folder in ("cli", "filter", "reports"):
    sys.path.insert(0, str(ROOT / "tests" / folder))
import mta
import sign
from harness import ASSAY, Test, main, run
from https_test import WebServer, openssl

DOMAIN = "owner.example"
KILLS = int(sys.argv.pop(1)) if len(sys.argv) > 1 and sys.argv[1].isdigit() else 6
ZONE = """\
_dmarc.owner TXT "v=DMARC1; p={policy}; rua=mailto:d@owner.example"
owner TXT "v=spf1 include:spf.mailer.example -all"
spf.mailer TXT "v=spf1 ip4:{network} -all"
s1._domainkey.owner TXT "v=DKIM1; k=ed25519; p={key}"
owner MX 10 mx.owner.example.
mx.owner A 192.0.2.25
{more}
"""


def zone(policy="reject", network="192.0.2.0/24", key="AAAA", more=""):
    return ZONE.format(policy=policy, network=network, key=key, more=more)


def record(ip, count, ok, domain=DOMAIN, selector="s1", spf_domain=None):
    word = "pass" if ok else "fail"
    return f"""<record><row><source_ip>{ip}</source_ip><count>{count}</count><policy_evaluated><disposition>none</disposition>
 <dkim>{word}</dkim><spf>{word if not spf_domain else "fail"}</spf></policy_evaluated></row>
 <identifiers><header_from>{DOMAIN}</header_from></identifiers>
 <auth_results><dkim><domain>{domain}</domain><selector>{selector}</selector><result>{word}</result></dkim>
 <spf><domain>{spf_domain or DOMAIN}</domain><scope>mfrom</scope><result>{"pass" if spf_domain else word}</result></spf></auth_results></record>"""


def report(day, records, reporter="receiver.example"):
    begin = int(day.timestamp())
    return f"""<?xml version="1.0"?>
<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0"><version>1.0</version>
 <report_metadata><org_name>{reporter}</org_name><email>d@{reporter}</email><report_id>{begin}.{reporter}</report_id>
  <date_range><begin>{begin}</begin><end>{begin + 86399}</end></date_range></report_metadata>
 <policy_published><domain>{DOMAIN}</domain><p>reject</p><sp>reject</sp><np>reject</np><adkim>r</adkim><aspf>r</aspf>
  <testing>n</testing><discovery_method>treewalk</discovery_method></policy_published>
 {"".join(records)}</feedback>""".encode()


class AlertsTest(Test):
    def setUp(self):
        super().setUp()
        self.now = datetime.now(timezone.utc).replace(microsecond=0)
        self.today = self.now.replace(hour=0, minute=0, second=0)
        self.refusal = lambda stage, address: None
        self.sink = mta.Sink(lambda stage, address: self.refusal(stage, address))
        self.addCleanup(self.sink.stop)
        self.key = sign.Key(self.folder, "reports")
        self.configure()

    def configure(self, alerts="", digest="", more="", zone_text="", dns=None):
        zone_file = self.write("offline.zone", ("$ORIGIN example.\n" + (zone_text or zone())).encode())
        self.config = self.write("assay.toml", f"""
data = "{self.folder}/var"
[dns]
{dns or f'zone = "{zone_file}"'}
[intake]
domains = ["{DOMAIN}"]
[filter]
lookup_time = "500ms"
[metrics]
address = ""
[receive]
lmtp = ""
upload = ""
look_every = "1s"
[smtp]
server = "127.0.0.1:{self.sink.port}"
timeout = "5s"
[reports]
dkim_domain = "owner.example"
dkim_selector = "r1"
dkim_key = "{self.key.path}"
[alerts]
from = "assay@owner.example"
to = ["boss@owner.example"]
check_every = "1s"
{alerts}
[digest]
{digest}
{more}
""".encode())

    def assay(self, *words, status=0):
        done = run(*words, "--config", self.config)
        self.assertEqual(done.returncode, status, done.err + done.out)
        return done.out

    def check(self, *words, at=None, status=0):
        at = (at or self.now).strftime("%Y-%m-%dT%H:%M:%SZ")
        return [json.loads(line) for line in self.assay("alert", "check", "--json", "--at", at, *words, status=status).splitlines()]

    def alerts(self, *words):
        return [json.loads(line) for line in self.assay("alert", "list", "--json", *words).splitlines()]

    def letters(self, *words):
        return [json.loads(line) for line in self.assay("alert", "letters", "--json", *words).splitlines()]

    def take_in(self, days_ago, *records, **more):
        path = self.write(f"{days_ago}.{more.get('reporter', 'r')}.xml", report(self.today - timedelta(days=days_ago), records, **more))
        self.assay("intake", "add", "--no-verify", path)

    def mails(self):
        return [(recipients[0], email.message_from_bytes(octets, policy=email.policy.default)) for _, recipients, octets in self.sink.messages]


class NameServer(mta.NameServer):
    def change(self, text):
        """Another zone under a higher serial number, loaded when it returns."""
        self.serial = getattr(self, "serial", 1) + 1
        path = self.folder / "example.zone"
        path.write_text(f"$ORIGIN example.\n$TTL 60\n@ SOA ns.example. hostmaster.example. {self.serial} 60 60 60 60\n@ NS ns.example.\n"
                        "ns A 127.0.0.1\n" + text)
        os.kill(self.process.pid, signal.SIGHUP)
        mta.wait_for(lambda: self.read_serial() == self.serial, "the zone to be loaded")

    def read_serial(self):
        import socket
        import struct
        query = struct.pack(">HHHHHH", 7, 0, 1, 0, 0, 0) + b"\x07example\x00" + struct.pack(">HH", 6, 1)
        with socket.socket(type=socket.SOCK_DGRAM) as udp:
            udp.settimeout(1)
            try:
                udp.sendto(query, ("127.0.0.1", self.port))
                answer = udp.recv(4096)
            except OSError:
                return 0
        return struct.unpack(">I", answer[answer.index(b"hostmaster") + 10 + 2:][:4])[0] if b"hostmaster" in answer else 0


class Records(AlertsTest):
    def setUp(self):
        super().setUp()
        self.server = NameServer(self.folder, zone())
        self.addCleanup(self.server.stop)
        self.configure(dns=f'servers = ["127.0.0.1@{self.server.port}"]\ndnssec = false')

    def changes(self):
        return json.loads(self.assay("show", "changes", DOMAIN, "--json"))

    def test_a_changed_record_is_told_once_and_kept(self):
        self.take_in(1, record("192.0.2.1", 10, True))
        self.assertEqual(self.check(), [])
        first = self.changes()
        self.assertEqual({each["record"] for each in first["records"]}, {"dmarc", "spf", "spf_senders", "dkim", "mx", "mta_sts", "tls_rpt"})
        self.server.change(zone(policy="none", network="198.51.100.0/24", key="BBBB"))
        later = self.now + timedelta(hours=1)
        change, = self.check(at=later)
        self.assertEqual((change["event"], change["alert"]["rule"], change["alert"]["severity"]), ("opened", "record_changed", "high"))
        self.assertIn("p=reject became p=none", change["alert"]["what"])
        self.assertIn("198.51.100.0/24 came; ip4:192.0.2.0/24 went", change["alert"]["what"])
        self.assertIn("DKIM key of selector s1 changed", change["alert"]["what"])
        self.assertEqual(self.check(at=later + timedelta(minutes=10)), [])
        found = {each["record"]: each for each in self.changes()["changes"]}
        self.assertEqual(set(found), {"dmarc", "spf_senders", "dkim"})
        self.assertIn("p=reject", found["dmarc"]["before"])
        (to, mail), = self.mails()
        self.assertEqual((to, mail["Auto-Submitted"]), ("boss@owner.example", "auto-generated"))
        self.assertIn("d=owner.example", mail["DKIM-Signature"])
        self.assertIn("p=reject became p=none", " ".join(mail.get_content().split()))
        self.assertIn("record,", self.assay("show", "changes", DOMAIN, "--csv"))

    def test_a_failure_of_the_dns_is_no_change(self):
        self.take_in(1, record("192.0.2.1", 10, True))
        self.check()
        self.server.stop()
        self.assertEqual(self.check(at=self.now + timedelta(hours=1)), [])
        found = self.changes()
        self.assertEqual(found["changes"], [])
        dmarc = next(each for each in found["records"] if each["record"] == "dmarc")
        self.assertIn("p=reject", dmarc["value"])
        self.assertIn("failing_since", dmarc)
        self.server = NameServer.__new__(NameServer)  # a new one, with the record gone
        (self.folder / "again").mkdir()
        self.server.__init__(self.folder / "again", 'owner TXT "no spf"\n')
        self.addCleanup(self.server.stop)
        self.configure(dns=f'servers = ["127.0.0.1@{self.server.port}"]\ndnssec = false')
        change, = self.check(at=self.now + timedelta(hours=2))
        self.assertIn("The DMARC record is gone", change["alert"]["what"])

    def test_a_weaker_policy_and_its_record_are_one_alert(self):
        self.configure(f'policies = ["{DOMAIN}: reject"]', dns=f'servers = ["127.0.0.1@{self.server.port}"]\ndnssec = false')
        self.check()
        self.server.change(zone(policy="quarantine"))
        change, = self.check(at=self.now + timedelta(hours=1))
        self.assertEqual((change["alert"]["rule"], change["event"]), ("policy_weaker", "opened"))
        self.server.change(zone())
        change, = self.check(at=self.now + timedelta(hours=2))
        self.assertEqual((change["alert"]["rule"], change["event"]), ("policy_weaker", "over"))
        self.assertEqual(self.alerts(), [])


class Sources(AlertsTest):
    def weeks(self, last):
        """Nine weeks of an own source; `last`: of the last days, what they add or replace."""
        paths = [self.write(f"{days_ago}.xml", report(self.today - timedelta(days=days_ago),
                                                      last.get(days_ago, [record("192.0.2.1", 100, True)])))
                 for days_ago in range(62, 0, -1)]
        self.assay("intake", "add", "--no-verify", *paths)

    def test_a_source_breaks_and_the_volume_says_which_record_changed(self):
        broken = [record("192.0.2.1", 100, False)]
        self.weeks({1: broken, 2: broken})
        change, = self.check()
        alert = change["alert"]
        self.assertEqual((alert["rule"], alert["domain"], change["event"]), ("source_broken", DOMAIN, "opened"))
        self.assertFalse(alert["seen"])
        shown = self.assay("alert", "show", str(alert["id"]))
        self.assertIn("To do", shown)
        self.assertTrue(self.alerts()[0]["seen"])
        self.assay("alert", "close", str(alert["id"]), "--who", "Boss")
        self.assertEqual(self.alerts(), [])
        self.assertEqual(self.check(at=self.now + timedelta(hours=1)), [], "closed by hand stays closed")
        self.assertEqual(self.alerts("--all")[0]["closed_by"], "Boss")
        self.assay("alert", "close", "99", status=66)
        # A record that changes now is named beside the failures.
        self.configure(zone_text=zone(network="198.51.100.0/24"))
        later = self.now + timedelta(hours=2)  # perhaps tomorrow
        self.check(at=later)
        volume = json.loads(self.assay("show", "volume", DOMAIN, "--json", "--to", later.strftime("%Y-%m-%d")))
        self.assertIn("senders that SPF allows changed", volume["record_changes"][0]["what"])

    def test_rules_can_be_set(self):
        broken = [record("192.0.2.1", 100, False)]
        self.weeks({1: broken, 2: broken})
        self.configure(more=f'[[alert]]\nrule = "source_broken"\ndomains = ["{DOMAIN}"]\nenabled = false\n[[alert]]\nrule = "spike"\nenabled = false\n')
        self.assertEqual(self.check(), [])
        rules = {rule["rule"]: rule for rule in map(json.loads, self.assay("alert", "rules", "--json", "--domain", DOMAIN).splitlines())}
        self.assertEqual(len(rules), 7)
        self.assertFalse(rules["source_broken"]["enabled"])

    def test_a_digest_is_one_a_week(self):
        self.weeks({1: [record("192.0.2.1", 100, True), record("203.0.113.9", 30, True, spf_domain="<b>evil.example</b>")]})
        self.configure(digest='to = ["boss@owner.example", "owner.example: other@owner.example"]\nweekday = "monday"\nhour = 0')
        monday = self.today - timedelta(days=self.today.weekday())
        at = (monday + timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.assertIn("2 digests", self.assay("digest", "build", "--send", "--at", at))
        self.assertIn("0 digests", self.assay("digest", "build", "--send", "--at", at))
        earlier = (monday - timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.assertIn("0 digests", self.assay("digest", "build", "--send", "--at", earlier), "a clock set back makes no second one")
        mails = self.mails()
        self.assertEqual({to for to, _ in mails}, {"boss@owner.example", "other@owner.example"})
        mail = mails[0][1]
        self.assertEqual(mail.get_content_type(), "multipart/alternative")
        text, html = [part.get_content() for part in mail.iter_parts()]
        # On a Monday yesterday, with its newcomer, belongs to that week.
        is_monday = self.today.weekday() == 0
        self.assertIn("730 messages" if is_monday else "700 messages", text)
        self.assertEqual("quiet week" in text, not is_monday)
        for wrong in ("http://", "https://", "<img", "<script", "<link", "src="):
            self.assertNotIn(wrong, html)
        out = self.folder / "out"
        week = (self.today - timedelta(days=1)).strftime("%Y-%m-%d")
        self.assay("digest", "build", "--week", week, "--domain", DOMAIN, "--out", str(out), "--at", self.now.strftime("%Y-%m-%dT%H:%M:%SZ"))
        self.assertEqual({path.name for path in out.iterdir()}, {"digest.txt", "digest.html", "digest.eml"})
        self.assertNotIn("<b>evil", (out / "digest.html").read_text())


class Telling(AlertsTest):
    def setUp(self):
        super().setUp()
        self.configure()
        self.check()  # records as they are

    def change_records(self, **more):
        self.configure(zone_text=zone(policy="none"), **more)

    def test_mail_that_is_refused_is_tried_again(self):
        self.refusal = lambda stage, address: "550 5.1.1 who" if stage == "RCPT" else None
        self.change_records()
        self.check(at=self.now + timedelta(hours=1), status=69)
        letter, = self.letters()
        self.assertEqual((letter["state"], letter["attempts"]), ("waiting", 1))
        self.assertIn("5.1.1", letter["reason"])
        self.assertIn("could not be sent yet", self.assay("alert", "list"))
        self.refusal = lambda stage, address: None
        self.check(at=self.now + timedelta(hours=2))
        self.assertEqual([one["state"] for one in self.letters()], ["sent"])
        self.assertEqual(len(self.mails()), 1)

    def test_a_webhook_that_fails_and_recovers(self):
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                "-keyout", str(self.folder / "web.key"), "-out", str(self.folder / "web.pem"))
        web = WebServer(str(self.folder / "web.pem"), str(self.folder / "web.key"))
        self.addCleanup(web.stop)
        secret = self.folder / "secret"
        secret.write_text("hush\n")
        secret.chmod(0o600)
        hook = (f'webhooks = ["{DOMAIN}: https://localhost:{web.port}/hook"]\nwebhook_secret_file = "{secret}"\n'
                f'webhook_ca = "{self.folder}/web.pem"\n')
        self.change_records(alerts=hook)
        self.check(at=self.now + timedelta(hours=1), status=69)  # a private address
        self.assertEqual(web.posts, [])
        web.answer = lambda handler: 503
        self.change_records(alerts=hook + "webhook_private = true\n")
        self.check(at=self.now + timedelta(hours=2), status=69)
        self.assertEqual(len(web.posts), 1)
        web.answer = lambda handler: 204
        self.check(at=self.now + timedelta(hours=4))
        self.assertEqual(len(web.posts), 2)
        _, fields, octets = web.posts[-1]
        self.assertEqual(octets, web.posts[0][2])
        self.assertEqual(fields["Assay-Delivery"], web.posts[0][1]["Assay-Delivery"])
        parts = dict(part.split("=") for part in fields["Assay-Signature"].split(","))
        wanted = hmac.new(b"hush", parts["t"].encode() + b"." + octets, hashlib.sha256).hexdigest()
        self.assertEqual(parts["v1"], wanted)
        body = json.loads(octets)
        self.assertEqual(body["alerts"][0]["alert"]["rule"], "record_changed")

    def test_by_a_real_mail_server(self):
        postfix = mta.Postfix(self.folder, "", self.sink.port)
        self.addCleanup(postfix.stop)
        self.change_records()
        text = Path(self.config).read_text().replace(f"127.0.0.1:{self.sink.port}", f"127.0.0.1:{postfix.port}")
        text = text.replace("boss@owner.example", "boss@rcpt.example")
        self.write("assay.toml", text.encode())
        self.check(at=self.now + timedelta(hours=1))
        self.sink.wait(1)
        (_, mail), = self.mails()
        self.assertIn("p=reject became p=none", " ".join(mail.get_content().split()))


class Role(AlertsTest):
    def start(self):
        log = open(self.folder / "role.log", "ab")
        self.addCleanup(log.close)
        process = subprocess.Popen([ASSAY, "receive", "--config", self.config], stdout=log, stderr=subprocess.STDOUT)
        self.addCleanup(lambda: process.poll() is None and (process.kill(), process.wait()))
        return process

    def end(self, process):
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(mta.WAIT), 0, (self.folder / "role.log").read_text()[-2000:])

    def test_it_watches_and_tells_by_itself(self):
        self.configure()
        process = self.start()
        mta.wait_for(lambda: json.loads(self.assay("show", "changes", DOMAIN, "--json"))["records"], "the first look")
        self.end(process)
        self.configure(zone_text=zone(policy="none"))
        process = self.start()
        self.sink.wait(1)
        self.end(process)
        process = self.start()  # a restart repeats nothing
        time.sleep(2)
        self.end(process)
        self.assertEqual(len(self.sink.messages), 1)
        self.assertIn("rule=record_changed", (self.folder / "role.log").read_text())

    def test_killed_between_alert_and_telling(self):
        chance = random.Random(3)
        self.configure()
        self.check()
        self.refusal = lambda stage, address: chance.choice(["", "451 4.3.0 later"]) if stage == "DATA" else None
        self.configure(zone_text=zone(policy="none"))
        for _ in range(KILLS):
            process = self.start()
            time.sleep(chance.uniform(0.1, 1.5))
            process.kill()
            process.wait()
        process = self.start()
        mta.wait_for(lambda: self.alerts(), "the alert")
        self.refusal = lambda stage, address: None

        def is_told():
            for one in self.letters("--state", "waiting"):
                self.assay("alert", "retry", str(one["id"]), "--at", "2020-01-01T00:00:00Z")
            return self.sink.messages
        mta.wait_for(is_told, "the mail")
        self.end(process)
        self.assertEqual(len(self.alerts("--all")), 1, "one alert for one cause")
        self.assertEqual(len(self.letters()), 1)
        self.assertEqual(len({mail["Message-ID"] for _, mail in self.mails()}), 1)

    def test_what_is_refused_is_an_alert(self):
        self.configure(more='[[alert]]\nrule = "intake_refusing"\nminimum = 3\n')
        incoming = self.folder / "var/incoming"
        incoming.mkdir(parents=True)
        for i in range(5):
            (incoming / f"{i}.xml").write_bytes(b"<feedback>no report")
        process = self.start()
        mta.wait_for(lambda: [one for one in self.alerts() if one["rule"] == "intake_refusing"], "the alert")
        self.end(process)


if __name__ == "__main__":
    main()
