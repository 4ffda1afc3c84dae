"""A running `assay web`, and clients of it."""
import http.client
import json
import re
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
for folder in ("cli", "filter"):
    sys.path.insert(0, str(ROOT / "tests" / folder))
from harness import ASSAY, Test, main, run  # noqa: F401  used by the tests
from mta import free_port, wait_for  # noqa: F401

EXAMPLES = ROOT / "api/examples"
PASSWORD = "correct horse battery"


def once(members):
    """An object of JSON, each of whose names stands in it once."""
    names = [name for name, _ in members]
    assert len(set(names)) == len(names), names
    return dict(members)


def routes():
    return [json.loads(line) for line in run("web", "routes", "--json").out.splitlines()]


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body, object_pairs_hook=once)

    @property
    def code(self):
        return self.json["error"]["code"]

    def __repr__(self):
        return f"{self.status} {self.body[:300]}"


class Client:
    """One browser, or a program with a token."""

    def __init__(self, port, token=None, tls=None):
        self.port, self.token, self.tls, self.cookie, self.csrf = port, token, tls, None, ""

    def ask(self, method, path, body=None, headers=None, content_type="application/json"):
        sent = {"Host": f"127.0.0.1:{self.port}"}
        if self.cookie:
            sent["Cookie"] = "assay_session=" + self.cookie
        if self.token:
            sent["Authorization"] = "Bearer " + self.token
        if method != "GET" and self.csrf:
            sent["X-Assay-CSRF"] = self.csrf
        if body is not None:
            sent["Content-Type"] = content_type
            if not isinstance(body, bytes):
                body = json.dumps(body).encode()
        sent.update(headers or {})
        sent = {name: value for name, value in sent.items() if value is not None}
        if self.tls:
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=300, context=self.tls)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        octets = answer.read()
        connection.close()
        return Answer(answer.status, answer.headers, octets)

    def api(self, method, path, body=None, **more):
        return self.ask(method, "/api/v1" + path, body, **more)

    def get(self, path, **more):
        return self.api("GET", path, **more)

    def upload(self, octets, name="report.xml", **more):
        return self.api("POST", "/reports?name=" + name, octets, content_type="application/octet-stream", **more)

    def sign_in(self, name, password=PASSWORD):
        answer = self.api("POST", "/session", {"name": name, "password": password})
        return self.take_session(answer)

    def take_session(self, answer):
        if answer.status == 200:
            self.cookie = re.search("assay_session=([0-9a-f]+)", answer.headers["Set-Cookie"]).group(1)
            self.csrf = answer.json["csrf"]
        return answer


class WebTest(Test):
    """A folder with a configuration; the role is started by start()."""

    role = "web"

    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.web, self.more = "", ""
        self.process = None
        Path(self.zone).write_text("$ORIGIN example.\nx 60 IN TXT \"v=spf1 -all\"\n" "$ORIGIN com.\n"
                                   "_dmarc.example 60 IN TXT \"v=DMARC1; p=reject\"\n"
                                   "example 60 IN TXT \"v=spf1 ip4:192.0.2.0/24 -all\"\n")

    def tearDown(self):
        if self.process:
            self.stop()
        super().tearDown()

    def configure(self):
        path = self.folder / "assay.toml"
        path.write_text(f"""data = "{self.folder}/var"
[dns]
zone = "{self.zone}"
[metrics]
address = ""
[receive]
lmtp = ""
upload = ""
[web]
listen = "127.0.0.1:{self.port}"
{self.web}
{self.more}
""")
        return str(path)

    def start(self):
        config = self.configure()
        self.log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen([ASSAY, self.role, "--config", config], stdout=self.log,
                                        stderr=subprocess.STDOUT)
        begun = self.logged().count("Pages: ")
        wait_for(lambda: self.logged().count("Pages: ") > begun or self.process.poll() is not None, "the role")
        self.assertIsNone(self.process.poll(), self.logged())

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        result = self.process.wait()
        self.log.close()
        self.process = None
        return result

    def logged(self):
        return (self.folder / "log").read_text(errors="replace")

    def setup_token(self):
        return re.findall("setup\\?token=([0-9a-f]+)", self.logged())[-1]

    def client(self, name=None, **more):
        client = Client(self.port, **more)
        if name:
            answer = client.sign_in(name)
            self.assertEqual(answer.status, 200, answer)
        return client

    def administrator(self):
        """The first one, by the link."""
        client = self.client()
        answer = client.api("POST", "/setup", {"name": "root", "password": PASSWORD, "setup_token": self.setup_token()})
        self.assertEqual(client.take_session(answer).status, 200, answer)
        return client

    def command(self, *arguments, stdin=PASSWORD.encode() + b"\n"):
        done = run(*arguments, "--config", self.configure(), stdin=stdin)
        self.assertEqual(done.returncode, 0, done.err)
        return done.out

    def raw(self, octets, patience=60):
        """What comes back for octets that no client library would send."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=patience) as one:
            answer = b""
            try:
                one.sendall(octets)
                while True:
                    piece = one.recv(65536)
                    if not piece:
                        return answer
                    answer += piece
            except ConnectionError:
                return answer


def report(number, domain="example.com", count=3, org="Reporter", source="192.0.2.1"):
    begin = 1782172800 + 86400 * (number % 300)
    return f"""<?xml version="1.0"?>
<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0"><version>1.0</version>
<report_metadata><org_name>{org}</org_name><email>dmarc@reporter.example</email><report_id>r{number}x{domain}</report_id>
<date_range><begin>{begin}</begin><end>{begin + 86399}</end></date_range></report_metadata>
<policy_published><domain>{domain}</domain><p>none</p></policy_published>
<record><row><source_ip>{source}</source_ip><count>{count}</count>
<policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>fail</spf></policy_evaluated></row>
<identifiers><header_from>{domain}</header_from></identifiers>
<auth_results><dkim><domain>{domain}</domain><selector>s</selector><result>pass</result></dkim></auth_results></record>
</feedback>
""".encode()


def shape(value):
    """What stands in a value, without what it says: an array has the shapes of all its items together."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    if isinstance(value, list):
        joined = {}
        for each in value:
            one = shape(each)
            if isinstance(one, dict):
                joined.update(one)
            else:
                joined[one if isinstance(one, str) else "array"] = True
        return [joined]
    return {bool: "boolean", int: "number", float: "number", str: "text", type(None): "null"}[type(value)]


def trusting():
    """SSL context that trusts any certificate: for those that the tests make."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
