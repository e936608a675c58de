#!/usr/bin/env python3
"""Writes catalog/*.toml, one file a provider, from collected facts, from the decisions in catalog_decisions.py and from the
prices in catalog_prices.json.

usage: catalog_from_facts.py PROVIDERS.json MODELS.json FOLDER

The same input gives the same bytes. docs/catalog.md tells the rules.
"""
import json
import re
import sys
from decimal import Decimal
from pathlib import Path

import catalog_decisions as decided
import catalog_prices
from catalog_rank import benchmarks, family_of, newest, rank

# Sources by the facts' codes: what a reader can make of them, and when they were read.
SOURCES = {
    "GROQ": ("console.groq.com/docs/rate-limits", "2026-09"), "GEM": ("ai.google.dev/gemini-api/docs", "2026-09"),
    "CF": ("developers.cloudflare.com/workers-ai", "2026-09"), "ORD": ("openrouter.ai/docs/api/reference/limits", "2026-09"),
    "CO": ("docs.cohere.com", "2026-09"), "SN": ("docs.sambanova.ai", "2026-08"), "GHB": ("github.blog/changelog", "2026-07"),
    "PO": ("the provider's issue tracker", "2026-04"), "AH": ("the provider's documentation", "2026-08"),
    "FA-iss": ("users' reports", "2026-08"), "GK": ("general knowledge, not verified", "2026-11"),
    "FA": ("community list", "2026-08-22"), "FA-base": ("community list", "2026-06-30"), "CJ": ("community list", "2026-07-18"),
    "MN": ("community list", "2026-10-05"), "FP": ("community list", "2026-09-18"), "OM": ("community list", "2026-09"),
    "FCM": ("community list", "2026-09"), "MD": ("community list", "2026-07-02"),
}
CONFIDENCE = {"low": 0, "medium": 1, "high": 2}
MEDIA = {"image", "speech", "transcription"}
OFF_MODEL = {
    "uncertain": "sources disagree on whether it is still free",
    "unverified": "only one weak source says that it is free",
    "credit": "it spends a small or single credit",
}
HEAD = "# {name}. Made by tools/catalog_from_facts.py; docs/catalog.md tells what the members mean."


# --- TOML ----------------------------------------------------------------------------------------------------------------

def toml(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format(Decimal(str(value)).normalize(), "f")
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return "[" + ", ".join(toml(one) for one in value) + "]"
    return "{ " + ", ".join(f"{toml_key(key)} = {toml(one)}" for key, one in value.items()) + " }"


def toml_key(key):
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key)


def lines_of(table):
    return [f"{toml_key(key)} = {toml(value)}" for key, value in table.items() if value not in (None, "", [], {})]


# --- limits --------------------------------------------------------------------------------------------------------------

def source_of(code, as_of=None):
    text, date = SOURCES[code.split("/")[0]]
    return {"source": text, "as_of": as_of or date}


def unit_of(limit):
    """(name, unit, window) of a figure that can be counted, else nothing."""
    metric, window = limit["metric"], limit["window"]
    if metric in ("rpm", "tpm"):
        return metric, "requests" if metric == "rpm" else "tokens", "sliding 60s"
    if metric in ("rpd", "tpd") or (metric in ("requests", "tokens") and window == "day"):
        unit = "requests" if metric in ("rpd", "requests") else "tokens"
        return "rpd" if unit == "requests" else "tpd", unit, "day"
    if metric in ("rps", "qps"):
        return "rps", "requests", "sliding 1s"
    if metric == "concurrency":
        return "concurrency", "concurrent", None
    if metric == "neurons":
        return f"neurons-{window}", "neurons", window
    if metric in ("requests", "tokens") and window in ("hour", "month", "once"):
        return f"{metric}-{window}", metric, {"hour": "sliding 1h"}.get(window, window)
    return None


