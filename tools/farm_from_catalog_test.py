#!/usr/bin/env python3
"""Tests tools/farm_from_catalog.py. With GATEWAY_BIN and FARM_BIN, both programs must accept what it writes."""
import os
import subprocess
import sys
import tempfile
import tomllib
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import farm_from_catalog as tool  # noqa: E402
from catalog_scenarios import ROOT, chat_models, read  # noqa: E402


def made(*arguments):
    with tempfile.TemporaryDirectory() as folder:
        assert tool.main([folder, *arguments]) == 0
        return [tomllib.loads((Path(folder) / file).read_text()) for file in ("farm.toml", "gateway.toml")]


def by_id(entries):
    return {entry["id"] if isinstance(entry, dict) else entry: entry for entry in entries}


def pools(document, provider):
    return {pool["name"]: pool for pool in by_id(document["providers"])[provider].get("pools", [])}


class FarmFromCatalog(unittest.TestCase):
    def test_everything_that_is_on_is_played_and_known(self):
        farm, gateway = (by_id(document["providers"]) for document in made())
        played = 0
        for path in (ROOT / "catalog").glob("*.toml"):
            provider = read(path)
            models = {model["id"] for model in chat_models(provider)}
            if not provider.get("enabled", True) or not models:
                self.assertNotIn(provider["id"], farm)
                continue
            played += 1
            self.assertEqual(set(by_id(farm[provider["id"]]["models"])), models)
            self.assertEqual(set(by_id(gateway[provider["id"]]["models"])), models)
            self.assertEqual(farm[provider["id"]]["keys"], gateway[provider["id"]]["keys"])
        self.assertGreater(played, 20)

    def test_both_sides_have_the_same_pools(self):
        for arguments in ((), ("--minute", "6", "--day", "288")):
            farm, gateway = made(*arguments)
            for provider in by_id(farm["providers"]):
                theirs, ours = pools(farm, provider), pools(gateway, provider)
                self.assertEqual(set(theirs), set(ours))
                for name, pool in theirs.items():
                    for member in ("scope", "unit", "limit", "charge", "models"):
                        self.assertEqual(pool.get(member), ours[name].get(member), f"{provider} {name} {member}")

    def test_clocks(self):
        farm, gateway = made()
        self.assertEqual(pools(farm, "google")["gemini-3.5-flash rpd"]["window"], "day America/Los_Angeles")
        self.assertEqual(pools(gateway, "google")["gemini-3.5-flash rpd"]["window"], "day America/Los_Angeles")
        farm, gateway = made("--minute", "6", "--day", "288")
        self.assertEqual((farm["minute"], farm["day"]), ("10s", "300s"))
        for provider, name, theirs, ours in (
                ("google", "gemini-3.5-flash rpd", "fixed 1d", "fixed 300s"),
                ("google", "gemini-3.5-flash rpm", "sliding 60s", "sliding 10s"),
                ("groq", "openai/gpt-oss-120b rpd", "bucket 1d", "bucket 300s"),
                ("cohere", "requests-month", "fixed 30d", "fixed 9000s"),
                ("kilo", "requests-hour", "sliding 1h", "sliding 12500ms")):
            self.assertEqual(pools(farm, provider)[name]["window"], theirs)
            self.assertEqual(pools(gateway, provider)[name]["window"], ours)

    def test_windows_of_either_side(self):
        true, fast = tool.Clocks(1, 1), tool.Clocks(6, 288)
        for window, of_farm, of_gateway in (("day", "day Asia/Shanghai", "day Asia/Shanghai"), ("day UTC", "day UTC", "day UTC"),
                                            ("month since 17", "month since 17 Asia/Shanghai", "month since 17"),
                                            ("sliding 90d", "sliding 90d", "sliding 90d"), ("once", "once", "once")):
            self.assertEqual((true.farm(window, "Asia/Shanghai"), true.gateway(window, "Asia/Shanghai")), (of_farm, of_gateway))
        for window, of_farm, of_gateway in (("month since 17", "fixed 30d", "fixed 9000s"), ("sliding 90d", "sliding 90d", "sliding 27000s"),
                                            ("sliding 1s", "sliding 1s", "sliding 167ms"), ("fixed 1h", "fixed 1h", "fixed 12500ms"),
                                            ("once", "once", "once")):
            self.assertEqual((fast.farm(window, "UTC"), fast.gateway(window, "UTC")), (of_farm, of_gateway))

    def test_pools_of_other_models_are_left_out(self):
        farm, _ = made()
        self.assertIn("rpm", pools(farm, "cloudflare"))
        self.assertNotIn("embedding-rpm", pools(farm, "cloudflare"))

    def test_other_kinds_where_they_are_asked_for(self):
        farm, gateway = made("--kinds", "chat", "embedding")
        for document in (farm, gateway):
            cloudflare = by_id(by_id(document["providers"])["cloudflare"]["models"])
            self.assertEqual(cloudflare["@cf/baai/bge-m3"]["kind"], "embedding")
            self.assertEqual(cloudflare["@cf/baai/bge-m3"]["dimensions"], 1024)
            self.assertNotIn("@cf/myshell-ai/melotts", cloudflare)
            self.assertIn("embedding-rpm", pools(document, "cloudflare"))
        self.assertTrue(by_id(gateway["providers"])["cloudflare"]["base_url"].endswith("/cloudflare/ai/v1"))
        farm, _ = made("--kinds", "all")
        kinds = {model.get("kind", "chat") for provider in farm["providers"] for model in provider["models"] if isinstance(model, dict)}
        self.assertEqual(kinds, {"chat", "embedding", "rerank", "image", "speech", "transcription", "moderation"})

    def test_paths_stay_at_the_simulator(self):
        provider = {"id": "x", "models": []}
        models = [{"id": "near", "kind": "rerank", "path": "rerank", "max_inputs": 5}, {"id": "far", "path": "https://x.example/rerank"}]
        options = tool.parse(["folder"])
        lines = "\n".join(tool.gateway_provider(provider, models, [], tool.Clocks(1, 1), options))
        self.assertIn('path = "rerank"', lines)
        self.assertIn("max_inputs = 5", lines)
        self.assertNotIn("https", lines)
        self.assertIn("max_inputs = 5", tool.farm_model(models[0]))

    def test_prices_go_without_where_they_were_read(self):
        price = {"input": 0.5, "output": 2, "source": "a page", "as_of": "2026-11"}
        model = {"id": "m", "price": price, "neurons": {"input": 5, "output": 6}}
        self.assertIn("price = { input = 0.5, output = 2 }", tool.farm_model(model))
        self.assertIn("neurons = { input = 5, output = 6 }", tool.farm_model(model))
        lines = tool.gateway_provider({"id": "x", "models": []}, [model], [], tool.Clocks(1, 1), tool.parse(["folder"]))
        self.assertIn("  price = { input = 0.5, output = 2 }", lines)

    def test_options(self):
        farm, gateway = made("--keys", "2", "--faults", "0", "--farm", "127.0.0.1:1", "--only", "groq", "kilo")
        self.assertEqual(set(by_id(farm["providers"])), {"groq", "kilo"})
        groq, kilo = by_id(farm["providers"])["groq"], by_id(farm["providers"])["kilo"]
        self.assertEqual(groq["keys"], ["farm-groq-1", {"key": "farm-groq-2", "account": "account-2"}])
        self.assertEqual(kilo["keys"], [])
        self.assertNotIn("faults", groq)
        self.assertEqual(by_id(gateway["providers"])["groq"]["base_url"], "http://127.0.0.1:1/groq/v1")

    def test_the_same_catalog_makes_the_same(self):
        self.assertEqual(made("--day", "24"), made("--day", "24"))

    @unittest.skipUnless("FARM_BIN" in os.environ and "GATEWAY_BIN" in os.environ, "needs FARM_BIN and GATEWAY_BIN")
    def test_both_programs_accept_it(self):
        for arguments in ((), ("--minute", "6", "--day", "288", "--keys", "2"), ("--kinds", "all")):
            with tempfile.TemporaryDirectory() as folder:
                tool.main([folder, "--farm", "127.0.0.1:1", *arguments])
                for command in ([os.environ["FARM_BIN"], "--check", "--scenario", f"{folder}/farm.toml"],
                                [os.environ["GATEWAY_BIN"], "check", "--config", f"{folder}/gateway.toml"]):
                    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
                    self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)


if __name__ == "__main__":
    unittest.main()
