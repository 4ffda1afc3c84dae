"""Real parts for the tests of the filter: a Postfix of the test's own, a name server, and where mail arrives.

Everything listens on loopback ports of its own and lives in a temporary folder.
"""
import os
import pwd
import random
import shutil
import signal
import smtplib
import socket
import socketserver
import subprocess
import threading
import time
from pathlib import Path

WAIT = 600  # seconds until a part must have answered; only ever reached when something is broken


def free_port():
    """Below those that the system gives to outgoing connections, one of which could take it before it is used."""
    while True:
        port = random.randrange(10_000, 32_000)
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            try:
                tcp.bind(("127.0.0.1", port))
                udp.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def wait_for(holds, what):
    until = time.monotonic() + WAIT
    while time.monotonic() < until:
        found = holds()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("waited in vain for " + what)


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


class Sink:
    """An SMTP server that takes everything: .messages are (sender, recipients, octets). Where `refusal(stage, address)`
    says something for "RCPT" or "DATA", that is the reply instead; "" hangs up."""

    def __init__(self, refusal=lambda stage, address: None):
        self.messages = []
        self.tries = []
        sink = self

        class Handler(socketserver.StreamRequestHandler):
            def say(self, line):
                self.wfile.write(line.encode() + b"\r\n")

            def handle(self):
                try:
                    self.talk()
                except ConnectionError:
                    pass  # the other side is gone

            def talk(self):
                self.say("220 sink.example ESMTP")
                sender, recipients = "", []
                while True:
                    line = self.rfile.readline().decode("utf-8", "surrogateescape").strip()
                    verb = line.upper()
                    if not line or verb.startswith("QUIT"):
                        return self.say("221 bye") if line else None
                    if verb.startswith("EHLO"):
                        self.say("250-sink.example\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 0")
                        continue
                    if verb.startswith("MAIL FROM:"):
                        sender, recipients = line[10:].split()[0].strip("<>"), []
                    if verb.startswith("RCPT TO:"):
                        address = line[8:].split()[0].strip("<>")
                        sink.tries.append(address)
                        reply = refusal("RCPT", address)
                        if reply is not None:
                            if not reply:
                                return None
                            self.say(reply)
                            continue
                        recipients.append(address)
                    if verb == "DATA":
                        self.say("354 go on")
                        octets = self.read_message()
                        reply = refusal("DATA", recipients[0])
                        if reply is not None:
                            if not reply:
                                return None
                            self.say(reply)
                            continue
                        sink.messages.append((sender, recipients, octets))
                    self.say("250 2.0.0 taken")

            def read_message(self):
                lines = []
                while True:
                    line = self.rfile.readline()
                    if line in (b".\r\n", b""):
                        return b"".join(lines)
                    lines.append(line[1:] if line.startswith(b".") else line)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait(self, count):
        wait_for(lambda: len(self.messages) >= count, f"{count} messages at the sink, {len(self.messages)} came")
        return self.messages

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class NameServer:
    """nsd with one zone, "example"."""

    def __init__(self, folder, zone):
        self.folder = Path(folder) / "nsd"
        self.folder.mkdir()
        self.port = free_port()
        (self.folder / "example.zone").write_text(
            "$ORIGIN example.\n$TTL 60\n@ SOA ns.example. hostmaster.example. 1 60 60 60 60\n@ NS ns.example.\n"
            "ns A 127.0.0.1\n" + zone)
        (self.folder / "nsd.conf").write_text(f"""
server:
  ip-address: 127.0.0.1@{self.port}
  username: ""
  chroot: ""
  zonesdir: "{self.folder}"
  database: ""
  pidfile: "{self.folder}/pid"
  zonelistfile: "{self.folder}/zone.list"
  xfrdfile: "{self.folder}/xfrd.state"
  xfrdir: "{self.folder}"
  logfile: "{self.folder}/log"
  server-count: 1
remote-control:
  control-enable: no
zone:
  name: example
  zonefile: example.zone
""")
        self.process = subprocess.Popen(["/usr/sbin/nsd", "-d", "-c", str(self.folder / "nsd.conf")],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: answers(self.port), "nsd")

    def stop(self):
        self.process.terminate()
        self.process.wait()


