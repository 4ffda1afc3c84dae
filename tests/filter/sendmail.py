"""A whole Sendmail in a folder. Debian's sendmail and postfix exclude each other, so tools/unpack puts it into
build/beside instead."""
import os
import smtplib
import subprocess
from pathlib import Path

from mta import WAIT, answers, free_port, wait_for

UNPACKED = Path(__file__).resolve().parents[2] / "build/beside"
PROGRAM = UNPACKED / "usr/libexec/sendmail/sendmail"

# OSTYPE(debian) would name the folders of an installed one.
MC = """\
divert(-1)
include(`{cf}/m4/cf.m4')
VERSIONID(`test')
OSTYPE(`linux')
define(`confDOMAIN_NAME', `mx.rcpt.example')
define(`confDONT_BLAME_SENDMAIL', `GroupWritableDirPathSafe,TrustStickyBit')
define(`confPID_FILE', `{folder}/pid')
define(`QUEUE_DIR', `{folder}/queue')
define(`STATUS_FILE', `{folder}/statistics')
define(`ALIAS_FILE', `{folder}/aliases')
define(`confRUN_AS_USER', `root')
define(`confTO_IDENT', `0')
define(`confCONNECTION_RATE_THROTTLE', `0')
define(`confREFUSE_LA', `0')
define(`confQUEUE_LA', `1000')
define(`confTO_ICONNECT', `30s')
define(`confSERVICE_SWITCH_FILE', `{folder}/service.switch')
define(`confBIND_OPTS', `+AAONLY -DNSRCH -DEFNAMES')
define(`SMART_HOST', `relay:[127.0.0.1]')
define(`RELAY_MAILER_ARGS', `TCP $h {sink}')
FEATURE(`nocanonify')
FEATURE(`promiscuous_relay')
FEATURE(`accept_unqualified_senders')
FEATURE(`accept_unresolvable_domains')
FEATURE(`no_default_msa')
DAEMON_OPTIONS(`Name=MTA, Addr=127.0.0.1, Port={port}')
INPUT_MAIL_FILTER(`assay', `S={milter}, F=T, T=C:30s;S:60s;R:600s;E:600s')
define(`confMILTER_MACROS_CONNECT', `j, {{client_name}}, {{client_addr}}, {{daemon_name}}, v')
define(`confMILTER_MACROS_ENVFROM', `i, {{auth_type}}, {{auth_authen}}, {{mail_addr}}')
MAILER(`smtp')
"""

# Sendmail sleeps a minute at its start on a host whose name has no dot, so that it gets a name of its own where that
# is permitted.
UNSHARED = ["unshare", "--uts", "sh", "-c", 'hostname mx.rcpt.example && exec "$@"', "sh"]


def named():
    return UNSHARED if subprocess.run([*UNSHARED, "true"], capture_output=True).returncode == 0 else []


class Sendmail:
    def __init__(self, folder, milter, sink_port):
        assert PROGRAM.exists(), "no Sendmail is in build/beside: run tools/unpack"
        self.folder = Path(folder) / "sendmail"
        self.port = free_port()
        for name in ("queue", "log"):
            (self.folder / name).mkdir(parents=True, mode=0o755)
        for parent in [self.folder, *self.folder.parents][:2]:
            os.chmod(parent, 0o755)
        os.chmod(self.folder / "queue", 0o700)
        (self.folder / "service.switch").write_text("hosts files\naliases files\n")
        (self.folder / "aliases").write_text("")
        source = MC.format(cf=UNPACKED / "usr/share/sendmail/cf", folder=self.folder, port=self.port, sink=sink_port,
                           milter=milter)
        made = subprocess.run(["m4"], input=source, capture_output=True, text=True, check=True)
        self.config = self.folder / "sendmail.cf"
        self.config.write_text(made.stdout)
        self.out = open(self.folder / "log/out", "wb")
        self.process = subprocess.Popen([*named(), PROGRAM, "-bD", "-C", self.config, "-X", self.folder / "log/smtp"],
                                        stdout=self.out, stderr=subprocess.STDOUT)
        wait_for(lambda: answers(self.port) or self.process.poll() is not None, "Sendmail")
        if self.process.poll() is not None:
            raise AssertionError((self.folder / "log/out").read_text())

    def quarantined(self):
        """Messages in the quarantine queue."""
        return len(list((self.folder / "queue").rglob("hf*")))

    def stop(self):
        self.process.terminate()
        self.process.wait(WAIT)
        self.out.close()

    def send(self, message, sender="a@aligned.example", recipients=("user@rcpt.example",), ip="127.0.0.9",
             helo="out.aligned.example"):
        """Sends from that loopback address; gives (code, text) of the reply to the message, or to what was refused."""
        with smtplib.SMTP("127.0.0.1", self.port, timeout=WAIT, source_address=(ip, 0)) as client:
            client.ehlo(helo)
            code, text = client.mail(sender)
            for one in recipients:
                if code == 250:
                    code, text = client.rcpt(one)
            return client.data(message) if code == 250 else (code, text)
