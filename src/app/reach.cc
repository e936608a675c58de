#include "app/reach.h"

#include <fmt/format.h>

#include "api/admin/desk.h"
#include "base/duration.h"
#include "base/text.h"
#include "json/document.h"
#include "json/writer.h"

namespace freeway::app {

namespace {

using namespace api::admin;
using json::Value;

std::string text_of(Value value) { return value.string().value_or(""); }

std::optional<WallTime> time_of(Value value) {
  if (!value.given()) return {};
  return parse_iso_time(text_of(value));
}

std::optional<std::uint64_t> natural_of(Value value) {
  auto number = value.integer();
  if (!number || *number < 0) return {};
  return static_cast<std::uint64_t>(*number);
}

std::vector<std::string> texts_of(Value value) {
  std::vector<std::string> all;
  for (Value one : value) all.push_back(text_of(one));
  return all;
}

// A call to the server, and its answer read by `read`.
template <class Made>
Result<Made> ask(ControlClient& client, std::string_view method, const std::string& target, std::string_view body,
                 Made (*read)(Value)) {
  auto answer = client.call(method, "/admin/api/" + target, body);
  if (!answer) return std::unexpected(answer.error());
  if (!answer->ok()) return std::unexpected(answer->error());
  auto document = json::Document::parse(answer->body);
  if (!document) return fail(ErrorKind::protocol, "the server's answer is no JSON: " + document.error().message);
  return read(document->root());
}

Result<void> tell(ControlClient& client, std::string_view method, const std::string& target, std::string_view body = {}) {
  auto answer = client.call(method, "/admin/api/" + target, body);
  if (!answer) return std::unexpected(answer.error());
  if (!answer->ok()) return std::unexpected(answer->error());
  return {};
}

KeyView read_key(Value value) {
  KeyView key;
  key.id = text_of(value["id"]);
  key.provider = text_of(value["provider"]);
  key.name = text_of(value["name"]);
  std::string source = text_of(value["source"]);
  key.source = source == "configuration" ? KeyView::Source::configuration
               : source == "environment" ? KeyView::Source::environment
                                         : KeyView::Source::store;
  key.from = text_of(value["from"]);
  key.hint = text_of(value["hint"]);
  key.account = text_of(value["account"]);
  key.proxied = value["proxied"].boolean().value_or(false);
  std::string state = text_of(value["state"]);
  key.disabled = state == "disabled";
  key.serving = state != "disabled" && state != "unused";
  key.why = Clause::quoted(text_of(value["why"]));
  key.last_check = text_of(value["last_check"]);
  key.checked = time_of(value["checked_at"]);
  key.created = time_of(value["created_at"]);
  return key;
}

std::vector<KeyView> read_keys(Value root) {
  std::vector<KeyView> keys;
  for (Value one : root["keys"]) keys.push_back(read_key(one));
  return keys;
}

KeyCheck read_check(Value value) {
  KeyCheck check;
  std::string result = text_of(value["result"]);
  check.result = result == "valid"     ? KeyCheck::Result::valid
                 : result == "invalid" ? KeyCheck::Result::invalid
                                       : KeyCheck::Result::inconclusive;
  check.message = text_of(value["message"]);
  check.models = texts_of(value["models"]);
  return check;
}

std::vector<AddedKey> read_added(Value root) {
  std::vector<AddedKey> all;
  for (Value one : root["keys"]) {
    AddedKey key;
    key.id = text_of(one["id"]);
    key.provider = text_of(one["provider"]);
    key.name = text_of(one["name"]);
    key.hint = text_of(one["hint"]);
    if (one["check"].given()) key.check = read_check(one["check"]);
    all.push_back(std::move(key));
  }
  return all;
}

std::vector<RevealedKey> read_revealed(Value root) {
  std::vector<RevealedKey> all;
  for (Value one : root["keys"]) {
    RevealedKey key;
    key.provider = text_of(one["provider"]);
    key.name = text_of(one["name"]);
    key.value = Secret(text_of(one["value"]));
    key.account = text_of(one["account"]);
    key.account_id = text_of(one["account_id"]);
    key.proxy = Secret(text_of(one["proxy"]));
    key.disabled_reason = text_of(one["disabled_reason"]);
    all.push_back(std::move(key));
  }
  return all;
}

Discovery read_discovery(Value value) {
  Discovery told;
  told.provider = text_of(value["provider"]);
  told.looked = time_of(value["looked_at"]);
  told.listed_at = time_of(value["listed_at"]);
  told.listed = natural_of(value["listed"]).value_or(0);
  told.trouble = text_of(value["trouble"]);
  for (Value one : value["models"]) {
    told.known.push_back({text_of(one["model"]), one["listed"].boolean(), time_of(one["listed_at"])});
  }
  for (Value one : value["new"]) {
    dialect::ListedModel model;
    model.id = text_of(one["model"]);
    model.context = natural_of(one["context"]);
    model.free = one["free"].boolean();
    model.chats = one["chat"].boolean();
    told.fresh.push_back(std::move(model));
  }
  return told;
}

std::vector<Discovery> read_discoveries(Value root) {
  std::vector<Discovery> all;
  for (Value one : root["discoveries"]) all.push_back(read_discovery(one));
  return all;
}

ClientView read_client(Value value) {
  ClientView client;
  client.name = text_of(value["name"]);
  client.source =
      text_of(value["source"]) == "configuration" ? ClientView::Source::configuration : ClientView::Source::store;
  client.models = texts_of(value["models"]);
  client.rpm = natural_of(value["rpm"]);
  client.tpd = natural_of(value["tpd"]);
  client.privacy = catalog::privacy_named(text_of(value["privacy"])).value_or(catalog::kStrictest);
  client.expires = time_of(value["expires"]);
  client.created = time_of(value["created_at"]);
  client.revoked = time_of(value["revoked_at"]);
  client.used = time_of(value["used_at"]);
  return client;
}

std::vector<ClientView> read_clients(Value root) {
  std::vector<ClientView> all;
  for (Value one : root["clients"]) all.push_back(read_client(one));
  return all;
}

FreshClient read_fresh(Value root) {
  FreshClient fresh;
  fresh.client = read_client(root);
  fresh.key = Secret(text_of(root["key"]));
  return fresh;
}

BackupDone read_backup(Value root) {
  BackupDone done;
  done.path = text_of(root["path"]);
  done.bytes = natural_of(root["bytes"]).value_or(0);
  return done;
}

Reloaded read_reloaded(Value root) { return {root["changed"].boolean().value_or(false), texts_of(root["warnings"])}; }

PreferencesView read_view(Value root) {
  PreferencesView view;
  if (auto own = api::admin::read_preferences(root)) view.own = std::move(*own);
  view.order = texts_of(root["in_force"]["order"]);
  if (auto in_force = api::admin::read_preferences(root["in_force"])) view.profiles = std::move(in_force->profiles);
  return view;
}

std::string key_body(const std::vector<NewKey>& keys, bool check) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object().member_bool("check", check).key("keys").begin_array();
  for (const NewKey& key : keys) {
    writer.begin_object().member("provider", key.provider).member("name", key.name);
    writer.member("value", key.value.reveal()).member_bool("keyless", key.value.empty());
    writer.member("account", key.account).member("account_id", key.account_id);
    writer.member("proxy", key.proxy.reveal()).end_object();
  }
  writer.end_array().end_object();
  return body;
}

std::string client_body(const NewClient& client) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object().member("name", client.name).key("models").begin_array();
  for (const std::string& model : client.models) writer.string(model);
  writer.end_array();
  if (client.rpm) writer.member("rpm", *client.rpm);
  if (client.tpd) writer.member("tpd", *client.tpd);
  writer.member("privacy", to_string(client.privacy));
  if (client.expires) writer.member("expires", api::admin::spell(*client.expires));
  writer.end_object();
  return body;
}

