#!/usr/bin/env python3
"""Feeds trim.py a profile as llvm-profdata writes it."""
import contextlib
import io
import sys
import unittest

sys.dont_write_bytecode = True
import trim  # noqa: E402

HEAD = "# IR level Instrumentation Flag\n:ir"


def record(name, *counts):
    lines = [name, "# Func Hash:", "7422614189", "# Num Counters:", str(len(counts)), "# Counter Values:", *map(str, counts)]
    return "\n".join(lines)


def trimmed(*records):
    # The first function stands right behind the flag, as llvm-profdata has it.
    out, kept_in, sys.stdin = io.StringIO(), sys.stdin, io.StringIO(HEAD + "\n" + "\n\n".join(records) + "\n\n")
    try:
        with contextlib.redirect_stdout(out):
            trim.main()
    finally:
        sys.stdin = kept_in
    return out.getvalue()


class Trim(unittest.TestCase):
    first = record("_ZN7freeway3api5admin4listEv", 0)
    ran = record("_ZN7freeway5relay6Course3runEv", 0, 20000)
    tls = record("../../src/net/tls_stream.cc;_ZN7freeway3net12_GLOBAL__N_14tellEv", 0, 0)
    admin = record("_ZN7freeway3api5admin5usageEv", 0, 0)
    generated = record("/somewhere/build/profile/src/api/asset_files.cc;_GLOBAL__sub_I_asset_files.cc", 1)
    library = record("_ZN4toml3ex55parseEv", 0)

    def test_a_function_that_ran_stays(self):
        self.assertIn(self.ran, trimmed(self.first, self.ran))

    def test_one_on_a_requests_way_that_never_ran_is_left_out(self):
        self.assertNotIn("tls_stream", trimmed(self.first, self.tls, self.ran))

    def test_one_elsewhere_that_never_ran_stays(self):
        text = trimmed(self.first, self.admin, self.tls, self.library)
        self.assertIn(self.admin, text)
        self.assertIn(self.library, text)

    def test_one_of_a_generated_file_is_left_out(self):
        self.assertNotIn("asset_files", trimmed(self.first, self.generated, self.ran))

    def test_the_flag_stays_with_what_stands_behind_it(self):
        self.assertTrue(trimmed(self.tls, self.ran).startswith(HEAD + "\n"))

    def test_a_profile_of_which_all_stays_is_the_same_text(self):
        self.assertEqual(trimmed(self.first, self.ran), HEAD + "\n" + self.first + "\n\n" + self.ran + "\n\n")


if __name__ == "__main__":
    unittest.main()
