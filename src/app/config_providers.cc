#include <fmt/format.h>

#include <algorithm>

#include "app/config_parts.h"
#include "catalog/read_provider.h"
#include "net/proxy.h"

namespace freeway::app {

namespace {

// "" if there is none. A bad one is a mistake: going direct instead would betray what it was asked for.
std::string read_proxy(Section& section) {
  auto text = section.text("proxy");
  if (!text) return {};
  if (auto parsed = net::ProxyAddress::parse(*text); !parsed) section.error("proxy", parsed.error().message);
  return std::move(*text);
}

catalog::Key read_key_table(Section section, const Outside& outside) {
  catalog::Key key;
  key.name = section.text("name").value_or("");
  key.account = section.text("account").value_or("");
  key.account_id = section.text("account_id").value_or("");
  key.proxy = read_proxy(section);
  if (auto secret = read_secret(section, {"key", "env", "file"}, outside)) key.secret = std::move(*secret);
  section.finish();
  return key;
}

void read_keys(Section& section, ProviderEntry& entry, const Outside& outside) {
  const toml::array* list = section.array("keys");
  entry.keys_named = list != nullptr;
  std::vector<catalog::Key>& keys = entry.provider.keys;
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
    for (std::size_t j = 0; j < keys.size(); ++j) {
      if (keys[j].name == key.name) report.error(path, place, fmt::format("the name \"{}\" is used twice", key.name));
      if (!key.secret.empty() && keys[j].secret.reveal() == key.secret.reveal()) {
        report.error(path, place, fmt::format("is the same key as number {}", j + 1));
      }
    }
    keys.push_back(std::move(key));
  }
}

ProviderEntry read_entry(Section& section, std::size_t position, const Outside& outside,
                         const std::vector<catalog::Provider>& builtin) {
  ProviderEntry entry;
  std::string id = catalog::read_id(section).value_or(fmt::format("#{}", position));  // so that the rest can be checked
  auto same = [&](const catalog::Provider& known) { return known.id == id; };
  if (auto known = std::find_if(builtin.begin(), builtin.end(), same); known != builtin.end()) {
    entry.provider = *known;
    entry.builtin = true;
  }
  entry.provider.id = std::move(id);
  read_keys(section, entry, outside);
  entry.provider.proxy = read_proxy(section);
  catalog::read_provider(section, entry.provider);
  section.finish();
  return entry;
}

}  // namespace

std::vector<ProviderEntry> read_providers(Section& root, const Outside& outside,
                                          const std::vector<catalog::Provider>& builtin) {
  std::vector<ProviderEntry> found;
  for (Section& section : root.sections("providers")) {
    ProviderEntry entry = read_entry(section, found.size() + 1, outside, builtin);
    for (const ProviderEntry& other : found) {
      if (other.provider.id == entry.provider.id) {
        section.error("id", fmt::format("the id \"{}\" is used twice", entry.provider.id));
      }
    }
    found.push_back(std::move(entry));
  }
  return found;
}

}  // namespace freeway::app
