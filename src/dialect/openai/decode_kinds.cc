// Requests of other kinds than chat, decoded.
#include <fmt/format.h>

#include <algorithm>

#include "dialect/openai/check.h"
#include "token/estimate.h"

namespace freeway::dialect::openai {

namespace {

using chat::Kind;

constexpr std::int64_t kMostDimensions = 1 << 16;
constexpr std::size_t kMostInputs = 10'000;

void count_input(chat::Request& request, std::uint64_t tokens) {
  ++request.inputs;
  request.prompt_tokens += tokens;
  request.longest_tokens = std::max(request.longest_tokens, tokens);
}

Refusal check_tokens(json::Value list, const std::string& name) {
  for (json::Value token : list) {
    if (token.integer().value_or(-1) < 0) return wrong(name, "must hold tokens, whole numbers, and nothing else");
  }
  return list.size() == 0 ? Refusal(wrong(name, "must not be empty")) : std::nullopt;
}

// One text, several, the tokens of one, or the tokens of several.
Refusal read_inputs(chat::Request& request, json::Value input, std::string_view what) {
  request.inputs = 0;
  if (!input.is(json::Type::array)) {
    if (auto refusal = require_text(input, "input", what)) return refusal;
    count_input(request, token::estimate(input.escaped()));
    return std::nullopt;
  }
  if (input.size() == 0) return wrong("input", "must hold at least one text; the array is empty");
  if (input.first().is(json::Type::number)) {
    count_input(request, input.size());
    request.tokenized = true;
    return check_tokens(input, "input");
  }
  if (input.size() > kMostInputs)
    return wrong("input",
                 fmt::format("may hold {} texts at most and holds {}; ask in several requests", kMostInputs, input.size()));
  std::size_t at = 0;
  for (json::Value one : input) {
    std::string name = fmt::format("input[{}]", at++);
    if (one.is(json::Type::array)) {
      request.tokenized = true;
      if (auto refusal = check_tokens(one, name)) return refusal;
      count_input(request, one.size());
    } else if (one.is(json::Type::object) && request.kind == Kind::moderation) {
      count_input(request, token::estimate(one["text"].escaped()) + 1);  // a part: text, or an image
    } else {
      if (auto refusal = require_text(one, name, "a text")) return refusal;
      count_input(request, token::estimate(one.escaped()));
    }
  }
  return std::nullopt;
}

Refusal read_embedding(chat::Request& request, json::Value root) {
  if (auto refusal = read_inputs(request, root["input"], "the text to embed, or an array of texts")) return refusal;
  json::Value format = root["encoding_format"];
  if (format.given() && !format.equals("float") && !format.equals("base64"))
    return wrong("encoding_format", R"(must be "float" or "base64")");
  if (auto refusal = expect(root["input_type"], "input_type", json::Type::string, "a string")) return refusal;
  if (auto refusal = expect_count(root["dimensions"], "dimensions", kMostDimensions)) return refusal;
  if (auto asked = root["dimensions"].integer()) request.dimensions = static_cast<std::uint64_t>(*asked);
  return std::nullopt;
}

Refusal read_rerank(chat::Request& request, json::Value root) {
  if (auto refusal = require_text(root["query"], "query", "what the documents are ranked for")) return refusal;
  json::Value documents = root["documents"];
  if (!documents.given()) return wrong("documents", "is required: the texts to be ranked, as an array");
  if (!documents.is(json::Type::array))
    return wrong("documents", fmt::format("must be an array, not {}", type_name(documents)));
  if (documents.size() == 0) return wrong("documents", "must hold at least one document; the array is empty");
  if (auto refusal = expect_count(root["top_n"], "top_n", INT32_MAX)) return refusal;
  if (auto refusal = expect(root["return_documents"], "return_documents", json::Type::boolean, "a boolean")) return refusal;
  std::uint64_t query = token::estimate(root["query"].escaped());
  request.inputs = 0;
  for (json::Value document : documents) {
    json::Value text = document.is(json::Type::object) ? document["text"] : document;
    if (auto refusal =
            require_text(text, fmt::format("documents[{}]", request.inputs), "a text, or an object with a `text`"))
      return refusal;
    count_input(request, query + token::estimate(text.escaped()));
  }
  return std::nullopt;
}

Refusal read_image(chat::Request& request, json::Value root) {
  if (auto refusal = require_text(root["prompt"], "prompt", "what the image is to show")) return refusal;
  if (auto refusal = expect_count(root["n"], "n", 10)) return refusal;
  request.choices = static_cast<std::uint32_t>(root["n"].integer().value_or(1));
  request.prompt_tokens = token::estimate(root["prompt"].escaped());
  json::Value format = root["response_format"];
  if (format.given() && !format.equals("url") && !format.equals("b64_json"))
    return wrong("response_format", R"(must be "url" or "b64_json")");
  return std::nullopt;
}

Refusal read_speech(chat::Request& request, json::Value root) {
  if (auto refusal = require_text(root["input"], "input", "the text to speak")) return refusal;
  if (auto refusal = expect(root["response_format"], "response_format", json::Type::string, "a string")) return refusal;
  if (root["stream_format"].equals("sse"))
    return wrong("stream_format", "must be \"audio\" here: freeway sends a sound as a whole");
  request.format = root["response_format"].string().value_or(std::string());
  request.prompt_tokens = token::estimate(root["input"].escaped());
  return std::nullopt;
}

Refusal read_recording(chat::Request& request) {
  const chat::FormPart* file = nullptr;
  for (const chat::FormPart& part : request.form.parts) {
    if (part.name == "file") file = &part;
    if (part.name == "model") request.model = part.data;
    if (part.name == "response_format") request.format = part.data;
    if (part.name == "stream" && part.data != "false")
      return wrong("stream", "must be false here: freeway sends a transcript as a whole");
  }
  if (!file) return wrong("file", "is required: the recording, as a file of the form");
  if (file->count == 0) return wrong("file", "must not be empty");
  constexpr std::string_view kFormats[] = {"", "json", "text", "srt", "verbose_json", "vtt"};
  if (std::find(std::begin(kFormats), std::end(kFormats), request.format) == std::end(kFormats))
    return wrong("response_format", "must be json, text, srt, verbose_json or vtt");
  request.audio_seconds = file->seconds;
  return std::nullopt;
}

Refusal read_kind(chat::Request& request, json::Value root) {
  switch (request.kind) {
    case Kind::embedding: return read_embedding(request, root);
    case Kind::rerank: return read_rerank(request, root);
    case Kind::image: return read_image(request, root);
    case Kind::moderation: return read_inputs(request, root["input"], "the text to judge, or an array of texts");
    case Kind::speech: return read_speech(request, root);
    case Kind::transcription:
    case Kind::translation:
    case Kind::chat: break;
  }
  return wrong("model", "names a kind of model that this address does not serve");
}

}  // namespace

std::expected<std::unique_ptr<chat::Request>, RequestError> decode_upload(chat::Kind kind, Result<chat::Form> form) {
  if (!form) {
    RequestError error;
    error.message = fmt::format("The request body is no form: {}.", form.error().message);
    // The name of a field, which is the client's.
    auto open = error.message.find('\''), close = error.message.rfind('\'');
    if (open != close) error.quoted = error.message.substr(open, close - open + 1);
    return std::unexpected(std::move(error));
  }
  auto request = std::make_unique<chat::Request>();
  request->kind = kind;
  request->form = std::move(*form);
  if (auto refusal = read_recording(*request)) return std::unexpected(std::move(*refusal));
  return request;
}

std::expected<std::unique_ptr<chat::Request>, RequestError> decode_request(chat::Kind kind, std::string text) {
  if (kind == Kind::chat) return decode_request(std::move(text));
  auto request = open_request(std::move(text));
  if (!request) return request;
  json::Value root = (*request)->document.root();
  (*request)->kind = kind;
  if (auto refusal = expect(root["model"], "model", json::Type::string, "a string"))
    return std::unexpected(std::move(*refusal));
  (*request)->model = root["model"].string().value_or(std::string());
  if (auto refusal = expect(root["stream"], "stream", json::Type::boolean, "a boolean"))
    return std::unexpected(std::move(*refusal));
  if (root["stream"].boolean().value_or(false))
    return std::unexpected(wrong("stream", "must be false here: freeway answers this kind of request as a whole"));
  if (auto refusal = read_kind(**request, root)) return std::unexpected(std::move(*refusal));
  return request;
}

}  // namespace freeway::dialect::openai
