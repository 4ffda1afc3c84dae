"""Gives tools/test_report.py what ctest and GoogleTest write, and sees it count each kind of end."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOOL = Path(__file__).resolve().parent / "test_report.py"
SPF = """<testsuites><testsuite name="Terms">
<testcase name="good" status="run" result="completed"/>
<testcase name="bad" status="run" result="completed"><failure message="spf.cases:7: no"/></testcase>
<testcase name="left_out" status="run" result="skipped"><skipped message="the suites are not here"/></testcase>
</testsuite></testsuites>"""
GOOD = '<testsuites><testsuite name="Words"><testcase name="one"/><testcase name="two"/></testsuite></testsuites>'


def report(ctest, **files):
    """Exit code and output for these tests of ctest (name -> status) and these files of GoogleTest."""
    with tempfile.TemporaryDirectory() as folder:
        cases = "".join(f'<testcase name="{name}" status="{status}"><system-out>words of {name}</system-out></testcase>'
                        for name, status in ctest.items())
        Path(folder, "ctest.xml").write_text(f"<testsuite>{cases}</testsuite>", encoding="utf-8")
        for name, text in files.items():
            Path(folder, f"{name}_test.xml").write_text(text, encoding="utf-8")
        done = subprocess.run([sys.executable, str(TOOL), folder], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout


class TestReport(unittest.TestCase):
    def test_all_passed(self):
        code, out = report({"mail": "run", "cli_verify": "run"}, mail=GOOD)
        self.assertEqual(code, 0)
        self.assertIn("mail: 2 passed, 0 failed, 0 skipped: Words 2", out)
        self.assertEqual(out.splitlines()[-1], "tests: 3 passed, 0 failed, 0 skipped")

    def test_a_failure_and_a_skip_are_told(self):
        code, out = report({"spf": "fail"}, spf=SPF)
        self.assertEqual(code, 1)
        self.assertIn("failed: Terms.bad:\n      spf.cases:7: no", out)
        self.assertIn("skipped: Terms.left_out: the suites are not here", out)
        self.assertEqual(out.splitlines()[-1], "tests: 1 passed, 1 failed, 1 skipped")

    def test_a_program_that_died_without_a_report(self):
        code, out = report({"spf": "fail"})
        self.assertEqual(code, 1)
        self.assertIn("words of spf", out)
        self.assertEqual(out.splitlines()[-1], "tests: 0 passed, 1 failed, 0 skipped")

    def test_a_program_that_leaks_at_its_end(self):
        code, out = report({"mail": "fail"}, mail=GOOD)
        self.assertEqual(code, 1)
        self.assertEqual(out.splitlines()[-1], "tests: 2 passed, 1 failed, 0 skipped")


if __name__ == "__main__":
    unittest.main()
