"""What the facts leave open, decided by a person: which figure counts how, what a provider's caveat is, how its text rules
read as quirks. Read by catalog_from_facts.py; every entry may be left out."""

# Listed, but off: the reason.
OFF = {
    "airforce": "nobody vouches for where its models come from",
    "ainative": "its free allowance could not be confirmed",
    "anyapi": "a test of 2026-08-10 was served nothing free",
    "bai": "only a rotating promotion",
    "cerebras": "no recurring free tier since 2026-08-17: 5 USD once, with a card",
    "dashscope": "a grant once for each model, for 90 days",
    "dgrid": "its free tier could not be confirmed",
    "github": "shut down on 2026-07-30; every endpoint answers 410",
    "huggingface": "a credit of 0.10 USD a month is all that is free",
    "inception": "a grant of 10 million tokens, once",
    "longcat": "a grant of 10 million tokens, once, after proof of identity",
    "minimax": "no recurring free tier",
    "moonshot": "no recurring free tier; a voucher at best",
    "navy": "the free plan was closed on 2026-09-03",
    "novita": "a trial credit; models for nothing come and go",
    "sambanova": "keys without a card are answered with 402, whatever the documentation says",
    "scaleway": "a grant of 1 million tokens, once",
    "tencent": "its free model could not be confirmed",
    "unorouter": "its free tier could not be confirmed",
    "volcengine": "sources disagree on whether its allowance comes back",
    "xkiro": "its free tier could not be confirmed",
}

# Shut down altogether: its models are not worth a line.
GONE = {"github"}

# On, with something to know first.
CAVEAT = {
    "aihorde": "volunteers' machines answer, which can take minutes; the key 0000000000 is everybody's, with the lowest priority",
    "bazaarlink": "chooses the model itself",
    "codestral": "asks for a phone number",
    "cohere": "trial keys are for non-commercial use",
    "kilo": "free models change from week to week",
    "llm7": "an aggregator that does not say where its models come from",
    "mistral": "asks for a phone number",
    "modelscope": "needs an Alibaba Cloud account with a verified name",
    "nara": "one small operator; the account is made through Telegram",
    "nvidia": "for evaluation and prototyping; asks for a phone number",
    "opencode": "promotions that change without notice",
    "openrouter": "access may not be resold; 1,000 requests a day after 10 USD were ever spent",
    "orcarouter": "limits are not published",
    "pollinations": "the free allowance is counted in its own currency; when it is spent, bought currency is taken without asking",
    "qianfan": "needs a verified name",
    "reka": "limits are not published",
    "routeway": "its bot filter may answer 403 to programs",
    "siliconflow": "needs a verified Chinese name since 2026-05-15",
    "vercel": "these models cost nothing; others spend a credit of 5 USD in 30 days",
    "xfyun": "only this model is free, and needs a verified name; the key is the service's APIPassword",
}

# What becomes of prompts, in the label's words, where the facts' own wording is no label. Default: unknown.
TRAINS = {
    "codestral": ("opt-out", ""),
    "cloudflare": ("no", ""),
    "cohere": ("no", ""),
    "github": ("no", ""),
    "google": ("yes", "not in the EEA, the UK and Switzerland"),
    "groq": ("no", ""),
    "huggingface": ("unknown", "not by the router itself; its hosts differ"),
    "kilo": ("yes", "free routes log prompts"),
    "mistral": ("opt-out", "sources disagree"),
    "nvidia": ("yes", "hosted free endpoints log prompts and may train on them"),
    "ollama": ("no", "stated by the provider"),
    "opencode": ("yes", "prompts to free models may be used for improvement"),
    "openrouter": ("yes", "depends on the host; many free hosts log and train"),
    "ovh": ("no", "stated by the provider"),
    "aihorde": ("unknown", "volunteers who run the machines can read prompts"),
}

# Lists of models that are elsewhere than the dialect has them, or written otherwise. AI Horde's tells who works at the moment.
LIST = {
    "aihorde": {"shape": "none"},
    "cloudflare": {"shape": "cloudflare", "base": "https://api.cloudflare.com/client/v4/accounts/{account_id}",
                   "path": "/ai/models/search?task=Text%20Generation&per_page=100"},
    "cohere": {"shape": "cohere", "base": "https://api.cohere.com", "path": "/v1/models?page_size=1000"},
    "github": {"base": "https://models.github.ai", "path": "/catalog/models"},
    "kilo": {"base": "https://api.kilo.ai/api/gateway"},
    "xfyun": {"shape": "none"},
}

