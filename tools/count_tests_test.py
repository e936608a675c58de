#!/usr/bin/env python3
"""Feeds count_tests.py pieces of logs."""
import unittest

import count_tests

GTEST = "[==========] Running 5 tests\n[  PASSED  ] 3 tests.\n[  SKIPPED ] 1 test, listed below:\n[  FAILED  ] 1 test, listed below:\n"


class CountTestsTest(unittest.TestCase):
    def expect(self, block, passed, failed, skipped=0):
        self.assertEqual(count_tests.count(block), {"passed": passed, "failed": failed, "skipped": skipped})

    def test_a_plain_test_is_one(self):
        self.expect("all is well\nTest Passed.\n", 1, 0)
        self.expect("alas\nTest Failed.\n", 0, 1)

    def test_googletest_counts_cases(self):
        self.expect("[  PASSED  ] 12 tests.\nTest Passed.\n", 12, 0)
        self.expect(GTEST + "Test Failed.\n", 3, 1, 1)

    def test_a_crash_after_some_cases_is_a_failure(self):
        self.expect("[       OK ] A.b\nTest Failed.\n", 0, 1)
        self.expect("[  PASSED  ] 12 tests.\nSUMMARY: AddressSanitizer\nTest Failed.\n", 12, 1)

    def test_node_in_both_reporters(self):
        self.expect("ℹ pass 4\nℹ fail 0\nℹ skipped 2\nTest Passed.\n", 4, 0, 2)
        self.expect("# pass 4\n# fail 1\n# skipped 0\nTest Failed.\n", 4, 1)

    def test_a_plain_closing_line(self):
        self.expect("7 passed, 0 failed\nTest Passed.\n", 7, 0)
        self.expect("7 passed, 2 failed, 1 skipped\nTest Failed.\n", 7, 2, 1)


if __name__ == "__main__":
    unittest.main()
