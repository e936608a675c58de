// Which path means what, and how it may be asked.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "api/metrics.h"
#include "chat/kind.h"
#include "http/head.h"

namespace freeway::api {

enum class Endpoint : std::uint8_t {
  none,
  chat_completions,
  completions,
  embeddings,
  images,
  speech,
  transcriptions,
  translations,
  rerank,
  moderations,
  messages,
  count_tokens,
  responses,
  stored_responses,  // one that was answered, and what is asked beside
  models,
  livez,
  readyz,
  root,
  asset,
  metrics,
  admin,
  not_built
};

inline constexpr std::string_view kModelsPath = "/v1/models";
inline constexpr std::string_view kResponsesPath = "/v1/responses";

// Of the admin API, and answered as chat completions are.
inline constexpr std::string_view kPlaygroundPath = "/admin/api/playground";

Endpoint endpoint_of(std::string_view path);
// "/v1/models" and "/v1/models/x" are under "/v1/models", "/v1/modelsx" is not.
bool under(std::string_view path, std::string_view root);
Area area_of(Endpoint endpoint);

// In whose words a request for a model comes, and its answer goes.
enum class Protocol : std::uint8_t { openai, completions, messages, count_tokens, responses };
// What a request for a model asks for, and how.
struct Entry {
  chat::Kind kind = chat::Kind::chat;
  Protocol protocol = Protocol::openai;
};
bool asks_a_model(Endpoint endpoint);
Entry entry_of(Endpoint endpoint);  // chat in OpenAI's words for one that asks no model

// Needs a client key; what does not is checked by host and origin instead.
bool wants_client_key(Endpoint endpoint);
// "GET, HEAD"; "": there is nothing at this path, though the endpoint has others.
std::string_view methods_of(Endpoint endpoint, std::string_view path);
bool method_allowed(std::string_view methods, std::string_view method);

// "/v1/responses/resp_1/input_items" taken apart.
struct StoredTarget {
  std::string id;         // decoded
  std::string_view what;  // "" for the response itself; in the path
};
StoredTarget stored_target(std::string_view path);

// Names and addresses that mean this machine: "localhost", "127.0.0.1", "::1". Not "127.0.0.1.example", which anybody can
// have.
bool loopback_name(std::string_view name);
// "localhost:8420" → "localhost", "[::1]:8420" → "::1".
std::string_view host_name(std::string_view authority);
// "http://localhost:8420" → "localhost:8420"; "null" stays.
std::string_view authority_of(std::string_view origin);

}  // namespace freeway::api
