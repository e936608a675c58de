#!/usr/bin/env python3
"""Counts the test cases in the logs of ctest runs, and prints them as the last line of script/test.

usage: count_tests.py LOG…    each a Testing/Temporary/LastTest.log

A ctest test that is a program of many cases (GoogleTest, node's runner, or any that ends with 'N passed, N failed') counts
as many; any other counts as one. A failed ctest test counts at least one failure. Exits with 1 where anything failed or
nothing ran.
"""
import re
import sys

PATTERNS = {
    "passed": [r"^\[  PASSED  \] (\d+) tests?\.", r"^(?:#|ℹ) pass (\d+)", r"^(\d+) passed, \d+ failed"],
    "failed": [r"^\[  FAILED  \] (\d+) tests?, listed below", r"^(?:#|ℹ) fail (\d+)", r"^\d+ passed, (\d+) failed"],
    "skipped": [r"^\[  SKIPPED \] (\d+) tests?, listed below", r"^(?:#|ℹ) skipped (\d+)", r"^\d+ passed, \d+ failed, (\d+) skipped"],
}


def count(block):
    """The counts of one ctest test, from its part of the log."""
    got = {kind: sum(int(n) for p in patterns for n in re.findall(p, block, re.M)) for kind, patterns in PATTERNS.items()}
    # "[  PASSED  ] 3 tests." leaves out the skipped ones, and so does node's "pass".
    ok = re.search(r"^Test Passed\.$", block, re.M) is not None
    if ok and not any(got.values()):
        got["passed"] = 1
    if not ok and got["failed"] == 0:
        got["failed"] = 1
    return got


def main(logs):
    total = dict.fromkeys(PATTERNS, 0)
    for log in logs:
        with open(log, encoding="utf-8", errors="replace") as file:
            for block in re.split(r"^\d+/\d+ Testing: ", file.read(), flags=re.M)[1:]:
                for kind, number in count(block).items():
                    total[kind] += number
    skipped = f", {total['skipped']} skipped" if total["skipped"] else ""
    print(f"{total['passed']} passed, {total['failed']} failed{skipped}")
    return 1 if total["failed"] or not total["passed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
