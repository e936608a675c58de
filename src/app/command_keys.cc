#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "app/config_parts.h"
#include "app/greeting.h"
#include "app/key_owners.h"
#include "app/key_probe.h"
#include "app/key_row.h"
#include "app/session.h"
#include "app/table.h"
#include "json/writer.h"
#include "reader/section.h"

namespace freeway::app {

namespace {

using api::admin::AddedKey;
using api::admin::KeyCheck;
using api::admin::KeyView;
using api::admin::NewKey;

std::string where_prompts_go(const catalog::Provider& provider) {
  std::string text = fmt::format("prompts go to {}, which {}\n", host_of(provider), data_use_text(provider.data_use));
  if (!provider.data_use.note.empty()) text += "  " + provider.data_use.note + "\n";
  return text;
}

void write_check(json::Writer& writer, const KeyCheck& check) {
  writer.begin_object()
      .member("result", to_string(check.result))
      .member("message", check.message)
      .key("models")
      .begin_array();
  for (const std::string& model : check.models) writer.string(model);
  writer.end_array().end_object();
}

std::string added_json(const AddedKey& key) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object().member("id", key.id).member("provider", key.provider).member("name", key.name);
  writer.member("hint", key.hint).key("check");
  if (key.check) {
    write_check(writer, *key.check);
  } else {
    writer.null();
  }
  writer.end_object();
  return text + "\n";
}

// The provider that is meant, by id or by the name that people use.
const catalog::Provider* meant(Session& session, const Situation& situation) {
  if (const catalog::Provider* found = find_provider(situation, session.asked.provider)) return found;
  std::vector<catalog::Provider> all = all_providers(situation);
  KeyOwners owners(all);
  if (auto id = owners.by_name(session.asked.provider)) return find_provider(situation, *id);
  session.err << fmt::format("freeway: no provider is called \"{}\"{}; `freeway models --all` lists them\n",
                             session.asked.provider, reader::did_you_mean(session.asked.provider, owners.ids()));
  return nullptr;
}

void report_added(Session& session, const AddedKey& key, const catalog::Provider& provider) {
  if (session.asked.json) {
    session.out << added_json(key);
    return;
  }
  if (key.hint.empty()) {
    session.out << fmt::format("{} is asked without a key from now on\n", key.provider);
  } else {
    session.out << fmt::format("added {} of {} ({})\n", key.name, key.provider, key.hint);
  }
  if (key.check) session.out << key.check->message << "\n";
  if (!key.check || key.check->result == KeyCheck::Result::valid) session.out << unlocked_text(provider);
  session.out << where_prompts_go(provider);
  if (!provider.status.empty()) session.out << "note: " << provider.status << "\n";
}

// Keys by what people call them: "12", "groq:laptop", "groq/laptop", "laptop", or "groq" for all of its keys.
std::vector<KeyView> chosen(const std::vector<KeyView>& keys, std::string_view called) {
  std::vector<KeyView> found;
  for (const KeyView& key : keys) {
    if (key.id == called || key.provider + ":" + key.name == called || key.provider + "/" + key.name == called) return {key};
    if (key.provider == called || key.name == called) found.push_back(key);
  }
  return found;
}

Error nobody(const std::string& called) {
  return {ErrorKind::not_found, fmt::format("there is no key \"{}\"; `freeway keys list` shows them all", called)};
}

std::string state_of(const KeyView& key) {
  if (key.serving) return key.why.empty() ? "in use" : key.why.text();
  return (key.disabled ? "disabled: " : "not used: ") + key.why.text();
}

}  // namespace

int add_key(Session& session) {
  const Asked& asked = session.asked;
  if (!asked.stray.empty()) {
    return session.misused(
        "a key on the command line stays in the shell's history and is seen by every user of this machine; leave it out "
        "to be asked for it, or pipe it in, or use --env NAME or --file PATH. If it was a real one, consider it seen");
  }
  Situation situation = session.look();
  const catalog::Provider* provider = meant(session, situation);
  if (provider == nullptr) return kFailed;
  NewKey key;
  key.provider = provider->id;
  key.name = asked.name;
  key.account = asked.account;
  key.account_id = asked.account_id;
  if (!asked.proxy_env.empty()) {
    key.proxy = Secret(session.outside.variable(asked.proxy_env).value_or(""));
    if (key.proxy.empty()) return session.misused(fmt::format("the environment variable {} is not set", asked.proxy_env));
  } else {
    key.proxy = Secret(asked.proxy);
  }
  if (asked.keyless && !provider->keyless) {
    return session.failed({ErrorKind::invalid, fmt::format("{} does not answer without a key", provider->id)});
  }
  if (!asked.keyless) {
    auto value = session.read_secret(fmt::format(
        "key for {}{}: ", provider->id, provider->signup.empty() ? "" : fmt::format(" (from {})", provider->signup)));
    if (!value) return session.failed(value.error());
    if (value->empty() && provider->keyless) {
      return session.misused(fmt::format("no key came; {} also answers without one: add --keyless to say yes to that. {}",
                                         provider->id, where_prompts_go(*provider)));
    }
    if (value->empty()) return session.misused("no key came; type it, pipe it in, or use --env NAME or --file PATH");
    key.value = std::move(*value);
  }
  auto reach = session.reach();
  if (!reach) return session.failed(reach.error());
  auto added = reach->operations().add_keys({key}, !asked.no_check && !asked.keyless);
  if (!added) return session.failed(added.error());
  report_added(session, added->front(), *provider);
  return kDone;
}

