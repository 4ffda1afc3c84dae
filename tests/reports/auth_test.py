#!/usr/bin/env python3
"""Reports through a server that wants a name and a password: Postfix, which asks a Dovecot."""
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from world import ReportsTest, entry, main, mta, run

DOVECOT = """
base_dir = {root}/run
state_dir = {root}
log_path = {root}/log
protocols =
ssl = no
default_login_user = nobody
default_internal_user = nobody
default_internal_group = nogroup
default_vsz_limit = 0
disable_plaintext_auth = no
auth_mechanisms = plain login
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service auth {{
  unix_listener {socket} {{
    mode = 0666
  }}
}}
passdb {{
  driver = passwd-file
  args = scheme=plain {root}/users
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={root}
}}
"""

SETTINGS = {"smtpd_sasl_auth_enable": "yes", "smtpd_sasl_type": "dovecot", "smtpd_sasl_security_options": "noanonymous",
            "smtpd_relay_restrictions": "permit_sasl_authenticated, reject_unauth_destination"}


class Auth(ReportsTest):
    def setUp(self):
        super().setUp()
        self.postfix = mta.Postfix(self.folder, "", self.sink.port, settings=SETTINGS | {"smtpd_sasl_path": self.start_dovecot()})
        self.addCleanup(self.postfix.stop)
        self.password_file = self.write("smtp.password", b"correct horse\n")
        os.chmod(self.password_file, 0o600)
        self.put(entry(1))

    def start_dovecot(self):
        """The socket by which it tells who may come in."""
        root = Path(tempfile.mkdtemp(prefix="assay-sasl-"))  # a short path, for its sockets
        self.addCleanup(shutil.rmtree, root, ignore_errors=True)
        root.chmod(0o755)
        socket = root / "auth"
        (root / "run").mkdir()
        (root / "users").write_text("reports:{PLAIN}correct horse\n")
        (root / "dovecot.conf").write_text(DOVECOT.format(root=root, socket=socket))
        process = subprocess.Popen(["dovecot", "-F", "-c", root / "dovecot.conf"], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        mta.wait_for(socket.exists, "Dovecot: " + ((root / "log").read_text() if (root / "log").exists() else ""))
        return socket

    def sign_in(self, user="reports", more=""):
        sign_in = f'user = "{user}"\npassword_file = "{self.password_file}"\n{more}' if user else ""
        self.configure(port=self.postfix.port, sign_in=sign_in)

    def test_with_the_password_reports_arrive(self):
        self.sign_in()
        self.assertIn("sent 1,", self.send())
        self.sink.wait(1)
        self.assertEqual(self.mails()[0].report.messages(), 1)
        self.assertIn("sasl_username=reports", self.postfix.log())
        self.assertNotIn("correct horse", self.assay("outbox", "list", "--json"))

    def test_without_or_with_a_wrong_one_they_wait(self):
        self.sign_in(user="")
        self.send()
        self.sign_in(user="somebody")
        self.assay("outbox", "retry", "1")
        self.send()
        one, = self.outbox()  # neither says anything of the destination
        self.assertEqual((one["state"], one["attempts"]), ("waiting", 2), one["reason"])
        self.assertNotIn("correct horse", one["reason"])
        self.assertEqual(self.assay("suppress", "list"), "")
        self.assertEqual(self.sink.messages, [])
        self.sign_in()
        self.assay("outbox", "retry", "1")
        self.send()
        self.sink.wait(1)

    def test_no_password_is_said_in_the_open(self):
        self.sign_in()
        text = (self.folder / "assay.toml").read_text()
        away = text.replace('server = "127.0.0.1:', 'server = "0.0.0.0:')  # the same server, but no address of this host
        self.assertNotEqual(text, away)
        self.write("assay.toml", away.encode())
        self.send()
        one, = self.outbox()
        self.assertEqual((one["state"], one["attempts"], self.sink.messages), ("waiting", 1, []))
        self.assertNotIn("sasl", self.postfix.log())

    def test_a_password_that_everybody_may_read_is_refused(self):
        self.sign_in()
        os.chmod(self.password_file, 0o644)
        done = run("report", "send", "--config", self.config)
        self.assertEqual(done.returncode, 65, done.err)
        self.assertIn("smtp.password", done.err)
        self.assertIn("everybody on this host may read it", done.err)
        self.assertNotIn("correct horse", done.err + done.out)
        self.assertEqual(self.sink.messages, [])

    def test_a_password_that_is_not_there(self):
        self.sign_in()
        os.unlink(self.password_file)
        done = run("report", "send", "--config", self.config)
        self.assertEqual(done.returncode, 66, done.err)
        self.assertIn("smtp.password", done.err)


if __name__ == "__main__":
    main()
