#!/usr/bin/env python3
"""Feeds check_layers.py small trees, good and bad, and expects it to tell them apart."""
import tempfile
import unittest
from pathlib import Path

import check_layers

LAYERS = """
*:    | toolbox/
base: | fmt/
net:  base | boost/asio sys/socket.h
http: base | boost/asio/buffer.hpp
app:  base net http |
farm: base http/head | toml++/
"""
GOOD = {
    "src/base/text.h": "#include <string>\n#include <unistd.h>\n#include <fmt/format.h>\n",
    "src/base/text_test.cc": '#include <gtest/gtest.h>\n#include "base/text.h"\n',
    "src/base/testing.h": "#include <gtest/gtest.h>\n",
    "src/net/dial_test.cc": '#include "base/testing.h"\n',
    "src/net/dial.cc": '#include <boost/asio/ip/tcp.hpp>\n#include <sys/socket.h>\n#include "base/text.h"\n',
    "src/http/head.h": '#include <boost/asio/buffer.hpp>\n',
    "src/http/url.h": "#include <toolbox/hammer.h>\n",
    "src/app/main.cc": '#include "net/dial.cc"\n#include "http/head.h"\n',
    "farm/main.cc": '#include "farm/clock.h"\n#include "http/head.h"\n#include <toml++/toml.h>\n',
    "farm/clock.h": "",
}


class CheckLayersTest(unittest.TestCase):
    def mistakes(self, change=None, layers=LAYERS):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for name, text in {**GOOD, **(change or {}), "tools/layers.txt": layers}.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            return check_layers.check(root)

    def expect_one(self, part, change=None, layers=LAYERS):
        found = self.mistakes(change, layers)
        self.assertEqual(len(found), 1, found)
        self.assertIn(part, found[0])

    def test_a_good_tree_passes(self):
        self.assertEqual(self.mistakes(), [])

    def test_a_room_that_the_row_does_not_name(self):
        self.expect_one("src/http/url.h:2: net/dial.cc: http may not include net", {"src/http/url.h": '\n#include "net/dial.cc"\n'})

    def test_tests_have_no_exception(self):
        self.expect_one("base may not include net", {"src/base/x_test.cc": '#include "net/dial.cc"\n'})

    def test_an_angle_include_of_a_room_counts_too(self):
        self.expect_one("base may not include http", {"src/base/x.cc": "  #  include <http/url.h>\n"})

    def test_a_row_that_names_a_room_below(self):
        self.expect_one("base names net", layers=LAYERS.replace("base: |", "base: net |"))

    def test_a_row_that_names_itself(self):
        self.expect_one("net names net", layers=LAYERS.replace("net:  base", "net: net base"))

    def test_a_row_that_cannot_be_read(self):
        self.expect_one("expected 'room", layers=LAYERS + "what is this\n")

    def test_a_doubled_row(self):
        self.expect_one("has a row already", layers=LAYERS + "app: base net http |\n")

    def test_a_folder_without_a_row(self):
        self.expect_one("src/extra: no row", {"src/extra/x.cc": ""})

    def test_a_third_party_header_of_another_room(self):
        self.expect_one("belongs to base", {"src/http/url.h": "#include <fmt/format.h>\n"})

    def test_the_longer_prefix_gives_no_more_than_it_says(self):
        self.expect_one("belongs to net", {"src/http/url.h": "#include <boost/asio/read.hpp>\n"})

    def test_a_third_party_header_that_nobody_owns(self):
        self.expect_one("no row owns it", {"src/app/x.cc": "#include <curl/curl.h>\n"})

    def test_a_quoted_third_party_header(self):
        self.expect_one("no row owns it", {"src/app/x.cc": '#include "curl/curl.h"\n'})

    def test_a_system_header_that_a_row_owns(self):
        self.expect_one("belongs to net", {"src/app/x.cc": "#include <sys/socket.h>\n"})

    def test_gtest_outside_a_test(self):
        self.expect_one("no row owns it", {"src/app/x.cc": "#include <gtest/gtest.h>\n"})

    def test_a_test_header_outside_a_test(self):
        self.expect_one("only tests may include it", {"src/app/x.cc": '#include "base/testing.h"\n'})

    def test_a_term_with_a_slash_allows_one_header(self):
        self.expect_one("farm may not include http (only http/head)", {"farm/main.cc": '#include "http/url.h"\n'})

    def test_the_gateway_may_not_include_the_simulator(self):
        self.expect_one("app may not include farm", {"src/app/x.cc": '#include "farm/clock.h"\n'})

    def test_a_cycle_between_headers(self):
        self.expect_one("cycle: base/a.h -> base/b.h -> base/a.h",
                        {"src/base/a.h": '#include "base/b.h"\n', "src/base/b.h": '#include "base/a.h"\n'})


if __name__ == "__main__":
    unittest.main()
