"""assay report read: the public samples in every wrapping, and what users see."""
import base64
import gzip
import io
import json
import os
import unittest
import zipfile
from datetime import datetime, timezone
from pathlib import Path

from harness import ROOT, Test, main, run

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


if __name__ == "__main__":
    main()
