#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "app/config_parts.h"
#include "catalog/calendar.h"
#include "http/url.h"

namespace freeway::app {

namespace {

constexpr std::string_view kLater = "is not available in this version";

bool is_id(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > ' ' && c < 0x7f && c != '/'; });
}

void refuse_proxy(Section& section) {
  // Going direct would betray what the proxy was asked for.
  if (section.text("proxy")) section.error("proxy", fmt::format("an outbound proxy {}", kLater));
}

catalog::Key read_key_table(Section section, const Outside& outside) {
  catalog::Key key;
  key.name = section.text("name").value_or("");
  key.account = section.text("account").value_or("");
  key.account_id = section.text("account_id").value_or("");
  refuse_proxy(section);
  if (auto secret = read_secret(section, {"key", "env", "file"}, outside)) key.secret = std::move(*secret);
  section.finish();
  return key;
}

void read_keys(Section& section, catalog::Provider& provider, const Outside& outside) {
  const toml::array* list = section.array("keys");
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    const toml::node& item = *list->get(i);
    std::string path = fmt::format("{}.keys[{}]", section.path(), i + 1);
    Place place = place_of(item.source());
    Report& report = section.report();
    catalog::Key key;
    if (const auto* text = item.as_string()) {
      std::string reason = unsendable(text->get());
      if (text->get().empty()) reason += "; for a provider without keys write `keys = []`";
      if (!reason.empty()) report.error(path, place, "the key " + reason);
      key.secret = Secret(text->get());
    } else if (const toml::table* table = item.as_table()) {
      key = read_key_table(Section(*table, path, report), outside);
    } else {
      report.error(path, place, "expected a string or a table such as { env = \"NAME\" }, found " + describe_type(item));
    }
    if (key.name.empty()) key.name = fmt::format("key#{}", i + 1);
    for (std::size_t j = 0; j < provider.keys.size(); ++j) {
      const catalog::Key& other = provider.keys[j];
      if (other.name == key.name) report.error(path, place, fmt::format("the name \"{}\" is used twice", key.name));
      if (!key.secret.empty() && other.secret.reveal() == key.secret.reveal()) {
        report.error(path, place, fmt::format("is the same key as number {}", j + 1));
      }
    }
    provider.keys.push_back(std::move(key));
  }
  if (provider.keys.empty()) {
    catalog::Key none;
    none.name = "key#1";
    provider.keys.push_back(std::move(none));
  }
}

// "openai", the default, is the only one so far.
void check_dialect(Section& section) {
  auto dialect = section.text("dialect");
  if (!dialect || *dialect == "openai") return;
  const std::vector<std::string> later = {"gemini", "cohere", "cloudflare", "ollama", "aihorde"};
  if (std::find(later.begin(), later.end(), *dialect) != later.end()) {
    section.error("dialect", fmt::format("the dialect \"{}\" {}; \"openai\" is", *dialect, kLater));
  } else {
    section.error("dialect", fmt::format("unknown dialect \"{}\"{}", *dialect, did_you_mean(*dialect, {"openai"})));
  }
}

void read_address(Section& section, catalog::Provider& provider) {
  auto url = section.text("base_url");
  if (!url) {
    if (!section.has("base_url")) section.error("", "base_url is missing; expected one such as \"https://api.example/v1\"");
    return;
  }
  auto parsed = http::Url::parse(*url);
  if (!parsed) {
    section.error("base_url", "expected an address such as \"https://api.example/v1\": " + parsed.error().message);
  }
  provider.base_url = std::move(*url);
}

// Parameter names; a quirk may only touch what the dialect's own writer does not need.
void read_quirks(Section section, catalog::Quirks& quirks) {
  for (Listed& name : section.texts("drop")) quirks.drop.push_back(std::move(name.text));
  if (auto rename = section.section("rename")) {
    for (const std::string& from : rename->names()) {
      if (auto to = rename->text(from)) quirks.rename.emplace_back(from, std::move(*to));
    }
  }
  quirks.stream_options = section.flag("stream_options").value_or(true);
  quirks.parallel_tool_calls = section.flag("parallel_tool_calls").value_or(true);
  quirks.strict_schema = section.flag("strict_schema").value_or(true);
  quirks.text_parts = section.flag("text_parts").value_or(true);
  constexpr std::uint64_t kLongestId = 64;
  quirks.tool_id_length = static_cast<std::uint32_t>(section.whole("tool_id_length", 0, kLongestId).value_or(0));
  section.finish();
}

void read_id(Section& section, catalog::Provider& provider, std::size_t position) {
  auto id = section.text("id");
  if (!id) {
    if (!section.has("id")) section.error("", "id is missing; expected a short name such as \"groq\"");
    provider.id = fmt::format("#{}", position);  // so that the rest can be checked
    return;
  }
  if (!is_id(*id)) section.error("id", fmt::format("expected printable ASCII without spaces and '/', found \"{}\"", *id));
  provider.id = std::move(*id);
  section.rename("providers." + provider.id);
}

void read_day_clock(Section& section, catalog::Provider& provider) {
  auto zone = section.text("day_clock");
  if (!zone) return;
  if (auto found = catalog::Zone::find(*zone); !found) {
    section.error("day_clock", found.error().message);
    return;
  }
  provider.day_clock = std::move(*zone);
}

catalog::Provider read_provider(Section& section, std::size_t position, const Outside& outside) {
  catalog::Provider provider;
  read_id(section, provider, position);
  check_dialect(section);
  read_address(section, provider);
  read_keys(section, provider, outside);
  refuse_proxy(section);
  read_day_clock(section, provider);
  if (auto timeouts = section.section("timeouts")) provider.timeouts = read_timeouts(std::move(*timeouts));
  if (auto quirks = section.section("quirks")) read_quirks(std::move(*quirks), provider.quirks);
  if (auto limits = section.section("limits")) {
    provider.pools = read_limits(std::move(*limits), provider.day_clock, {"*"});
  }
  read_models(section, provider);
  read_pools(section, provider);
  section.finish();
  return provider;
}

}  // namespace

std::vector<catalog::Provider> read_providers(Section& root, const Outside& outside) {
  std::vector<catalog::Provider> found;
  for (Section& section : root.sections("providers")) {
    catalog::Provider provider = read_provider(section, found.size() + 1, outside);
    for (const catalog::Provider& other : found) {
      if (other.id == provider.id) section.error("id", fmt::format("the id \"{}\" is used twice", provider.id));
    }
    found.push_back(std::move(provider));
  }
  return found;
}

}  // namespace freeway::app
