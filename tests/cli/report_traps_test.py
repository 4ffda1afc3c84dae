"""assay report read: what report parsers of the field died of, misread or lost, in wrappings and mails."""
import base64
import gzip
import io
import json
import lzma
import tarfile
import unittest
import zipfile

from harness import Test, main
from report_test import REPORT, read, zipped

PACKED = gzip.compress(REPORT)
LINES = base64.encodebytes(PACKED)
START = b"From: a@receiver.example\r\nMIME-Version: 1.0\r\n"
TLS = json.dumps({"organization-name": "R", "contact-info": "a@receiver.example", "report-id": "id1", "date-range": {
    "start-datetime": "2026-05-01T00:00:00Z", "end-datetime": "2026-05-01T23:59:59Z"}, "policies": [{
        "policy": {"policy-type": "sts", "policy-domain": "example.com"},
        "summary": {"total-successful-session-count": 1, "total-failure-session-count": 0}}]}).encode()


def part(octets, type_="application/gzip", name="r.xml.gz", encoding="base64"):
    body = base64.encodebytes(octets).replace(b"\n", b"\r\n") if encoding == "base64" else octets
    return (f"Content-Type: {type_}\r\nContent-Transfer-Encoding: {encoding}\r\n"
            f"Content-Disposition: attachment; filename=\"{name}\"\r\n\r\n").encode() + body


def mixed(*parts, type_="multipart/mixed", boundary="b"):
    return (START + f"Content-Type: {type_}; boundary=\"{boundary}\"\r\n\r\n".encode() +
            b"".join(f"--{boundary}\r\n".encode() + each + b"\r\n" for each in parts) + f"--{boundary}--\r\n".encode())


def one(octets, encoding, type_="application/gzip"):
    return START + f"Content-Type: {type_}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode() + octets


