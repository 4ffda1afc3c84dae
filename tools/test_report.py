#!/usr/bin/env python3
"""Adds up what the test programs say: one line a module with its suites by name, then failures and skips.

usage: tools/test_report.py FOLDER     the folder of GoogleTest's XML files (GTEST_OUTPUT=xml:FOLDER/)
The last line is "tests: N passed, N failed, N skipped".
"""
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path


def read(path):
    """(suite, counts, failures, skips) for each suite of one program's XML."""
    for suite in ElementTree.parse(path).getroot():
        passed, failed, skipped = 0, [], []
        for case in suite:
            name = f"{suite.get('name')}.{case.get('name')}"
            skip = case.find("skipped")
            if case.find("failure") is not None:
                failed.append(f"{name}: {case.find('failure').get('message', '').strip()}")
            elif skip is not None:
                skipped.append(f"{name}: {skip.get('message', '').strip().splitlines()[-1:]}")
            else:
                passed += 1
        yield suite.get("name"), passed, failed, skipped


def main(arguments):
    if len(arguments) != 1 or arguments[0] == "--help":
        print(__doc__.strip())
        return 0 if arguments == ["--help"] else 64
    totals, failures, skips = [0, 0, 0], [], []
    for path in sorted(Path(arguments[0]).glob("*.xml")):
        suites, counts = [], [0, 0, 0]
        for name, passed, failed, skipped in read(path):
            suites.append(f"{name} {passed}" + (f" ({len(failed)} failed)" if failed else ""))
            failures += failed
            skips += skipped
            for i, more in enumerate((passed, len(failed), len(skipped))):
                counts[i] += more
                totals[i] += more
        print(f"  {path.stem.removesuffix('_test')}: {counts[0]} passed, {counts[1]} failed, {counts[2]} skipped: "
              + ", ".join(suites))
    for title, lines in (("failed", failures), ("skipped", skips)):
        for line in lines:
            print(f"  {title}: {line}")
    print(f"tests: {totals[0]} passed, {totals[1]} failed, {totals[2]} skipped")
    return 1 if totals[1] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
