#include "app/cli.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <ostream>

#include "base/duration.h"
#include "catalog/release.h"
#include "net/listen.h"
#include "net/proxy.h"
#include "reader/section.h"

namespace freeway::app {

namespace {

constexpr std::array<std::pair<const char*, const char*>, 4> kLater = {{
    {"simulate", "run a scenario against simulated providers"},
    {"replay", "repeat recorded decisions"},
    {"setup", "configure an agent for this gateway"},
    {"run", "start an agent with this gateway"},
}};

using Command = int (*)(Session&);

// What is wrong with a flag's value, by whoever reads it later: told before anything is touched. An empty one counts as left
// out.
template <class Read>
std::string told_by(const std::string& text, Read read) {
  if (text.empty()) return "";
  auto value = read(text);
  return value ? std::string() : value.error().message;
}
std::string judge_listen(const std::string& text) { return told_by(text, net::ListenAddress::parse); }
std::string judge_proxy(const std::string& text) { return told_by(text, net::ProxyAddress::parse); }
std::string judge_public_key(const std::string& text) { return told_by(text, catalog::parse_signing_key); }
std::string judge_day(const std::string& text) {
  return text.empty() || parse_iso_time(text + "T00:00:00Z") ? "" : "expected a day such as 2026-11-22";
}

// The tree of commands; `chosen` is set to the one that the arguments name.
class Tree {
 public:
  Tree(CLI::App& root, Asked& asked) : asked_(asked) {
    root.require_subcommand(1);
    root.set_version_flag("--version", "freeway " FREEWAY_VERSION);
    serve_ = add(root, "serve", "run the gateway; SIGTERM drains, SIGHUP reloads", nullptr);
    serve_->add_option("--listen", asked.listen, "address and port (FREEWAY_LISTEN)")->check(judge_listen);
    describe_keys(group(root, "keys", "provider keys"));
    describe_clients(group(root, "clients", "client keys"));
    describe_questions(root);
    describe_upkeep(root);
    describe_catalog(group(root, "catalog", "the list of providers that freeway knows by itself"));
    add(root, "version", "tell the versions of the program and of its catalog", show_version);
    for (const CLI::App* command : root.get_subcommands({})) names_.push_back(command->get_name());
  }

  Command chosen = nullptr;
  bool serving() const { return serve_->parsed(); }
  const std::vector<std::string>& names() const { return names_; }

 private:
  CLI::App* add(CLI::App& under, const char* name, const char* what, Command command) {
    CLI::App* made = under.add_subcommand(name, what);
    made->add_option("--config", asked_.config, "configuration file (FREEWAY_CONFIG)");
    made->add_option("--data", asked_.data, "data directory (FREEWAY_DATA)");
    if (command != nullptr) made->callback([this, command] { chosen = command; });
    return made;
  }
  CLI::App* with_json(CLI::App* command) {
    command->add_flag("--json", asked_.json, "as JSON");
    return command;
  }
  static CLI::App& group(CLI::App& under, const char* name, const char* what) {
    CLI::App* made = under.add_subcommand(name, what);
    made->require_subcommand(1);
    return *made;
  }

  void add_privacy(CLI::App& command, const char* what) {
    std::vector<std::string> levels(catalog::kPrivacies.begin(), catalog::kPrivacies.end());
    command.add_option("--privacy", asked_.privacy, what)->check(CLI::IsMember(levels));
  }

