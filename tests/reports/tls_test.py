#!/usr/bin/env python3
"""Reports leave over TLS wherever the server offers it, and where it is required not otherwise."""
import socketserver
import ssl
import subprocess
import threading

from world import Mail, ReportsTest, entry, main


class TlsSink:
    """An SMTP server with STARTTLS, or TLS from the start; .messages are (octets, whether over TLS)."""

    def __init__(self, context, offers=True, from_the_start=False):
        self.messages = []
        sink = self

        class Handler(socketserver.StreamRequestHandler):
            def say(self, line):
                self.wfile.write(line.encode() + b"\r\n")
                self.wfile.flush()

            def wrap(self):
                self.connection = context.wrap_socket(self.connection, server_side=True)
                self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb")

            def handle(self):
                try:
                    if from_the_start:
                        self.wrap()
                    self.talk(from_the_start)
                except (ConnectionError, ssl.SSLError):
                    pass  # the other side is gone, or does not trust us
                finally:
                    self.connection.close()

            def talk(self, safe):
                self.say("220 sink.example ESMTP")
                while line := self.rfile.readline().decode().strip():
                    verb = line.upper()
                    if verb.startswith("EHLO"):
                        self.say("250-sink.example" + ("\r\n250-STARTTLS" if offers and not safe else "") + "\r\n250 8BITMIME")
                    elif verb == "STARTTLS":
                        self.say("220 go on")
                        self.wrap()
                        safe = True
                    elif verb == "DATA":
                        self.say("354 go on")
                        lines = []
                        while (data := self.rfile.readline()) not in (b".\r\n", b""):
                            lines.append(data)
                        sink.messages.append((b"".join(lines), safe))
                        self.say("250 taken")
                    else:
                        self.say("250 fine")

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Tls(ReportsTest):
    def serve(self, tls, prefix="", **how):
        path = str(self.folder / "server")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=sink.example",
                        "-keyout", path + ".key", "-out", path + ".pem"], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path + ".pem", path + ".key")
        sink = TlsSink(context, **how)
        self.addCleanup(sink.stop)
        self.configure(port=sink.port)
        text = (self.folder / "assay.toml").read_text().replace("[smtp]\nserver = \"", f"[smtp]\ntls = \"{tls}\"\nserver = \"{prefix}")
        self.write("assay.toml", text.encode())
        self.put(entry(1))
        self.send()
        return sink

    def test_tls_where_the_server_offers_it(self):
        (octets, safe), = self.serve("opportunistic").messages
        self.assertTrue(safe)
        self.assertEqual(Mail("", [], octets).report.messages(), 1)

    def test_without_where_it_does_not(self):
        (_, safe), = self.serve("opportunistic", offers=False).messages
        self.assertFalse(safe)

    def test_required_and_not_offered(self):
        self.assertEqual(self.serve("require", offers=False).messages, [])
        self.assertEqual(self.outbox()[0]["state"], "waiting")

    def test_required_of_a_server_that_nobody_knows(self):
        self.assertEqual(self.serve("require").messages, [])
        self.assertEqual(self.outbox()[0]["state"], "waiting")

    def test_from_the_start_of_a_server_that_nobody_knows(self):
        self.assertEqual(self.serve("opportunistic", prefix="smtps:", from_the_start=True).messages, [])
        self.assertEqual(self.outbox()[0]["state"], "waiting")


if __name__ == "__main__":
    main()
