"""assay report read: the public samples in every wrapping, and what users see."""
import base64
import binascii
import csv
import gzip
import io
import json
import os
import quopri
import subprocess
import sys
import unittest
import zipfile
from datetime import datetime, timezone
from pathlib import Path

from harness import ASSAY, ROOT, TIMEOUT, Test, main, run

SUITES = Path(os.environ.get("ASSAY_SUITES", ROOT / "../shared/testdata")) / "aggregate"

REPORT = b"""<?xml version="1.0"?>
<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">
 <version>1.0</version>
 <report_metadata><org_name>receiver.example</org_name><email>a@receiver.example</email><report_id>id1</report_id>
  <date_range><begin>1777507200</begin><end>1777593599</end></date_range><error>sp is no policy</error></report_metadata>
 <policy_published><domain>example.com</domain><p>reject</p><sp>none</sp><np>reject</np><adkim>r</adkim><testing>n</testing>
  <discovery_method>treewalk</discovery_method></policy_published>
 <record><row><source_ip>192.0.2.1</source_ip><count>3</count><policy_evaluated><disposition>none</disposition>
  <dkim>fail</dkim><spf>fail</spf><reason><type>mailing_list</type><comment>a list</comment></reason></policy_evaluated></row>
  <identifiers><header_from>example.com</header_from><envelope_from>example.net</envelope_from></identifiers>
  <auth_results><dkim><domain>example.com</domain><selector>s1</selector><result>permerror</result></dkim>
  <spf><domain>example.net</domain><scope>mfrom</scope><result>hardfail</result></spf></auth_results></record>
</feedback>
"""

# The samples whose facts are those of a reader that repairs nothing: what we read, or the error's words.
REPAIRED = {
    "parsedmarc/aggregate/ikea.com!example.de!1538690400!1538776800.xml", "parsedmarc/aggregate/invalid_utf_8.xml",
    "parsedmarc/aggregate/invalid_xml.xml", "parsedmarc/inline/testRecoversMalformedXml.xml",
    "quirks-own/q07-unclosed-xs-schema.xml", "quirks-own/q13-missing-closing-bracket.xml"}
OTHERWISE = {
    "parsedmarc/inline/testParseReportFileInvalidAggregateReason.xml", "parsedmarc/inline/testReportMetadataNotAStructureRaises.xml",
    "quirks-own/q17-iso-dates.xml", "quirks-own/q18-float-epoch.xml", "quirks-own/q20-huge-count.xml"}


def read(*files, stdin=b""):
    """The lines of --json, and the finished process."""
    done = run("report", "read", "--json", *map(str, files), stdin=stdin)
    return [json.loads(line) for line in done.out.splitlines()], done