  void describe_keys(CLI::App& keys) {
    CLI::App* one =
        with_json(add(keys, "add", "add a key: asked for on the terminal, or read from standard input", add_key));
    one->add_option("provider", asked_.provider, "the provider's id")->required();
    one->add_option("key", asked_.stray)->group("");
    one->add_option("--name", asked_.name, "what to call it; default: key-1, key-2 …");
    one->add_option("--env", asked_.variable, "take the key from this environment variable");
    one->add_option("--file", asked_.file, "take the key from this file");
    one->add_option("--account", asked_.account, "the account it belongs to; keys of one account share its allowances");
    one->add_option("--account-id", asked_.account_id, "the account's id, where the provider's address holds one");
    one->add_option("--proxy", asked_.proxy, "outbound proxy of this key: http://… or socks5h://…")->check(judge_proxy);
    one->add_option("--proxy-env", asked_.proxy_env, "take the proxy, which may hold a password, from this variable");
    one->add_flag("--no-check", asked_.no_check, "do not ask the provider whether it is good");
    one->add_flag("--keyless", asked_.keyless, "say yes to asking this provider without a key");
    with_json(add(keys, "list", "list keys, masked", list_keys))
        ->add_option("provider", asked_.provider, "of this one alone");
    one = with_json(add(keys, "import", "add keys from .env, JSON, CSV or plain text", import_keys));
    one->add_option("file", asked_.file, "the file; -, or nothing: standard input");
    one->add_option("--format", asked_.format, "env, json, csv or text; default: told by the name or the text");
    one->add_option("--provider", asked_.provider, "whose keys they are, where the file does not tell");
    one->add_flag("--preview,--dry-run", asked_.preview, "only tell what would be added");
    one->add_flag("--check", asked_.check, "ask the providers first; a refused key stops the import");
    one->add_flag("--yes", asked_.yes, "do not ask back");
    one = add(keys, "export", "write keys out, masked unless --reveal", export_keys);
    one->add_option("--format", asked_.format, "env, json, csv or text; default: by the name, else json");
    one->add_option("--output", asked_.output, "the file; default: standard output");
    one->add_flag("--reveal", asked_.reveal, "with the keys themselves");
    one = with_json(add(keys, "check", "ask providers whether keys are good; default: all", check_keys));
    one->add_option("keys", asked_.which, "ids, names, or providers");
    add(keys, "remove", "remove keys", remove_key)->add_option("keys", asked_.which, "ids, or provider:name")->required();
  }

  void describe_clients(CLI::App& clients) {
    CLI::App* one = with_json(add(clients, "add", "make a client key and print it once", add_client));
    one->add_option("name", asked_.name, "the client's name")->required();
    auto named = [](const std::string& model) {
      return std::string(model.empty() ? "a model without a name; leave --models out to allow all" : "");
    };
    one->add_option("--models", asked_.models, "the models that it may use; default: all")->delimiter(',')->check(named);
    const CLI::Range limit(std::int64_t{1}, std::numeric_limits<std::int64_t>::max());
    one->add_option("--rpm", asked_.rpm, "requests a minute")->check(limit);
    one->add_option("--tpd", asked_.tpd, "tokens a day")->check(limit);
    one->add_option("--expires", asked_.expires,
                    "when its key ends: \"30d\" from now, or a time such as 2030-01-31T08:00:00Z");
    add_privacy(*one, "which providers may see its prompts: any (default) or no-training");
    with_json(add(clients, "list", "list clients", list_clients));
    add(clients, "revoke", "refuse a client's key from now on", revoke_client)
        ->add_option("name", asked_.name, "the client's name")
        ->required();
  }

  void describe_questions(CLI::App& root) {
    CLI::App* one = with_json(add(root, "models", "list what is usable now", show_models));
    one->add_flag("--all", asked_.all, "also what is not, and why; of new ones, also those that cost something");
    one->add_flag("--new", asked_.fresh,
                  "what providers list and freeway does not know, to be copied into the configuration");
    one->add_flag("--look", asked_.look, "ask providers for their lists first");
    one = with_json(add(root, "route", "tell which route a prompt would take and why, without a call", show_route));
    one->add_option("prompt", asked_.prompt, "the prompt")->required();
    one->add_option("--model", asked_.model, "the model asked for; default: auto");
    add_privacy(*one, "as if the request asked for this: any (default) or no-training");
    with_json(add(root, "status", "tell the state of the running gateway", show_status));
    with_json(add(root, "doctor", "tell what is wrong and how to mend it", examine));
    add(root, "check", "tell a configuration's mistakes, with file and line", check_configuration);
  }