MASTER = """\
{port}    inet  n  -  n  -  -  smtpd
pickup    unix  n  -  n  60  1  pickup
cleanup   unix  n  -  n  -  0  cleanup
qmgr      unix  n  -  n  300  1  qmgr
rewrite   unix  -  -  n  -  -  trivial-rewrite
bounce    unix  -  -  n  -  0  bounce
defer     unix  -  -  n  -  0  bounce
trace     unix  -  -  n  -  0  bounce
verify    unix  -  -  n  -  1  verify
flush     unix  n  -  n  1000?  0  flush
proxymap  unix  -  -  n  -  -  proxymap
smtp      unix  -  -  n  -  -  smtp
lmtp      unix  -  -  n  -  -  lmtp
relay     unix  -  -  n  -  -  smtp
error     unix  -  -  n  -  -  error
retry     unix  -  -  n  -  -  error
discard   unix  -  -  n  -  -  discard
anvil     unix  -  -  n  -  1  anvil
scache    unix  -  -  n  -  1  scache
showq     unix  n  -  n  -  -  showq
postlog   unix-dgram n - n - 1 postlogd
"""

MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/log/mail.log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.rcpt.example
mydestination =
local_recipient_maps =
alias_maps =
relay_domains = rcpt.example
relayhost = [127.0.0.1]:{sink}
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
mynetworks = {trusted}
smtpd_authorized_xclient_hosts = 127.0.0.1
smtpd_milters = {milter}
non_smtpd_milters =
milter_default_action = {default_action}
milter_protocol = 6
smtputf8_enable = yes
disable_dns_lookups = yes
message_size_limit = 0
mailbox_size_limit = 0
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
default_process_limit = 100
smtpd_soft_error_limit = 10000
smtpd_hard_error_limit = 10000
"""


class Postfix:
    """A whole instance in a folder; clients say who they are by XCLIENT, as a gateway would."""

    def __init__(self, folder, milter, sink_port, default_action="tempfail", trusted="127.0.0.2/32", settings=None):
        self.folder = Path(folder) / "postfix"
        self.port = free_port()
        for name in ("etc", "queue", "data", "log"):
            (self.folder / name).mkdir(parents=True)
        shutil.chown(self.folder / "data", "postfix")
        shutil.chown(self.folder / "log", "postfix")
        for parent in [self.folder, *self.folder.parents][:2]:
            os.chmod(parent, 0o755)
        (self.folder / "etc/master.cf").write_text(MASTER.format(port=f"127.0.0.1:{self.port}"))
        (self.folder / "etc/main.cf").write_text(MAIN.format(
            folder=self.folder, sink=sink_port, milter=milter, default_action=default_action,
            trusted=trusted))
        self.set(settings or {})
        self.command("start")
        wait_for(lambda: answers(self.port), "Postfix")

    def set(self, settings):
        """Each name once: of a second one every program warns, and of a full log at its start Postfix never wakes."""
        path = self.folder / "etc/main.cf"
        lines = [line for line in path.read_text().splitlines() if line.split(" =")[0] not in settings]
        path.write_text("\n".join(lines + [f"{name} = {value}" for name, value in settings.items()]) + "\n")

    def command(self, *words):
        done = subprocess.run(["/usr/sbin/postfix", "-c", str(self.folder / "etc"), *words],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(f"postfix {' '.join(words)}: {done.stderr}{done.stdout}{self.log()}")

    def log(self):
        path = self.folder / "log/mail.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def queue(self):
        """What postqueue says of each message: the names of the queues."""
        done = subprocess.run(["/usr/sbin/postqueue", "-c", str(self.folder / "etc"), "-j"],
                              capture_output=True, text=True)
        return done.stdout

    def stop(self):
        subprocess.run(["/usr/sbin/postfix", "-c", str(self.folder / "etc"), "abort"], capture_output=True)

    def send(self, message, sender="a@aligned.example", recipients=("user@rcpt.example",), ip="192.0.2.1",
             helo="out.aligned.example", name="[UNAVAILABLE]", login=None, options=()):
        """Sends by SMTP as that client; gives (code, text) of the reply to the message, or to what was refused before."""
        with smtplib.SMTP("127.0.0.1", self.port, timeout=WAIT) as client:
            client.ehlo("gateway.example")
            address = ip if ":" not in ip else "IPV6:" + ip
            words = f"XCLIENT ADDR={address} NAME={name}" + (f" LOGIN={login}" if login else "")
            code, text = client.docmd(words)
            if code != 220:
                return code, text
            client.ehlo(helo)
            code, text = client.mail(sender, options)
            for one in recipients:
                if code == 250:
                    code, text = client.rcpt(one)
            return client.data(message) if code == 250 else (code, text)