def each_model(provider, limit):
    key = (provider["id"], limit["metric"])
    if key in decided.EACH_MODEL or key + (limit["value"],) in decided.EACH_MODEL:
        return True
    return "+model" in limit["scope"] or limit["scope"] == "model"


def told(limit, why):
    source = source_of(limit["source"], limit["as_of"])
    value = f"{limit['value']:,}" if isinstance(limit["value"], int) else limit["value"]
    return f"# not counted ({why}): {limit['metric']} {value} per {limit['window']}, {source['source']}, {source['as_of']}"


def choose_limits(provider, own):
    """Of figures for one thing, the best attested, of those the lowest. Returns (figures, comment lines). `own`: models have
    figures of their own, which stand for those that the provider's list has for each model."""
    groups, comments = {}, []
    for limit in provider["limits"]:
        key = (provider["id"], limit["metric"], limit["value"])
        what = unit_of(limit)
        if key in decided.UNUSED:
            comments.append(told(limit, decided.UNUSED[key]))
        elif limit["metric"] == "audio_seconds":
            continue  # the models' own figures say the same and more
        elif what is None or not isinstance(limit["value"], int):
            comments.append(told(limit, "no unit that freeway counts"))
        else:
            groups.setdefault((what, decided.COVERS.get(key), each_model(provider, limit)), []).append(limit)
    chosen = []
    for (what, covers, each), limits in groups.items():
        best = max(CONFIDENCE[limit["confidence"]] for limit in limits)
        limit = min((one for one in limits if CONFIDENCE[one["confidence"]] == best), key=lambda one: one["value"])
        if own and each:
            continue
        comments += [told(one, "a better figure is used") for one in limits if one is not limit]
        value, why = decided.LOWER.get((provider["id"], limit["metric"], limit["value"]), (limit["value"], ""))
        if why:
            comments.append(told(limit, why))
        chosen.append({"what": what, "value": value, "covers": covers, "each": each, **source_of(limit["source"], limit["as_of"])})
    return chosen, comments


def pools_of(provider, models, chosen):
    pools = []
    for figure in chosen:
        if figure["each"]:
            continue
        name, unit, window = figure["what"]
        if window == "day":
            window = decided.DAY.get(provider["id"], "day")
        kinds = {"chat": {"chat"}, "text": {"chat", *decided.READ_ONLY}, "embedding": {"embedding"}, "rerank": {"rerank"}, "media": MEDIA}.get(figure["covers"])
        covered = [model["id"] for model in models if kinds and model["kind"] in kinds]
        if kinds and not covered:
            continue
        pools.append({"name": name if figure["covers"] in (None, "chat", "text") else f"{figure['covers']}-{name}",
                      "scope": "address" if provider["id"] in decided.BY_ADDRESS else "account",
                      "unit": unit, "limit": figure["value"], "window": window,
                      "models": covered, "source": figure["source"], "as_of": figure["as_of"]})
    return pools + audio_pools(provider, models)


def audio_pools(provider, models):
    """What may be listened to, of each model."""
    pools = []
    for model in models:
        for name, figure, window in (("audio-hour", "audio_seconds_per_hour", "sliding 1h"), ("audio-day", "audio_seconds_per_day", "day")):
            seconds = model["limits"]["other"].get(figure)
            if not seconds:
                continue
            pools.append({"name": f"{name}-{model['id'].split('/')[-1]}", "scope": "account", "unit": "audio_seconds", "limit": seconds,
                          "window": decided.DAY.get(provider["id"], window) if window == "day" else window, "models": [model["id"]],
                          **neutral_source(model["field_sources"].get("rpm") or "", model["as_of"])})
    return pools


