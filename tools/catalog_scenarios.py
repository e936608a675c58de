"""What the tools that make scenarios from the catalog share: which models are served, how pools cover them, and TOML."""
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIMITS = ("rpm", "rpd", "tpm", "tpd", "concurrency")
# What the gateway is told of a model beside its limits.
FACTS = ("family", "context", "max_output", "tools", "vision", "json", "reasoning", "rank")

# What sets a model of another kind than chat apart, on both sides.
OF_KIND = ("kind", "dimensions", "max_inputs")
# Kinds that the simulator plays.
KINDS = ("chat", "embedding", "rerank", "image", "speech", "transcription", "moderation")

# Where the paths of a dialect begin at the simulator.
PATHS = {"openai": "/v1", "gemini": "/v1beta", "cohere": "", "ollama": "", "aihorde": "/api/v2",
         "nvidia": "/v1"}


def text(value):
    """A value as TOML, on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(text(one) for one in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name(key)} = {text(one)}" for key, one in value.items()) + " }"
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def name(key):
    """A key as TOML: quoted where it is not made of letters, digits, - and _."""
    return key if key.replace("-", "").replace("_", "").isalnum() and key.isascii() else text(key)


def members(table, indent=""):
    return [f"{indent}{name(key)} = {text(value)}" for key, value in table.items()]


def read(path):
    return tomllib.loads(path.read_text())


def models_of(provider, kinds):
    """What still answers, of these kinds."""
    return [model for model in provider.get("models", [])
            if model.get("kind", "chat") in kinds and model.get("enabled", True) and "retired" not in model]


def chat_models(provider):
    return models_of(provider, ("chat",))


def dialect_of(provider):
    return provider.get("dialect", "openai")


def wire_of(provider):
    """What the simulator calls the dialect."""
    dialect = dialect_of(provider)
    return "openai" if dialect == "nvidia" else dialect


def prices(model):
    """What a million tokens of a model cost, in neurons and in money, without where that was read: the same for both sides."""
    return {key: {side: model[key][side] for side in ("input", "output")} for key in ("neurons", "price") if key in model}


def family(model):
    return model.get("family", model["id"])


def covers(pool, model):
    return any(fnmatchcase(model["id"], pattern) for pattern in pool.get("models", ["*"]))
