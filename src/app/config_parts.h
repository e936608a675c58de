// The parts of the configuration, one function each; put together in config.cc. All report into their section's report.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "app/config.h"
#include "reader/section.h"

namespace freeway::app {

using reader::describe_type;
using reader::did_you_mean;
using reader::Listed;
using reader::Place;
using reader::place_of;
using reader::Report;
using reader::Section;

// Puts FREEWAY_<SECTION>_<KEY> over the file's scalars, so that everything after reads one table.
void apply_environment(toml::table& root, const Outside& outside, Report& report);
// A key that was put into the wrong variable is not told: what is wrong with a long value is said without it.
void hide_values(std::vector<Mistake>& mistakes, const Outside& outside);
// The variable that stands for "routing.deadline": "FREEWAY_ROUTING_DEADLINE".
std::string variable_name(std::string_view section, std::string_view key);

void read_server(Section section, ServerConfig& server);
void read_log(Section section, LogConfig& log);
void read_responses(Section section, ResponsesConfig& responses);
void read_keys(Section section, Config& config);

// A secret that is written out, or named by an environment variable or a file. `text_key` and its kin are the keys of the
// table that hold it: "key", "env", "file". Nothing, and an error, if it is not exactly one, or can't be had.
struct SecretKeys {
  std::string_view text;
  std::string_view variable;
  std::string_view file;
};
std::optional<Secret> read_secret(Section& section, const SecretKeys& keys, const Outside& outside);
inline constexpr std::size_t kShortSecret = 16;  // characters; below it a secret is worth a warning
// Why a secret can't be sent in a header; empty if it can.
std::string unsendable(std::string_view secret);

void read_privacy(Section section, router::Policy& policy);

std::vector<api::ClientKey> read_client_keys(Section& root, const Outside& outside);

// `builtin`: those that an entry of their id lies over.
std::vector<ProviderEntry> read_providers(Section& root, const Outside& outside,
                                          const std::vector<catalog::Provider>& builtin);

void read_images(Section section, relay::ImageOptions& images);
void read_timeout_defaults(Section section, relay::Options& relay);
// Everything of [routing] but `order`, which read_policy takes.
void read_routing(Section& section, Config& config);

// Names of models.
struct KnownNames {
  std::set<std::string, std::less<>> full;      // "u1/m1"
  std::set<std::string, std::less<>> families;  // and bare wire ids
  std::set<std::string, std::less<>> wire_ids;
  std::set<std::string, std::less<>> former;  // all kinds, of models that are known and not served
  bool holds(std::string_view name) const;
  std::vector<std::string> all() const;
  void add(const catalog::Provider& provider);
};
KnownNames known_names(const std::vector<catalog::Provider>& providers);

// [aliases], [profiles] and routing.order, checked against the models that there may be; the aliases are the file's own, in
// the order they are tried.
router::Policy read_policy(Section& root, Section* routing, const KnownNames& names);
// The built-in aliases behind the file's; what is in use is not hidden by them.
std::vector<std::pair<std::string, std::string>> with_built_in(std::vector<std::pair<std::string, std::string>> aliases,
                                                               const KnownNames& in_use);
// Warns of the file's aliases that hide a model or a name of auto's; `in_use` are the models of the file and of built-in
// providers that serve.
void check_aliases(const Config& config, Section& root, const KnownNames& in_use);
// Warns of families and wire ids of the file that a bare name can't reach, because it means something else.
void check_shadows(const std::vector<ProviderEntry>& entries, Section& root, const KnownNames& in_use);
// Warns of allow-list entries that name nothing.
void check_allow_lists(const std::vector<api::ClientKey>& keys, Section& root, const router::Policy& policy,
                       const KnownNames& names);

}  // namespace freeway::app
