#!/usr/bin/env python3
"""usage: instructions.py PROGRAM BUDGETS

Counts what the steps of PROGRAM cost with callgrind and fails where a step passes its budget by more than 5 %. Counts differ
by less than that between machines with the same compiler and libraries. A line of BUDGETS: name, instructions a run.
"""
import re
import subprocess
import sys
import tempfile
from pathlib import Path

TIMES = 10  # as in instructions.cc
SLACK = 1.05


def main():
    program, budgets = sys.argv[1], Path(sys.argv[2])
    wanted = dict(line.split()[:2] for line in budgets.read_text().splitlines() if line and not line.startswith("#"))
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["valgrind", "--tool=callgrind", "-q", f"--callgrind-out-file={folder}/out", program], check=True)
        counted = {}
        for part in Path(folder).iterdir():
            text = part.read_text()
            name = re.search(r"^desc: Trigger: Client Request: (\S+)", text, re.M)
            total = re.search(r"^(?:totals|summary): (\d+)", text, re.M)
            if name and total:
                counted[name[1]] = int(total[1]) // TIMES
    failed = False
    print(f"{'instructions a run':36}{'counted':>12}{'budget':>12}")
    for name, budget in wanted.items():
        count = counted.pop(name, None)
        bad = count is None or count > int(budget) * SLACK
        failed = failed or bad
        print(f"{name:36}{count if count is not None else '?':>12}{budget:>12}{'   over' if bad else ''}")
    for name, count in counted.items():
        print(f"{name:36}{count:>12}{'none':>12}   over")
        failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
