"""Breaks a small ledger in each way there is and sees tools/spec_index.py say so."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOOL = Path(__file__).resolve().parent / "spec_index.py"
HEAD = "id\tlevel\tduty\tsource\tcode\ttest\n"
CODE = "assay/spf/spf.cpp: RFC 7208 §4.6.4"
TEST = "assay/spf/testdata/limits.cases: the eleventh lookup | assay/spf/spf_test.cpp: Limits.Void | " \
       "assay/spf/spf_test.cpp: Terms | assay/spf/spf_test.cpp: Openspf"
GOOD = {
    "docs/spec/required.txt": "# limits\nSPF-01\n",
    "docs/spec/rfc7208.tsv": f"{HEAD}SPF-01\tMUST\tTen lookups.\tRFC 7208 §4.6.4\t{CODE}\t{TEST}\n",
    "assay/spf/spf.cpp": "int a;  // RFC 7208 §4.6.4\n// Limits (RFC 7208 §4.6.1,\n// §4.6.2 and §11.1).\n",
    "assay/spf/spf_test.cpp": 'TEST(Limits, Void) {}\nCASES(Terms, "x") {}\nint b = register_suite("Openspf", f);\n',
    "assay/spf/testdata/limits.cases": "case: the eleventh lookup\nip: 192.0.2.1\n",
}


def run(changes, *arguments):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in {**GOOD, **changes}.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        done = subprocess.run([sys.executable, str(TOOL), "--root", folder, *arguments],
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stdout


class SpecIndex(unittest.TestCase):
    def finds(self, word, changes):
        code, out = run(changes, "--check")
        self.assertEqual(code, 1, out)
        self.assertIn(word, out)

    def ledger(self, code=CODE, test=TEST):
        return {"docs/spec/rfc7208.tsv": f"{HEAD}SPF-01\tMUST\tTen lookups.\tRFC 7208 §4.6.4\t{code}\t{test}\n"}

    def test_the_good_ledger_is_good(self):
        self.assertEqual(run({}, "--check")[0], 0)

    def test_an_id_without_a_line(self):
        self.finds("SPF-02", {"docs/spec/required.txt": "SPF-01\nSPF-02\n"})

    def test_a_line_without_code_or_test(self):
        self.finds("no code", self.ledger(code=""))
        self.finds("no test", self.ledger(test=" "))

    def test_a_file_that_is_not_there(self):
        self.finds("does not exist", self.ledger(code="assay/spf/gone.cpp: RFC 7208 §4.6.4"))
        self.finds("does not exist", self.ledger(test="assay/spf/gone.cases: x"))

    def test_a_mark_that_is_not_there(self):
        self.finds("bears no mark", self.ledger(code="assay/spf/spf.cpp: RFC 7208 §4.6"))
        self.finds("is no mark", self.ledger(code="assay/spf/spf.cpp: section 4.6"))

    def test_marks_in_a_list_and_over_a_line_break_count(self):
        for section in ("§4.6.1", "§4.6.2", "§11.1"):
            code, out = run(self.ledger(code=f"assay/spf/spf.cpp: RFC 7208 {section}"), "--check")
            self.assertEqual(code, 0, out)

    def test_a_test_that_is_not_there(self):
        self.finds("no case", self.ledger(test="assay/spf/testdata/limits.cases: the eleventh"))
        for name in ("Limits.Other", "Limit", "Nothing"):
            self.finds("no test", self.ledger(test=f"assay/spf/spf_test.cpp: {name}"))

    def test_a_broken_ledger(self):
        self.finds("first line", {"docs/spec/other.tsv": "id\tcode\n"})
        self.finds("columns", {"docs/spec/other.tsv": HEAD + "SPF-09\tMUST\n"})
        self.finds("stands also", {"docs/spec/other.tsv": GOOD["docs/spec/rfc7208.tsv"]})

    def test_list_names_the_files_of_a_section(self):
        out = run({}, "--list")[1]
        self.assertIn("RFC 7208 §4.6.4", out)
        self.assertIn("assay/spf/spf.cpp", out)


if __name__ == "__main__":
    unittest.main()
