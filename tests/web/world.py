#!/usr/bin/env python3
"""A world of reports for the tests of the pages: many (--days), one, or hostile ones, as files in a folder.

usage: tests/web/world.py FOLDER [--world full|one|hostile] [--days N] [--domains N] [--end YYYY-MM-DD]
"""
import argparse
import datetime
import gzip
import json
import random
from pathlib import Path
from xml.sax.saxutils import escape

REPORTERS = ("mail.receiver.example", "big.mailbox.example", "university.example", "isp.example.net")
HOSTILE_NAME = '<script>window.hacked=1</script><img src=x onerror=window.hacked=1>'
RTL = "\u202egpj.exe\u202c \u2066evil\u2069"


def record(ip, count, domain, spf, dkim, disposition="none", reason=None, signed=None, selector="s1", envelope=None):
    """One record; spf and dkim are pass, fail or unaligned (passes for another domain)."""
    signed, envelope = signed or domain, envelope or "bounce." + domain
    told = f"<reason><type>{reason[0]}</type><comment>{escape(reason[1])}</comment></reason>" if reason else ""
    key = "" if dkim == "none" else (f"<dkim><domain>{escape(signed)}</domain><selector>{escape(selector)}</selector>"
                                     f"<result>{'fail' if dkim == 'fail' else 'pass'}</result></dkim>")
    word = {"pass": "pass", "unaligned": "pass"}.get(spf, "fail")
    return (f"<record><row><source_ip>{ip}</source_ip><count>{count}</count><policy_evaluated><disposition>{disposition}</disposition>"
            f"<dkim>{'pass' if dkim == 'pass' else 'fail'}</dkim><spf>{'pass' if spf == 'pass' else 'fail'}</spf>{told}</policy_evaluated></row>"
            f"<identifiers><header_from>{escape(domain)}</header_from><envelope_from>{escape(envelope)}</envelope_from></identifiers>"
            f"<auth_results>{key}<spf><domain>{escape(envelope)}</domain><scope>mfrom</scope><result>{word}</result></spf></auth_results></record>")


def report(day, domain, records, policy="none", reporter=REPORTERS[0], org=None, number=0):
    begin = int(datetime.datetime(day.year, day.month, day.day, tzinfo=datetime.timezone.utc).timestamp())
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0"><version>1.0</version>
<report_metadata><org_name>{escape(org or reporter)}</org_name><email>dmarc@{reporter}</email><report_id>{begin}.{number}.{escape(domain[:60])}</report_id>
<date_range><begin>{begin}</begin><end>{begin + 86399}</end></date_range></report_metadata>
<policy_published><domain>{escape(domain)}</domain><p>{policy}</p><sp>{policy}</sp><np>reject</np><adkim>r</adkim><aspf>r</aspf>
<testing>n</testing><discovery_method>treewalk</discovery_method></policy_published>
{"".join(records)}</feedback>
""".encode()


def tls_report(day, domain, good, bad):
    text = {"organization-name": REPORTERS[1], "contact-info": "tls@" + REPORTERS[1], "report-id": f"{day}-{domain}",
            "date-range": {"start-datetime": f"{day}T00:00:00Z", "end-datetime": f"{day}T23:59:59Z"},
            "policies": [{"policy": {"policy-type": "sts", "policy-domain": domain, "policy-string": ["version: STSv1", "mode: testing"],
                                     "mx-host": ["mx." + domain]},
                          "summary": {"total-successful-session-count": good, "total-failure-session-count": bad},
                          "failure-details": [{"result-type": "certificate-expired", "sending-mta-ip": "192.0.2.200",
                                               "receiving-mx-hostname": "mx." + domain, "failed-session-count": bad}] if bad else []}]}
    return json.dumps(text).encode()


def failure_report(day, domain, number, subject):
    stamp = day.strftime("%a, %d %b %Y 08:00:00 +0000")
    return f"""From: Reports <noreply@{REPORTERS[0]}>
To: reports@{domain}
Subject: FW: {subject}
Date: {stamp}
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="part"

--part
Content-Type: text/plain

This is a report of a message that failed.
--part
Content-Type: message/feedback-report

Feedback-Type: auth-failure
User-Agent: Example/1.0
Version: 1
Auth-Failure: dmarc
Reported-Domain: {domain}
Source-IP: 203.0.113.{number % 250 + 1}
Arrival-Date: {stamp}
Original-Mail-From: <x@spam.example>
Delivery-Result: reject
Identity-Alignment: none

--part
Content-Type: text/rfc822-headers

From: Accounts <billing@{domain}>
To: someone@receiver.example
Subject: {subject}
Date: {stamp}
Message-ID: <{number}.{day}@spam.example>

