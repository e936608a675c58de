// Providers, models, keys and pools as immutable data. Built by `app` from the configuration, published whole, shared by all
// threads. Indices are positions in the vectors below and hold for one snapshot only; names hold across snapshots.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/secret.h"
#include "catalog/pool.h"

namespace freeway::catalog {

enum class Kind : std::uint8_t { chat, embedding, image, speech, transcription, translation, rerank, moderation };

// Of one attempt. Unset: the next outer level decides; the outermost is [timeouts].
struct Timeouts {
  std::optional<Duration> connect;      // to a connected socket
  std::optional<Duration> first_token;  // streamed: to the first content
  std::optional<Duration> answer;       // not streamed: to the end of the answer
  std::optional<Duration> idle;         // streamed: between two pieces of content
};

// Small differences of a provider from its dialect, as data. Everything that is left out is reported to the client.
struct Quirks {
  std::vector<std::string> drop;                            // top-level parameters that it rejects
  std::vector<std::pair<std::string, std::string>> rename;  // top-level parameters under another name
  bool stream_options = true;                               // false: stream_options is rejected
  bool parallel_tool_calls = true;   // false: the parameter is rejected and only one call at a time is possible
  bool strict_schema = true;         // false: `strict` in tools and schemas is rejected
  std::uint32_t tool_id_length = 0;  // > 0: tool ids are exactly so many of [A-Za-z0-9]
  bool text_parts = true;            // false: content must be a plain string; text parts are joined
};

struct Model {
  std::string id;      // wire id, slashes and all
  std::string family;  // default: the id
  Kind kind = Kind::chat;
  std::optional<std::uint64_t> context;
  std::optional<std::uint64_t> max_output;
  std::optional<bool> tools, vision, json, reasoning;  // unset: unknown, tried after the known
  std::optional<std::uint64_t> dimensions;
  std::vector<PoolSpec> pools;  // from `limits`, scope key and this model
  Timeouts timeouts;
};

struct Key {
  std::string name;        // for people: "key#1" or the configured name; never the secret
  Secret secret;           // empty: keyless
  std::string account;     // keys of one provider share "" unless configured apart
  std::string account_id;  // where an address needs one
  std::string proxy;
};

struct Provider {
  std::string id;
  std::string dialect = "openai";
  std::string base_url;
  std::vector<Key> keys;  // at least one; a keyless provider has one empty key
  std::string proxy;
  std::string day_clock = "UTC";  // IANA name
  Timeouts timeouts;
  Quirks quirks;
  std::vector<Model> models;
  std::vector<PoolSpec> pools;  // from `limits` (scope key, all models) and [[providers.pools]]
};

// model × key. The one thing that is tried.
struct Route {
  std::uint32_t provider = 0;
  std::uint32_t model = 0;  // in provider's models
  std::uint32_t key = 0;    // in provider's keys
};
using RouteId = std::uint32_t;

class Catalog {
 public:
  // Fails with invalid on an unknown zone, and on a doubled provider id, model id or key name. Fills in what was left to a
  // default: families, key names, the zone of windows that go by the provider's clock; names of pools that stand beside one
  // another become different ("rpm", "rpm#2").
  static Result<Catalog> build(std::vector<Provider> providers);
  // Unlike that of every other catalog built by this process: for caches that belong to one catalog.
  std::uint64_t serial() const { return serial_; }

  const std::vector<Provider>& providers() const { return providers_; }
  // All routes, ordered by provider, model, key.
  const std::vector<Route>& routes() const { return routes_; }
  const Provider& provider(RouteId route) const { return providers_[routes_[route].provider]; }
  const Model& model(RouteId route) const { return provider(route).models[routes_[route].model]; }
  const Key& key(RouteId route) const { return provider(route).keys[routes_[route].key]; }
  // "provider/wire-id" and "provider/wire-id key#1".
  std::string model_name(RouteId route) const;
  std::string route_name(RouteId route) const;

  // Routes of an exact "provider/wire-id", of a family, of a bare wire id; empty if there is none.
  const std::vector<RouteId>& by_full_name(std::string_view name) const;
  const std::vector<RouteId>& by_family(std::string_view name) const;
  const std::vector<RouteId>& by_wire_id(std::string_view name) const;
  // Names for model lists, in order of appearance.
  const std::vector<std::string>& families() const { return families_; }
  const std::vector<std::string>& full_names() const { return full_names_; }

 private:
  using Index = std::map<std::string, std::vector<RouteId>, std::less<>>;
  static Result<void> complete(Provider& provider);
  void index();

  std::uint64_t serial_ = 0;
  std::vector<Provider> providers_;
  std::vector<Route> routes_;
  Index by_full_name_, by_family_, by_wire_id_;
  std::vector<std::string> families_, full_names_;
};

}  // namespace freeway::catalog
