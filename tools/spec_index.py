#!/usr/bin/env python3
"""The requirements, and where each stands in code and tests.

Collects the marks `// RFC 7208 §4.6.4` of the code and checks the ledgers docs/spec/*.tsv against them: the file a
line names must exist, the mark must stand in it, the test must exist. Every id of docs/spec/required.txt needs a
ledger line with code and test.

usage: tools/spec_index.py            a table: ids per group, with what is missing below it
       tools/spec_index.py --check    the same, and exit 1 when anything is missing or wrong
       tools/spec_index.py --list     each RFC section with the files that bear its mark
       tools/spec_index.py --show ID  the ledger line of one requirement
options: --root FOLDER (another checkout)
"""
import argparse
import re
import sys
from collections import defaultdict
from pathlib import Path

COLUMNS = ["id", "level", "duty", "source", "code", "test"]
FOLDERS = ["assay", "system", "bin", "testkit", "bench"]
# "RFC 7208 §4.6.4", "RFC 9989 §4.7, §4.8", "RFC 6376 §3.2 and §3.5"
MARK = re.compile(r"RFC (\d+) ((?:§[A-Z0-9][A-Za-z0-9.]*\b(?:\s*(?:,|and|or|to)\s*(?=§))?)+)")
SECTION = re.compile(r"§([A-Z0-9][A-Za-z0-9]*(?:\.[A-Za-z0-9]+)*)")


def marks_of(text):
    """The marks in a file's comments, also those that a line break of the comment cuts."""
    comments = []
    for line in text.splitlines():
        at = line.find("//")
        comments.append(line[at:].lstrip("/!<").strip() if at >= 0 else "\n")
    joined = re.sub(r" +", " ", " ".join(comments))
    found = set()
    for number, sections in MARK.findall(joined):
        for section in SECTION.findall(sections):
            found.add(f"RFC {number} §{section}")
    return found


