#!/usr/bin/env python3
"""usage: bounds.py RESULT

Holds a result of bench/run to what freeway promises, beside the nginx of the same run, and fails with a line for each bound
that is missed. Medians of all turns count; the one for p99 is of the turns' 99th percentiles.
"""
import json
import statistics
import sys
from pathlib import Path

MIB = 1.048576  # MB; sizes are measured in MiB and promised in MB


def bounds(result):
    """What was measured, where its bound is, and the unit of both."""
    samples = result["samples"]

    def median(measure, program="freeway"):
        return statistics.median(samples[measure][program])

    def ratio(measure):
        return median(measure) / median(measure, "nginx")

    def more_than_nginx(measure):
        return median(measure) - median(measure, "nginx")  # what both add to the direct way falls out

    return [
        ("CPU per request, not streamed", ratio("whole"), 1.5, "times nginx's"),
        ("CPU per streamed chunk", ratio("streamed"), 1.5, "times nginx's"),
        ("added latency, p50", more_than_nginx("p50") / 1000, 0.1, "ms more than nginx"),
        ("added latency, p99", more_than_nginx("p99") / 1000, 1, "ms more than nginx"),
        ("resident memory, idle", median("idle") * MIB, 20, "MB"),
        ("resident memory, 1,000 open streams", median("streams") * MIB, 100, "MB"),
        ("start to first answered request", median("start") / 1000, 0.1, "s"),
        ("choosing a route, p99", result["selection"]["p99_us"], 50, "µs"),
    ]


def missed(result):
    """A line for each bound that the result misses."""
    return [f"{what}: {value:.3g} {unit}, at most {most:g} is promised" for what, value, most, unit in bounds(result) if value > most]


def main():
    result = json.loads(Path(sys.argv[1]).read_text())
    lines = missed(result)
    for line in lines:
        print(f"bench: missed: {line}")
    if not lines:
        print(f"bench: all {len(bounds(result))} bounds are kept")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
