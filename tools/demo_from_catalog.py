#!/usr/bin/env python3
"""Writes what `script/server --demo` plays from the built-in catalog: farm/scenarios/demo.toml, the simulated providers with
the catalog's own models and limits, and demo.gateway.toml, a gateway that knows them.

usage: tools/demo_from_catalog.py [--check]     (--check: fails where the files differ from what would be written)

Keys, tempers and faults are made up here; limits and models are the catalog's. Taken are providers whose every limit the
simulator can enforce: requests and tokens a minute and a day, and calls at once, for one key. Of each provider's chat models
those come first that others have too, then the most capable.
"""
import sys
from collections import Counter

from catalog_scenarios import (FACTS, LIMITS, PATHS, ROOT, chat_models, covers, dialect_of, family, members, prices, read, text,
                               wire_of)

SCENARIO = ROOT / "farm/scenarios/demo.toml"
GATEWAY = ROOT / "farm/scenarios/demo.gateway.toml"

# In the order in which the gateway prefers them: how it answers, how it fails, in words, and how many keys it has.
PROVIDERS = {
    "groq": ("quick, with little room; its second key was revoked", 2,
             {"style": "groq", "latency": "60ms", "jitter": "30ms", "token_rate": 300}, ["401 key=demo-groq-2"]),
    "google": ("few requests a day for each model", 1,
               {"style": "google", "latency": "250ms", "jitter": "150ms", "token_rate": 120}, []),
    "nvidia": ("fails one time in ten", 1, {"latency": "150ms", "jitter": "100ms", "token_rate": 80},
               ["503 probability=0.1"]),
    "openrouter": ("fifty requests a day; a busy host now and then", 1,
                   {"style": "openrouter", "latency": "300ms", "jitter": "200ms", "token_rate": 60},
                   ["429 probability=0.08 retry-after=5"]),
    "cohere": ("steady", 1, {"latency": "200ms", "jitter": "100ms", "token_rate": 70}, []),
    "modelscope": ("a day that ends at midnight in Shanghai; a page of HTML now and then", 1,
                   {"latency": "350ms", "jitter": "200ms", "token_rate": 50}, ["html_200 probability=0.05"]),
    "nara": ("much room for tokens", 1, {"latency": "250ms", "jitter": "150ms", "token_rate": 60}, []),
    "requesty": ("cuts one stream in twenty before it began", 1, {"latency": "300ms", "jitter": "200ms", "token_rate": 60},
                 ["close_before probability=0.05"]),
    "siliconflow": ("a thousand requests a minute", 1, {"latency": "300ms", "jitter": "200ms", "token_rate": 40}, []),
    "sealion": ("ten requests a minute", 1, {"latency": "200ms", "jitter": "100ms", "token_rate": 60}, []),
    "zai": ("one call at a time", 1, {"latency": "400ms", "jitter": "200ms", "token_rate": 50}, []),
    "ovh": ("without a key; two requests a minute for each model", 0,
            {"latency": "350ms", "jitter": "150ms", "token_rate": 50}, []),
}
# Pools that the simulator can enforce, by unit and window, as one of its limits.
SIMPLE = {("requests", "sliding 60s"): "rpm", ("tokens", "sliding 60s"): "tpm", ("requests", "day"): "rpd",
          ("tokens", "day"): "tpd", ("concurrent", None): "concurrency"}
MODELS = 5  # of each provider


def limits_of(entry):
    """The entry's limits and simple pools over all its models, as one table."""
    limits = {key: value for key, value in (entry.get("limits") or {}).items() if key in LIMITS}
    for pool in entry.get("pools", []):
        name = SIMPLE.get((pool["unit"], pool.get("window")))
        if name and all(covers(pool, model) for model in entry["models"]):
            limits[name] = min(limits.get(name, pool["limit"]), pool["limit"])
    return limits


def cut_down(providers):
    """Leaves each provider its MODELS best, and none whose full name is another's wire id."""
    wire_ids = {model["id"] for provider in providers for model in chat_models(provider)}
    for provider in providers:
        provider["models"] = [model for model in provider["models"] if f"{provider['id']}/{model['id']}" not in wire_ids]
    shared = Counter(name for provider in providers for name in {family(model) for model in chat_models(provider)})
    for provider in providers:
        best = sorted(chat_models(provider), key=lambda model: (-shared[family(model)], -model.get("rank", 0), model["id"]))
        provider["models"] = best[:MODELS]


def farm_provider(provider, about, keys, answer, faults):
    lines = ["", f"[[providers]]               # {about}", f"id = {text(provider['id'])}", f"keys = {text(keys)}"]
    if wire_of(provider) != "openai":
        lines.append(f"wire = {text(wire_of(provider))}")
    lines += members(answer)
    if limits := limits_of(provider):
        lines.append(f"limits = {text(limits)}")
    if faults:
        lines.append(f"faults = {text(faults)}")
    lines.append("models = [")
    for model in provider["models"]:
        own = limits_of(model)
        lines.append("  " + text({"id": model["id"], "limits": own} if own else model["id"]) + ",")
    return lines + ["]"]


def gateway_provider(provider, keys):
    lines = ["", "[[providers]]", f"id = {text(provider['id'])}", f"base_url = \"http://FARM/{provider['id']}{PATHS[dialect_of(provider)]}\"",
             f"keys = {text(keys)}"]
    lines += members({"dialect": provider["dialect"]} if "dialect" in provider else {})
    if limits := limits_of(provider):
        lines.append(f"limits = {text(limits)}")
    for model in provider["models"]:
        lines += ["  [[providers.models]]", f"  id = {text(model['id'])}"]
        lines += members({fact: model[fact] for fact in FACTS if fact in model} | prices(model), "  ")
        if own := limits_of(model):
            lines.append(f"  limits = {text(own)}")
    return lines


def main():
    made = "Made from the catalog by tools/demo_from_catalog.py; change it there."
    farm = ["# What `script/server --demo` plays: providers with the catalog's models and limits, and tempers of their own.",
            f"# {made}", "seed = 8420"]
    gateway = ["# The gateway's side of demo.toml; script/server puts the simulator's address where FARM stands.", f"# {made}",
               "[catalog]", "builtin = false"]
    providers = [read(ROOT / f"catalog/{name}.toml") for name in PROVIDERS]
    cut_down(providers)
    for provider in providers:
        name = provider["id"]
        about, count, answer, faults = PROVIDERS[name]
        keys = [f"demo-{name}-{number}" for number in range(1, count + 1)]
        farm += farm_provider(provider, about, keys, answer, faults)
        gateway += gateway_provider(provider, keys)
    stale = False
    for path, lines in ((SCENARIO, farm), (GATEWAY, gateway)):
        content = "\n".join(lines) + "\n"
        if "--check" not in sys.argv:
            path.write_text(content)
        elif path.read_text() != content:
            print(f"{path.relative_to(ROOT)} is not what the catalog makes; run tools/demo_from_catalog.py", file=sys.stderr)
            stale = True
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
