#include "dialect/openai/kinds.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "dialect/openai/answer.h"
#include "dialect/openai/audio.h"
#include "dialect/openai/document.h"
#include "dialect/openai/members.h"
#include "dialect/openai/openai.h"
#include "dialect/vectors.h"
#include "json/edit.h"

namespace freeway::dialect::openai {

namespace {

// JSON that holds a list with one element for each thing that was asked for.
class ListCodec : public Codec {
 public:
  ListCodec(std::string_view path, std::string_view list) : path_(path), list_(list) {}

  Result<Outgoing> write_request(const chat::Request& request, const catalog::Provider& provider,
                                 const catalog::Model& model) const override {
    return post_document(request, provider, model, std::string(path_));
  }
  Result<WholeAnswer> read_answer(const chat::Request& request, const catalog::Model& model, std::string_view,
                                  std::string body, std::optional<chat::Fault>& fault) const final {
    AnswerDocument given;
    if (auto opened = open_answer(std::move(body), given, fault); !opened) return std::unexpected(opened.error());
    json::Value root = given.root();
    json::Value list = root[list_];
    if (!list.is(json::Type::array) || list.size() == 0)
      return fail(ErrorKind::malformed, fmt::format("the provider's answer has no {}", list_));
    json::Edits edits(given.document);
    if (auto read = read_list(request, model, list, edits); !read) return std::unexpected(read.error());
    WholeAnswer answer;
    auto told = read_usage(root["usage"]);
    answer.usage = told ? *told : estimated_usage(request);
    if (names_model() && !has_text(root["model"])) set_string(edits, root, "model", model.id);
    if (!names_model() && !root["created"].given()) set_json(edits, root, "created", std::to_string(request.created));
    if (tells_usage() && !told)
      set_json(
          edits, root, "usage",
          fmt::format(R"({{"prompt_tokens":{},"total_tokens":{}}})", answer.usage.prompt_tokens, answer.usage.total_tokens));
    answer.body = edits.empty() ? std::move(given.text) : edits.apply();
    return answer;
  }

 protected:
  virtual Result<void> read_list(const chat::Request& request, const catalog::Model& model, json::Value list,
                                 json::Edits& edits) const = 0;
  virtual bool names_model() const { return true; }
  virtual bool tells_usage() const { return false; }

 private:
  std::string_view path_, list_;
};

// Vectors are asked for as numbers, which all give; and whether a text is a query or a document is said in the provider's
// words, where it wants to know.
void form_inputs(const chat::Request& request, const catalog::Quirks& quirks, Outgoing& out) {
  json::Document document;
  if (!document.reparse(out.body)) return;
  json::Value root = document.root();
  json::Edits edits(document);
  if (root["encoding_format"]) edits.remove(root["encoding_format"]);
  bool query = asks_query(request);
  if (!quirks.query_input.empty()) {
    set_string(edits, root, "input_type", query ? quirks.query_input : quirks.document_input);
  } else if (root["input_type"]) {
    edits.remove(root["input_type"]);
    out.drop("input_type");
  }
  out.body = edits.apply();
}

class Embeddings final : public ListCodec {
 public:
  Embeddings() : ListCodec("/embeddings", "data") {}

  Result<Outgoing> write_request(const chat::Request& request, const catalog::Provider& provider,
                                 const catalog::Model& model) const override {
    auto out = ListCodec::write_request(request, provider, model);
    if (out) form_inputs(request, provider.quirks, *out);
    return out;
  }

 protected:
  bool tells_usage() const override { return true; }