std::string backup_body(const BackupOrder& order) {
  std::string body;
  json::Writer(body)
      .begin_object()
      .member("path", order.path)
      .member_bool("requests", order.requests)
      .member_bool("master_key", order.master_key)
      .member("passphrase", order.passphrase.reveal())
      .end_object();
  return body;
}

std::string provider_body(const std::string& provider) {
  std::string body;
  json::Writer(body).begin_object().member("provider", provider).end_object();
  return body;
}

std::string reason_body(const std::string& reason) {
  std::string body;
  json::Writer(body).begin_object().member("reason", reason).end_object();
  return body;
}

}  // namespace

Operations remote_operations(ControlClient& client) {
  ControlClient* at = &client;
  Operations made;
  made.keys = [at] { return ask(*at, "GET", "keys", "", read_keys); };
  made.add_keys = [at](const std::vector<NewKey>& keys, bool check) {
    return ask(*at, "POST", "keys", key_body(keys, check), read_added);
  };
  made.remove_key = [at](const std::string& id) { return tell(*at, "DELETE", "keys/" + percent_encode(id)); };
  made.check_key = [at](const std::string& id) {
    return ask(*at, "POST", "keys/" + percent_encode(id) + "/check", "", read_check);
  };
  made.disable_key = [at](const std::string& id, const std::string& reason) {
    return tell(*at, "POST", "keys/" + percent_encode(id) + "/disable", reason_body(reason));
  };
  made.enable_key = [at](const std::string& id) { return tell(*at, "POST", "keys/" + percent_encode(id) + "/enable"); };
  made.reveal_keys = [at] { return ask(*at, "POST", "keys/reveal", "", read_revealed); };
  made.preferences = [at] { return ask(*at, "GET", "preferences", "", read_view); };
  made.discoveries = [at] { return ask(*at, "GET", "discoveries", "", read_discoveries); };
  made.discover = [at](const std::string& provider) {
    return ask(*at, "POST", "discoveries", provider_body(provider), read_discoveries);
  };
  made.clients = [at] { return ask(*at, "GET", "clients", "", read_clients); };
  made.add_client = [at](const NewClient& wanted) { return ask(*at, "POST", "clients", client_body(wanted), read_fresh); };
  made.revoke_client = [at](const std::string& name) { return tell(*at, "DELETE", "clients/" + percent_encode(name)); };
  made.reload = [at] { return ask(*at, "POST", "reload", "", read_reloaded); };
  made.backup = [at](const BackupOrder& order) { return ask(*at, "POST", "backup", backup_body(order), read_backup); };
  made.rotate_master_key = [at] { return tell(*at, "POST", "rotate-master-key"); };
  return made;
}

