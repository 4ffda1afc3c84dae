#!/usr/bin/env python3
"""Adds up what the tests say: one line a program with its suites by name, then what failed and what was skipped.

usage: tools/test_report.py FOLDER

FOLDER holds ctest.xml (ctest --output-junit) and GoogleTest's files (GTEST_OUTPUT=xml:FOLDER/). A program without a
file of GoogleTest's counts as one test, and one whose tests passed but that ended in an error, as one that failed.
The last line is "tests: N passed, N failed, N skipped"; exit 1 when one failed.
"""
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path


class Report:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.passed, self.failures, self.skips = 0, [], []

    def read_program(self, name, status, output):
        suites, failed_before = [], len(self.failures)
        passed_before, skipped_before = self.passed, len(self.skips)
        file = self.folder / f"{name}_test.xml"
        if file.exists():
            for suite in ElementTree.parse(file).getroot():
                suites.append(self.read_suite(suite))
        elif status == "run":
            self.passed += 1
        if status != "run" and len(self.failures) == failed_before:
            self.failures.append(f"{name} ended with an error:\n" + "\n".join(output.splitlines()[-40:]))
        print(f"  {name}: {self.passed - passed_before} passed, {len(self.failures) - failed_before} failed, "
              f"{len(self.skips) - skipped_before} skipped" + (": " if suites else "") + ", ".join(suites))

    def read_suite(self, suite):
        passed = 0
        for case in suite:
            name = f"{suite.get('name')}.{case.get('name')}"
            failure, skip = case.find("failure"), case.find("skipped")
            if failure is not None:
                self.failures.append(f"{name}:\n{failure.get('message', '').strip()}")
            elif skip is not None:
                words = (skip.get("message") or skip.text or "").split()
                self.skips.append(f"{name}: {' '.join(words)}")
            else:
                passed += 1
        self.passed += passed
        return f"{suite.get('name')} {passed}"


def indent(text):
    return text.replace("\n", "\n      ")


def main(arguments):
    if len(arguments) != 1 or arguments[0] == "--help":
        print(__doc__.strip())
        return 0 if arguments == ["--help"] else 64
    report = Report(arguments[0])
    for test in ElementTree.parse(report.folder / "ctest.xml").getroot():
        output = test.findtext("system-out") or ""
        if test.tag == "testcase":
            report.read_program(test.get("name"), test.get("status"), output)
    for failure in report.failures:
        print(f"  failed: {indent(failure)}")
    for skip in report.skips:
        print(f"  skipped: {indent(skip)}")
    print(f"tests: {report.passed} passed, {len(report.failures)} failed, {len(report.skips)} skipped")
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