def model_limits(provider, model, chosen, own):
    """`own`: the model has an allowance to itself, so its row's figures are its own."""
    found = {}
    row_source = neutral_source(model["field_sources"].get("rpm") or model["field_sources"].get("rpd") or "", model["as_of"])
    if own:
        for name in ("rpm", "rpd", "tpm", "tpd"):
            if model["limits"][name]:
                found[name] = model["limits"][name]
    if found:
        found.update(row_source)
    for figure in chosen:
        name = figure["what"][0]
        if figure["each"] and name not in found and not own:
            found[name] = figure["value"]
            found.update({"source": figure["source"], "as_of": figure["as_of"]})
    if not found:
        return {}
    order = ["rpm", "rpd", "tpm", "tpd", "concurrency"]
    limits = {name: found[name] for name in order if name in found}
    limits["scope"] = "address" if provider["id"] in decided.BY_ADDRESS else "account"
    if provider["id"] in decided.DAY and ("rpd" in limits or "tpd" in limits):
        limits["day"] = decided.DAY[provider["id"]]
    return {**limits, "source": found["source"], "as_of": found["as_of"]}


def limit_fields_of(provider):
    """Which fields of its answers tell how its limits stand: the facts have the names, a person has read what they mean."""
    known = {field["name"].lower() for field in provider["rate_limit_headers"]}
    tables = []
    for unit, per, each_model, names in decided.LIMIT_FIELDS.get(provider["id"], []):
        table = {"unit": unit, "per": per, "scope": "account", "each_model": each_model}
        for what in ("limit", "remaining", "reset"):
            name = names.get(what) if isinstance(names, dict) else names.format(what)
            if name and name in known:
                table[what] = name
        tables.append(table)
    return tables


def neurons_of(model, dearest):
    """What a million tokens cost; where nobody knows, as much as the dearest model known."""
    if model["kind"] in decided.READ_ONLY:
        return {"input": decided.NEURONS.get(model["id"], max(decided.NEURONS.values())), "output": 0}
    cost = model["neurons_per_token"] or dearest
    return {side: round(cost[side] * 1_000_000) for side in ("input", "output")}


def neutral_source(text, as_of):
    if text.startswith("Groq"):
        return source_of("GROQ")
    if text.startswith("Cloudflare"):
        return source_of("CF")
    if text.startswith("Cohere"):
        return source_of("CO")
    date = re.search(r"20\d\d-\d\d(-\d\d)?", text)
    return {"source": "community list", "as_of": date[0] if date else as_of}


# --- one provider --------------------------------------------------------------------------------------------------------

def is_guard(model):
    return model["kind"] == "chat" and re.search(r"guard|safety", model["id"], re.I)


def model_table(provider, model, chosen, own, marks, lines, dearest, prices):
    family = family_of(model)
    name = re.sub(r"\s*\([^)]*\)$", "", model["display_name"] or "")
    table = {"id": model["id"], "name": name if name != model["id"] else "", "family": family if family != model["id"] else "",
             "kind": model["kind"] if model["kind"] != "chat" else "",
             "context": model["context_window"], "max_output": model["max_output_tokens"], "dimensions": model["embedding_dims"]}
    if model["kind"] == "chat":
        json_able = False if provider["id"] in decided.NO_JSON else model["json_schema"]
        tools = False if not provider["tools"]["supported"] else model["tools"]
        table.update({"tools": tools, "vision": model["vision"], "json": json_able, "reasoning": model["reasoning"]})
        if provider["id"] in decided.TEXT_ALONE:
            table.update(dict.fromkeys(("tools", "vision", "json", "reasoning"), False))
    table["infill"] = decided.INFILL.get((provider["id"], model["id"]), "")
    table.update(decided.KIND.get((provider["id"], model["kind"]), {}))
    if model["status"] == "retired":
        table["retired"] = model["as_of"]
    elif is_guard(model):
        table.update({"enabled": False, "status": "judges safety; no chat model"})
    elif model["free_now"] and model["id"] in decided.OFF_MODEL:
        table.update({"enabled": False, "status": decided.OFF_MODEL[model["id"]]})
    elif not model["free_now"]:
        table.update({"enabled": False, "status": OFF_MODEL[model["status"]]})
    elif model["kind"] == "chat":
        table["rank"] = rank(family, model["reasoning"], marks, lines)
    if dearest and (model["kind"] == "chat" or model["kind"] in decided.READ_ONLY):
        table["neurons"] = neurons_of(model, dearest)
    table["price"] = prices.get((provider["id"], model["id"]))
    if model["free_now"]:
        table["limits"] = model_limits(provider, model, chosen, own)
    table["as_of"] = model["as_of"]
    return table


