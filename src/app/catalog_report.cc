#include "app/catalog_report.h"

#include <fmt/format.h>

#include "app/greeting.h"
#include "app/table.h"
#include "json/writer.h"
#include "reader/leaves.h"

namespace freeway::app {

namespace {

using catalog::MemberChange;
using catalog::ProviderChange;
using Entry = OwnChoices::Entry;

const Entry* entry_of(const OwnChoices& own, std::string_view provider) {
  auto found = own.providers.find(provider);
  return found == own.providers.end() ? nullptr : &found->second;
}

// The user's own value of a member; nothing if there is none.
const std::string* own_value(const Entry* entry, const std::string& member) {
  if (entry == nullptr) return nullptr;
  auto found = entry->members.find(member);
  return found == entry->members.end() ? nullptr : &found->second;
}

std::string of_model(const std::string& model, const std::string& member) {
  return fmt::format("models[{}].{}", model, member);
}

std::string clipped(const std::string& value) {
  constexpr std::size_t kMost = 60;
  if (value.empty()) return "nothing";
  std::string shown = printable(value);
  if (shown.size() <= kMost) return shown;
  std::size_t end = kMost;
  while (end > 0 && (static_cast<unsigned char>(shown[end]) & 0xC0) == 0x80) --end;
  return shown.substr(0, end) + "…";
}

// Where and when something was read: not what people look for.
bool is_provenance(const std::string& member) {
  std::string_view last = member;
  last.remove_prefix(last.find_last_of('.') == std::string_view::npos ? 0 : last.find_last_of('.') + 1);
  return last == "source" || last == "as_of";
}

class Telling {
 public:
  explicit Telling(const CatalogChange& change) : change_(change) {}

  void tell(const ProviderChange& provider) {
    const Entry* own = entry_of(change_.own, provider.id);
    text += fmt::format("changed  {}\n", printable(provider.id));
    for (const std::string& id : provider.added) text += fmt::format("  added    {}\n", printable(id));
    for (const std::string& id : provider.returned) text += fmt::format("  returned {}\n", printable(id));
    for (const std::string& id : provider.retired) text += fmt::format("  retired  {}\n", printable(id));
    for (const MemberChange& one : provider.members) tell_member(one, "  ", own, one.member);
    for (const catalog::ModelChange& model : provider.models) tell_model(model, own);
    if (provenance_ > 0) text += fmt::format("  {} read anew\n", count(provenance_, "source"));
    provenance_ = 0;
  }

  std::string text;

 private:
  void tell_member(const MemberChange& one, std::string_view indent, const Entry* own, const std::string& name) {
    if (is_provenance(one.member)) {
      ++provenance_;
      return;
    }
    text += fmt::format("{}{}: {} → {}", indent, printable(one.member), clipped(one.before), clipped(one.after));
    if (const std::string* value = own_value(own, name)) text += fmt::format(" (yours counts on: {})", clipped(*value));
    text += "\n";
  }
  void tell_model(const catalog::ModelChange& model, const Entry* own) {
    std::string before = std::move(text);
    text.clear();
    for (const MemberChange& one : model.members) tell_member(one, "    ", own, of_model(model.id, one.member));
    std::string told = std::move(text);
    text = std::move(before);
    if (!told.empty()) text += fmt::format("  {}\n{}", printable(model.id), told);
  }

