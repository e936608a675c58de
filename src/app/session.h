// One run of a command: what was asked for, and with what it answers.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "app/console.h"
#include "app/reach.h"

namespace freeway::app {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;

// The arguments of all commands; each looks at its own.
struct Asked {
  std::string config;
  std::string data;
  std::string listen;
  bool all = false;
  bool fresh = false;  // --new
  bool look = false;
  bool json = false;
  bool yes = false;
  std::string prompt;
  std::string model = "auto";

  std::string provider;
  std::string name;
  std::string account;
  std::string account_id;
  std::string proxy;
  std::string proxy_env;
  std::string variable;  // --env
  std::string file;
  std::string stray;  // an argument where none belongs: likely a key
  bool no_check = false;
  bool check = false;
  bool keyless = false;
  std::string format;
  std::string output;
  bool preview = false;
  bool reveal = false;
  std::vector<std::string> which;  // keys, as people name them

  std::vector<std::string> models;
  std::optional<std::uint64_t> rpm, tpd;
  std::string privacy = "any";  // one of catalog::kPrivacies
  std::string expires;          // a duration or a moment

  bool without_requests = false;
  bool with_master_key = false;
  std::string passphrase_env;
  bool replace = false;

  bool undo = false;
  std::string public_key;
  std::string key_file;
  std::string as_of;
  std::optional<std::uint64_t> version;
};

class Session {
 public:
  Session(Asked asked, const Outside& outside, const Console& console, std::ostream& out, std::ostream& err);

  const Asked asked;
  const Outside& outside;
  const Console& console;
  std::ostream& out;
  std::ostream& err;
  SystemClock clock;
  SituationSources sources;
  std::string data_directory;

  // "freeway: …" to standard error.
  int failed(const Error& error);
  int misused(const std::string& message);
  Result<Reach> reach();
  // The file and the catalog's providers without the store: for what a provider is called and where it is.
  Situation look();
  // As a server would see it: with the store's keys, of a running server or of the database, if there is one. Nothing if the
  // file has mistakes, which are told.
  std::optional<Situation> look_with_store();
  // A secret that --env or --file names, or that comes over standard input or the terminal.
  Result<Secret> read_secret(const std::string& question);
};

int add_key(Session& session);
int list_keys(Session& session);
int import_keys(Session& session);
int export_keys(Session& session);
int check_keys(Session& session);
int remove_key(Session& session);
int add_client(Session& session);
int list_clients(Session& session);
int revoke_client(Session& session);
int show_status(Session& session);
int examine(Session& session);
int back_up(Session& session);
int restore(Session& session);
int rotate_master_key(Session& session);
int show_models(Session& session);
int show_route(Session& session);
int check_configuration(Session& session);
int diff_catalog(Session& session);
int validate_catalog(Session& session);
int update_catalog(Session& session);
int pack_catalog(Session& session);
int make_catalog_key(Session& session);
int show_version(Session& session);

// "2026-01-31 08:49", in UTC.
std::string short_time(WallTime time);

}  // namespace freeway::app
