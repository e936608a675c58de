#!/usr/bin/env python3
"""Tests tools/catalog_prices.py."""
import json
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import catalog_prices as tool  # noqa: E402


def entry(**other):
    return {"provider": "a", "model": "m", "input": 0.5, "output": 2, "source": "a page", "as_of": "2026-11", **other}


def in_catalog(**other):
    return {"id": "m", "price": {"input": 0.5, "output": 2, "source": "a page", "as_of": "2026-11"}, **other}


class CatalogPrices(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for name in ("FILE", "catalog"):
            self.addCleanup(setattr, tool, name, getattr(tool, name))
        tool.FILE = Path(folder.name) / "prices.json"
        self.new = Path(folder.name) / "new.json"

    def wrong(self, rows, models):
        tool.FILE.write_text(tool.text_of(rows))
        return tool.differences(rows, models)

    def test_an_entry_is_a_line_in_order(self):
        text = tool.text_of([entry(model="n", note="tier 1"), entry(note="")])
        self.assertEqual(text.splitlines()[1], '{"provider": "a", "model": "m", "input": 0.5, "output": 2, "source": "a page", "as_of": "2026-11"},')
        self.assertEqual([row["model"] for row in json.loads(text)], ["m", "n"])
        self.assertEqual(json.loads(text)[1]["note"], "tier 1")

    def test_tells_what_is_no_price(self):
        self.assertEqual(tool.oddity(entry(output=0)), "")
        for other in ({"input": 0}, {"output": -1}, {"input": "0.5"}, {"input": None}, {"source": ""}, {"as_of": "lately"}, {"input": True}):
            self.assertNotEqual(tool.oddity(entry(**other)), "", other)

    def test_file_and_catalog_say_the_same(self):
        self.assertEqual(self.wrong([entry()], {("a", "m"): in_catalog()}), [])
        self.assertRegex(self.wrong([entry()], {})[0], "not in the catalog")
        self.assertRegex(self.wrong([entry(input=1)], {("a", "m"): in_catalog()})[0], "another price")
        self.assertRegex(self.wrong([entry()], {("a", "m"): {"id": "m"}})[0], "or none")
        self.assertRegex(self.wrong([entry()], {("a", "m"): in_catalog(kind="image")})[0], "by the token")
        self.assertRegex(self.wrong([], {("a", "m"): in_catalog()})[0], "in the catalog alone")
        self.assertRegex(self.wrong([entry(input=-1)], {("a", "m"): in_catalog()})[0], "no price")

    def test_new_entries_take_the_place_of_old_ones(self):
        tool.FILE.write_text(tool.text_of([entry(), entry(model="old")]))
        tool.catalog = lambda: {("a", name): {"id": name} for name in ("m", "new", "old")} | {("a", "picture"): {"id": "picture", "kind": "image"}}
        self.new.write_text(json.dumps([entry(input=3), entry(model="new"), entry(model="gone"), entry(model="picture"), entry(model="new", input=-1)]))
        tool.put_in(self.new)
        self.assertEqual({row["model"]: row["input"] for row in tool.entries()}, {"m": 3, "new": 0.5, "old": 0.5})


if __name__ == "__main__":
    unittest.main()