def instant(seconds):
    return datetime.fromtimestamp(int(seconds), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ") if seconds else None


def zipped(**members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, octets in members.items():
            archive.writestr(name.replace("_", "."), octets)
    return packed.getvalue()


def uuencoded(octets):
    lines = [binascii.b2a_uu(octets[at:at + 45]) for at in range(0, len(octets), 45)]
    return b"begin 644 r.gz\n" + b"".join(lines) + b"`\nend\n"


def measured(*arguments):
    """KiB of resident memory at most, and the finished process. What the sanitizer keeps back would be counted."""
    options = os.environ.get("ASAN_OPTIONS", "")
    code = ("import resource, subprocess, sys; done = subprocess.run(sys.argv[1:]);"
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr); sys.exit(done.returncode)")
    done = subprocess.run([sys.executable, "-c", code, ASSAY, *arguments], capture_output=True, timeout=TIMEOUT,
                          env={**os.environ, "ASAN_OPTIONS": options + ":quarantine_size_mb=1:thread_local_quarantine_size_kb=64"})
    done.out, done.err = done.stdout.decode(), done.stderr.decode()
    return int(done.err.splitlines()[-1]), done


def mailed(octets, name="r.xml.gz"):
    return (b"From: a@receiver.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
            b"--b\r\nContent-Type: text/plain\r\n\r\nHello.\r\n--b\r\nContent-Type: application/gzip\r\n"
            b"Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=" + name.encode() +
            b"\r\n\r\n" + base64.encodebytes(octets).replace(b"\n", b"\r\n") + b"--b--\r\n")


class Report(Test):
    def test_says_all_that_is_in_a_report(self):
        path = self.write("report.xml", REPORT)
        lines, done = read(path)
        self.assertEqual(done.returncode, 0, done.err)
        findings = lines[0].pop("findings")
        self.assertEqual(lines, [{
            "kind": "aggregate", "file": path, "schema": "rfc9990", "version": "1.0", "org_name": "receiver.example",
            "email": "a@receiver.example", "report_id": "id1", "begin": "2026-04-30T00:00:00Z", "end": "2026-04-30T23:59:59Z",
            "errors": ["sp is no policy"],
            "policy_published": {"domain": "example.com", "p": "reject", "sp": "none", "np": "reject", "adkim": "r", "testing": False,
                                 "discovery_method": "treewalk"},
            "records": [{
                "source_ip": "192.0.2.1", "count": 3, "disposition": "none", "dkim": "fail", "spf": "fail",
                "reasons": [{"type": "mailing_list", "comment": "a list"}], "header_from": "example.com", "envelope_from": "example.net",
                "dkim_results": [{"domain": "example.com", "selector": "s1", "result": "permerror"}],
                "spf_results": [{"domain": "example.net", "scope": "mfrom", "result": "fail"}]}]}])
        self.assertEqual([(f["code"], f["repaired"]) for f in findings], [("synonym", True)])

    def test_summary_counts_records_and_messages(self):
        done = run("report", "read", "--json", "--summary", self.write("report.xml", REPORT))
        line = json.loads(done.out)
        self.assertNotIn("records", line)
        self.assertEqual((line["record_count"], line["message_count"]), (1, 3))

    def test_reads_every_wrapping(self):
        packed = gzip.compress(REPORT)
        for name, octets, member in [("a.bin", REPORT, None), ("b", packed, None), ("c", gzip.compress(packed), None),
                                     ("d", zipped(a_xml=REPORT), "a.xml"), ("e", zipped(a_gz=packed), "a.gz"),
                                     ("f", mailed(packed), "r.xml.gz"), ("g", mailed(zipped(a_xml=REPORT), "r.zip"), "r.zip/a.xml"),
                                     ("h", b"From a@example.com\n" + mailed(packed), "r.xml.gz"), ("i", gzip.compress(mailed(packed)), "r.xml.gz")]:
            with self.subTest(name):
                lines, done = read(self.write(name, octets))
                self.assertEqual(done.returncode, 0, done.out + done.err)
                self.assertEqual([(line.get("member"), line["report_id"]) for line in lines], [(member, "id1")])
        lines, done = read("-", stdin=packed)
        self.assertEqual((done.returncode, lines[0]["report_id"]), (0, "id1"))

    def test_reads_every_encoding_of_its_text(self):
        text = REPORT.decode().replace("a list", "K\u00f6ln").replace("<?xml version=\"1.0\"?>", "<?xml version='1.0' encoding='ENC'?>")
        for name, octets in [("mark", b"\xef\xbb\xbf" + text.replace("ENC", "utf-8").encode()),
                             ("utf-16", text.replace("ENC", "UTF-16").encode("utf-16")),
                             ("utf-16-be", text.replace("ENC", "UTF-16").encode("utf-16-be")),
                             ("latin-1", text.replace("ENC", "ISO-8859-1").encode("latin-1")),
                             ("latin-1 as utf-8", text.replace("ENC", "UTF-8").encode("latin-1")),
                             ("utf-8 as latin-1", text.replace("ENC", "iso-8859-1").encode()),
                             ("utf-8 as utf-16", text.replace("ENC", "UTF-16").encode())]:
            for wrapped in (octets, gzip.compress(octets)):
                with self.subTest(name):
                    lines, done = read(self.write("report", wrapped))
                    self.assertEqual(done.returncode, 0, done.out)
                    self.assertEqual(lines[0]["records"][0]["reasons"][0]["comment"], "K\u00f6ln")

    def test_reads_every_form_of_mail(self):
        packed = gzip.compress(REPORT)
        lines64 = base64.encodebytes(packed)
        start = b"From: a@receiver.example\nMIME-Version: 1.0\n"
        forms = {
            "quoted-printable": start + b"Content-Type: text/xml\nContent-Transfer-Encoding: quoted-printable\n\n" + quopri.encodestring(REPORT),
            "8bit": start + b"Content-Type: image/png\nContent-Transfer-Encoding: 8bit\n\n" + REPORT,
            "uuencode": start + b"Content-Type: application/gzip\nContent-Transfer-Encoding: x-uuencode\n\n" + uuencoded(packed),
            "base64 in other letters": start + b"Content-Type: TEXT/HTML\nContent-Transfer-Encoding: BASE64\n\n" + lines64,
            "no label": start + b"Content-Transfer-Encoding: base64\n\n" + lines64,
            "base64 pasted": start + b"Content-Type: text/plain\n\nHere it is:\n\n" + lines64 + b"\n-- \nme\n",
            "base64 quoted in a reply": start + b"\nYou wrote:\n" + b"".join(b"> " + line + b"\n" for line in lines64.splitlines()),
            "XML pasted": start + b"Content-Type: text/plain\n\nHere it is:\n\n" + REPORT,
            "XML as the text": start + b"\n" + REPORT,
            "no MIME at all": b"Subject: x\n\n" + REPORT,
            "forwarded": start + b"Content-Type: multipart/mixed; boundary=f\n\n--f\n\nLook.\n--f\nContent-Type: message/rfc822\n\n" + mailed(packed) + b"\n--f--\n",
            "forwarded as a file": start + b"Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(mailed(packed)),
        }
        for name, octets in forms.items():
            with self.subTest(name):
                lines, done = read(self.write("mail.eml", octets))
                self.assertEqual(done.returncode, 0, done.out)
                self.assertEqual([line["report_id"] for line in lines], ["id1"])

    def test_reads_every_member(self):
        other = REPORT.replace(b"id1", b"id2")
        half = len(REPORT) // 2
        for name, octets, ids in [("zip", zipped(a_xml=REPORT, b_xml=other), ["id1", "id2"]),
                                  ("gzip in pieces", gzip.compress(REPORT[:half]) + gzip.compress(REPORT[half:]), ["id1"]),
                                  ("mbox", b"From a\n" + mailed(gzip.compress(REPORT)) + b"\nFrom b\n" + mailed(gzip.compress(other)), ["id1", "id2"])]:
            with self.subTest(name):
                lines, done = read(self.write("all", octets))
                self.assertEqual(done.returncode, 0, done.out)
                self.assertEqual([line["report_id"] for line in lines], ids)

    def test_what_is_encrypted_is_refused_and_the_rest_read(self):
        packed = bytearray(zipped(a_xml=REPORT, b_xml=REPORT))
        packed[6] |= 1
        packed[packed.index(b"PK\x01\x02") + 8] |= 1
        lines, done = read(self.write("a.zip", bytes(packed)))
        self.assertEqual(done.returncode, 65)
        self.assertEqual([line["member"] for line in lines], ["b.xml"])
        self.assertIn("encrypted", [finding["code"] for finding in lines[0]["findings"]])

    def test_each_limit_has_an_option_and_its_message(self):
        packed = gzip.compress(REPORT)
        two = zipped(a_xml=REPORT, b_xml=REPORT)
        twice = REPORT.replace(b"</record>", b"</record>" + REPORT[REPORT.index(b"<record>"):REPORT.index(b"</feedback>")])
        for option, value, octets, words in [("packed", "10", packed, "larger than 10 octets"), ("expanded", "100", packed, "larger than 100 octets"),
                                             ("ratio", "1", gzip.compress(REPORT + b" " * (20 << 20)), "more than 1 times"),
                                             ("members", "1", two, "more than 1 files"), ("nesting", "1", gzip.compress(packed), "more than 1 deep"),
                                             ("depth", "3", REPORT, "more than 3 deep"), ("records", "1", twice, "more than 1 records"),
                                             ("text", "4", REPORT, "longer than 4 octets")]:
            with self.subTest(option):
                done = run("report", "read", "--json", f"--max-{option}", value, self.write("report", octets))
                self.assertIn(words, done.out + done.err)
        self.assert_failed(run("report", "read", "--max-text", "many", "x"), 64, "--max-text", "many")

    def test_a_bomb_of_ten_gigabytes_costs_megabytes(self):
        member = gzip.compress(b"<feedback>" + b" " * (16 << 20), 9)
        bomb = member * 640
        for name, octets, more in [("plain", bomb, []), ("packed twice", gzip.compress(bomb), []),
                                   ("allowed to expand", bomb, ["--max-ratio", "100000", "--max-expanded", "200MiB"]),
                                   ("in a mail", mailed(bomb), [])]:
            with self.subTest(name):
                resident, done = measured("report", "read", "--json", *more, self.write("bomb", octets))
                self.assertEqual(done.returncode, 65)
                self.assertRegex(done.out, "expands more than|larger than 209715200 octets")
                self.assertLess(resident, 400 << 10)

    def test_many_records_are_read_in_flat_memory(self):
        head, rest = REPORT.split(b"<record>")
        record = b"<record>" + rest.split(b"</feedback>")[0]
        sizes = []
        for count in (2_000, 60_000):
            packed = gzip.compress(head + record * count + b"</feedback>", 1)
            resident, done = measured("report", "read", "--json", "--summary", "--max-ratio", "100000", self.write("many.gz", packed))
            line = json.loads(done.out)
            self.assertEqual((line["record_count"], line["message_count"]), (count, 3 * count))
            sizes.append(resident)
        self.assertLess(sizes[1] - sizes[0], 16 << 10)

    def test_what_cannot_be_read_is_said_after_all_files_were_tried(self):
        good = self.write("good.xml", REPORT)
        bad = [self.write("text", b"unused"), self.write("cut.gz", gzip.compress(REPORT)[:20]), self.write("empty", b""),
               self.write("tls.json", b'{"organization-name":"a"}'), self.write("mail.eml", b"Subject: x\r\n\r\nhello\r\n"),
               self.write("dtd.xml", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><feedback>&b;</feedback>')]
        lines, done = read(*bad, good)
        self.assertEqual(done.returncode, 65, done.err)
        self.assertEqual([line["file"] for line in lines], [*bad, good])
        for line in lines[:-1]:
            self.assertTrue(line["error"], line)
            self.assertIn("findings", line)
        self.assertEqual(lines[-1]["report_id"], "id1")
        self.assertIn("no policies", lines[3]["error"])

    def test_a_missing_file(self):
        lines, done = read(self.folder / "nowhere")
        self.assertEqual(done.returncode, 66)
        self.assertIn("error", lines[0])

    def test_words_for_people(self):
        done = run("report", "read", self.write("report.xml", REPORT.replace(b"receiver.example<", b"x\x1b[31m<")))
        self.assertEqual(done.returncode, 0, done.err)
        for part in ("Policy of:  example.com", "p=reject sp=none np=reject", "3 in 1 records", "RFC 9990", '"hardfail" is read as fail'):
            self.assertIn(part, done.out)
        self.assertNotIn("\x1b", done.out)

    def test_a_bomb_is_refused(self):
        bomb = gzip.compress(b"<feedback>" + b" " * (64 << 20))
        lines, done = read(self.write("bomb.gz", bomb))
        self.assertEqual(done.returncode, 65)
        self.assertIn("error", lines[0])


@unittest.skipUnless(SUITES.is_dir(), "no folder of public suites")
class Samples(Test):
    def compare(self, line, fact):
        for key, value in [("org_name", fact["org_name"]), ("report_id", fact["report_id"]), ("begin", instant(fact["begin"])),
                           ("end", instant(fact["end"]))]:
            self.assertEqual(line.get(key) or None, (value or None), key)
        for key in ("domain", "p", "sp", "np"):
            self.assertEqual(line["policy_published"].get(key), fact[key] or None, key)
        self.assertEqual(len(line["records"]), fact["records"])
        self.assertEqual(sum(record["count"] for record in line["records"]), fact["messages"])
        self.assertEqual(len({record.get("source_ip") for record in line["records"]}), fact["source_ips"])
        for method in ("dkim", "spf"):
            self.assertEqual(sum(r["count"] for r in line["records"] if r.get(method) == "pass"), fact["aligned_messages"][method])

    def test_facts_of_all_samples(self):
        facts = json.loads((SUITES / "facts.json").read_text(encoding="utf-8"))["files"]
        lines, done = read(*[SUITES / name for name in facts])
        self.assertEqual(done.returncode, 65)
        for name, fact in facts.items():
            with self.subTest(name):
                found = [line for line in lines if line["file"] == str(SUITES / name)]
                if name in REPAIRED:
                    self.assertEqual([len(line["records"]) for line in found], [1])
                    self.assertTrue(found[0]["findings"])
                elif isinstance(fact, dict) or name in OTHERWISE:
                    self.assertTrue(found and (found[0].get("error") or found[0]["findings"]))
                else:
                    read_well = [line for line in found if "error" not in line]
                    expected = [one for one in fact if "error" not in one]
                    self.assertEqual(len(read_well), len(expected), found)
                    for line, one in zip(read_well, expected):
                        self.compare(line, one)


class OtherSamples(Test):
    """Failure and TLS reports: report_samples.tsv says what is read from each sample."""

    @staticmethod
    def facts(line):
        if "error" in line:
            return "error", line["error"]
        if line["kind"] == "tls":
            facts = [line["organization_name"], line["report_id"], line["begin"], line["end"]]
            facts += ["{} {} {}/{}".format(one.get("policy_type", "-"), one.get("policy_domain", "-"), one["successful_session_count"],
                                           one["failed_session_count"]) for one in line["policies"]]
        elif line["kind"] == "failure":
            original = line.get("original", {})
            facts = [line.get(name, "-") for name in ("feedback_type", "auth_failure", "source_ip")]
            facts += [",".join(line.get("reported_domain", ["-"])), line.get("arrival_date", "-"), line.get("delivery_result", "-"),
                      original.get("from", "-"), original.get("message_id", "-")]
        else:
            facts = [line["org_name"], line["report_id"]]
        return line["kind"], "; ".join(facts)

    @unittest.skipUnless(SUITES.is_dir(), "no folder of public suites")
    def test_every_sample(self):
        with open(ROOT / "tests/cli/report_samples.tsv", encoding="utf-8") as table:
            samples = list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))
        lines, done = read(*[SUITES.parent / sample["file"] for sample in samples])
        self.assertEqual(done.returncode, 65)
        self.assertEqual(len(lines), len(samples))
        for sample, line in zip(samples, lines):
            with self.subTest(sample["file"]):
                self.assertEqual(line["file"], str(SUITES.parent / sample["file"]))
                self.assertEqual(self.facts(line), (sample["what"], sample["facts"]))
                self.assertEqual(" ".join(sorted(finding["code"] for finding in line["findings"])), sample["findings"])

    def test_all_that_is_in_a_failure_report(self):
        mail = (b"From: a@receiver.example\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n"
                b"--b\r\n\r\ntext\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\n"
                b"Feedback-Type: auth-failure\r\nUser-Agent: T/1\r\nVersion: 1\r\nAuth-Failure: dmarc\r\nIdentity-Alignment: dkim, spf\r\n"
                b"Authentication-Results: mx.example.net; dmarc=fail header.from=example.com\r\nDelivery-Result: reject\r\n"
                b"Arrival-Date: Fri, 01 May 2026 12:00:00 +0200\r\nSource-IP: 192.0.2.1\r\nSource-Port: 25\r\nReported-Domain: example.com\r\n"
                b"Reported-URI: https://example.com/\r\nOriginal-Mail-From: <b@example.com>\r\nOriginal-Rcpt-To: <c@example.net>\r\n"
                b"DKIM-Domain: example.com\r\nDKIM-Selector: s1\r\nSPF-DNS: txt : example.com : \"v=spf1 -all\"\r\nIncidents: 3\r\nX-More: 1\r\n\r\n"
                b"--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: A <a@example.com>\r\nSubject: pay\x1b now\r\nMessage-ID: <1@example.com>\r\n\r\n"
                b"See https://bad.example/x now.\r\n--b--\r\n")
        path = self.write("failure.eml", mail)
        lines, done = read(path)
        self.assertEqual(done.returncode, 0, done.err)
        findings = lines[0].pop("findings")
        self.assertEqual(lines, [{
            "kind": "failure", "file": path, "feedback_type": "auth-failure", "user_agent": "T/1", "version": "1", "auth_failure": "dmarc",
            "authentication_results": ["mx.example.net; dmarc=fail header.from=example.com"], "identity_alignment": ["dkim", "spf"],
            "delivery_result": "reject", "arrival_date": "2026-05-01T10:00:00Z", "source_ip": "192.0.2.1", "source_port": 25,
            "reported_domain": ["example.com"], "reported_uri": ["https://example.com/"], "original_mail_from": "<b@example.com>",
            "original_rcpt_to": ["<c@example.net>"], "dkim_domain": "example.com", "dkim_selector": "s1",
            "spf_dns": [{"type": "txt", "domain": "example.com", "record": "v=spf1 -all"}], "incidents": 3,
            "other_fields": [{"name": "X-More", "value": "1"}],
            "original": {"form": "message", "from": "A <a@example.com>", "subject": "pay\x1b now", "message_id": "<1@example.com>",
                         "urls": ["https://bad.example/x"]}}])
        self.assertEqual([finding["code"] for finding in findings], ["ambiguous_alignment"])
        words = run("report", "read", path)
        self.assertNotIn("\x1b", words.out)
        for part in ("auth-failure dmarc", "192.0.2.1", "https://bad.example/x", "Incidents:"):
            self.assertIn(part, words.out)
        forwarded = (b"Content-Type: multipart/mixed; boundary=f\r\n\r\n--f\r\n\r\nLook.\r\n--f\r\nContent-Type: message/rfc822\r\n\r\n" +
                     mail + b"\r\n--f--\r\n")
        for octets in (forwarded, gzip.compress(mail), b"From x\n" + mail.replace(b"\r\n", b"\n")):
            self.assertEqual(read(self.write("other", octets))[0][0].get("source_ip"), "192.0.2.1")

    def test_all_that_is_in_a_tls_report(self):
        report = {"organization-name": "R", "date-range": {"start-datetime": "2026-05-01T00:00:00Z", "end-datetime": "2026-05-01T23:59:59Z"},
                  "contact-info": "tls@example.net", "report-id": "1", "policies": [{
                      "policy": {"policy-type": "sts", "policy-string": ["version: STSv1"], "policy-domain": "example.com", "mx-host": ["*.example.com"]},
                      "summary": {"total-successful-session-count": 7, "total-failure-session-count": 2},
                      "failure-details": [{"result-type": "certificate-expired", "sending-mta-ip": "192.0.2.1", "receiving-mx-hostname": "mx.example.com",
                                           "receiving-ip": "192.0.2.2", "failed-session-count": 2, "failure-reason-code": "X"}]}]}
        octets = json.dumps(report).encode()
        for wrapped, member in [(octets, None), (gzip.compress(octets), None), (mailed(gzip.compress(octets), "r.json.gz"), "r.json.gz")]:
            path = self.write("tls", wrapped)
            lines, done = read(path)
            self.assertEqual(done.returncode, 0, done.err)
            self.assertEqual(lines[0].pop("member", None), member)
            self.assertEqual(lines, [{
                "kind": "tls", "file": path, "organization_name": "R", "contact_info": "tls@example.net", "report_id": "1",
                "begin": "2026-05-01T00:00:00Z", "end": "2026-05-01T23:59:59Z", "findings": [], "policies": [{
                    "policy_type": "sts", "policy_domain": "example.com", "policy_string": ["version: STSv1"], "mx_host": ["*.example.com"],
                    "successful_session_count": 7, "failed_session_count": 2, "failure_details": [{
                        "result_type": "certificate-expired", "sending_mta_ip": "192.0.2.1", "receiving_mx_hostname": "mx.example.com",
                        "receiving_ip": "192.0.2.2", "failed_session_count": 2, "failure_reason_code": "X"}]}]}])
        words = run("report", "read", self.write("tls", octets))
        self.assertIn("sts of example.com: 7 sessions succeeded, 2 failed", words.out)


if __name__ == "__main__":
    main()
