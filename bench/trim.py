#!/usr/bin/env python3
"""usage: trim.py < PROFILE > PROFILE

Of a profile as `llvm-profdata merge -text` writes it, leaves out the functions on a request's way that never ran: bench/train
can't show all that a request may meet (TLS, other protocols, failures), and what a profile calls unused is compiled to be
small, not fast. Functions elsewhere that never ran stay in, for the same reason. Left out are those of generated files, too: they are
named by their place, which is another in each build.
"""
import re
import sys

WAY = re.compile(r"7freeway(?:4json|4http|4chat|3net|5token|7dialect|6ledger|8upstream|6server|6router|5relay)")


def ran(record):
    counts = record[record.index("# Counter Values:") + 1:]
    return any(count not in ("", "0") for count in counts)


def wanted(record):
    return not record[0].startswith("/") and (ran(record) or not WAY.search(record[0]))


def main():
    head, *records = sys.stdin.read().split("\n\n")
    lines = [record.split("\n") for record in records]
    kept = [record for record in lines if len(record) < 2 or wanted(record)]
    sys.stdout.write("\n\n".join([head] + ["\n".join(record) for record in kept]))


if __name__ == "__main__":
    main()
