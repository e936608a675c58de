#!/usr/bin/env python3
"""Writes a scenario in which the simulator plays every provider that is on in the catalog, with all its free models and
its real limits and pools, and the configuration of a gateway that knows them.

usage: tools/farm_from_catalog.py FOLDER [--minute N] [--day N] [--keys N] [--faults P] [--latency D] [--tokens N]
                                         [--farm HOST:PORT] [--only ID …] [--no-limits] [--kinds KIND …]

FOLDER gets farm.toml and gateway.toml. In gateway.toml, FARM stands for the simulator's address unless --farm names it.
Models are those for chat unless --kinds names others: `--kinds chat embedding rerank`, or `--kinds all`.

--minute and --day say how many times shorter minutes and days are, in both files alike: windows under an hour shrink with the
minute, longer ones with the day, but hours never below a minute. A gateway has no calendar but the real one, so compressed
days are `fixed` windows on both sides, which begin with the first request after the last one ended, and months are thirty of
them. Not compressed, days are those of the provider's zone.

Limits and models are the catalog's; keys, latency and faults are made up. Each key is an account of its own.
"""
import argparse
import sys
from pathlib import Path

from catalog_scenarios import FACTS, KINDS, LIMITS, OF_KIND, PATHS, ROOT, covers, dialect_of, members, models_of, prices, read, text, wire_of

# Whose words a provider speaks, where the simulator has no style of its name.
STYLES = {"codestral": "mistral", "zai": "zhipu"}
OWN_STYLES = ("groq", "cerebras", "sambanova", "mistral", "cohere", "google", "github", "nvidia", "cloudflare", "ovh", "ollama",
              "aihorde", "openrouter", "kilo", "huggingface", "pollinations", "opencode", "zhipu", "minimax", "modelscope",
              "siliconflow", "moonshot", "qianfan", "volcengine", "dashscope", "xfyun", "llm7")
# Those who say in words of their own that it is not this key's limit that is busy.
BUSY_STYLES = ("openrouter", "mistral", "cerebras", "cloudflare", "zhipu")
# What goes wrong, each with an equal share of the probability; none after the first word of an answer.
FAULTS = ("status occasion=overloaded", "500", "close_before", "html_200", "error_in_200", "empty_200")
UNITS = {"rpm": "requests", "rpd": "requests", "tpm": "tokens", "tpd": "tokens", "concurrency": "concurrent"}
SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
# What the gateway is told of a provider as the catalog has it.
OF_PROVIDER = ("dialect", "day_clock", "timeouts", "quirks", "limit_fields", "errors")


class Clocks:
    """How windows of the catalog are said to the simulator, whose clocks are set, and to the gateway, whose are not."""

    def __init__(self, minute, day):
        self.minute, self.day = minute, day

    def farm(self, window, zone):
        kind, _, rest = window.partition(" ")
        if kind not in ("day", "month"):
            return window
        if self.day != 1:
            return "fixed 1d" if kind == "day" else "fixed 30d"
        # A month since a day is of the provider's zone.
        return f"{window} {zone}" if not rest or rest.startswith("since ") else window

    def gateway(self, window, zone):
        window = window if window.startswith("month since ") and self.day == 1 else self.farm(window, zone)
        kind, _, length = window.partition(" ")
        if kind in ("day", "month", "once"):
            return window
        return f"{kind} {self.shrunk(length)}"

    def shrunk(self, length):
        number, unit = split_duration(length)
        whole = number * SECONDS[unit]
        if whole < SECONDS["h"]:
            shrunk = whole / self.minute
        else:
            shrunk = whole / self.day
            if whole < SECONDS["d"]:
                shrunk = max(shrunk, SECONDS["m"] / self.minute)
        return length if shrunk == whole else duration(shrunk)


def split_duration(length):
    digits = length.rstrip("abcdefghijklmnopqrstuvwxyz")
    return float(digits), length[len(digits):]


def duration(seconds):
    return f"{round(seconds)}s" if seconds == round(seconds) else f"{round(seconds * 1000)}ms"


def pools_of(provider, models):
    """All that limits these models, as pools: the catalog's own, and limits of the provider and of each model."""
    pools = []
    for pool in provider.get("pools", []):
        covered = [model["id"] for model in models if covers(pool, model)]
        if covered:
            pools.append({**pool, "models": ["*"] if len(covered) == len(models) else covered})
    pools += pools_of_limits(provider.get("limits"), "", ["*"])
    for model in models:
        pools += pools_of_limits(model.get("limits"), model["id"] + " ", [model["id"]])
    return pools


def pools_of_limits(limits, prefix, models):
    pools = []
    for limit in LIMITS:
        if limit not in (limits or {}):
            continue
        pool = {"name": prefix + limit, "scope": limits.get("scope", "key"), "unit": UNITS[limit], "limit": limits[limit]}
        if limit != "concurrency":
            pool["window"] = limits.get("day", "day") if limit.endswith("d") else "sliding 60s"
        pools.append({**pool, "models": models})
    return pools


def pool_lines(pool, window):
    """One pool, its window said by `window`."""
    shown = {key: pool[key] for key in ("name", "scope", "unit", "limit", "window", "charge", "models") if key in pool}
    if "window" in shown:
        shown["window"] = window(shown["window"])
    if shown["models"] == ["*"]:
        del shown["models"]
    return ["  [[providers.pools]]"] + members(shown, "  ")