def probe_of(provider, models):
    if provider["id"] in decided.PROBE:
        return decided.PROBE[provider["id"]] or {}
    facts = provider["key_probe"]
    chat = next((model["id"] for model in models if model["kind"] == "chat" and model["free_now"] and not is_guard(model)), None)
    if not facts["validates_key"] or facts["path"].startswith("/chat/completions"):
        if not chat:
            return {}
        valid = re.findall(r"\d{3}", facts["valid"]) if facts["validates_key"] else ["200"]
        invalid = re.findall(r"\d{3}", facts["invalid"]) or ["401"]
        return {"method": "POST", "model": chat, "valid": valid, "invalid": invalid}
    base = facts["base"] if facts["base"] != base_of(provider) else ""
    table = {"base": base, "paths": [facts["path"]], "valid": re.findall(r"\b\d{3}\b", facts["valid"]),
             "invalid": re.findall(r"\b\d{3}\b", facts["invalid"])}
    return {key: value for key, value in table.items() if value}


def quirks_of(provider):
    if provider["id"] in decided.DIALECT.keys() - decided.AS_OPENAI:  # what is left out and renamed on the way there is the dialect's business
        return {}
    given = decided.QUIRKS.get(provider["id"], {})
    params = provider["params"]
    drop = [name for name in params["drop"] if re.fullmatch(r"[a-z_.\[\]]+", name)]
    if "stream_options" in drop or not provider["streaming"]["sends_stream_options"]:
        drop = [name for name in drop if name != "stream_options"]
        stream_options = False
    else:
        stream_options = None
    if "parallel_tool_calls" in drop:
        drop.remove("parallel_tool_calls")
        given = {"parallel_tool_calls": False, **given}
    rename = {old: new for old, new in params["rename"].items() if re.fullmatch(r"[a-z_]+", old + new)}
    quirks = {"drop": drop, "rename": rename, "stream_options": stream_options}
    quirks.update({key: value for key, value in given.items() if key != "drop+"})
    quirks["drop"] = quirks["drop"] + given.get("drop+", [])
    return {key: value for key, value in quirks.items() if value not in (None, [], {})}


def data_use_of(provider):
    trains, note = decided.TRAINS.get(provider["id"], ("unknown", ""))
    code = provider["data_policy"].get("source")
    source = source_of(code) if code else {"source": "nothing found", "as_of": "2026-11-22"}
    if note == "stated by the provider":
        source["source"], note = "the provider's statement, as a community list has it", ""
    return {key: value for key, value in {"trains_on_prompts": trains, "note": note, **source}.items() if value}


def base_of(provider):
    return decided.BASE.get(provider["id"], provider["base_urls"][0])


