#include "api/endpoint.h"

#include <algorithm>

#include "api/assets.h"
#include "base/text.h"

namespace freeway::api {

bool under(std::string_view path, std::string_view root) {
  return path.starts_with(root) && (path.size() == root.size() || path[root.size()] == '/');
}

namespace {

struct Asked {
  Endpoint endpoint;
  std::string_view path;
  Entry entry;
  Area area;
};
constexpr Asked kAsked[] = {
    {Endpoint::chat_completions, "/v1/chat/completions", {chat::Kind::chat, Protocol::openai}, Area::chat_completions},
    {Endpoint::completions, "/v1/completions", {chat::Kind::chat, Protocol::completions}, Area::completions},
    {Endpoint::messages, "/v1/messages", {chat::Kind::chat, Protocol::messages}, Area::messages},
    {Endpoint::embeddings, "/v1/embeddings", {chat::Kind::embedding, Protocol::openai}, Area::embeddings},
    {Endpoint::images, "/v1/images/generations", {chat::Kind::image, Protocol::openai}, Area::images},
    {Endpoint::speech, "/v1/audio/speech", {chat::Kind::speech, Protocol::openai}, Area::speech},
    {Endpoint::transcriptions,
     "/v1/audio/transcriptions",
     {chat::Kind::transcription, Protocol::openai},
     Area::transcriptions},
    {Endpoint::translations, "/v1/audio/translations", {chat::Kind::translation, Protocol::openai}, Area::translations},
    {Endpoint::rerank, "/v1/rerank", {chat::Kind::rerank, Protocol::openai}, Area::rerank},
    {Endpoint::moderations, "/v1/moderations", {chat::Kind::moderation, Protocol::openai}, Area::moderations},
    {Endpoint::responses, kResponsesPath, {chat::Kind::chat, Protocol::responses}, Area::responses},
};

const Asked* find(Endpoint endpoint) {
  for (const Asked& one : kAsked)
    if (one.endpoint == endpoint) return &one;
  return nullptr;
}

}  // namespace

bool asks_a_model(Endpoint endpoint) { return find(endpoint) != nullptr; }

Entry entry_of(Endpoint endpoint) {
  const Asked* asked = find(endpoint);
  return asked ? asked->entry : Entry();
}

Endpoint endpoint_of(std::string_view path) {
  for (const Asked& one : kAsked)
    if (one.path == path) return one.endpoint;
  if (path == "/v1/messages/count_tokens") return Endpoint::count_tokens;
  if (path == kModelsPath || (under(path, kModelsPath) && path.size() > kModelsPath.size() + 1)) return Endpoint::models;
  if (under(path, kResponsesPath) && path.size() > kResponsesPath.size() + 1) return Endpoint::stored_responses;
  if (path == "/livez") return Endpoint::livez;
  if (path == "/readyz") return Endpoint::readyz;
  if (path == "/") return Endpoint::root;
  if (path == "/metrics") return Endpoint::metrics;
  if (under(path, "/admin/api")) return Endpoint::admin;
  if (find_asset(path)) return Endpoint::asset;
  for (std::string_view later : {"/v1/responses", "/v1/conversations", "/v1/embeddings", "/v1/images", "/v1/audio",
                                 "/v1/rerank", "/v1/moderations", "/v1/messages", "/v1beta", "/api", "/mcp"}) {
    if (under(path, later)) return Endpoint::not_built;
  }
  return Endpoint::none;
}

Area area_of(Endpoint endpoint) {
  if (const Asked* asked = find(endpoint)) return asked->area;
  switch (endpoint) {
    case Endpoint::count_tokens: return Area::count_tokens;
    case Endpoint::models: return Area::models;
    case Endpoint::stored_responses: return Area::responses;
    case Endpoint::livez:
    case Endpoint::readyz: return Area::health;
    case Endpoint::metrics: return Area::metrics;
    case Endpoint::admin: return Area::admin;
    default: return Area::other;
  }
}

bool wants_client_key(Endpoint endpoint) {
  return asks_a_model(endpoint) || endpoint == Endpoint::count_tokens || endpoint == Endpoint::models ||
         endpoint == Endpoint::stored_responses || endpoint == Endpoint::not_built;
}

namespace {

std::string_view methods_of(const StoredTarget& asked) {
  if (asked.what.empty()) return asked.id == "input_tokens" || asked.id == "compact" ? "POST" : "GET, HEAD, DELETE";
  if (asked.what == "cancel") return "POST";
  return asked.what == "input_items" ? "GET, HEAD" : "";
}

}  // namespace

std::string_view methods_of(Endpoint endpoint, std::string_view path) {
  if (endpoint == Endpoint::stored_responses) return methods_of(stored_target(path));
  return asks_a_model(endpoint) || endpoint == Endpoint::count_tokens ? "POST" : "GET, HEAD";
}

bool method_allowed(std::string_view methods, std::string_view method) {
  for (std::size_t at = 0; at < methods.size();) {
    auto end = std::min(methods.find(", ", at), methods.size());
    if (methods.substr(at, end - at) == method) return true;
    at = end + 2;
  }
  return false;
}

StoredTarget stored_target(std::string_view path) {
  path.remove_prefix(kResponsesPath.size() + 1);
  auto slash = path.find('/');
  StoredTarget asked;
  asked.id = percent_decode(path.substr(0, slash));
  if (slash != std::string_view::npos) asked.what = path.substr(slash + 1);
  return asked;
}

bool loopback_name(std::string_view name) {
  bool digits = name.find_first_not_of("0123456789.") == std::string_view::npos;
  return iequals(name, "localhost") || name == "::1" || (digits && name.starts_with("127.")) || name.ends_with(".localhost");
}

std::string_view host_name(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(1, authority.find(']') - 1);
  return authority.substr(0, authority.rfind(':'));
}

std::string_view authority_of(std::string_view origin) {
  auto scheme = origin.find("://");
  return scheme == std::string_view::npos ? origin : origin.substr(scheme + 3);
}

}  // namespace freeway::api
