// What is known of a provider, its models and its keys: data only, as read from catalog/<id>.toml or the configuration.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"
#include "catalog/error_rule.h"
#include "catalog/pool.h"
#include "catalog/probe.h"
#include "catalog/quirks.h"
#include "catalog/told.h"
#include "chat/kind.h"

namespace freeway::catalog {

using chat::Kind;

// Of one attempt. Unset: the next outer level decides; the outermost is [timeouts].
struct Timeouts {
  std::optional<Duration> connect;      // to a connected socket
  std::optional<Duration> first_token;  // streamed: to the first content
  std::optional<Duration> answer;       // not streamed: to the end of the answer
  std::optional<Duration> idle;         // streamed: between two pieces of content
};

// What tokens cost at the provider's paid tier, in US dollars, the unit of Unit::credit.
struct ListPrice {
  Price rate;
  std::string source, as_of;  // where it was read, and when; its own, not the model's
};

struct Model {
  std::string id;      // wire id, slashes and all
  std::string name;    // for people; may be empty
  std::string family;  // default: the id
  Kind kind = Kind::chat;
  std::optional<std::uint64_t> context;
  std::optional<std::uint64_t> max_output;
  std::optional<bool> tools, vision, json, reasoning;  // unset: unknown, tried after the known
  std::optional<std::uint64_t> dimensions;             // of its vectors; with fewer where asked for, if it can
  std::optional<std::uint64_t> max_inputs;             // texts or documents of one call
  bool token_input = false;                            // takes tokens of its vocabulary in place of texts
  std::string infill;                                  // the path where it fills in before a suffix; "": it can't
  std::string dialect;                                 // spoken to in another than the provider's; "" as the provider
  std::string base_url;                                // asked at another address; "" as the provider
  std::vector<PoolSpec> pools;                         // from `limits`, this model's alone
  std::optional<Price> neurons;                        // what its tokens cost where a pool counts these
  std::optional<ListPrice> price;                      // the same in money; also of what pools don't count
  Timeouts timeouts;

  bool enabled = true;                // false: known, but without routes
  std::string status;                 // why it is off, or what to know of it; may be empty
  std::string retired;                // the day it was switched off, "2026-07-30"; never asked then
  std::optional<std::uint32_t> rank;  // capability, 0 to 100, as docs/catalog.md works it out; unset: unknown
  std::optional<double> speed;        // tokens a second, as measured by somebody neutral
  std::string source, as_of;          // where this was read, and when

  bool served() const { return enabled && retired.empty(); }
  // Served, and of a kind that clients have an address for: texts are translated by chat models, not at one of their own.
  bool askable() const { return served() && kind != Kind::translation; }
};

struct Key {
  std::string name;        // for people: "key#1" or the configured name; never the secret
  Secret secret;           // empty: keyless
  std::string account;     // keys of one provider share "" unless configured apart
  std::string account_id;  // what {account_id} in the base address stands for
  std::string proxy;
  // What stands for the key in all that is kept, whatever its place and name: 16 hexadecimal digits of a digest of the
  // secret and the account_id; of a keyless one, the name. Filled in by Catalog::build.
  std::string identity;
};

// What becomes of prompts on the free tier.
struct DataUse {
  enum class Trains : std::uint8_t { unknown, no, yes, opt_out };
  Trains trains = Trains::unknown;
  std::string retention;  // as the provider says it: "30 days"; may be empty
  std::string note;
  std::string source, as_of;
};
std::string_view name_of(DataUse::Trains trains);  // "no", "yes", "unknown", "opt-out"

// How a provider's own list of models is written; `usual`: as its dialect has it.
enum class ListShape : std::uint8_t { usual, none, openai, gemini, ollama, cohere, cloudflare };

// Where it is: what is empty is as its dialect has it.
struct ModelList {
  ListShape shape = ListShape::usual;  // none: there is no list
  std::string base;                    // empty: the provider's base address; may hold {account_id}
  std::string path;                    // below it, with its query: "/models"
};

struct Provider {
  std::string id;
  std::string name;  // for people; may be empty
  std::string dialect = "openai";
  std::string base_url;   // may hold {account_id}
  std::string chat_path;  // empty: the dialect's own
  // Where answers that are not there yet are asked for, if not where the request went; the key is shown there. Its dialect
  // says whether there are such. May hold {account_id}.
  std::string follow_up_url;
  std::vector<Key> keys;  // at least one once it is in a Catalog; a keyless provider has one empty key
  std::string proxy;
  std::string day_clock = "UTC";  // IANA name
  Timeouts timeouts;
  Quirks quirks;
  Auth auth;
  std::vector<std::pair<std::string, std::string>> headers;  // sent with every request
  std::vector<Model> models;
  std::vector<PoolSpec> pools;            // from `limits` (all models) and [[providers.pools]]
  std::vector<LimitFields> limit_fields;  // the fields in which its answers tell how its pools stand
  std::vector<ErrorRule> errors;          // the first that covers an error counts

  bool enabled = true;           // false: known, but never asked
  std::string status;            // why it is off, or what to know before using it; may be empty
  std::string signup;            // where to get a key
  std::vector<std::string> env;  // the usual environment variables of its key, the most usual first
  std::string account_env;       // the same of its account id; empty: it needs none
  bool keyless = false;          // answers without a key
  std::optional<Probe> probe;    // how to find out whether a key is good; unset: with a small chat
  ModelList list;
  DataUse data_use;
  std::string source, as_of;  // where this was read, and when
  bool retired = false;       // no longer in the catalog: known only to who has a key or an entry for it
};

// What the model's tokens cost in a priced unit; null where nobody says.
const Price* price_in(const Model& model, Unit unit);
// The dialect of one of its models.
inline const std::string& dialect_of(const Provider& provider, const Model& model) {
  return model.dialect.empty() ? provider.dialect : model.dialect;
}
// It fetches images itself that a client names by address; false: it takes their bytes alone.
bool takes_image_addresses(const Provider& provider, const Model& model);
// An address, a provider's or a model's, for one key: {account_id} filled in.
std::string base_url(std::string address, const Key& key);

}  // namespace freeway::catalog
