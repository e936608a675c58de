#include "app/settings_list.h"

#include <algorithm>
#include <array>

#include "app/config_parts.h"
#include "json/writer.h"

namespace freeway::app {

namespace {

using api::admin::SettingView;

constexpr auto kKnown = std::to_array<KnownSetting>({
    {"server", "listen", "\"127.0.0.1:8420\"", "The address and port that freeway answers on.", true},
    {"server", "admin_token", "null", "The token that opens the admin API without a browser."},
    {"server", "threads", "0", "How many threads answer requests; 0 is one a core.", true},
    {"server", "body_limit", "\"32MiB\"", "The largest request body, also after gzip."},
    {"server", "upload_limit", "null",
     "The largest form with a file, also after gzip; that of body_limit where it is not set."},
    {"server", "upload_space", "\"2GiB\"", "How much of the disk the files of all uploads may take at the same time."},
    {"server", "stream_space", "\"256MiB\"", "How much memory what streams have in hand may take at the same time."},
    {"server", "allowed_hosts", "[]", "More names under which the dashboard and the admin API may be reached."},
    {"server", "cors_origins", "[]", "Web pages of these origins may ask /v1 from a browser."},
    {"server", "trusted_proxies", "[]", "Proxies whose word counts about whom they ask for."},
    {"log", "keep", "\"30d\"", "How long a request stays in the log.", true},
    {"log", "max_size", "\"512MiB\"", "How large the database may be before the oldest requests go.", true},
    {"responses", "keep_for", "\"30d\"", "How long a response of /v1/responses can be asked for."},
    {"responses", "max_bytes", "\"64MiB\"", "How much memory kept responses may take."},
    {"catalog", "builtin", "true", "Whether the providers that freeway knows by itself are there."},
    {"catalog", "public_key", "null", "Whose catalogs an update takes; the program's own key if it has one."},
    {"catalog", "discover_every", "\"24h\"", "How often each provider's own list of models is looked at."},
    {"keys", "check_every", "\"6h\"", "How often providers are asked whether they still take the keys."},
    {"images", "fetch", "true", "Whether images that a client names by address may be fetched for a provider."},
    {"images", "allow", "[]", "Where images may come from beside public addresses."},
    {"images", "max_size", "\"20MiB\"", "The size of all fetched images of a request together."},
    {"images", "max_count", "16", "How many different images of a request may be fetched."},
    {"images", "timeout", "\"10s\"", "How long fetching all images of a request may take."},
    {"privacy", "label_age", "\"365d\"", "A data-use label that is older allows nothing under no-training."},
    {"routing", "strategy", "\"balanced\"", "In which order models are tried for auto."},
    {"routing", "order", "[]", "Models that go first, the preferred one at the head."},
    {"routing", "max_attempts", "20", "How many upstream calls one request may make."},
    {"routing", "deadline", "\"60s\"", "How long a request may take to its first content, all attempts included."},
    {"routing", "queue_wait", "\"30s\"", "How much of the deadline a request may wait in line."},
    {"routing", "session_ttl", "\"30m\"", "How long a silent conversation keeps its model."},
    {"routing", "hedge_share", "0.0", "How many calls may be made beside late ones, as a share of the requests."},
    {"cache", "enabled", "false", "The response cache, which this version does not have."},
    {"ollama", "enabled", "false", "The Ollama surface, which this version does not have."},
    {"timeouts", "connect", "\"5s\"", "How long one attempt may take to a connected socket."},
    {"timeouts", "first_token", "\"30s\"", "How long one streamed attempt may take to its first content."},
    {"timeouts", "answer", "\"120s\"", "How long one attempt that is not streamed may take."},
    {"timeouts", "idle", "\"60s\"", "How long a stream may be silent between two pieces of content."},
});

std::string as_json(const std::vector<std::string>& names) {
  std::string text;
  json::Writer writer(text);
  writer.begin_array();
  for (const std::string& name : names) writer.string(name);
  writer.end_array();
  return text;
}

bool is_known(const GivenSetting& given) {
  return std::any_of(kKnown.begin(), kKnown.end(),
                     [&](const KnownSetting& one) { return one.section == given.section && one.key == given.key; });
}

void put(SettingView& view, const GivenSetting& given) {
  view.value = given.value;
  view.source = given.line > 0 ? SettingView::Source::file : SettingView::Source::environment;
  view.where = given.where;
  view.secret = given.secret;
}

SettingView view_of(const KnownSetting& known) {
  SettingView view;
  view.section = known.section;
  view.key = known.key;
  view.value = view.standard = known.standard;
  view.secret = known.key == "admin_token";
  view.needs_restart = known.needs_restart;
  view.about = known.about;
  return view;
}

// What the dashboard set, in place of what the file says.
void put_preferences(std::vector<SettingView>& views, const Situation& now) {
  for (const auto& [name, models] : now.preferences.profiles) {
    auto same = [&](const SettingView& view) { return view.section == "profiles" && view.key == name; };
    auto at = std::find_if(views.begin(), views.end(), same);
    if (at == views.end()) {
      SettingView view;
      view.section = "profiles";
      view.key = name;
      view.standard = "null";
      at = views.insert(views.end(), std::move(view));
    }
    at->value = as_json(models);
    at->source = SettingView::Source::dashboard;
    at->where.clear();
  }
}

}  // namespace

std::span<const KnownSetting> known_settings() { return kKnown; }

std::vector<SettingView> list_settings(const Situation& now, const SituationSources& sources) {
  static const std::vector<GivenSetting> kNothing;
  const auto& given = now.config.given ? *now.config.given : kNothing;
  std::vector<SettingView> views;
  for (const KnownSetting& known : kKnown) {
    SettingView view = view_of(known);
    for (const GivenSetting& one : given) {
      if (one.section == known.section && one.key == known.key) put(view, one);
    }
    if (known.section == "server" && known.key == "listen" && sources.listen) {
      view.value = json::quote(*sources.listen);
      view.source = SettingView::Source::flag;
      view.where = "--listen";
    }
    if (known.section == "routing" && known.key == "order" && !now.preferences.order.empty()) {
      view.value = as_json(now.config.policy.order);
      view.source = SettingView::Source::dashboard;
      view.where.clear();
    }
    views.push_back(std::move(view));
  }
  for (const GivenSetting& one : given) {
    if (is_known(one)) continue;
    SettingView view;
    view.section = one.section;
    view.key = one.key;
    view.standard = "null";
    put(view, one);
    views.push_back(std::move(view));
  }
  put_preferences(views, now);
  return views;
}

}  // namespace freeway::app