  Result<void> read_list(const chat::Request& request, const catalog::Model& model, json::Value list,
                         json::Edits& edits) const override {
    if (list.size() != request.inputs)
      return fail(ErrorKind::malformed,
                  fmt::format("the provider sent {} vectors for {} inputs", list.size(), request.inputs));
    VectorForm form(request, model);
    std::vector<std::string> sorted(list.size());
    bool in_order = true;
    std::int64_t place = 0;
    for (json::Value one : list) {
      auto taken = form.take(one["embedding"]);
      if (!taken) return std::unexpected(taken.error());
      std::int64_t index = one["index"].integer().value_or(place);
      if (index < 0 || static_cast<std::size_t>(index) >= sorted.size() || !sorted[static_cast<std::size_t>(index)].empty())
        return fail(ErrorKind::malformed, fmt::format("the provider's vectors have no order: index {}", index));
      in_order = in_order && index == place;
      std::string vector = *taken ? std::move(**taken) : std::string(one["embedding"].raw());
      if (*taken) edits.replace(one["embedding"], vector);
      if (!one["index"].given()) set_json(edits, one, "index", std::to_string(place));
      sorted[static_cast<std::size_t>(index)] =
          fmt::format(R"({{"object":"embedding","index":{},"embedding":{}}})", index, vector);
      ++place;
    }
    if (!in_order) edits.replace(list, fmt::format("[{}]", fmt::join(sorted, ",")));
    return {};
  }
};

class Rerank final : public ListCodec {
 public:
  Rerank() : ListCodec("/rerank", "results") {}

 protected:
  Result<void> read_list(const chat::Request& request, const catalog::Model&, json::Value list,
                         json::Edits&) const override {
    for (json::Value one : list) {
      auto index = one["index"].integer();
      if (!index || *index < 0 || *index >= request.inputs || !one["relevance_score"].number())
        return fail(ErrorKind::malformed, "the provider's ranking names a document that nobody sent, or lacks its score");
    }
    return {};
  }
};

class Moderations final : public ListCodec {
 public:
  Moderations() : ListCodec("/moderations", "results") {}

 protected:
  Result<void> read_list(const chat::Request&, const catalog::Model&, json::Value list, json::Edits& edits) const override {
    // Some tell the categories alone; OpenAI's clients read `flagged`.
    for (json::Value one : list) {
      if (!one["categories"].is(json::Type::object))
        return fail(ErrorKind::malformed, "the provider's judgement has no categories");
      if (one["flagged"].given()) continue;
      bool flagged = false;
      for (json::Value category : one["categories"]) flagged = flagged || category.boolean().value_or(false);
      set_json(edits, one, "flagged", flagged ? "true" : "false");
    }
    return {};
  }
};

class Images final : public ListCodec {
 public:
  Images() : ListCodec("/images/generations", "data") {}

 protected:
  bool names_model() const override { return false; }  // OpenAI's answer has no such member

  Result<void> read_list(const chat::Request&, const catalog::Model&, json::Value list, json::Edits&) const override {
    for (json::Value one : list) {
      if (!has_text(one["b64_json"]) && !has_text(one["url"]))
        return fail(ErrorKind::malformed, "the provider's answer lacks an image");
    }
    return {};
  }
};

}  // namespace

Outgoing post_document(const chat::Request& request, const catalog::Provider& provider, const catalog::Model& model,
                       std::string path) {
  Outgoing out = repair_request(request, provider, model, false);
  out.path = std::move(path);
  out.fields.add("content-type", "application/json");
  out.fields.add("accept", "application/json");
  for (const auto& [name, value] : provider.headers) out.fields.set(name, value);
  return out;
}

const Codec* codec(chat::Kind kind) {
  static const Embeddings kEmbeddings;
  static const Rerank kRerank;
  static const Moderations kModerations;
  static const Images kImages;
  switch (kind) {
    case chat::Kind::embedding: return &kEmbeddings;
    case chat::Kind::rerank: return &kRerank;
    case chat::Kind::moderation: return &kModerations;
    case chat::Kind::image: return &kImages;
    case chat::Kind::speech: return &speech_codec();
    case chat::Kind::transcription:
    case chat::Kind::translation: return &transcription_codec();
    case chat::Kind::chat: break;
  }
  return nullptr;
}

const Codec* OpenAi::codec(chat::Kind kind) const { return openai::codec(kind); }

}  // namespace freeway::dialect::openai