class Traps(Test):
    def ids(self, octets):
        """The reports that are read, the codes of what is said of their wrapping, and the exit code."""
        lines, done = read(self.write("given", octets))
        return [line.get("report_id", line.get("error")) for line in lines], \
            sorted({finding["code"] for line in lines for finding in line["findings"]} - {"synonym"}), done.returncode

    def all_are_read(self, forms, codes):
        for name, octets in forms.items():
            with self.subTest(name):
                self.assertEqual(self.ids(octets), (["id1"], codes, 0))

    def test_labels_do_not_count(self):
        self.all_are_read({
            "gzip named zip": mixed(part(PACKED, "application/zip", "r.zip")),
            "zip named gzip": mixed(part(zipped(a_xml=REPORT))),
            "XML named gzip": mixed(part(REPORT)),
            "gzip as text": mixed(part(PACKED, "text/plain")),
            "gzip as a mail": mixed(part(PACKED, "message/rfc822")),
            "a mail in base64": mixed(part(mixed(part(PACKED), boundary="c"), "message/rfc822", "m.eml")),
            "no slash in the type": one(LINES, "base64", "gzip"),
            "a wrong charset": mixed(part(REPORT.decode().encode("utf-16"), "text/xml; charset=us-ascii", "r.xml")),
            "binary": mixed(part(PACKED, encoding="binary")),
        }, [])

    def test_doubled_wrapping(self):
        inner = zipped(a_xml=REPORT)
        self.all_are_read({
            "gzip of zip": gzip.compress(inner), "zip of gzip of zip": zipped(a_gz=gzip.compress(inner)),
            "zip of zip": zipped(a_zip=inner), "zip of a mail": zipped(m_eml=mixed(part(PACKED))),
        }, [])

    def test_base64_that_nothing_says(self):
        self.all_are_read({
            "a file": LINES, "XML": base64.encodebytes(REPORT), "zip in one line": base64.b64encode(zipped(a_xml=REPORT)),
            "packed itself": gzip.compress(LINES),
        }, ["base64"])
        self.all_are_read({
            "twice": one(base64.encodebytes(LINES), "base64"), "declared 7bit": one(LINES, "7bit"), "an encoding nobody knows": one(LINES, "x-base64"),
            "a semicolon": one(LINES, "base64;"), "no encoding in a part": mixed(b"Content-Type: application/gzip\r\n\r\n" + LINES),
            "without padding": one(base64.b64encode(PACKED).rstrip(b"="), "7bit"),
            "for URLs": one(base64.urlsafe_b64encode(PACKED), "7bit"),
            "a list's footer behind": one(LINES + b"\r\n__________\r\nlist@example.com\r\n", "7bit"),
        }, [])

    def test_mails_that_are_hardly_mails(self):
        good = mixed(part(PACKED))
        self.all_are_read({
            "line feeds alone": good.replace(b"\r\n", b"\n"), "empty lines before": b"\r\n\r\n" + good,
            "a byte order mark before": b"\xef\xbb\xbf" + good, "a quoted From line": b">From a@example.com\r\n" + good,
            "no last boundary": good.replace(b"--b--\r\n", b""), "spaces behind boundaries": good.replace(b"--b\r\n", b"--b  \r\n"),
        }, [])
        self.all_are_read({"carriage returns alone": good.replace(b"\r\n", b"\r"), "two of them": good.replace(b"\r\n", b"\r\r\n")},
                          ["line_ends"])
        self.all_are_read({"another boundary": good.replace(b'boundary="b"', b'boundary="c"'),
                           "no boundary": good.replace(b'; boundary="b"', b"")}, ["mime"])

    def test_a_report_in_words(self):
        self.all_are_read({"JSON": START + b"\r\nHello,\r\n\r\n" + TLS, "XML": START + b"\r\nHello,\r\n\r\n" + REPORT,
                           "in an HTML part": mixed(b"Content-Type: text/html\r\n\r\n<html><body>" + REPORT + b"</body></html>")}, [])
        self.all_are_read({"in a file": b"# of yesterday\n" + REPORT,
                           "with the answer of a web server": b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n" + REPORT}, ["leading"])

    def test_what_else_a_mail_brings(self):
        """Pictures, signatures, pages and texts beside a report are no errors."""
        for name, octets in {
                "a picture": mixed(part(b"\x89PNG\r\n\x1a\n", "image/png", "logo.png"), part(PACKED)),
                "a signature": mixed(part(PACKED), part(b"\x30\x82\x01\x02", "application/pkcs7-signature", "smime.p7s"), type_="multipart/signed"),
                "a page": mixed(part(b"<!DOCTYPE html><html>x</html>", "application/octet-stream", "a.html"), part(PACKED)),
                "a text in the zip": zipped(readme_txt=b"hello", a_xml=REPORT),
                "a notification around it": mixed(b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.com\r\n",
                                                  b"Content-Type: message/rfc822\r\n\r\n" + mixed(part(PACKED), boundary="c"),
                                                  type_="multipart/report; report-type=delivery-status")}.items():
            with self.subTest(name):
                self.assertEqual(self.ids(octets), (["id1"], ["no_report"], 0))
        with self.subTest("litter of a system"):
            box = io.BytesIO()
            with zipfile.ZipFile(box, "w") as archive:
                archive.writestr("__MACOSX/._a.xml", b"\0\5\x16\7")
                archive.writestr("._a.xml", b"\0\5\x16\7")
                archive.writestr("a.xml", REPORT)
            self.assertEqual(self.ids(box.getvalue()), (["id1"], [], 0))
        with self.subTest("what may hold another report"):
            ids, _, status = self.ids(mixed(part(PACKED), part(lzma.compress(REPORT), "application/x-xz", "b.xml.xz")))
            self.assertEqual((ids, status), (["id1", "it is packed by xz, which is not read"], 65))

    def test_hundreds_of_reports_in_a_mail(self):
        parts = [part(gzip.compress(REPORT.replace(b"id1", b"id%d" % i))) for i in range(300)]
        self.assertEqual(self.ids(mixed(*parts)), ([f"id{i}" for i in range(300)], [], 0))

    def test_what_is_none_is_named(self):
        box = io.BytesIO()
        with tarfile.open(fileobj=box, mode="w") as archive:
            about = tarfile.TarInfo("a.xml")
            about.size = len(REPORT)
            archive.addfile(about, io.BytesIO(REPORT))
        for words, octets in {
                "it is empty": b"", "empty": b" \r\n\r\n", "is empty": gzip.compress(b""), "there is no file in it": zipped(),
                "xz": lzma.compress(REPORT), "7-Zip": b"7z\xbc\xaf\x27\x1c", "tar": gzip.compress(box.getvalue()),
                "a PDF": b"%PDF-1.4\n", "Outlook": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Exchange": mixed(part(b"\x78\x9f\x3e\x22", name="winmail.dat")),
                "encrypted": mixed(part(b"-----BEGIN PGP MESSAGE-----\r\n", name="a.asc")), "no report attached": START + b"\r\nHello.\r\n",
                "neither XML nor JSON": b"hello", "no sound gzip": PACKED.replace(PACKED[12:40], b"\xff" * 28),
                "damaged or cut short": zipped(a_xml=REPORT)[:200], "ends too early": PACKED[:25],
                "more than 500 times": gzip.compress(b"<feedback>" + b" " * (32 << 20))}.items():
            with self.subTest(words):
                lines, done = read(self.write("given", octets))
                self.assertEqual(done.returncode, 65)
                self.assertIn(words, lines[0]["error"])

    def test_texts_in_utf_16(self):
        for octets in (TLS.decode().encode("utf-16"), TLS.decode().encode("utf-16-le"), TLS.decode().encode("utf-16-be"), b"[" + TLS + b"]",
                       REPORT.decode().encode("utf-16-le")):
            self.assertEqual(self.ids(gzip.compress(octets)), (["id1"], [], 0))

    def test_members_of_json_are_as_interfaces_say(self):
        """Domains are A-labels in lower case; an element around reasons makes none."""
        text = REPORT.replace(b"<header_from>example.com", "<header_from>B\u00fccher.Example.".encode()).replace(
            b"<domain>example.com</domain><p>", b"<domain>EXAMPLE.com</domain><p>").replace(b"<spf><domain>example.net", b"<spf><domain>Example.NET.")
        line = read(self.write("a.xml", text.replace(b"<reason>", b"<reasons><reason>").replace(b"</reason>", b"</reason></reasons>")))[0][0]
        record, = line["records"]
        self.assertEqual((line["policy_published"]["domain"], record["header_from"], record["spf_results"][0]["domain"]),
                         ("example.com", "xn--bcher-kva.example", "example.net"))
        self.assertEqual(record["reasons"], [{"type": "mailing_list", "comment": "a list"}])

    def test_domains_of_failure_reports(self):
        mail = (START + b"Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\n"
                b"Content-Type: message/feedback-report\r\n\r\nFeedback-Type: auth-failure\r\nUser-Agent: T/1\r\nVersion: 1\r\n"
                b"Auth-Failure: dmarc\r\nIdentity-Alignment: none\r\nSource-IP: [IPv6:2001:DB8::1]\r\nReported-Domain: EXAMPLE.com.\r\n"
                b"DKIM-Domain: Example.COM\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nFrom: a@example.com\r\n\r\n--b--\r\n")
        for octets in (mail, mail.replace(b"\r\n", b"\n"), b"\r\n" + mail, b"\xef\xbb\xbf" + mail):
            line = read(self.write("failure.eml", octets))[0][0]
            self.assertEqual((line["kind"], line["reported_domain"], line["dkim_domain"]), ("failure", ["example.com"], "example.com"))


if __name__ == "__main__":
    main()
