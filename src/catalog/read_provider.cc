#include "catalog/read_provider.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/text.h"
#include "catalog/calendar.h"
#include "catalog/read_parts.h"
#include "http/grammar.h"
#include "http/url.h"

namespace freeway::catalog {

using reader::Section;

namespace {

constexpr std::array kTrains = {
    Named<DataUse::Trains>{"no", DataUse::Trains::no},
    Named<DataUse::Trains>{"yes", DataUse::Trains::yes},
    Named<DataUse::Trains>{"opt-out", DataUse::Trains::opt_out},
    Named<DataUse::Trains>{"unknown", DataUse::Trains::unknown},
};

constexpr std::array kListShapes = {
    Named<ListShape>{"none", ListShape::none},     Named<ListShape>{"openai", ListShape::openai},
    Named<ListShape>{"gemini", ListShape::gemini}, Named<ListShape>{"ollama", ListShape::ollama},
    Named<ListShape>{"cohere", ListShape::cohere}, Named<ListShape>{"cloudflare", ListShape::cloudflare},
};

// Fields that only the exchange itself may set.
constexpr std::array<std::string_view, 8> kOwnFields = {
    "host",          "connection",      "content-length", "content-type", "transfer-encoding",
    "authorization", "accept-encoding", "expect",
};

bool is_id(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > ' ' && c < 0x7f && c != '/'; });
}

// Where its models are asked, if not at its own address.
std::set<std::string> addresses_of(const Provider& provider) {
  std::set<std::string> addresses;
  for (const Model& model : provider.models) addresses.insert(model.base_url);
  addresses.erase("");
  return addresses;
}

void read_address(Section& section, Provider& provider) {
  read_base_url(section, provider.base_url);
  if (provider.base_url.empty() && !section.has("base_url")) {
    section.error("", "base_url is missing; expected one such as \"https://api.example/v1\"");
  }
  auto paths = section.section("paths");
  if (!paths) return;
  read_path(*paths, "chat", "/chat/completions", provider.chat_path);
  paths->finish();
}

bool is_own_field(std::string_view name) {
  return std::any_of(kOwnFields.begin(), kOwnFields.end(), [&](std::string_view own) { return iequals(own, name); });
}

void read_headers(Section& section, Provider& provider) {
  auto headers = section.section("headers");
  if (!headers) return;
  for (const std::string& name : headers->names()) {
    auto value = headers->text(name);
    if (!value) continue;
    if (!http::grammar::is_token(name)) headers->error(name, "is no name of a header field");
    if (is_own_field(name)) headers->error(name, "freeway sets this field itself");
    if (!http::grammar::is_text(*value)) headers->error(name, "a header field can't carry this value");
    auto& list = provider.headers;
    std::erase_if(list, [&](const auto& known) { return iequals(known.first, name); });
    list.emplace_back(name, std::move(*value));
  }
}

}  // namespace

std::optional<Auth> read_auth(Section& section) {
  auto auth = section.section("auth");
  if (!auth) return {};
  auto header = auth->text("header");
  auto query = auth->text("query");
  if (header.has_value() == query.has_value()) {
    auth->error("", "expected one of header and query, such as { header = \"x-api-key\" }");
  }
  if (header && !http::grammar::is_token(*header)) auth->error("header", "is no name of a header field");
  Auth read;
  if (header) read = {Auth::Way::header, std::move(*header)};
  if (query) read = {Auth::Way::query, percent_encode(*query)};
  auth->finish();
  return read;
}