int list_keys(Session& session) {
  auto reach = session.reach();
  if (!reach) return session.failed(reach.error());
  auto keys = reach->operations().keys();
  if (!keys) return session.failed(keys.error());
  std::string text;
  json::Writer writer(text);
  if (session.asked.json) writer.begin_array();
  std::vector<std::vector<std::string>> rows = {{"ID", "PROVIDER", "NAME", "KEY", "ACCOUNT", "FROM", "STATE", "LAST CHECK"}};
  for (const KeyView& key : *keys) {
    if (!session.asked.provider.empty() && key.provider != session.asked.provider) continue;
    std::string from = key.from.empty() ? std::string(to_string(key.source)) : key.from;
    std::string check = key.last_check;
    if (key.checked) check += fmt::format(" ({})", short_time(*key.checked));
    rows.push_back({key.id, key.provider, key.name, key.hint, key.account, from, state_of(key), check});
    if (!session.asked.json) continue;
    writer.begin_object().member("id", key.id).member("provider", key.provider).member("name", key.name);
    writer.member("source", to_string(key.source)).member("from", key.from).member("hint", key.hint);
    writer.member("account", key.account).member_bool("proxied", key.proxied).member_bool("serving", key.serving);
    writer.member_bool("disabled", key.disabled).member("why", key.why.text()).member("last_check", key.last_check);
    writer.end_object();
  }
  if (session.asked.json) {
    writer.end_array();
    session.out << text << "\n";
  } else if (rows.size() == 1) {
    session.out << "no provider key yet; `freeway keys add PROVIDER` adds one, `freeway models --all` lists providers\n";
  } else {
    session.out << table(rows);
  }
  return kDone;
}

int check_keys(Session& session) {
  auto reach = session.reach();
  if (!reach) return session.failed(reach.error());
  auto keys = reach->operations().keys();
  if (!keys) return session.failed(keys.error());
  std::vector<KeyView> wanted = *keys;
  if (!session.asked.which.empty()) wanted.clear();
  for (const std::string& called : session.asked.which) {
    std::vector<KeyView> found = chosen(*keys, called);
    if (found.empty()) return session.failed(nobody(called));
    wanted.insert(wanted.end(), found.begin(), found.end());
  }
  bool bad = false;
  std::string text;
  json::Writer writer(text);
  if (session.asked.json) writer.begin_array();
  if (wanted.empty() && !session.asked.json) session.out << "no provider key yet; `freeway keys add PROVIDER` adds one\n";
  for (const KeyView& key : wanted) {
    auto check = reach->operations().check_key(key.id);
    KeyCheck told;
    if (check) {
      told = std::move(*check);
    } else {
      told.message = check.error().message;
    }
    bad = bad || !check || told.result == KeyCheck::Result::invalid;
    if (session.asked.json) {
      writer.begin_object().member("id", key.id).member("provider", key.provider).member("name", key.name).key("check");
      write_check(writer, told);
      writer.end_object();
    } else {
      session.out << fmt::format("{:<12}  {}:{}  {}\n", to_string(told.result), key.provider, printable(key.name),
                                 told.message);
    }
  }
  if (session.asked.json) {
    writer.end_array();
    session.out << text << "\n";
  }
  return bad ? kFailed : kDone;
}

int remove_key(Session& session) {
  auto reach = session.reach();
  if (!reach) return session.failed(reach.error());
  auto keys = reach->operations().keys();
  if (!keys) return session.failed(keys.error());
  for (const std::string& called : session.asked.which) {
    std::vector<KeyView> found = chosen(*keys, called);
    if (found.empty()) return session.failed(nobody(called));
    if (found.size() > 1) {
      std::string names;
      for (const KeyView& key : found) names += fmt::format("{}{}:{}", names.empty() ? "" : ", ", key.provider, key.name);
      return session.failed(
          {ErrorKind::invalid, fmt::format("\"{}\" may be {}; name one of them, or its id", called, names)});
    }
    auto done = reach->operations().remove_key(found.front().id);
    if (!done) return session.failed(done.error());
    session.out << fmt::format("removed {} of {}\n", printable(found.front().name), found.front().provider);
  }
  return kDone;
}

}  // namespace freeway::app
