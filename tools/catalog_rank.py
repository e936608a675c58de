"""How able a model is thought to be, 0 to 100: from published benchmarks where there are any, else from its size and age.

A part of tools/catalog_from_facts.py; docs/catalog.md tells the rules.
"""
import math
import re

import catalog_decisions as decided

SIZE_WORDS = [(3, "nano tiny micro edge xs"), (10, "lite mini small haiku s"), (30, "flash turbo air speed lightning"),
              (150, "large pro max ultra opus")]
USUAL_SIZE = 40.0


def family_of(model):
    return decided.FAMILY.get((model["provider"], model["id"]), model["family"])


def benchmarks(models):
    """Published shares of solved SWE-bench tasks, in percent: the lowest that anybody printed of a family."""
    found = {}
    for model in models:
        match = re.search(r"\(([\d.]+)% SWE-bench", model["swe_tier"] or "")
        if match:
            share = float(match[1])
            found[family_of(model)] = min(share, found.get(family_of(model), share))
    return found


def parameters(family):
    """In thousand millions; of a mixture, the geometric mean of all and active ones."""
    sizes = [float(size) for size in re.findall(r"(?<![a-z\d.])(\d+(?:\.\d+)?)b(?![a-z\d])", family)]
    active = re.search(r"(?<![a-z\d])a(\d+(?:\.\d+)?)b(?![a-z\d])", family)
    if sizes:
        return math.sqrt(max(sizes) * float(active[1])) if active else max(sizes)
    words = re.split(r"[^a-z]+", family)
    for size, names in SIZE_WORDS:
        if set(words) & set(names.split()):
            return size
    return USUAL_SIZE


def generation(family):
    """("qwen", 3) of qwen3.8-27b; no number where the name tells none."""
    match = re.match(r"([a-z]+(?:-[a-z]+)*?)-?v?(\d+)(?:\.\d+)*(?![\d.]*[bk](?:-|$))(?:-|$)", family)
    if not match or not 0 < int(match[2]) < 20:
        return family, None
    return match[1], int(match[2])


def newest(models):
    found = {}
    for model in models:
        line, number = generation(family_of(model))
        if number:
            found[line] = max(number, found.get(line, 0))
    return found


def older_mark(family, marks):
    """The mark of the nearest older family of the same name but for the version: gemini-3.5-flash's for gemini-3.8-flash."""
    pattern = r"(?<![\d.])(\d+(?:\.\d+)*)(?![\d.]*[bk](?:-|$))"
    def split(name):
        version = re.search(pattern, name)
        return (re.sub(pattern, "#", name, count=1), [int(one) for one in version[1].split(".")]) if version else (name, [])
    skeleton, version = split(family)
    older = [(split(other)[1], other) for other in marks if split(other)[0] == skeleton and split(other)[1] <= version]
    return marks[max(older)[1]] if older and version else None


def rank(family, reasoning, marks, lines):
    mark = marks.get(family, older_mark(family, marks))
    if mark is not None:
        return max(0, min(100, round(15 + mark)))
    line, number = generation(family)
    age = 0 if number is None else max(-10, 10 - 10 * (lines[line] - number))
    return max(0, min(100, round(25 + 6 * math.log2(1 + parameters(family)) + age + (5 if reasoning else 0))))