# Account-wide figures that do not hold on the free tier as freeway uses it, by metric and value: why they stay out.
UNUSED = {
    ("google", "rpd", 1500): "an older figure; 20 are observed",
    ("cerebras", "rpm", 30): "an older figure",
    ("llm7", "tokens", 500000): "for requests without a token; with one it is less",
    ("llm7", "rpm", 60): "with a token; without one it is less",
    ("llm7", "requests", 250): "with a token; without one it is less",
    ("mistral", "rpm", 2): "an older figure",
    ("nvidia", "rpd", 10000): "one list only",
    ("nvidia", "requests", 1000): "one list only; contradicts the others",
    ("openrouter", "rpd", 1000): "after 10 USD were ever spent",
    ("ovh", "rpm", 400): "with a paid project",
    ("routeway", "rpm", 20): "5 were observed",
    ("groq", "rpm", 10): "speech",
    ("longcat", "tokens", 100000): "an older figure",
    ("longcat", "tokens", 500000): "an older figure",
    ("volcengine", "tokens", 500000): "contradicts the other",
    ("sambanova", "rpm", 20): "the documented free tier no longer answers",
    ("sambanova", "rpd", 20): "the documented free tier no longer answers",
    ("sambanova", "tpd", 200000): "the documented free tier no longer answers",
}
# A lower figure than the one that stands there, with the reason.
LOWER = {("modelscope", "rpd", 500): (200, "between 200 and 500, as load allows")}
# Figures that only some models draw on.
COVERS = {
    ("cloudflare", "neurons", 10000): "text",
    ("cloudflare", "rpm", 300): "chat",
    ("cloudflare", "rpm", 3000): "embedding",
    ("cloudflare", "rpm", 720): "media",
    ("cohere", "rpm", 20): "chat",
    ("cohere", "rpm", 10): "rerank",
}
# Neurons of a million tokens of models that write none (developers.cloudflare.com/workers-ai/platform/pricing). What images and
# sounds cost goes by tiles, steps and minutes, which no pool of freeway's counts.
NEURONS = {"@cf/baai/bge-small-en-v1.5": 1841, "@cf/baai/bge-base-en-v1.5": 6058, "@cf/baai/bge-large-en-v1.5": 18582}
READ_ONLY = {"embedding", "rerank"}
# Figures of the whole provider that hold for each model apart.
EACH_MODEL = {("mistral", "tpm"), ("zhipu", "concurrency"), ("zhipu", "tpd"), ("modelscope", "rpd", 500), ("siliconflow", "tpd")}
# Keyless providers count by address, even with a key.
BY_ADDRESS = {"kilo", "llm7", "opencode", "ovh"}
DAY = {"groq": "bucket 1d", "llm7": "sliding 1d"}  # windows of a day that are no calendar day
CLOCK = {"google": "America/Los_Angeles", "modelscope": "Asia/Shanghai"}

# Fields of answers that tell how a limit stands: what it counts, its window, whether each model has its own, and the names:
# one with {} for limit, remaining and reset, or a table of them.
LIMIT_FIELDS = {
    # The trap: requests are the day's, tokens the minute's.
    "groq": [("requests", "day", True, "x-ratelimit-{}-requests"), ("tokens", "minute", True, "x-ratelimit-{}-tokens")],
    "cerebras": [("requests", "day", False, "x-ratelimit-{}-requests-day"),
                 ("tokens", "minute", False, "x-ratelimit-{}-tokens-minute")],
    "sambanova": [("requests", "minute", True, "x-ratelimit-{}-requests"),
                  ("requests", "day", True, "x-ratelimit-{}-requests-day")],
    "mistral": [("requests", "minute", False, "x-ratelimit-{}-req-minute"),
                ("tokens", "minute", True, "x-ratelimit-{}-tokens-minute"),
                ("tokens", "month", False, "x-ratelimit-{}-tokens-month")],
    "cohere": [("requests", "minute", True, {"limit": "x-trial-endpoint-call-limit",
                                             "remaining": "x-trial-endpoint-call-remaining"}),
               ("requests", "month", False, {"limit": "x-endpoint-monthly-call-limit"})],
    "modelscope": [("requests", "day", False, "modelscope-ratelimit-requests-{}"),
                   ("requests", "day", True, "modelscope-ratelimit-model-requests-{}")],
}