--part--
""".replace("\n", "\r\n").encode()


def main_domain(day, age, domain, reporter, chance):
    """Own server, a newsletter service that signs as itself until the end, a list, a forger, a new service that passes."""
    weekday = 0.3 if day.weekday() > 4 else 1.0
    much = lambda number: max(1, int(number * weekday * chance.uniform(0.7, 1.3)))
    policy = "none" if age > 21 else "quarantine"
    stop = "none" if policy == "none" else "quarantine"
    found = [record("192.0.2.10", much(240), domain, "pass", "pass"),
             record("192.0.2.11", much(60), domain, "pass", "pass" if age > 12 else "fail"),
             record("198.51.100.25", much(18), domain, "fail", "pass", envelope="lists.example.org"),
             record("198.51.100.26", much(6), domain, "fail", "fail", "none", ("mailing_list", "arc=pass as[1].d=lists.example.org"),
                    envelope="lists.example.org")]
    if day.weekday() in (1, 3):
        found.append(record("198.51.100.77", much(110), domain, "unaligned", "unaligned", stop, signed="sendgrid.net", selector="smtpapi",
                            envelope="u1.sendgrid.net"))
    if chance.random() < 0.5:
        found.append(record(f"203.0.113.{chance.randint(1, 40)}", much(25), domain, "fail", "none", stop if chance.random() < 0.9 else "none",
                            envelope="spam.example"))
    if age < 6:
        found.append(record("198.51.100.140", much(12), domain, "fail", "pass", selector="crm", envelope="mail.crm.example"))
    return report(day, domain, found, policy, reporter, number=REPORTERS.index(reporter))


def simple_domain(day, domain, reporter, chance, index):
    kind = index % 4
    if kind == 0:    # abused alone: parked
        return report(day, domain, [record(f"203.0.113.{chance.randint(1, 200)}", chance.randint(1, 9), domain, "fail", "none", "reject",
                                           envelope="spam.example")], "reject", reporter, number=REPORTERS.index(reporter))
    address = f"192.0.2.{20 + index % 200}"
    policy = ("none", "quarantine", "reject")[index % 3]
    return report(day, domain, [record(address, chance.randint(20, 400), domain, "pass", "pass"),
                                record(address, chance.randint(1, 30), domain, "pass", "fail" if kind == 2 else "pass")], policy, reporter,
                  number=REPORTERS.index(reporter))


def full(days, domains, end):
    chance = random.Random(7)
    for age in range(days, 0, -1):
        day = end - datetime.timedelta(days=age)
        for reporter in REPORTERS:
            if reporter == REPORTERS[2] and age < 9:
                continue  # fell silent
            yield f"main-{day}-{reporter}.xml.gz", gzip.compress(main_domain(day, age, "example.com", reporter, chance))
        for index in range(domains):
            if age % 3 == 0 or index < 4:
                reporter = REPORTERS[(index + age) % 2]
                name = ("shop.example.net", "bakery.example", "news.example.org", "parked.example")[index] if index < 4 else f"d{index:03}.example"
                kind = (1, 2, 3, 4)[index] if index < 4 else index
                yield f"{name}-{day}-{reporter}.xml.gz", gzip.compress(simple_domain(day, name, reporter, chance, kind))
        if age % 2 == 0:
            yield f"tls-{day}.json.gz", gzip.compress(tls_report(day, "example.com", 40 + age, 3 if age < 10 else 0))
        if age < 15:
            for number in range(3):
                yield f"failure-{day}-{number}.eml", failure_report(day, "example.com", age * 3 + number, f"Invoice {age * 77 + number} is overdue")


def one(end):
    day = end - datetime.timedelta(days=1)
    yield "one.xml", report(day, "example.com", [record("192.0.2.10", 12, "example.com", "pass", "pass"),
                                                 record("203.0.113.9", 3, "example.com", "fail", "none", envelope="spam.example")])


def hostile(end):
    day = end - datetime.timedelta(days=2)
    long_label = ".".join(["a" * 60] * 3)
    yield "script.xml", report(day, "example.com", [
        record("192.0.2.10", 12, "example.com", "pass", "pass", selector=HOSTILE_NAME),
        record("203.0.113.9", 3, "example.com", "fail", "unaligned", signed=long_label + ".example", envelope=RTL),
        record("203.0.113.10", 4, "example.com", "fail", "fail", "none", ("local_policy", HOSTILE_NAME + " " + "x" * 3000 + " =cmd()"))],
        policy="quarantine", org=HOSTILE_NAME)
    yield "bidi.xml", report(day, "example.com", [record("192.0.2.10", 7, "example.com", "pass", "pass", envelope="x" * 10_000 + ".example")], org=RTL, number=2)
    yield "long.xml", report(day, long_label + ".example", [record("2001:db8::1", 2 ** 40, "example.com", "fail", "none", envelope="spam.example")],
                             org="w" * 2000, number=3)
    for number in range(3):
        yield f"failure-{number}.eml", failure_report(day, "example.com", number, HOSTILE_NAME + " " + RTL + f" {number}")
    yield "tls.json", tls_report(day, "example.com", 10, 4).replace(REPORTERS[1].encode(), HOSTILE_NAME.replace('"', "").encode(), 1)
    yield "broken.xml", b"<feedback><report_metadata><org_name>broken"


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--world", choices=("full", "one", "hostile"), default="full")
    options.add_argument("--days", type=int, default=60)
    options.add_argument("--domains", type=int, default=4)
    options.add_argument("--end", type=datetime.date.fromisoformat, default=datetime.date(2026, 6, 1))
    given = options.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    files = {"full": lambda: full(given.days, given.domains, given.end), "one": lambda: one(given.end), "hostile": lambda: hostile(given.end)}
    for name, octets in files[given.world]():
        (given.folder / name).write_bytes(octets)


if __name__ == "__main__":
    main()