namespace {

void read_day_clock(Section& section, Provider& provider) {
  auto zone = section.text("day_clock");
  if (!zone) return;
  if (auto found = Zone::find(*zone); !found) {
    section.error("day_clock", found.error().message);
    return;
  }
  provider.day_clock = std::move(*zone);
}

// A label that says anew what becomes of prompts is a new one, without the old one's date.
void read_data_use(Section section, DataUse& data_use) {
  if (section.has("trains_on_prompts")) data_use = DataUse();
  if (auto trains = choice(section, "trains_on_prompts", kTrains)) data_use.trains = *trains;
  read_text(section, "retention", data_use.retention);
  read_text(section, "note", data_use.note);
  read_text(section, "source", data_use.source);
  read_text(section, "as_of", data_use.as_of);
  section.finish();
}

void read_list(Section section, ModelList& list) {
  if (auto shape = choice(section, "shape", kListShapes)) list.shape = *shape;
  if (auto base = section.text("base")) {
    if (auto parsed = http::Url::parse(*base); !parsed) {
      section.error("base", "expected an address such as \"https://api.example\": " + parsed.error().message);
    }
    list.base = std::move(*base);
  }
  if (auto path = section.text("path")) {
    if (!path->starts_with('/') || !http::grammar::is_target(*path)) {
      section.error("path", fmt::format("expected a path such as \"/models\", found \"{}\"", *path));
    }
    list.path = std::move(*path);
  }
  section.finish();
}

void read_variables(Section& section, Provider& provider) {
  if (section.has("env")) {
    provider.env.clear();
    for (reader::Listed& name : section.texts("env")) provider.env.push_back(std::move(name.text));
  }
  read_text(section, "account_env", provider.account_env);
}

// A figure or rule without a source of its own was read where the rest of its model, or provider, was.
void complete_sources(Provider& provider) {
  auto complete = [&](auto& figure, const std::string& source, const std::string& as_of) {
    if (figure.source.empty()) figure.source = source.empty() ? provider.source : source;
    if (figure.as_of.empty()) figure.as_of = as_of.empty() ? provider.as_of : as_of;
  };
  for (PoolSpec& pool : provider.pools) complete(pool, "", "");
  for (ErrorRule& rule : provider.errors) complete(rule, "", "");
  for (Model& model : provider.models) {
    for (PoolSpec& pool : model.pools) complete(pool, model.source, model.as_of);
  }
}

// Where the figures of the entry that this one lies over were read, the provider's first and then each model's.
using Read = std::vector<std::pair<std::string, std::string>>;

Read take_sources(Provider& provider) {
  Read read;
  auto take = [&](auto& entry) { read.emplace_back(std::exchange(entry.source, {}), std::exchange(entry.as_of, {})); };
  take(provider);
  for (Model& model : provider.models) take(model);
  return read;
}

void put_back(Provider& provider, Read read) {
  auto put = [&](auto& entry, std::size_t number) {
    if (!entry.source.empty()) return;
    entry.source = std::move(read[number].first);
    if (entry.as_of.empty()) entry.as_of = std::move(read[number].second);
  };
  put(provider, 0);
  for (std::size_t i = 1; i < read.size(); ++i) put(provider.models[i - 1], i);
}

}  // namespace

void read_text(Section& section, std::string_view key, std::string& into) {
  if (auto text = section.text(key)) into = std::move(*text);
}

std::optional<std::string> read_id(Section& section) {
  auto id = section.text("id");
  if (!id) {
    if (!section.has("id")) section.error("", "id is missing; expected a short name such as \"groq\"");
    return {};
  }
  if (!is_id(*id)) section.error("id", fmt::format("expected printable ASCII without spaces and '/', found \"{}\"", *id));
  section.rename("providers." + *id);
  return id;
}

Timeouts read_timeouts(Section section, Timeouts over) {
  auto put = [&](std::string_view key, std::optional<Duration>& into) {
    if (auto time = section.duration(key)) into = time;
  };
  put("connect", over.connect);
  put("first_token", over.first_token);
  put("answer", over.answer);
  put("idle", over.idle);
  section.finish();
  return over;
}

void read_provider(Section& section, Provider& provider) {
  bool known = !provider.models.empty();
  Read sources = take_sources(provider);
  read_text(section, "name", provider.name);
  read_standing(section, provider);
  // An entry of the catalog that is told another way of speaking tells the key that way too.
  if (auto auth = read_dialect(section, provider.dialect)) provider.auth = std::move(*auth);
  std::string address = provider.base_url;
  read_address(section, provider);
  if (provider.base_url != address) {  // these are about who is at its address
    provider.data_use = DataUse();
    provider.list = ModelList();
    provider.follow_up_url.clear();
  }
  read_base_url(section, provider.follow_up_url, "follow_up_url");
  if (auto auth = read_auth(section)) provider.auth = std::move(*auth);
  read_headers(section, provider);
  read_text(section, "signup", provider.signup);
  read_variables(section, provider);
  if (auto keyless = section.flag("keyless")) provider.keyless = *keyless;
  read_day_clock(section, provider);
  if (auto probe = section.section("probe")) read_probe(std::move(*probe), provider.probe.emplace());
  if (auto list = section.section("list")) read_list(std::move(*list), provider.list);
  if (auto data_use = section.section("data_use")) read_data_use(std::move(*data_use), provider.data_use);
  if (auto timeouts = section.section("timeouts"))
    provider.timeouts = read_timeouts(std::move(*timeouts), provider.timeouts);
  if (auto quirks = section.section("quirks")) read_quirks(std::move(*quirks), provider.quirks);
  if (auto limits = section.section("limits")) read_limits(std::move(*limits), {"*"}, provider.pools);
  auto addresses = addresses_of(provider);
  read_models(section, provider);
  // Nor does a label of what is known cover models that somebody has put elsewhere.
  if (known && addresses_of(provider) != addresses && !section.has("data_use")) provider.data_use = DataUse();
  read_pools(section, provider);
  read_limit_fields(section, provider);
  read_errors(section, provider);
  complete_sources(provider);
  put_back(provider, std::move(sources));
}

}  // namespace freeway::catalog
