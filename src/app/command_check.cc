#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "app/commands.h"
#include "app/control_client.h"
#include "app/greeting.h"
#include "app/session.h"

namespace freeway::app {

int check_configuration(Session& session) {
  Loaded loaded = load_config(session.sources.config_path, session.sources.config_path_explicit, session.outside,
                              session.data_directory);
  session.err << describe(loaded.mistakes);
  if (!loaded.config) {
    auto errors = std::count_if(loaded.mistakes.begin(), loaded.mistakes.end(), [](const Mistake& m) { return !m.warning; });
    session.err << fmt::format("{}; the gateway would not start with this configuration\n",
                               count(static_cast<std::size_t>(errors), "mistake"));
    return kFailed;
  }
  std::size_t models = 0;
  std::size_t keys = 0;
  for (const catalog::Provider& provider : loaded.config->providers) {
    models += provider.models.size();
    keys += static_cast<std::size_t>(std::count_if(provider.keys.begin(), provider.keys.end(),
                                                   [](const catalog::Key& key) { return !key.secret.empty(); }));
  }
  session.out << fmt::format("{}: good, {}, {}, {}, {}\n", session.sources.config_path,
                             count(loaded.config->providers.size(), "provider"), count(models, "model"),
                             count(keys, "provider key"), count(loaded.config->client_keys.size(), "client key"));
  return kDone;
}

int show_route(Session& session) {
  auto privacy = catalog::privacy_named(session.asked.privacy).value_or(catalog::kStrictest);
  RouteQuestion question{session.asked.prompt, session.asked.model, privacy};
  std::string body;
  std::string_view seen_by = "as the running server sees it";
  ControlClient client(session.data_directory);
  auto answer = client.call("POST", "/admin/api/explain?privacy=" + session.asked.privacy, question_text(question));
  if (answer && !answer->ok()) return session.failed(answer->error());
  if (answer) {
    body = std::move(answer->body);
  } else {
    auto seen = session.look_with_store();
    if (!seen) return kFailed;
    auto text = explain_route(seen->config, question, {session.clock.now(), session.clock.wall()});
    if (!text) return session.failed(text.error());
    body = std::move(*text);
    seen_by = "as a server that starts now would see it; none runs";
  }
  if (session.asked.json) {
    session.out << body << "\n";
    return kDone;
  }
  auto document = json::Document::parse(body);
  if (!document) return session.failed(document.error());
  session.out << describe_explanation(document->root()) << "(" << seen_by << ")\n";
  return kDone;
}

}  // namespace freeway::app
