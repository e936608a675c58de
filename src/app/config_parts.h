// The parts of the configuration, one function each; put together in config.cc. All report into their section's report.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/config_reader.h"

namespace freeway::app {

// The text as a tree; nothing, and an error, if it is no TOML.
std::optional<toml::table> parse_toml(std::string_view text, Report& report);

// Puts FREEWAY_<SECTION>_<KEY> over the file's scalars, so that everything after reads one table.
void apply_environment(toml::table& root, const Outside& outside, Report& report);
// The variable that stands for "routing.deadline": "FREEWAY_ROUTING_DEADLINE".
std::string variable_name(std::string_view section, std::string_view key);

void read_server(Section section, ServerConfig& server);

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

std::vector<api::ClientKey> read_client_keys(Section& root, const Outside& outside);

std::vector<catalog::Provider> read_providers(Section& root, const Outside& outside);
// Parts of a provider.
void read_models(Section& provider_section, catalog::Provider& provider);
void read_pools(Section& provider_section, catalog::Provider& provider);
// `limits`: rpm, rpd, tpm, tpd, concurrency.
std::vector<catalog::PoolSpec> read_limits(Section section, const std::string& day_clock,
                                           const std::vector<std::string>& models);
catalog::Timeouts read_timeouts(Section section);

void read_timeout_defaults(Section section, relay::Options& relay);
// Everything of [routing] but `order`, which read_policy takes.
void read_routing(Section& section, Config& config);

// Names that a client may ask for, as far as the configuration tells.
struct KnownNames {
  std::set<std::string, std::less<>> full;      // "u1/m1"
  std::set<std::string, std::less<>> families;  // and bare wire ids
  std::set<std::string, std::less<>> wire_ids;
  bool holds(std::string_view name) const;
  std::vector<std::string> all() const;
};
KnownNames known_names(const std::vector<catalog::Provider>& providers);

// [aliases], [profiles] and routing.order, checked against the models.
router::Policy read_policy(Section& root, Section* routing, const KnownNames& names);
// Warns of families and wire ids that a bare name can't reach, because it means something else.
void check_shadows(const std::vector<catalog::Provider>& providers, Section& root, const KnownNames& names);
// Warns of allow-list entries that name nothing.
void check_allow_lists(const std::vector<api::ClientKey>& keys, Section& root, const router::Policy& policy,
                       const KnownNames& names);

}  // namespace freeway::app
