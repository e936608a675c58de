#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <ostream>

#include "api/admin/desk.h"
#include "app/commands.h"
#include "app/control_client.h"
#include "app/data_directory.h"
#include "app/greeting.h"
#include "app/session.h"
#include "app/table.h"
#include "json/writer.h"

namespace freeway::app {

namespace {

using api::admin::Discovery;

void write_new(json::Writer& writer, const Discovery& told, const dialect::ListedModel& model) {
  auto flag = [&](std::string_view name, const std::optional<bool>& value) {
    writer.key(name);
    if (value) {
      writer.boolean(*value);
    } else {
      writer.null();
    }
  };
  writer.begin_object().member("id", told.provider + "/" + model.id).member("provider", told.provider);
  writer.member("model", model.id).key("context");
  if (model.context) {
    writer.natural(*model.context);
  } else {
    writer.null();
  }
  flag("free", model.free);
  flag("chat", model.chats);
  api::admin::write_time(writer, "listed_at", told.listed_at);
  writer.end_object();
}

std::string new_as_json(const std::vector<Discovery>& discoveries) {
  std::string text;
  json::Writer writer(text);
  writer.begin_array();
  for (const Discovery& told : discoveries) {
    for (const dialect::ListedModel& model : told.fresh) write_new(writer, told, model);
  }
  writer.end_array();
  return text + "\n";
}

// The models of one provider as an entry of the file; what is left out is told in a comment.
std::string entry_of(const Discovery& told, bool all) {
  std::string models;
  std::size_t shown = 0, dear = 0;
  for (const dialect::ListedModel& model : told.fresh) {
    if (!model.chats.value_or(true)) continue;
    if (!model.free.value_or(true) && !all) {
      ++dear;
      continue;
    }
    ++shown;
    models += fmt::format("  [[providers.models]]\n  id = {}\n", json::quote(model.id));
    if (model.context) models += fmt::format("  context = {}\n", *model.context);
  }
  if (shown + dear == 0) return "";
  std::string when = told.listed_at ? fmt::format(" (on {} UTC)", short_time(*told.listed_at)) : "";
  std::string text = fmt::format("# {} lists {} that freeway does not know{}\n", told.provider, count(shown, "model"), when);
  if (dear > 0) text += fmt::format("# and {} that cost something; --all shows them too\n", count(dear, "model"));
  if (shown > 0) text += fmt::format("[[providers]]\nid = {}\n{}", json::quote(told.provider), models);
  return text + "\n";
}

// What was seen by the server or kept in the data directory; with --look after asking anew.
std::vector<Discovery> seen_by(Session& session, const std::vector<catalog::Provider>& providers) {
  std::error_code ignored;
  bool database = std::filesystem::exists(database_path(session.data_directory), ignored);
  if (!database && !session.asked.look) return {};
  auto reached = session.reach();
  if (!reached) {
    if (session.asked.look) session.failed(reached.error());
    return {};
  }
  const auto& operations = reached->operations();
  for (const catalog::Provider& provider : providers) {
    if (!session.asked.look) break;
    auto told = operations.discover(provider.id);
    if (!told) session.failed(told.error());
    for (const Discovery& one : told.value_or(std::vector<Discovery>())) {
      if (!one.trouble.empty()) session.failed({ErrorKind::protocol, printable(one.trouble)});
    }
  }
  return operations.discoveries().value_or(std::vector<Discovery>());
}

// What the server that runs on the data directory says of its models; nothing where none runs, or, with a word about it,
// where it does not tell.
std::optional<ModelStates> ask_server(Session& session) {
  auto answer = ControlClient(session.data_directory).call("GET", "/admin/api/models");
  if (!answer && answer.error().kind == ErrorKind::not_found) return {};
  auto complain = [&](const Error& error) {
    session.err << "freeway: as the configuration says, without the running server: " << printable(error.message) << "\n";
    return std::nullopt;
  };
  if (!answer) return complain(answer.error());
  if (!answer->ok()) return complain(answer->error());
  auto document = json::Document::parse(answer->body);
  if (!document) return complain(document.error());
  return read_model_states(document->root());
}

}  // namespace

std::string list_new_models(const std::vector<Discovery>& discoveries, bool all, bool json) {
  if (json) return new_as_json(discoveries);
  std::string text;
  bool looked = false;
  for (const Discovery& told : discoveries) {
    looked = looked || told.listed_at.has_value();
    text += entry_of(told, all);
  }
  if (!text.empty()) return text;
  if (looked) return "no provider in use lists a model that freeway does not know\n";
  return "no list was looked at yet; `freeway models --new --look` asks providers for theirs\n";
}

int show_models(Session& session) {
  auto seen = session.look_with_store();
  if (!seen) return kFailed;
  auto catalog = catalog::Catalog::build(seen->config.providers);
  if (!catalog) return session.failed(catalog.error());
  auto discoveries = seen_by(session, catalog->providers());
  const Asked& asked = session.asked;
  if (asked.fresh) {
    session.out << list_new_models(discoveries, asked.all, asked.json);
    return kDone;
  }
  auto running = ask_server(session);
  session.out << list_models(catalog->providers(), seen->set.inactive, discoveries, running, asked.all, asked.json);
  return kDone;
}

}  // namespace freeway::app