DIALECT = {"google": "gemini", "aihorde": "aihorde", "nvidia": "nvidia"}  # where it is not openai
AS_OPENAI = {"nvidia"}  # speak of chat as openai does all the same
FOLLOW_UP = {"nvidia": "https://api.nvcf.nvidia.com/v2/nvcf"}  # where answers that come later are asked for
BASE = {  # where the free tier is, if it is not the first address
    "aihorde": "https://aihorde.net/api/v2",
    "siliconflow": "https://api.siliconflow.cn/v1",
}
# One provider with two hosts that have keys of their own: (id, name, base, env, signup).
TWINS = {
    "zhipu": ("zai", "Z.ai", "https://api.z.ai/api/paas/v4", ["ZAI_API_KEY"], "https://z.ai/manage-apikey/apikey-list"),
}
TWIN_SIGNUP = {"zhipu": "https://open.bigmodel.cn/usercenter/apikeys"}
ACCOUNT_ENV = {"cloudflare": "CLOUDFLARE_ACCOUNT_ID"}
NO_KEY_ENV = {"CLOUDFLARE_ACCOUNT_ID", "MINIMAX_GROUP_ID"}
NEEDS_KEY = {"aihorde"}  # answers without a key, but strangers read along and it takes minutes: for who asks for it

PROBE = {
    "google": {"paths": ["/models?pageSize=1"],
               "valid": ["200"],
               "invalid": ["401", "403", "400 API_KEY_INVALID", "400 API key not valid"],
               "inconclusive": ["403 SERVICE_DISABLED", "400 FAILED_PRECONDITION"]},
    "cloudflare": {"base": "https://api.cloudflare.com/client/v4",
                   "paths": ["/user/tokens/verify", "/accounts/{account_id}/tokens/verify"],
                   "valid": ['200 "active"'], "invalid": ["401", "403", "400"]},
    "aihorde": {"paths": ["/find_user"], "valid": ["200"], "invalid": ["404"]},
    "minimax": {"paths": ["/models"], "valid": ["200"], "invalid": ["401", "403", "200 login fail"]},
    "ovh": None,
}

# Quirks beside the plain ones; they go over what the facts' lists give.
MISTRAL = {"drop": ["top_k", "min_p", "repetition_penalty", "logit_bias", "logprobs", "top_logprobs", "reasoning_effort", "user",
                    "service_tier", "messages[].reasoning", "messages[].reasoning_content"],
           "rename": {"seed": "random_seed"}, "stream_options": False, "tool_id_length": 9,
           "parameters": {"tool_choice": {"values": {"required": "any"}}}}
