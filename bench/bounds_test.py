#!/usr/bin/env python3
"""Feeds bounds.py results as bench/run writes them."""
import contextlib
import copy
import io
import json
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
import bounds  # noqa: E402

KEPT = {
    "samples": {
        "start": {"freeway": [28.5, 31.0, 27.9], "nginx": [7.9, 8.0, 8.1]},
        "idle": {"freeway": [18.9], "nginx": [13.9]},
        "streams": {"freeway": [59.3], "nginx": [31.6]},
        "whole": {"freeway": [25.9, 25.7, 40.0], "nginx": [17.9, 18.0, 17.8]},
        "streamed": {"freeway": [11.1], "nginx": [9.1]},
        "p50": {"direct": [300.0], "freeway": [416.0], "nginx": [377.0]},
        "p99": {"direct": [900.0], "freeway": [4370.0], "nginx": [3400.0]},
    },
    "selection": {"served": 1000000, "p50_us": 1.7, "p99_us": 3.4, "p999_us": 9.0},
}


class BoundsTest(unittest.TestCase):
    def missed(self, measure, values, program="freeway"):
        result = copy.deepcopy(KEPT)
        result["samples"][measure][program] = values
        return bounds.missed(result)

    def test_what_is_kept_is_not_told(self):
        self.assertEqual(bounds.missed(KEPT), [])

    def test_cpu_is_held_to_nginx_in_the_same_run(self):
        self.assertEqual(self.missed("whole", [27.0, 27.2, 27.1]),
                         ["CPU per request, not streamed: 1.51 times nginx's, at most 1.5 is promised"])
        self.assertEqual(self.missed("whole", [15.0], "nginx"),
                         ["CPU per request, not streamed: 1.73 times nginx's, at most 1.5 is promised"])
        self.assertEqual(self.missed("streamed", [14.0]), ["CPU per streamed chunk: 1.54 times nginx's, at most 1.5 is promised"])

    def test_one_turn_of_several_is_no_miss(self):
        self.assertEqual(self.missed("whole", [99.0, 25.0, 25.0]), [])

    def test_latency(self):
        self.assertEqual(self.missed("p50", [478.0]), ["added latency, p50: 0.101 ms more than nginx, at most 0.1 is promised"])
        self.assertEqual(self.missed("p99", [4500.0]), ["added latency, p99: 1.1 ms more than nginx, at most 1 is promised"])

    def test_memory_is_measured_in_mib_and_promised_in_mb(self):
        self.assertEqual(self.missed("idle", [19.0]), [])
        self.assertEqual(self.missed("idle", [19.2]), ["resident memory, idle: 20.1 MB, at most 20 is promised"])
        self.assertEqual(self.missed("streams", [96.0]), ["resident memory, 1,000 open streams: 101 MB, at most 100 is promised"])

    def test_start(self):
        self.assertEqual(self.missed("start", [101.0]), ["start to first answered request: 0.101 s, at most 0.1 is promised"])

    def test_selection(self):
        slow = copy.deepcopy(KEPT)
        slow["selection"]["p99_us"] = 51
        self.assertEqual(bounds.missed(slow), ["choosing a route, p99: 51 µs, at most 50 is promised"])

    def test_each_missed_bound_has_a_line_and_the_program_fails(self):
        slow = copy.deepcopy(KEPT)
        slow["selection"]["p99_us"] = 51
        slow["samples"]["start"]["freeway"] = [200.0]
        self.assertEqual(self.judge(slow), (1, 2))
        self.assertEqual(self.judge(KEPT), (0, 1))

    def judge(self, result):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file, contextlib.redirect_stdout(io.StringIO()) as said:
            json.dump(result, file)
            file.flush()
            sys.argv = ["bounds.py", file.name]
            return bounds.main(), len(said.getvalue().splitlines())


if __name__ == "__main__":
    unittest.main()