class Index:
    def __init__(self, root):
        self.root = Path(root)
        self.problems = []
        self.marks = {}
        self.texts = {}
        for folder in FOLDERS:
            for path in sorted((self.root / folder).rglob("*")):
                if path.suffix in (".h", ".cpp"):
                    self.marks[str(path.relative_to(self.root))] = marks_of(self.read(path))
        self.lines = {}  # id -> (place, cells)
        for ledger in sorted((self.root / "docs/spec").glob("*.tsv")):
            self.read_ledger(ledger)

    def read(self, path):
        name = str(path)
        if name not in self.texts:
            self.texts[name] = path.read_text(encoding="utf-8", errors="replace")
        return self.texts[name]

    def complain(self, place, what):
        self.problems.append(f"{place}: {what}")

    def read_ledger(self, ledger):
        rows = ledger.read_text(encoding="utf-8").splitlines()
        name = str(ledger.relative_to(self.root))
        if not rows or rows[0].split("\t") != COLUMNS:
            self.complain(f"{name}:1", "the first line is not " + " ".join(COLUMNS))
            return
        for number, row in enumerate(rows[1:], 2):
            if not row.strip():
                continue
            cells = row.split("\t")
            place = f"{name}:{number}"
            if len(cells) != len(COLUMNS):
                self.complain(place, f"{len(cells)} columns, not {len(COLUMNS)}")
            elif cells[0] in self.lines:
                self.complain(place, f"{cells[0]} stands also at {self.lines[cells[0]][0]}")
            else:
                self.lines[cells[0]] = (place, dict(zip(COLUMNS, cells)))

    def check_lines(self):
        for name, (place, cells) in self.lines.items():
            for column in ("level", "duty", "source"):
                if not cells[column].strip():
                    self.complain(place, f"{name} has no {column}")
            for column, check in (("code", self.wrong_code), ("test", self.wrong_test)):
                references = [text.strip() for text in cells[column].split(" | ") if text.strip()]
                if not references:
                    self.complain(place, f"{name} has no {column}")
                for reference in references:
                    why = check(reference)
                    if why:
                        self.complain(place, f"{name}: {why}")

    def wrong_code(self, reference):
        path, _, mark = reference.partition(": ")
        if path not in self.marks:
            return f"code: {path} does not exist"
        wanted = re.sub(r"^// *", "", mark.strip())
        if not MARK.fullmatch(wanted):
            return f"code: '{mark}' is no mark such as 'RFC 7208 §4.6.4'"
        return None if wanted in self.marks[path] else f"code: {path} bears no mark '{wanted}'"

    def wrong_test(self, reference):
        path, _, name = reference.partition(": ")
        if not (self.root / path).is_file():
            return f"test: {path} does not exist"
        text = self.read(self.root / path)
        name = name.strip()
        if not name:
            return f"test: '{reference}' names no case or test"
        if path.endswith(".cases"):
            cases = {line[5:].strip() for line in text.splitlines() if line.startswith("case:")}
            return None if name in cases else f"test: {path} has no case '{name}'"
        if path.endswith("_fuzz.cpp"):
            return None if re.search(rf"\b{re.escape(name)}\b", text) else f"test: {path} has no '{name}'"
        if path.endswith(".py"):
            return None if re.search(rf"def {re.escape(name)}\(", text) else f"test: {path} has no test '{name}'"
        suite, _, test = name.partition(".")
        if test:
            pattern = rf"TEST(?:_F|_P)?\(\s*{re.escape(suite)}\s*,\s*{re.escape(test)}\s*\)"
            registered = rf"register_test\(\s*\"{re.escape(suite)}\"\s*,\s*\"{re.escape(test)}\""
            found = re.search(pattern, text) or re.search(registered, text)
        else:
            found = re.search(rf"(?:TEST(?:_F|_P)?|CASES)\(\s*{re.escape(suite)}\b", text) or (
                re.search(r"\bregister_(?:suite|test)\(", text) and f'"{suite}"' in text)
        return None if found else f"test: {path} has no test '{name}'"

    def required(self):
        text = (self.root / "docs/spec/required.txt").read_text(encoding="utf-8")
        return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]

    def report(self):
        groups = defaultdict(list)
        absent = 0
        for name in self.required():
            groups[name.partition("-")[0]].append(name)
        print(f"{'group':<8}{'required':>9}{'in ledger':>11}   missing")
        for group, names in groups.items():
            missing = [name for name in names if name not in self.lines]
            absent += len(missing)
            print(f"{group:<8}{len(names):>9}{len(names) - len(missing):>11}   {' '.join(missing) or '-'}")
        for problem in self.problems:
            print(problem)
        total = sum(len(names) for names in groups.values())
        print(f"spec: {total - absent} of {total} requirements with code and test, "
              f"{sum(map(len, self.marks.values()))} marks, {len(self.problems)} problems")
        return absent == 0 and not self.problems

    def list_sections(self):
        sections = defaultdict(list)
        for path, marks in self.marks.items():
            for mark in marks:
                sections[mark].append(path)
        def order(mark):
            number, section = re.match(r"RFC (\d+) §(.*)", mark).groups()
            return int(number), [(part.isdigit() is False, int(part) if part.isdigit() else 0, part)
                                 for part in section.split(".")]
        for mark in sorted(sections, key=order):
            print(f"{mark:<22} {' '.join(sorted(sections[mark]))}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="exit 1 when anything is missing or wrong")
    parser.add_argument("--list", action="store_true", help="each RFC section with the files that bear its mark")
    parser.add_argument("--show", metavar="ID", help="the ledger line of one requirement")
    parser.add_argument("--root", default=Path(__file__).resolve().parent.parent, help="another checkout")
    options = parser.parse_args()
    index = Index(options.root)
    if options.list:
        index.list_sections()
        return 0
    if options.show:
        if options.show not in index.lines:
            print(f"spec_index: {options.show} stands in no ledger", file=sys.stderr)
            return 65
        for column, cell in index.lines[options.show][1].items():
            print(f"{column:<7} {cell}")
        return 0
    index.check_lines()
    complete = index.report()
    return 0 if complete or not options.check else 1


if __name__ == "__main__":
    sys.exit(main())