def file_of(provider, models, marks, lines, prices):
    shown = [model for model in models if model["status"] != "paid_only" and provider["id"] not in decided.GONE]
    free = [model for model in shown if model["free_now"]]
    pools = {model["quota_pool"] for model in free}
    apart = {model["id"] for model in free if len(pools) > 1 and (model["quota_pool"] or "").endswith(model["id"])}
    chosen, comments = choose_limits(provider, bool(apart))
    on = [model for model in free if model["kind"] == "chat" and not is_guard(model)]
    enabled = provider["id"] not in decided.OFF and bool(on)
    status = decided.OFF.get(provider["id"]) or decided.CAVEAT.get(provider["id"], "")
    keyless = provider["auth"]["keyless"] and provider["id"] not in decided.NEEDS_KEY
    dates = [model["as_of"] for model in models] or ["2026-11-22"]
    table = {"id": provider["id"], "name": provider["display_name"], "dialect": decided.DIALECT.get(provider["id"]), "base_url": base_of(provider),
             "follow_up_url": decided.FOLLOW_UP.get(provider["id"]), "enabled": None if enabled else False, "status": status, "signup": provider["signup_url"],
             "env": [name for name in provider["env_vars"] if name not in decided.NO_KEY_ENV],
             "account_env": decided.ACCOUNT_ENV.get(provider["id"]), "keyless": True if keyless else None,
             "day_clock": decided.CLOCK.get(provider["id"]), "timeouts": decided.TIMEOUTS.get(provider["id"]),
             "source": "community list", "as_of": max(dates), "data_use": data_use_of(provider),
             "probe": probe_of(provider, shown), "list": decided.LIST.get(provider["id"])}
    text = [HEAD.format(name=provider["display_name"]), *lines_of(table)]
    quirks = quirks_of(provider)
    if quirks:
        text += ["", "[quirks]", *lines_of({key: value for key, value in quirks.items() if key != "parameters"})]
        for name, rule in quirks.get("parameters", {}).items():
            text += [f"parameters.{name} = {toml(rule)}"]
    if comments:
        text += ["", *comments]
    for pool in pools_of(provider, shown, chosen):
        text += ["", "[[pools]]", *lines_of(pool)]
    for fields in limit_fields_of(provider):
        text += ["", "[[limit_fields]]", *lines_of(fields)]
    costs = [model["neurons_per_token"] for model in shown if model["neurons_per_token"] and model["kind"] == "chat"]
    dearest = {side: max(cost[side] or 0 for cost in costs) for side in ("input", "output")} if costs else None
    for rule in decided.ERRORS.get(provider["id"], []):
        members = {key: value for key, value in rule.items() if key != "facts"}
        text += ["", "[[errors]]", *lines_of({**members, **source_of(rule["facts"])})]
    for model in sorted(shown, key=lambda one: (not one["free_now"], one["kind"] != "chat", one["kind"], one["id"])):
        entry = model_table(provider, model, chosen, model["id"] in apart, marks, lines, dearest, prices)
        if entry["as_of"] == table["as_of"]:
            del entry["as_of"]
        text += ["", "[[models]]", *lines_of(entry)]
    return "\n".join(text) + "\n"


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    providers = json.loads(Path(sys.argv[1]).read_text())["providers"]
    models = json.loads(Path(sys.argv[2]).read_text())["models"]
    folder = Path(sys.argv[3])
    marks, lines = benchmarks(models), newest(models)
    prices = catalog_prices.read()
    for provider in providers:
        if provider["id"] == "custom":
            continue
        rows = [model for model in models if model["provider"] == provider["id"]]
        if provider["id"] in decided.TWINS:
            twin, name, base, env, signup = decided.TWINS[provider["id"]]
            other = {**provider, "id": twin, "display_name": name, "base_urls": [base], "env_vars": env, "signup_url": signup,
                     "key_probe": {**provider["key_probe"], "base": base}}
            for table in (decided.QUIRKS, decided.TIMEOUTS, decided.CAVEAT, decided.TRAINS, decided.ERRORS):
                if provider["id"] in table:
                    table[twin] = table[provider["id"]]
            decided.EACH_MODEL |= {(twin, *key[1:]) for key in decided.EACH_MODEL if key[0] == provider["id"]}
            (folder / f"{twin}.toml").write_text(file_of(other, rows, marks, lines, prices))
            provider = {**provider, "env_vars": [one for one in provider["env_vars"] if one not in env],
                        "signup_url": decided.TWIN_SIGNUP[provider["id"]]}
        (folder / f"{provider['id']}.toml").write_text(file_of(provider, rows, marks, lines, prices))


if __name__ == "__main__":
    main()
