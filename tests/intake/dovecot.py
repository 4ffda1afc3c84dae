"""A Dovecot of its own on a loopback port: one user with a Maildir, plain and TLS, password or bearer token."""
import http.server
import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

CONFIGURATION = """
base_dir = {root}/run
state_dir = {root}/run
log_path = {root}/log
protocols = imap
default_login_user = {user}
default_internal_user = {user}
default_internal_group = {group}
ssl = yes
ssl_cert = <{root}/cert.pem
ssl_key = <{root}/key.pem
ssl_min_protocol = TLSv1.2
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
{capability}
mail_location = maildir:{root}/mail
mail_uid = {user}
mail_gid = {group}
first_valid_uid = 1
default_vsz_limit = 0
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {tls_port}
    ssl = yes
  }}
}}
service stats {{
  chroot =
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {root}/oauth2.conf
}}
passdb {{
  mechanisms = plain login
  driver = passwd-file
  args = scheme=plain {root}/users
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={root}/home
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
"""


OAUTH = """
introspection_mode = post
introspection_url = http://127.0.0.1:{port}/
username_attribute = username
active_attribute = active
active_value = true
"""


class Introspection(http.server.BaseHTTPRequestHandler):
    """Says of a bearer token whether it is good (RFC 7662)."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        asked = body + " " + self.headers.get("Authorization", "")
        answer = json.dumps({"active": Dovecot.token in asked, "username": Dovecot.user}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Dovecot:
    """`with Dovecot() as box: box.deliver(octets)`; box.port, box.tls_port, box.user, box.password, box.ca."""

    user = "reports"
    password = "open sesame"
    token = "a-bearer-token-of-oauth"

    def __init__(self, capability=""):
        self.capability = f"imap_capability = {capability}" if capability else ""
        self.introspection = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Introspection)
        threading.Thread(target=self.introspection.serve_forever, daemon=True).start()
        self.root = Path(tempfile.mkdtemp(prefix="assay-dovecot-"))
        self.port, self.tls_port = free_port(), free_port()
        self.process = None
        self.count = 0

    def __enter__(self):
        root = self.root
        root.chmod(0o755)
        for folder in ("run", "home", "mail/new", "mail/cur", "mail/tmp"):
            (root / folder).mkdir(parents=True)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", root / "key.pem",
                        "-out", root / "cert.pem"], check=True, capture_output=True)
        (root / "users").write_text(f"{self.user}:{{PLAIN}}{self.password}\n")
        (root / "oauth2.conf").write_text(OAUTH.format(port=self.introspection.server_port))
        owner = "nobody" if os.getuid() == 0 else "me"
        (root / "dovecot.conf").write_text(CONFIGURATION.format(
            root=root, port=self.port, tls_port=self.tls_port, capability=self.capability, user=owner, group="nogroup"))
        self.give_away()
        self.process = subprocess.Popen(["dovecot", "-F", "-c", root / "dovecot.conf"], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        for _ in range(600):
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise RuntimeError("dovecot did not start: " + self.log())

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait()
        self.introspection.shutdown()
        self.introspection.server_close()
        shutil.rmtree(self.root, ignore_errors=True)

    def give_away(self):
        for path in (self.root / "home", self.root / "mail"):
            shutil.chown(path, "nobody", "nogroup")
            for one in path.rglob("*"):
                shutil.chown(one, "nobody", "nogroup")

    def log(self):
        path = self.root / "log"
        return path.read_text() if path.exists() else ""

    @property
    def ca(self):
        return self.root / "cert.pem"

    def deliver(self, octets):
        """A mail into the inbox, as an MTA does: written aside, then moved."""
        self.count += 1
        name = f"{int(time.time())}.{os.getpid()}_{self.count}.here"
        aside = self.root / "mail/tmp" / name
        aside.write_bytes(octets.replace(b"\r\n", b"\n"))
        shutil.chown(aside, "nobody", "nogroup")
        aside.rename(self.root / "mail/new" / name)

    def folder(self, name=""):
        """The mails in the inbox, or in another folder, as octets."""
        root = self.root / "mail" / (f".{name}" if name else "")
        return [path.read_bytes() for part in ("cur", "new") if (root / part).exists()
                for path in sorted((root / part).iterdir())]
