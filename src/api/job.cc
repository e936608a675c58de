#include "api/job.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/upload.h"
#include "base/text.h"
#include "catalog/words.h"
#include "dialect/anthropic/surface.h"
#include "dialect/completions/completions.h"
#include "dialect/count.h"
#include "dialect/openai/surface.h"
#include "http/gzip.h"
#include "router/switched_off.h"

namespace freeway::api {

namespace {

// So much of a name that a client made up is repeated to it.
constexpr std::size_t kLongestName = 200;

// The conversation's name: the client's own, else the digest of how it opened.
std::string session_of(const http::Fields& fields, const chat::Request& request) {
  for (std::string_view name : {"x-session-id", "x-claude-code-session-id", "x-codex-session-id", "session-id"}) {
    auto id = fields.find(name);
    if (id && !id->empty()) return "id:" + std::string(id->substr(0, 256));
  }
  return request.opening ? "opening:" + *request.opening : std::string();
}

Problem problem_of(int status, std::string message, std::string code, std::string param) {
  Problem problem;
  problem.status = status;
  problem.message = std::move(message);
  problem.code = std::move(code);
  problem.param = std::move(param);
  return problem;
}

Problem unknown_model(const router::Snapshot& snapshot, const router::Names& names, std::string_view model,
                      chat::Kind kind) {
  if (!router::switched_off(snapshot, names, asked_of(kind)).empty())
    return problem_of(404, fmt::format("The model '{}' is switched off here.", model.substr(0, kLongestName)),
                      "model_not_found", "model");
  if (router::resolve(snapshot, model, std::nullopt).known)
    return problem_of(400,
                      fmt::format("The model '{}' can't do this: a model of kind \"{}\" is needed here.",
                                  model.substr(0, kLongestName), catalog::word(asked_of(kind))),
                      "model_not_supported", "model");
  std::string message = fmt::format("The model '{}' does not exist here; ", model.substr(0, kLongestName));
  if (model.starts_with("auto:")) {
    message += fmt::format("there is {}.", fmt::join(router::auto_names(snapshot.policy), ", "));
  } else {
    message += "GET /v1/models lists what does.";
  }
  return problem_of(404, std::move(message), "model_not_found", "model");
}

// Vectors of two models can't be compared, so a name that may mean several is none here.
std::optional<Problem> mixed_vectors(const catalog::Catalog& catalog, const router::Names& names) {
  const auto& routes = names.routes.routes();
  bool one = names.pinned && std::all_of(routes.begin(), routes.end(), [&](catalog::RouteId route) {
               return catalog.model(route).family == catalog.model(routes.front()).family;
             });
  if (one) return std::nullopt;
  return problem_of(400,
                    "Name one embedding model: vectors of different models can't be compared, so freeway chooses none for "
                    "you. GET /v1/models lists what there is.",
                    "model_required", "model");
}

using Decoded = std::expected<dialect::Asked, dialect::RequestError>;

// Asked in OpenAI's own words.
Decoded asked_plainly(std::expected<std::unique_ptr<chat::Request>, dialect::RequestError> request) {
  if (!request) return std::unexpected(std::move(request.error()));
  dialect::Asked asked;
  asked.request = std::move(*request);
  asked.surface = dialect::openai::surface();
  return asked;
}

Decoded decode(Entry entry, std::string body, dialect::responses::Context responses) {
  switch (entry.protocol) {
    case Protocol::completions: return dialect::completions::decode_completions(std::move(body));
    case Protocol::messages: return dialect::anthropic::decode_messages(std::move(body));
    case Protocol::count_tokens: return dialect::anthropic::decode_count(std::move(body));
    case Protocol::responses: return dialect::responses::decode_request(std::move(body), std::move(responses));
    case Protocol::openai: break;
  }
  return asked_plainly(dialect::openai::decode_request(entry.kind, std::move(body)));
}

}  // namespace

std::uint64_t prompt_tokens_of(const relay::Job& job) {
  std::string_view model = job.request->model;
  if (!job.routes.empty()) model = job.snapshot->catalog->model(job.routes.front()).id;
  return dialect::count_prompt(*job.request, token::vocabulary_of(model).encoding).tokens;
}

chat::Kind asked_of(chat::Kind kind) { return kind == chat::Kind::translation ? chat::Kind::transcription : kind; }

Result<bool> is_packed(const http::Fields& fields) {
  auto coding = fields.find("content-encoding");
  if (!coding || coding->empty() || iequals(*coding, "identity")) return false;
  if (iequals(*coding, "gzip") || iequals(*coding, "x-gzip") || iequals(*coding, "deflate")) return true;
  return fail(ErrorKind::unsupported,
              fmt::format("Content-Encoding '{}' is not supported; send the body plain or gzipped", header_safe(*coding)));
}

Result<std::string> plain_body(std::string body, const http::Fields& fields, std::uint64_t limit) {
  auto packed = is_packed(fields);
  if (!packed) return std::unexpected(std::move(packed.error()));
  if (!*packed) return body;
  std::string plain;
  http::Inflater inflater(limit);
  auto fed = inflater.feed(body, plain);
  if (!fed && fed.error().kind == ErrorKind::too_large)
    return fail(ErrorKind::too_large,
                fmt::format("the unpacked body passes the limit of {} bytes (server.body_limit)", limit));
  if (!fed) return std::unexpected(fed.error());
  if (!inflater.complete()) return fail(ErrorKind::malformed, "the gzipped body is cut short");
  return plain;
}

namespace {

// From what was asked to who may answer.
std::optional<Problem> settle(const Settings& settings, const ClientKey* key, Entry entry, const http::Fields& fields,
                              Decoded asked, Prepared& made) {
  relay::Job& job = made.job;
  if (!asked) {
    auto& error = asked.error();
    auto problem = problem_of(error.status, std::move(error.message), std::move(error.code), std::move(error.param));
    problem.quoted = std::move(error.quoted);
    return problem;
  }
  job.request = std::move(asked->request);
  job.surface = std::move(asked->surface);
  made.further = std::move(asked->further);
  auto privacy = privacy_of(key, fields);
  if (!privacy) return problem_of(400, privacy.error().message, "invalid_privacy", "x-freeway-privacy");
  job.privacy = *privacy;

  const auto& snapshot = *settings.routing;
  chat::Kind kind = entry.kind;
  const std::string& model = job.request->model;
  auto names = router::resolve(snapshot, model, asked_of(kind));
  if (!names.known) return unknown_model(snapshot, names, model, kind);
  if (kind == chat::Kind::embedding) {
    if (auto mixed = mixed_vectors(*snapshot.catalog, names)) return mixed;
  }
  static const std::vector<std::string> kEverything;
  auto allowed = router::allow(snapshot, names, key ? key->models : kEverything);
  if (!allowed.allowed)
    return problem_of(403, fmt::format("Your key may not use the model '{}'.", model.empty() ? "auto" : model),
                      "model_not_allowed", "model");
  if (allowed.routes.empty() && !router::switched_off(snapshot, names, asked_of(kind)).empty())
    return problem_of(503,
                      fmt::format("Every model that '{}' could mean is switched off here.",
                                  model.empty() ? "auto" : model.substr(0, kLongestName)),
                      "models_off", "model");
  if (allowed.routes.empty())
    return problem_of(503, "No provider is configured; add one to the configuration file.", "no_provider", "");
  if (allowed.routes.shared() && snapshot.rankings) allowed.routes.lead(snapshot.rankings->turn());
  job.routes = std::move(allowed.routes);
  job.strategy = names.strategy;
  job.snapshot = settings.routing;
  job.options = settings.relay;
  if (key) job.client = key->name;
  job.session = session_of(fields, *job.request);
  return std::nullopt;
}

}  // namespace

std::optional<Problem> make_job(const Settings& settings, const ClientKey* key, Entry entry, const http::Fields& fields,
                                std::string body, Prepared& made, dialect::responses::Context responses) {
  auto plain = plain_body(std::move(body), fields, settings.body_limit);
  if (!plain) {
    const Error& error = plain.error();
    int status = error.kind == ErrorKind::unsupported ? 415 : error.kind == ErrorKind::too_large ? 413 : 400;
    return problem_of(status, error.message, status == 413 ? "request_too_large" : "", "");
  }
  return settle(settings, key, entry, fields, decode(entry, std::move(*plain), std::move(responses)), made);
}

std::optional<Problem> make_job(const Settings& settings, const ClientKey* key, Entry entry, const http::Fields& fields,
                                Upload& upload, Prepared& made) {
  auto form = upload.finish();
  if (!form) return std::move(form.error());
  auto request = dialect::openai::decode_upload(entry.kind, std::move(*form));
  return settle(settings, key, entry, fields, asked_plainly(std::move(request)), made);
}

}  // namespace freeway::api
