// From the body of a request to a job for the relay. Serving and explaining call the same function.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/client_keys.h"
#include "api/endpoint.h"
#include "api/envelope.h"
#include "api/settings.h"
#include "dialect/responses/responses.h"
#include "relay/relay.h"

namespace freeway::api {

class Upload;

// A job, and what came with it: each is asked for itself, the job's request first (prompts.h).
struct Prepared {
  relay::Job job;
  std::vector<std::unique_ptr<chat::Request>> further;
};

// Everything that can be refused before a limit is touched or a provider asked: an unreadable body, an unknown model, one
// that the key may not use. `key` null: nobody in particular, who may use everything. On success the job lacks only its
// base fields and its arrival; `settings` must outlive it. `responses` is what requests of that protocol need beside their
// body.
std::optional<Problem> make_job(const Settings& settings, const ClientKey* key, Entry entry, const http::Fields& fields,
                                std::string body, Prepared& made, dialect::responses::Context responses = {});

// The same of a request that comes as a form, and of its form.
std::optional<Problem> make_job(const Settings& settings, const ClientKey* key, Entry entry, const http::Fields& fields,
                                Upload& upload, Prepared& made);

// The prompt, counted by the vocabulary of the model that comes first.
std::uint64_t prompt_tokens_of(const relay::Job& job);

// The kind of model that a request of this kind is for: what a recording says in English, one that writes it down can tell.
chat::Kind asked_of(chat::Kind kind);

// Does the body's Content-Encoding say that it is packed? Fails with unsupported.
Result<bool> is_packed(const http::Fields& fields);

// The body as it was before its Content-Encoding. Fails with unsupported, too_large or malformed.
Result<std::string> plain_body(std::string body, const http::Fields& fields, std::uint64_t limit);

}  // namespace freeway::api