  const CatalogChange& change_;
  std::size_t provenance_ = 0;
};

std::string in_brief(const ProviderChange& provider) {
  std::vector<std::string> parts;
  auto add = [&](std::size_t number, std::string_view noun, std::string_view what) {
    if (number > 0) parts.push_back(fmt::format("{} {}", count(number, noun), what));
  };
  add(provider.added.size(), "model", "added");
  add(provider.returned.size(), "model", "returned");
  add(provider.retired.size(), "model", "retired");
  add(provider.models.size(), "model", "changed");
  add(provider.members.size(), "member", "changed");
  return fmt::format("changed  {}: {}\n", printable(provider.id), fmt::join(parts, ", "));
}

bool touched(const catalog::Difference& difference, std::string_view id) {
  for (const auto* list : {&difference.added, &difference.retired}) {
    for (const std::string& one : *list) {
      if (one == id) return true;
    }
  }
  for (const ProviderChange& one : difference.changed) {
    if (one.id == id) return true;
  }
  return false;
}

std::string kept_text(const CatalogChange& change) {
  std::string text;
  std::size_t elsewhere = 0;
  for (const auto& [id, entry] : change.own.providers) {
    if (!touched(change.difference, id)) {
      ++elsewhere;
      continue;
    }
    std::vector<std::string> parts;
    if (entry.keys > 0) parts.push_back(count(entry.keys, "key"));
    for (const auto& [member, value] : entry.members) parts.push_back(printable(member));
    text += fmt::format("  {}: {}\n", printable(id), fmt::join(parts, ", "));
  }
  for (const std::string& other : change.own.others) text += fmt::format("  {}\n", other);
  if (elsewhere > 0) text += fmt::format("  all of {} that it does not change\n", count(elsewhere, "provider"));
  return text.empty() ? text : "your own choices stay as they are:\n" + text;
}

void write_list(json::Writer& writer, std::string_view name, const std::vector<std::string>& list) {
  writer.key(name).begin_array();
  for (const std::string& one : list) writer.string(one);
  writer.end_array();
}

void write_value(json::Writer& writer, std::string_view name, const std::string* value) {
  writer.key(name);
  if (value != nullptr && !value->empty()) {
    writer.string(*value);
  } else {
    writer.null();
  }
}

void write_members(json::Writer& writer, const std::vector<MemberChange>& members, const Entry* own,
                   const std::string& model) {
  writer.key("members").begin_array();
  for (const MemberChange& one : members) {
    writer.begin_object().member("member", one.member);
    write_value(writer, "before", &one.before);
    write_value(writer, "after", &one.after);
    write_value(writer, "yours", own_value(own, model.empty() ? one.member : of_model(model, one.member)));
    writer.end_object();
  }
  writer.end_array();
}

void write_provider(json::Writer& writer, const ProviderChange& provider, const Entry* own) {
  writer.begin_object().member("id", provider.id);
  write_members(writer, provider.members, own, "");
  writer.key("models").begin_object();
  write_list(writer, "added", provider.added);
  write_list(writer, "returned", provider.returned);
  write_list(writer, "retired", provider.retired);
  writer.key("changed").begin_array();
  for (const catalog::ModelChange& model : provider.models) {
    writer.begin_object().member("id", model.id);
    write_members(writer, model.members, own, model.id);
    writer.end_object();
  }
  writer.end_array().end_object().end_object();
}

}  // namespace

OwnChoices own_choices(std::string_view text, const Situation& situation) {
  OwnChoices own;
  for (const KeyOrigin& key : situation.set.keys) {
    if (key.source != KeyOrigin::Source::none) ++own.providers[key.provider].keys;
  }
  if (!situation.config.policy.order.empty()) own.others.emplace_back("routing.order");
  if (!situation.config.aliases.empty()) own.others.emplace_back("aliases");
  if (!situation.config.policy.profiles.empty()) own.others.emplace_back("profiles");
  reader::Report report("configuration");
  auto root = reader::parse_toml(text, report);
  const toml::array* list = root ? root->get_as<toml::array>("providers") : nullptr;
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    const toml::table* table = list->get_as<toml::table>(i);
    auto id = table != nullptr ? table->get_as<std::string>("id") : nullptr;
    if (id == nullptr) continue;
    Entry& entry = own.providers[id->get()];
    for (reader::Leaf& leaf : reader::leaves(*table)) {
      std::string name = leaf.list.empty() ? leaf.member : fmt::format("{}[{}].{}", leaf.list, leaf.element, leaf.member);
      // Keys and proxies hold secrets, and are counted above.
      bool secret = leaf.list == "keys" || leaf.member == "keys" || leaf.member == "proxy";
      bool naming = leaf.member == "id" || (leaf.list == "pools" && leaf.member == "name");
      if (!secret && !naming) entry.members.emplace(std::move(name), std::move(leaf.value));
    }
  }
  return own;
}

std::string catalog_text(const CatalogInForce& catalog) {
  std::string source = catalog.installed ? "installed" : "built in";
  if (!catalog.installed_on.empty()) source += " on " + printable(catalog.installed_on);
  return fmt::format("{} of {}, {}", catalog.version, catalog.as_of, source);
}

std::string describe_change(const CatalogChange& change, bool in_short) {
  std::string text = fmt::format("catalog {} of {}, against {}\n", change.version, change.as_of, catalog_text(change.from));
  const catalog::Difference& difference = change.difference;
  for (const std::string& id : difference.added) text += fmt::format("added    {}\n", printable(id));
  for (const std::string& id : difference.retired) text += fmt::format("retired  {}\n", printable(id));
  Telling telling(change);
  for (const ProviderChange& provider : difference.changed) {
    if (in_short) {
      text += in_brief(provider);
    } else {
      telling.tell(provider);
    }
  }
  text += telling.text;
  if (difference.empty()) text += "the same providers and models\n";
  return text + kept_text(change);
}

std::string change_json(const CatalogChange& change) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object().key("from").begin_object();
  writer.member("version", change.from.version).member("as_of", change.from.as_of);
  writer.member("source", change.from.installed ? "installed" : "built_in").end_object();
  writer.key("to").begin_object().member("version", change.version).member("as_of", change.as_of).end_object();
  write_list(writer, "added", change.difference.added);
  write_list(writer, "retired", change.difference.retired);
  writer.key("changed").begin_array();
  for (const ProviderChange& provider : change.difference.changed) {
    write_provider(writer, provider, entry_of(change.own, provider.id));
  }
  writer.end_array().key("kept").begin_object().key("providers").begin_array();
  for (const auto& [id, entry] : change.own.providers) {
    writer.begin_object().member("id", id).member("keys", entry.keys).key("members").begin_array();
    for (const auto& [member, value] : entry.members) writer.string(member);
    writer.end_array().end_object();
  }
  writer.end_array();
  write_list(writer, "others", change.own.others);
  writer.end_object().end_object();
  return text;
}

}  // namespace freeway::app
