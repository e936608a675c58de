#include "app/sighting.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "json/document.h"
#include "json/writer.h"

namespace freeway::app {

namespace {

using json::Value;

constexpr std::uint32_t kLooks = 2;

// Ids of models, as far as spellings of one may differ: in case, and by the tag that Ollama means where none is named.
std::string spelling(std::string_view id) {
  constexpr std::string_view kLatest = ":latest";
  if (id.ends_with(kLatest)) id.remove_suffix(kLatest.size());
  std::string text(id);
  std::transform(text.begin(), text.end(), text.begin(), ascii_lower);
  return text;
}

class Names {
 public:
  explicit Names(const std::vector<dialect::ListedModel>& list) {
    for (const dialect::ListedModel& model : list) {
      all_.insert(spelling(model.id));
      if (model.hosted) hosted_.insert(spelling(model.id));
    }
  }
  bool hold(const std::string& id) const {
    std::string name = spelling(id);
    return all_.contains(name) || hosted_.contains(name.substr(0, name.rfind(':')));
  }

 private:
  std::set<std::string> all_, hosted_;
};

// May the list be expected to name this model?
class Expected {
 public:
  Expected(const catalog::Provider& provider, const Names& names) {
    for (const catalog::Model& model : provider.models) {
      if (names.hold(model.id)) kinds_.insert(model.kind);
    }
    kinds_.insert(catalog::Kind::chat);
  }
  bool operator()(const catalog::Model& model) const { return model.served() && kinds_.contains(model.kind); }

 private:
  std::set<catalog::Kind> kinds_;
};

const Sighting::Missing* find(const std::vector<Sighting::Missing>& missing, std::string_view model) {
  for (const Sighting::Missing& one : missing)
    if (one.model == model) return &one;
  return nullptr;
}

void write_moment(json::Writer& writer, std::string_view key, const std::optional<WallTime>& time) {
  if (time) writer.member(key, std::chrono::floor<std::chrono::seconds>(*time).time_since_epoch().count());
}

std::optional<WallTime> moment(Value value) {
  auto seconds = value.integer();
  if (!seconds || *seconds < 0 || *seconds > 4'000'000'000) return {};
  return WallTime(std::chrono::seconds(*seconds));
}

void write_listed(json::Writer& writer, const dialect::ListedModel& model) {
  writer.begin_object().member("id", model.id);
  if (model.context) writer.member("context", *model.context);
  if (model.free) writer.member_bool("free", *model.free);
  if (model.chats) writer.member_bool("chat", *model.chats);
  if (model.hosted) writer.member_bool("hosted", true);
  writer.end_object();
}

dialect::ListedModel read_listed(Value value) {
  dialect::ListedModel model;
  model.id = value["id"].string().value_or("");
  if (auto context = value["context"].integer()) model.context = static_cast<std::uint64_t>(*context);
  model.free = value["free"].boolean();
  model.chats = value["chat"].boolean();
  model.hosted = value["hosted"].boolean().value_or(false);
  return model;
}

}  // namespace

std::string list_address(const catalog::Provider& provider) {
  auto list = dialect::list_of(provider);
  return list ? list->base + list->path : "";
}

std::vector<std::string> note(Sighting& sighting, const catalog::Provider& provider, Result<Roster> found, WallTime now) {
  std::string from = list_address(provider);
  if (sighting.from != from) sighting = Sighting();
  sighting.from = std::move(from);
  sighting.looked = now;
  sighting.trouble = found ? "" : found.error().message;
  if (found && found->models.empty()) sighting.trouble = fmt::format("the list of {} is empty", provider.id);
  if (!sighting.trouble.empty()) return {};
  Names before(sighting.list), names(found->models);
  Expected expected(provider, names);
  std::vector<Sighting::Missing> missing;
  std::vector<std::string> vanished;
  for (const catalog::Model& model : provider.models) {
    if (!expected(model) || names.hold(model.id)) continue;
    const Sighting::Missing* known = find(sighting.missing, model.id);
    Sighting::Missing next = known != nullptr ? *known : Sighting::Missing{model.id, 0, {}};
    if (before.hold(model.id)) next.seen = sighting.listed_at;
    if (found->whole && ++next.looks == kLooks) vanished.push_back(model.id);
    missing.push_back(std::move(next));
  }
  sighting.missing = std::move(missing);
  sighting.list = std::move(found->models);
  sighting.listed_at = now;
  if (!found->whole) sighting.trouble = fmt::format("the list of {} goes on where nobody can read it", provider.id);
  return vanished;
}

api::admin::Discovery tell(const Sighting& last, const catalog::Provider& provider) {
  static const Sighting kNothing;
  const Sighting& sighting = last.from == list_address(provider) ? last : kNothing;
  api::admin::Discovery told;
  told.provider = provider.id;
  told.looked = sighting.looked;
  told.listed_at = sighting.listed_at;
  told.listed = sighting.list.size();
  told.trouble = sighting.trouble;
  Names names(sighting.list);
  std::set<std::string> known;
  for (const catalog::Model& model : provider.models) {
    known.insert(spelling(model.id));
    api::admin::Discovery::Mark mark;
    mark.model = model.id;
    if (names.hold(model.id)) {
      mark.listed = true;
      mark.seen = sighting.listed_at;
    } else if (const Sighting::Missing* missing = find(sighting.missing, model.id); missing && model.served()) {
      if (missing->looks >= kLooks) mark.listed = false;
      mark.seen = missing->seen;
    }
    told.known.push_back(std::move(mark));
  }
  for (const dialect::ListedModel& model : sighting.list) {
    if (!known.contains(spelling(model.id))) told.fresh.push_back(model);
  }
  return told;
}

std::string write_sighting(const Sighting& sighting) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object().member("from", sighting.from).member("trouble", sighting.trouble);
  write_moment(writer, "looked", sighting.looked);
  write_moment(writer, "listed_at", sighting.listed_at);
  writer.key("list").begin_array();
  for (const dialect::ListedModel& model : sighting.list) write_listed(writer, model);
  writer.end_array().key("missing").begin_array();
  for (const Sighting::Missing& one : sighting.missing) {
    writer.begin_object().member("model", one.model).member("looks", one.looks);
    write_moment(writer, "seen", one.seen);
    writer.end_object();
  }
  writer.end_array().end_object();
  return text;
}

std::optional<Sighting> read_sighting(std::string_view text) {
  auto document = json::Document::parse(text);
  if (!document || !document->root()["from"].is(json::Type::string)) return {};
  Value root = document->root();
  Sighting sighting;
  sighting.from = root["from"].string().value_or("");
  sighting.trouble = root["trouble"].string().value_or("");
  sighting.looked = moment(root["looked"]);
  sighting.listed_at = moment(root["listed_at"]);
  for (Value one : root["list"]) sighting.list.push_back(read_listed(one));
  for (Value one : root["missing"]) {
    auto looks = one["looks"].integer().value_or(0);
    sighting.missing.push_back(
        {one["model"].string().value_or(""), looks > 0 ? static_cast<std::uint32_t>(looks) : 0, moment(one["seen"])});
  }
  return sighting;
}

}  // namespace freeway::app