QUIRKS = {
    "bai": {"parameters": {"max_tokens": {"least": 3}}},
    "cloudflare": {"drop": ["min_p", "logit_bias", "logprobs", "top_logprobs", "reasoning_effort"], "text_parts": False,
                   "image_addresses": False, "parameters": {"max_tokens": {"default": 4096}}},
    "codestral": MISTRAL,
    "cohere": {"drop+": ["tools[].schema.$schema", "tools[].schema.additionalProperties"], "text_parts": False},
    "groq": {"rename": {}, "parameters": {"n": {"most": 1}}},
    "kilo": {"drop": ["response_format"]},
    "mistral": MISTRAL,
    "moonshot": {"parameters": {"temperature": {"most": 1}}},
    "ollama": {"image_addresses": False},
    "nvidia": {"drop": [], "parallel_tool_calls": False, "input_type": {"query": "query", "document": "passage"}},
    "ollama": {"image_addresses": False},
    "reka": {"json_object": False},
    "zhipu": {"rename": {"user": "user_id"},
              "parameters": {"temperature": {"most": 1}, "tool_choice": {"allowed": ["auto"]}}},
    "dashscope": {"rename": {}},
    "siliconflow": {"rename": {}},
}
# What models of other kinds than chat need beside the facts, by provider and kind: where and how they are asked, and how much
# at once.
CLOUDFLARE_RUN = {"dialect": "cloudflare", "base_url": "https://api.cloudflare.com/client/v4/accounts/{account_id}/ai"}
COHERE = {"dialect": "cohere", "base_url": "https://api.cohere.com"}
KIND = {
    ("cloudflare", "embedding"): {"max_inputs": 100},
    ("cloudflare", "image"): CLOUDFLARE_RUN,
    ("cloudflare", "rerank"): CLOUDFLARE_RUN,
    ("cloudflare", "speech"): CLOUDFLARE_RUN,
    ("cloudflare", "transcription"): CLOUDFLARE_RUN,
    ("cohere", "embedding"): {**COHERE, "max_inputs": 96},
    ("cohere", "rerank"): {**COHERE, "max_inputs": 1000},
    ("google", "embedding"): {"max_inputs": 100},
    ("huggingface", "embedding"): {"dialect": "huggingface", "base_url": "https://router.huggingface.co"},
    ("nvidia", "image"): {"base_url": "https://ai.api.nvidia.com/v1"},
}
# Models that fill in between a prompt and a suffix, and where (docs.mistral.ai/api, fim.completions.create).
INFILL = {(provider, model): "/fim/completions" for provider in ("codestral", "mistral") for model in ("codestral-2508", "codestral-latest")}
# Free, but not to be asked by freeway.
OFF_MODEL = {
    "@cf/black-forest-labs/flux-2-dev": "it takes forms, which freeway does not send for images",
    "@cf/black-forest-labs/flux-2-klein-4b": "it takes forms, which freeway does not send for images",
    "@cf/black-forest-labs/flux-2-klein-9b": "it takes forms, which freeway does not send for images",
    "@cf/meta/m2m100-1.2b": "it translates texts, for which OpenAI's protocol has no address",
    "meta-llama/llama-prompt-guard-2-22m": "it judges by chat, with a score for an answer",
    "meta-llama/llama-prompt-guard-2-86m": "it judges by chat, with a score for an answer",
}
# What providers mean by errors of their own, in the members of [[errors]]; the first that covers an error counts. `facts`: the
# code of the source. What any provider means by a status or by usual words needs no rule.
ZHIPU = [
    {"status": 429, "code": "1302", "reason": "rate_limited", "scope": "route", "counted": "concurrent", "facts": "FA-iss"},
    {"status": 429, "code": "1305", "reason": "overloaded", "scope": "route", "facts": "FA-iss"},
    {"status": 429, "code": "1113", "reason": "billing", "scope": "account", "facts": "FA-iss"},
    {"status": 400, "code": "1261", "reason": "too_large", "scope": "client", "facts": "FA-iss"},
    {"status": 400, "code": "1301", "reason": "blocked_content", "scope": "client", "facts": "FA-iss"},
    {"status": 400, "code": "1211", "reason": "not_found", "scope": "model", "facts": "FA-iss"},
    {"status": 401, "code": ["1000", "1001", "1002", "1003", "1004"], "reason": "invalid_key", "scope": "key", "facts": "FA-iss"},
]
ERRORS = {
    "aihorde": [
        {"status": 503, "code": "MaintenanceMode", "reason": "overloaded", "scope": "provider", "until": "1m", "facts": "GK"},
        {"status": 429, "code": "TooManyPrompts", "reason": "rate_limited", "scope": "account", "counted": "concurrent",
         "facts": "GK"},
        {"status": 403, "code": "KudosUpfront", "reason": "too_large", "scope": "client", "facts": "GK"},
    ],
    "cerebras": [
        {"status": 429, "code": "queue_exceeded", "reason": "overloaded", "scope": "route", "facts": "GK"},
    ],
    "cloudflare": [
        {"status": 429, "code": ["4006", "3036"], "reason": "quota_exhausted", "scope": "account", "until": "reset",
         "per": "day", "counted": "neurons", "facts": "CF"},
        {"status": 429, "code": "3040", "reason": "overloaded", "scope": "route", "facts": "CF"},
        {"status": 403, "code": ["5018", "3041", "3023", "5016"], "reason": "not_entitled", "scope": "route", "facts": "CF"},
        {"status": 400, "code": "5007", "reason": "not_found", "scope": "model", "facts": "CF"},
        {"status": 404, "code": "3042", "reason": "invalid_key", "scope": "key", "facts": "CF"},
    ],
    "cohere": [
        {"status": 429, "message": "/ month", "reason": "quota_exhausted", "scope": "account", "until": "reset",
         "per": "month", "counted": "requests", "facts": "OM"},
        {"status": 429, "message": "/ minute", "reason": "rate_limited", "scope": "account", "per": "minute",
         "counted": "requests", "facts": "OM"},
        {"status": 429, "scope": "account", "facts": "OM"},
    ],
    "dashscope": [
        {"status": 403, "code": "AllocationQuota*", "reason": "billing", "scope": "route", "until": "1d", "per": "once",
         "facts": "GK"},
    ],
    "github": [
        {"status": 410, "code": "github_models_retirement*", "reason": "not_found", "scope": "provider", "until": "1d",
         "facts": "GHB"},
    ],
    "google": [
        {"status": 429, "code": "*PerDay*", "reason": "quota_exhausted", "scope": "route", "until": "reset", "per": "day",
         "facts": "FA-iss"},
        {"status": 400, "message": "location is not supported", "reason": "forbidden", "scope": "provider", "facts": "FA"},
    ],
    "groq": [
        {"status": 400, "code": "tool_use_failed", "reason": "bad_answer", "scope": "route", "until": "0s", "facts": "FA"},
        {"status": 498, "code": "capacity_exceeded", "reason": "overloaded", "scope": "route", "facts": "GK"},
    ],
    "huggingface": [
        {"status": 402, "message": "monthly included credits", "reason": "billing", "scope": "account", "until": "reset",
         "per": "month", "counted": "credit", "facts": "FA-iss"},
    ],
    "kilo": [
        {"status": 401, "code": "PAID_MODEL*", "reason": "not_entitled", "scope": "route", "facts": "GK"},
        {"status": 429, "scope": "account", "per": "hour", "counted": "requests", "facts": "GK"},
    ],
    "minimax": [
        {"status": 200, "code": "1008", "reason": "billing", "scope": "account", "facts": "GK"},
        {"status": 200, "code": "1004", "reason": "invalid_key", "scope": "key", "facts": "GK"},
        {"status": 200, "code": "1002", "reason": "rate_limited", "scope": "account", "facts": "GK"},
    ],
    "mistral": [
        {"status": 429, "type": "service_tier_capacity_exceeded", "reason": "overloaded", "scope": "route", "facts": "GK"},
        {"status": 429, "message": "Requests rate limit exceeded", "reason": "rate_limited", "scope": "account",
         "per": "second", "counted": "requests", "facts": "FA-iss"},
    ],
    "modelscope": [
        {"status": 401, "message": "bind your alibaba cloud account", "reason": "forbidden", "scope": "account",
         "until": "1h", "facts": "FA-iss"},
        {"status": 429, "message": "insufficient balance", "reason": "not_found", "scope": "model", "until": "1d",
         "facts": "FA-iss"},
    ],
    "moonshot": [
        {"status": 429, "message": "organization max RPM", "reason": "rate_limited", "scope": "account", "per": "minute",
         "counted": "requests", "facts": "GK"},
        {"status": 429, "type": "exceeded_current_quota_error", "reason": "billing", "scope": "account", "facts": "GK"},
    ],
    "nara": [
        {"status": 429, "scope": "account", "facts": "OM"},
    ],
    "navy": [
        {"status": 403, "code": "insufficient_plan", "reason": "forbidden", "scope": "account", "until": "1d",
         "facts": "FA-iss"},
    ],
    "nvidia": [
        {"status": 429, "scope": "account", "per": "minute", "counted": "requests", "facts": "FA"},
        {"status": 400, "message": "DEGRADED function", "reason": "overloaded", "scope": "route", "until": "30s",
         "facts": "FA-iss"},
        {"status": 404, "message": "Function *Not found", "reason": "not_found", "scope": "model", "until": "1d",
         "facts": "FA-iss"},
        {"status": 410, "reason": "not_found", "scope": "model", "until": "1d", "facts": "FA-iss"},
        {"status": 403, "message": "Authorization failed", "reason": "forbidden", "scope": "key", "facts": "GK"},
    ],
    "ollama": [
        {"status": 403, "message": "requires a subscription", "reason": "not_entitled", "scope": "route", "facts": "FA-iss"},
        {"status": 429, "message": "usage limit", "reason": "quota_exhausted", "scope": "account", "until": "1h",
         "facts": "FA-iss"},
    ],
    "opencode": [
        {"status": 401, "type": "ModelError", "reason": "not_found", "scope": "model", "until": "1d", "facts": "FA-iss"},
        {"status": 429, "type": "FreeUsageLimitError", "reason": "quota_exhausted", "scope": "account", "facts": "FA-iss"},
        {"status": 400, "message": "endpoint is unavailable", "reason": "overloaded", "scope": "route", "until": "30s",
         "facts": "FA-iss"},
    ],
    "openrouter": [
        {"status": 429, "message": "free-models-per-day", "reason": "quota_exhausted", "scope": "account", "until": "reset",
         "per": "day", "counted": "requests", "facts": "FA-iss"},
        {"status": 429, "message": "free-models-per-min", "reason": "rate_limited", "scope": "account", "per": "minute",
         "counted": "requests", "facts": "FA-iss"},
        {"status": 429, "message": "rate-limited upstream", "reason": "overloaded", "scope": "route", "facts": "FA-iss"},
        {"status": 404, "message": "matching your data policy", "reason": "forbidden", "scope": "route", "until": "1h",
         "facts": "GK"},
        {"status": 404, "message": "unavailable for free", "reason": "not_found", "scope": "model", "until": "1d",
         "facts": "GK"},
    ],
    "ovh": [
        {"status": 429, "scope": "route", "per": "minute", "counted": "requests", "facts": "GK"},
    ],
    "pollinations": [
        {"status": 402, "message": "key budget exhausted", "reason": "billing", "scope": "key", "until": "1d",
         "facts": "PO"},
        {"status": 402, "message": "insufficient balance", "reason": "billing", "scope": "account", "until": "10m",
         "counted": "credit", "facts": "PO"},
    ],
    "qianfan": [
        {"status": [400, 401], "code": "invalid_iam_token", "reason": "invalid_key", "scope": "key", "facts": "GK"},
    ],
    "routeway": [
        {"status": 403, "body": "error code: 1010", "reason": "forbidden", "scope": "provider", "facts": "FA"},
    ],
    "siliconflow": [
        {"status": 403, "code": "30003", "reason": "not_entitled", "scope": "route", "facts": "GK"},
        {"status": 400, "code": "20012", "reason": "not_found", "scope": "model", "facts": "GK"},
    ],
    "volcengine": [
        {"status": 404, "code": "ModelNotOpen", "reason": "forbidden", "scope": "route", "until": "1h", "facts": "GK"},
        {"status": 429, "code": "SetLimitExceeded", "reason": "quota_exhausted", "scope": "route", "per": "once",
         "facts": "GK"},
    ],
    "xfyun": [
        {"status": 403, "code": "11200", "reason": "forbidden", "scope": "key", "facts": "GK"},
    ],
    "zhipu": ZHIPU,
}

TEXT_ALONE = {"aihorde"}  # a model gets nothing but a text there, whatever it could do
NO_JSON = {"kilo"}  # structured answers are refused on some free routes
TIMEOUTS = {
    "nvidia": {"first_token": "120s", "answer": "180s"},
    "aihorde": {"first_token": "300s", "answer": "300s"},
}

FAMILY = {
    ("bazaarlink", "auto:free"): "bazaarlink-auto-free",
    ("nvidia", "mistralai/mistral-nemotron"): "mistral-nemotron",
    ("openrouter", "nousresearch/hermes-3-llama-3.1-405b:free"): "hermes-3-405b",
    ("pollinations", "openai-fast"): "gpt-oss-20b",
    ("xfyun", "lite"): "spark-lite",
}