def style_of(provider):
    style = STYLES.get(provider["id"], provider["id"])
    return style if style in OWN_STYLES else "plain"


def faults_of(provider, share):
    faults = FAULTS + (("status occasion=busy",) if style_of(provider) in BUSY_STYLES else ())
    return [f"{fault} probability={share / len(faults):.4g}" for fault in faults] if share > 0 else []


def rejected(provider):
    """Members of a request that this provider answers with 400, and that the catalog has the gateway leave out."""
    return [member for member in provider.get("quirks", {}).get("drop", []) if member.isidentifier()]


def farm_model(model):
    table = {"id": model["id"]}
    table |= {key: model[key] for key in ("family", "context") + OF_KIND if key in model} | prices(model)
    return text(table if len(table) > 1 else model["id"])


def farm_provider(provider, models, keys, clocks, options):
    zone = provider.get("day_clock", "UTC")
    table = {"id": provider["id"], "wire": wire_of(provider), "style": style_of(provider), "keys": keys, "latency": options.latency,
             "jitter": options.latency, "tokens": options.tokens, "faults": faults_of(provider, options.faults), "reject": rejected(provider),
             "tool_id_length": provider.get("quirks", {}).get("tool_id_length", 0)}
    lines = ["", "[[providers]]"] + members({key: value for key, value in table.items() if value or key == "keys"})
    lines += ["models = ["] + [f"  {farm_model(model)}," for model in models] + ["]"]
    for pool in pools_of(provider, models) if options.limits else []:
        lines += pool_lines(pool, lambda window: clocks.farm(window, zone))
    return lines


def base_path(provider):
    """Cloudflare's begins as the real one ends, because its other surface stands beside it."""
    return "/ai/v1" if provider["id"] == "cloudflare" else PATHS[dialect_of(provider)]


def gateway_provider(provider, models, keys, clocks, options):
    zone = provider.get("day_clock", "UTC")
    lines = ["", "[[providers]]"]
    lines += members({"id": provider["id"], "base_url": f"http://{options.farm}/{provider['id']}{base_path(provider)}", "keys": keys})
    lines += members({key: provider[key] for key in OF_PROVIDER if key in provider})
    for model in models:
        lines.append("  [[providers.models]]")
        lines += members({key: model[key] for key in ("id",) + OF_KIND + FACTS if key in model} | prices(model), "  ")
        # What is no path below the base is an address of the real provider.
        if "path" in model and "://" not in model["path"]:
            lines += members({"path": model["path"]}, "  ")
    for pool in pools_of(provider, models) if options.limits else []:
        lines += pool_lines(pool, lambda window: clocks.gateway(window, zone))
    return lines


def keys_of(provider, count):
    """Keyless providers have none; further keys are of other accounts."""
    if provider.get("keyless"):
        return []
    first = f"farm-{provider['id']}-1"
    return [first] + [{"key": f"farm-{provider['id']}-{number}", "account": f"account-{number}"}
                      for number in range(2, count + 1)]


def make(options):
    """The lines of both files."""
    clocks = Clocks(options.minute, options.day)
    made = "# Made from the catalog by tools/farm_from_catalog.py " + " ".join(options.said)
    farm = [made, f"minute = {text(duration(60 / options.minute))}", f"day = {text(duration(86400 / options.day))}"]
    gateway = [made, "[catalog]", "builtin = false"]
    for path in sorted((ROOT / "catalog").glob("*.toml")):
        provider = read(path)
        models = models_of(provider, options.kinds)
        wanted = not options.only or provider["id"] in options.only
        if not wanted or not provider.get("enabled", True) or not models:
            continue
        if dialect_of(provider) not in PATHS:
            print(f"{provider['id']}: the simulator does not speak {provider['dialect']}", file=sys.stderr)
            continue
        keys = keys_of(provider, options.keys)
        farm += farm_provider(provider, models, keys, clocks, options)
        gateway += gateway_provider(provider, models, keys, clocks, options)
    return farm, gateway


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minute", type=float, default=1, help="how many times shorter minutes are")
    parser.add_argument("--day", type=float, default=1, help="how many times shorter days are")
    parser.add_argument("--keys", type=int, default=1, help="of each provider that has any")
    parser.add_argument("--faults", type=float, default=0.02, help="the share of requests that something goes wrong with")
    parser.add_argument("--latency", default="50ms", help="until an answer begins, and up to so much more")
    parser.add_argument("--tokens", type=int, default=40, help="of an answer")
    parser.add_argument("--farm", default="FARM", help="the simulator's address, HOST:PORT")
    parser.add_argument("--no-limits", dest="limits", action="store_false", help="neither side has any: for what is not about quota")
    parser.add_argument("--only", nargs="+", default=[], help="these providers alone")
    parser.add_argument("--kinds", nargs="+", default=["chat"], choices=KINDS + ("all",), help="of models")
    options = parser.parse_args(arguments)
    if "all" in options.kinds:
        options.kinds = list(KINDS)
    options.said = [argument for argument in arguments if argument != str(options.folder)]
    return options


def main(arguments):
    options = parse(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    for file, lines in zip(("farm.toml", "gateway.toml"), make(options)):
        (options.folder / file).write_text("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
