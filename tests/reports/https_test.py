#!/usr/bin/env python3
"""Reports that are posted: to a real https server with a certificate of an authority made for the test."""
import gzip
import http.server
import socket
import ssl
import subprocess
import threading
import time
from pathlib import Path

from world import NAMESPACE, Report, ReportsTest, entry, main, mta


class WebServer:
    """Takes posts; `answer` says the status, or does something else with the handler and says None."""

    def __init__(self, certificate, key):
        self.posts, self.answer = [], lambda handler: 200
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                octets = self.rfile.read(int(self.headers["Content-Length"]))
                server.posts.append((self.path, self.headers, octets))
                status = server.answer(self)
                if status is not None:
                    self.send_response(status)
                    self.send_header("Content-Length", "0")
                    if 300 <= status < 400:
                        self.send_header("Location", f"https://localhost:{server.port}/other")
                    self.end_headers()

            def log_message(self, *words):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client):
                pass  # one that went away

        self.server = Server(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def openssl(*words, **more):
    subprocess.run(["openssl", *words], check=True, capture_output=True, **more)


class Https(ReportsTest):
    OPEN = "https_private = true\n"

    def setUp(self):
        super().setUp()
        self.ca = self.authority("ca")
        self.server = WebServer(*self.certificate("localhost", "ca"))
        self.addCleanup(self.server.stop)
        self.record = f"v=DMARC1; p=reject; rua=https://localhost:{self.server.port}/dmarc?for=us,mailto:dmarc@example.com"
        self.turn_on(self.OPEN)
        self.put(entry(1, record=self.record))

    def authority(self, name):
        path = str(self.folder / name)
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}", "-keyout", path + ".key", "-out", path + ".pem")
        return path + ".pem"

    def certificate(self, host, authority):
        path, ca = str(self.folder / host), str(self.folder / authority)
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={host}", "-keyout", path + ".key", "-out", path + ".csr")
        Path(path + ".ext").write_text(f"subjectAltName=DNS:{host}\n")
        openssl("x509", "-req", "-in", path + ".csr", "-CA", ca + ".pem", "-CAkey", ca + ".key", "-CAcreateserial", "-days", "2",
                "-extfile", path + ".ext", "-out", path + ".pem")
        return path + ".pem", path + ".key"

    def turn_on(self, more="", timeout="2m", ca=None):
        self.configure(f'https = true\nhttps_ca = "{ca or self.ca}"\n{more}', timeout=timeout,
                       zone='example.com._report._dmarc.localhost TXT "v=DMARC1"\n')

    def posted(self):
        """The delivery that is posted."""
        return [one for one in self.outbox() if one["to"].startswith("https:")][0]

    def test_a_report_is_posted_and_mailed(self):
        self.assertIn("sent 2,", self.send())
        (path, fields, octets), = self.server.posts
        mail, = self.mails()
        self.assertEqual(path, "/dmarc?for=us")
        self.assertEqual(fields["Content-Type"], "application/gzip")
        self.assertEqual(fields["Content-Disposition"], f'attachment; filename="{mail.attachment.get_filename()}"')
        self.assertRegex(fields["User-Agent"], "^Assay/")
        report = Report(gzip.decompress(octets))
        self.assertTrue(report.tree.tag.startswith(NAMESPACE))
        self.assertEqual(report.xml, mail.report.xml)
        self.assertIn(report.text("report_metadata/report_id"), fields["Content-Disposition"])

    def test_off_unless_wanted(self):
        self.configure()
        outline, = self.build()[0]
        self.assertEqual([letter["to"] for letter in outline["letters"]], ["dmarc@example.com"])
        self.assertIn("[reports] https", outline["refused"][0])

    def test_the_destination_must_agree(self):
        self.configure(f'https = true\nhttps_ca = "{self.ca}"\n{self.OPEN}')
        outline, = self.build()[0]
        self.assertEqual([letter["to"] for letter in outline["letters"]], ["dmarc@example.com"])
        self.assertIn("confirms", outline["refused"][0])
        self.assertEqual(self.server.posts, [])

    def test_private_addresses_are_not_connected_to(self):
        self.turn_on()
        self.assertIn("sent 1, to be tried again 1", self.send())
        self.assertEqual(self.server.posts, [])
        self.assertIn("127.0.0.1, which is not of the public internet", self.posted()["reason"].replace("::1", "127.0.0.1"))

    def test_who_cannot_prove_his_name_gets_nothing(self):
        self.turn_on(self.OPEN, ca=self.authority("other"))
        self.send()
        self.assertEqual((self.posted()["state"], self.server.posts), ("waiting", []))
        self.server.stop()
        self.server = WebServer(*self.certificate("elsewhere.example", "ca"))
        self.turn_on(self.OPEN)
        self.put(entry(2, record=self.record.replace("localhost:", f"localhost:{self.server.port}/?", 1)))
        self.send()
        self.assertEqual(self.server.posts, [])

    def test_passing_trouble_is_tried_again_with_the_same_report(self):
        for status in (500, 503, 429, 408, 302):
            with self.subTest(status):
                self.server.answer = lambda handler, status=status: status
                self.send() if status == 500 else self.retry()
                one = self.posted()
                self.assertEqual((one["state"], one["reason"]), ("waiting", f"HTTP status {status}"))
        self.assertEqual({path for path, _, _ in self.server.posts}, {"/dmarc?for=us"}, "redirects are not followed")
        self.server.answer = lambda handler: 202
        self.retry()
        self.assertEqual(self.posted()["state"], "sent")
        self.assertEqual(len({(fields["Content-Disposition"], octets) for _, fields, octets in self.server.posts}), 1)
        self.assertEqual(self.assay("suppress", "list"), "")

    def retry(self):
        self.assay("outbox", "retry", str(self.posted()["id"]))
        self.send()

    def test_refusals_for_good_suppress(self):
        for status in (404, 403, 410, 413, 301, 308):
            with self.subTest(status):
                self.server.answer = lambda handler, status=status: status
                self.send() if status == 404 else self.retry()
                one = self.posted()
                self.assertEqual(one["state"], "given_up")
                self.assertIn(f"HTTP status {status}", one["reason"])
                self.assertIn(f"https://localhost:{self.server.port}/dmarc", self.assay("suppress", "list"))
                self.assay("suppress", "remove", one["to"])
        self.assertEqual(len(self.server.posts), 6)

    def test_an_answer_without_end_is_cut(self):
        def flood(handler):
            handler.send_response(200)
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            try:
                while True:
                    handler.wfile.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
            except OSError:
                ended.set()
        ended = threading.Event()
        self.server.answer = flood
        self.assertIn("sent 2,", self.send())
        self.assertTrue(ended.wait(mta.WAIT))

    def test_fields_without_end_are_cut(self):
        def flood(handler):
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
            try:
                while True:
                    handler.wfile.write(b"X-Field: " + b"x" * 1000 + b"\r\n")
            except OSError:
                ended.set()
        ended = threading.Event()
        self.server.answer = flood
        self.send()
        self.assertTrue(ended.wait(mta.WAIT))

    def test_silence_ends(self):
        def be_silent(handler):
            over.wait(mta.WAIT)
        over = threading.Event()
        self.addCleanup(over.set)
        self.server.answer = be_silent
        self.turn_on(self.OPEN, timeout="1s")
        began = time.monotonic()
        self.assertIn("sent 1, to be tried again 1", self.send())
        self.assertLess(time.monotonic() - began, mta.WAIT)

    def test_no_web_server_at_all(self):
        self.server.stop()
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", self.server.port))
            listener.listen()

            def greet():
                with listener.accept()[0] as connection:
                    connection.sendall(b"220 mx.example.com ESMTP\r\n")
            threading.Thread(target=greet, daemon=True).start()
            self.turn_on(self.OPEN, timeout="2s")
            self.send()
        self.assertEqual(self.posted()["state"], "waiting")

    def test_uris_that_lead_elsewhere(self):
        self.turn_on()
        for number, uri in enumerate(("https://127.0.0.1/x", "https://[::1]/x", "https://localhost:25/x", "https://a:b@localhost/x", "https:/x")):
            author = f"d{number}.example"
            self.put(entry(number, author=author, record=f"v=DMARC1; p=reject; rua={uri}"))
        outlines = {one["policy_domain"]: one for one in self.build()[0]}
        for number in range(5):
            self.assertEqual(outlines[f"d{number}.example"]["letters"], [], number)


if __name__ == "__main__":
    main()
