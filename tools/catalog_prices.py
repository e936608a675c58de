#!/usr/bin/env python3
"""What a million tokens cost at each provider's paid tier, in US dollars: tools/catalog_prices.json, an entry a line.

usage: tools/catalog_prices.py            fails where the file or the catalog has a price that the other lacks
       tools/catalog_prices.py NEW.json   puts new entries in, each in the place of an older one for the same model

An entry has `provider`, `model` (the wire id), `input`, `output`, `source`, `as_of` and, where there is more to say, `note`.
catalog_from_facts.py writes them into the catalog.
"""
import json
import sys
from pathlib import Path

from catalog_scenarios import ROOT, read as read_toml

FILE = Path(__file__).with_name("catalog_prices.json")
MEMBERS = ("provider", "model", "input", "output", "source", "as_of", "note")
# Kinds whose use is counted in tokens.
KINDS = ("chat", "embedding", "rerank", "moderation")


def entries():
    return json.loads(FILE.read_text())


def read():
    """The members of each model's `price`, by provider and wire id."""
    return {(entry["provider"], entry["model"]): {key: entry[key] for key in ("input", "output", "source", "as_of")} for entry in entries()}


def text_of(rows):
    """The file: sorted, without members that say nothing."""
    rows = sorted(rows, key=lambda entry: (entry["provider"], entry["model"]))
    lines = [json.dumps({key: entry[key] for key in MEMBERS if entry.get(key) not in (None, "")}, ensure_ascii=False) for entry in rows]
    return "[\n" + ",\n".join(lines) + "\n]\n" if lines else "[]\n"


def oddity(entry):
    """Why an entry can't be used; nothing where it can."""
    missing = [key for key in MEMBERS[:-1] if entry.get(key) in (None, "")]
    if missing:
        return "lacks " + ", ".join(missing)
    if not all(type(entry[key]) in (int, float) for key in ("input", "output")) or entry["input"] <= 0 or entry["output"] < 0:
        return "is no price"
    if not entry["as_of"].startswith("20"):
        return "has no date"
    return ""


def catalog():
    """The catalog's models by provider and wire id."""
    providers = [read_toml(path) for path in sorted((ROOT / "catalog").glob("*.toml"))]
    return {(provider["id"], model["id"]): model for provider in providers for model in provider.get("models", [])}


def differences(rows, models):
    """What is wrong with the file as it is, or with the catalog against it."""
    found = [f"{entry.get('provider')}/{entry.get('model')} {oddity(entry)}" for entry in rows if oddity(entry)]
    if found:
        return found
    if text_of(rows) != FILE.read_text():
        found.append(f"{FILE.name} is not as this tool writes it")
    prices = {(entry["provider"], entry["model"]): entry for entry in rows}
    for name, entry in prices.items():
        if name not in models:
            found.append(f"{'/'.join(name)} has a price and is not in the catalog")
        elif models[name].get("kind", "chat") not in KINDS:
            found.append(f"{'/'.join(name)} is not paid for by the token")
        elif models[name].get("price") != {key: entry[key] for key in ("input", "output", "source", "as_of")}:
            found.append(f"{'/'.join(name)} has another price in the catalog, or none")
    return found + [f"{'/'.join(name)} has a price in the catalog alone" for name, model in models.items() if "price" in model and name not in prices]


def put_in(path):
    """Takes what can be used; tells what can't, and why."""
    models = catalog()
    rows = {(entry["provider"], entry["model"]): entry for entry in entries()}
    for entry in json.loads(Path(path).read_text()):
        name = (entry.get("provider"), entry.get("model"))
        why = oddity(entry) or ("is not in the catalog" if name not in models else "")
        why = why or ("is not paid for by the token" if models[name].get("kind", "chat") not in KINDS else "")
        if why:
            print(f"left out: {name[0]}/{name[1]} {why}", file=sys.stderr)
        else:
            rows[name] = entry
    FILE.write_text(text_of(rows.values()))


def main(arguments):
    if len(arguments) == 1:
        put_in(arguments[0])
        return 0
    found = differences(entries(), catalog())
    for difference in found:
        print(difference, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