Result<Reach> Reach::open(const Options& options, const Outside& outside, const Clock& clock) {
  Reach made;
  auto client = std::make_unique<ControlClient>(options.data_directory);
  auto answer = client->call("GET", "/admin/api/keys?provider=-");
  if (answer && !answer->ok()) return std::unexpected(answer->error());
  if (answer) {
    made.operations_ = remote_operations(*client);
    made.client_ = std::move(client);
    return made;
  }
  if (answer.error().kind != ErrorKind::not_found) return std::unexpected(answer.error());
  // A file with mistakes is told before the data directory is touched.
  Loaded loaded =
      load_config(options.sources.config_path, options.sources.config_path_explicit, outside, options.data_directory);
  if (!loaded.config) return fail(ErrorKind::invalid, message_of(loaded.mistakes));
  auto holdings = Holdings::open(options.data_directory, loaded.config->log, outside, clock);
  if (!holdings) return std::unexpected(holdings.error());
  made.holdings_ = std::make_unique<Holdings>(std::move(*holdings));
  Holdings& held = *made.holdings_;
  Keeper::Parts parts{*held.store, *held.vault, *held.secrets, clock, outside};
  Keeper::Options wanted;
  wanted.sources = options.sources;
  wanted.data_directory = options.data_directory;
  made.keeper_ = std::make_unique<Keeper>(parts, std::move(wanted));
  std::vector<Mistake> mistakes;
  if (auto done = made.keeper_->load(mistakes); !done) return std::unexpected(done.error());
  made.situation_ = made.keeper_->situation();
  made.operations_ = made.keeper_->operations();
  return made;
}

}  // namespace freeway::app