  void describe_upkeep(CLI::App& root) {
    CLI::App* one = with_json(add(root, "backup", "write keys, clients, usage and log into one file", back_up));
    one->add_option("file", asked_.file, "the file; default: a new one in the data directory's backups");
    one->add_flag("--without-requests", asked_.without_requests, "without the request log");
    one->add_flag("--with-master-key", asked_.with_master_key, "with the master key, sealed under a passphrase");
    one->add_option("--passphrase-env", asked_.passphrase_env, "take the passphrase from this environment variable");
    one = add(root, "restore", "bring a backup into a data directory that no server uses", restore);
    one->add_option("file", asked_.file, "the backup")->required();
    one->add_flag("--replace", asked_.replace, "put what is there aside");
    one->add_flag("--with-master-key", asked_.with_master_key, "ask for the passphrase of the backup's master key");
    one->add_option("--passphrase-env", asked_.passphrase_env, "take the passphrase from this environment variable");
    add(root, "rotate-master-key", "seal all provider keys with a new master key", rotate_master_key);
  }

  void describe_catalog(CLI::App& catalog) {
    auto offered = [&](CLI::App* command) {
      command->add_option("--public-key", asked_.public_key, "check the signature by this key instead of the pinned one")
          ->check(judge_public_key);
      command->add_option("source", asked_.file, "a catalog's file, or its http(s) address")->required();
    };
    offered(with_json(add(catalog, "diff", "tell what a catalog would change, and what of yours stays", diff_catalog)));
    offered(add(catalog, "validate", "tell a catalog's mistakes, and whether its signature is good", validate_catalog));
    CLI::App* one = with_json(add(catalog, "update", "install a newer catalog, signed with the pinned key", update_catalog));
    one->add_option("source", asked_.file, "a catalog's file, or its http(s) address");
    one->add_flag("--undo", asked_.undo, "go back to the one before, or to the built-in one");
    one = add(catalog, "pack", "for who makes catalogs: write a folder of providers into one signed file", pack_catalog);
    one->add_option("folder", asked_.file, "the folder with a file NAME.toml for each provider")->required();
    one->add_option("--version", asked_.version, "higher than all before; default: what the folder's VERSION says");
    one->add_option("--as-of", asked_.as_of, "the day, such as 2026-11-22; default: VERSION's, else today")
        ->check(judge_day);
    one->add_option("--key", asked_.key_file, "the file with the private key")->required();
    one->add_option("-o,--output", asked_.output, "the file to write")->required();
    add(catalog, "keygen", "for who makes catalogs: make a private key, and print its public half", make_catalog_key)
        ->add_option("file", asked_.file, "where the private key goes; must not be there yet")
        ->required();
  }

  Asked& asked_;
  CLI::App* serve_ = nullptr;
  std::vector<std::string> names_;
};

bool comes_later(const std::string& command) {
  return std::any_of(kLater.begin(), kLater.end(), [&](const auto& later) { return command == later.first; });
}

int unknown_command(const std::string& command, std::vector<std::string> names, std::ostream& err) {
  for (const auto& [name, what] : kLater) names.emplace_back(name);
  err << fmt::format("freeway: unknown command \"{}\"{}\n`freeway --help` lists the commands\n", command,
                     reader::did_you_mean(command, names));
  return kUsage;
}

ServeOptions serve_options(const Session& session) {
  ServeOptions options;
  options.config_path = session.sources.config_path;
  options.config_path_explicit = session.sources.config_path_explicit;
  options.data_directory = session.data_directory;
  options.listen = session.sources.listen;
  return options;
}

}  // namespace

int run(const std::vector<std::string>& arguments, const Outside& outside, const Console& console, const Serve& serve,
        std::ostream& out, std::ostream& err) {
  Asked asked;
  CLI::App app("freeway: one OpenAI-compatible address for many free providers", "freeway");
  Tree tree(app, asked);
  if (!arguments.empty() && !arguments.front().starts_with('-')) {
    const std::string& command = arguments.front();
    if (comes_later(command)) {
      err << fmt::format("freeway: `freeway {}` comes with a later version; `freeway --help` lists what there is\n",
                         command);
      return kFailed;
    }
    const auto& names = tree.names();
    if (std::find(names.begin(), names.end(), command) == names.end()) return unknown_command(command, names, err);
  }
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    return app.exit(error, out, err) == 0 ? kDone : kUsage;
  }
  Session session(std::move(asked), outside, console, out, err);
  if (tree.serving()) return serve(serve_options(session));
  return tree.chosen(session);
}

}  // namespace freeway::app
