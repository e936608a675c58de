#include "app/cli.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <ostream>

#include "app/commands.h"
#include "app/config_reader.h"
#include "app/data_directory.h"
#include "app/greeting.h"

namespace freeway::app {

namespace {

constexpr std::array<std::pair<const char*, const char*>, 12> kLater = {{
    {"keys", "provider keys"},
    {"clients", "client keys"},
    {"status", "the state of a running gateway"},
    {"doctor", "what is wrong and how to mend it"},
    {"backup", "copy the data directory"},
    {"restore", "bring a copy back"},
    {"rotate-master-key", "seal the stored keys anew"},
    {"catalog", "the built-in list of providers"},
    {"simulate", "run a scenario against simulated providers"},
    {"replay", "repeat recorded decisions"},
    {"setup", "configure an agent for this gateway"},
    {"run", "start an agent with this gateway"},
}};
constexpr std::array<const char*, 5> kNow = {"serve", "check", "version", "models", "route"};

// What the arguments asked for.
struct Asked {
  std::string config;
  std::string data;
  std::string listen;
  bool all = false;
  bool json = false;
  std::string prompt;
  std::string model = "auto";
};

class Session {
 public:
  Session(Asked asked, const Outside& outside, std::ostream& out, std::ostream& err)
      : asked_(std::move(asked)), outside_(outside), out_(out), err_(err) {
    auto variable = outside.variable("FREEWAY_CONFIG");
    explicit_path_ = !asked_.config.empty() || (variable && !variable->empty());
    path_ = asked_.config.empty() ? default_config_path(outside) : asked_.config;
  }

  int run_server(const Serve& serve) {
    ServeOptions options;
    options.config_path = path_;
    options.config_path_explicit = explicit_path_;
    options.data_directory = asked_.data.empty() ? default_data_directory(outside_) : asked_.data;
    if (!asked_.listen.empty()) options.listen = asked_.listen;
    return serve(options);
  }

  int check() {
    Loaded loaded = load_config(path_, explicit_path_, outside_);
    err_ << describe(loaded.mistakes);
    if (!loaded.config) {
      auto errors =
          std::count_if(loaded.mistakes.begin(), loaded.mistakes.end(), [](const Mistake& m) { return !m.warning; });
      err_ << fmt::format("{}; the gateway would not start with this configuration\n",
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
    out_ << fmt::format("{}: good, {}, {}, {}, {}\n", path_, count(loaded.config->providers.size(), "provider"),
                        count(models, "model"), count(keys, "provider key"),
                        count(loaded.config->client_keys.size(), "client key"));
    return kDone;
  }

  int models() {
    auto config = load();
    if (!config) return kFailed;
    auto catalog = catalog::Catalog::build(std::move(config->providers));
    if (!catalog) return failed(catalog.error());
    out_ << list_models(*catalog, asked_.all, asked_.json);
    return kDone;
  }

  int route() {
    auto config = load();
    if (!config) return kFailed;
    SystemClock clock;
    RouteQuestion question{asked_.prompt, asked_.model, asked_.json};
    auto text = explain_route(*config, question, {clock.now(), clock.wall()});
    if (!text) return failed(text.error());
    out_ << *text;
    return kDone;
  }

 private:
  std::optional<Config> load() {
    Loaded loaded = load_config(path_, explicit_path_, outside_);
    err_ << describe(loaded.mistakes);
    if (!loaded.config) err_ << "mend the configuration, then try again\n";
    return std::move(loaded.config);
  }
  int failed(const Error& error) {
    err_ << "freeway: " << error.message << "\n";
    return kFailed;
  }

  Asked asked_;
  const Outside& outside_;
  std::ostream& out_;
  std::ostream& err_;
  std::string path_;
  bool explicit_path_ = false;
};

void describe_commands(CLI::App& app, Asked& asked) {
  app.require_subcommand(1);
  app.set_version_flag("--version", "freeway " FREEWAY_VERSION);
  auto with_config = [&](CLI::App* command) {
    command->add_option("--config", asked.config, "configuration file (FREEWAY_CONFIG)");
    return command;
  };
  CLI::App* serve = with_config(app.add_subcommand("serve", "run the gateway; SIGTERM drains, SIGHUP reloads"));
  serve->add_option("--data", asked.data, "data directory (FREEWAY_DATA)");
  serve->add_option("--listen", asked.listen, "address and port (FREEWAY_LISTEN)");
  with_config(app.add_subcommand("check", "tell a configuration's mistakes, with file and line"));
  app.add_subcommand("version", "tell the version");
  CLI::App* models = with_config(app.add_subcommand("models", "list what is usable now"));
  models->add_flag("--all", asked.all, "also what is not, and why");
  models->add_flag("--json", asked.json, "as JSON");
  CLI::App* route = with_config(app.add_subcommand("route", "tell which route a prompt would take and why, without a call"));
  route->add_option("prompt", asked.prompt, "the prompt")->required();
  route->add_option("--model", asked.model, "the model asked for; default: auto");
  route->add_flag("--json", asked.json, "as JSON");
}

bool is_known(const std::string& command) {
  return std::any_of(kNow.begin(), kNow.end(), [&](const char* name) { return command == name; });
}

bool comes_later(const std::string& command) {
  return std::any_of(kLater.begin(), kLater.end(), [&](const auto& later) { return command == later.first; });
}

int unknown_command(const std::string& command, std::ostream& err) {
  std::vector<std::string> names(kNow.begin(), kNow.end());
  for (const auto& [name, what] : kLater) names.emplace_back(name);
  err << fmt::format("freeway: unknown command \"{}\"{}\n`freeway --help` lists the commands\n", command,
                     did_you_mean(command, names));
  return kUsage;
}

}  // namespace

int run(const std::vector<std::string>& arguments, const Outside& outside, const Serve& serve, std::ostream& out,
        std::ostream& err) {
  if (!arguments.empty() && !arguments.front().starts_with('-') && !is_known(arguments.front())) {
    if (!comes_later(arguments.front())) return unknown_command(arguments.front(), err);
    err << fmt::format("freeway: `freeway {}` comes with a later version; `freeway --help` lists what there is\n",
                       arguments.front());
    return kFailed;
  }
  Asked asked;
  CLI::App app("freeway: one OpenAI-compatible address for many free providers", "freeway");
  try {
    describe_commands(app, asked);
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    return app.exit(error, out, err) == 0 ? kDone : kUsage;
  }
  Session session(std::move(asked), outside, out, err);
  if (app.got_subcommand("serve")) return session.run_server(serve);
  if (app.got_subcommand("check")) return session.check();
  if (app.got_subcommand("models")) return session.models();
  if (app.got_subcommand("route")) return session.route();
  out << "freeway " FREEWAY_VERSION "\n";
  return kDone;
}

}  // namespace freeway::app
