// Cohere's embeddings and ranking.
// Source: docs.cohere.com/reference/embed, docs.cohere.com/reference/rerank.

#include <vector>

#include "dialect/cohere/cohere.h"
#include "dialect/compose.h"
#include "dialect/vectors.h"
#include "json/writer.h"

namespace freeway::dialect::cohere {

namespace {

std::optional<chat::Usage> billed(json::Value root) {
  auto tokens = root["meta"]["billed_units"]["input_tokens"].integer();
  if (!tokens || *tokens < 0) return std::nullopt;
  chat::Usage usage;
  usage.prompt_tokens = usage.total_tokens = static_cast<std::uint64_t>(*tokens);
  return usage;
}

// What a text is for; Cohere wants to know.
std::string_view input_type(const chat::Request& request) {
  json::Value asked = request.document.root()["input_type"];
  for (std::string_view own : {"classification", "clustering"})
    if (asked.equals(own)) return own;
  return asks_query(request) ? "search_query" : "search_document";
}

class Embed final : public DocumentCodec {
 public:
  Result<Outgoing> write_request(const chat::Request& request, const catalog::Provider& provider,
                                 const catalog::Model& model) const override {
    if (request.tokenized) return fail(ErrorKind::unsupported, "it takes texts, no tokens");
    Outgoing out = json_request(provider, "/v2/embed");
    json::Writer writer(out.body);
    writer.begin_object().member("model", model.id).key("texts").begin_array();
    for_each_input(request, [&](json::Value text) { writer.raw(text.raw()); });
    writer.end_array().member("input_type", input_type(request));
    writer.key("embedding_types").begin_array().string("float").end_array();
    if (request.dimensions) writer.member("output_dimension", *request.dimensions);
    writer.end_object();
    drop_others(request, {"model", "input", "input_type", "dimensions", "encoding_format"}, out);
    return out;
  }

 protected:
  Result<WholeAnswer> read_document(const chat::Request& request, const catalog::Model& model,
                                    json::Value root) const override {
    std::vector<json::Value> vectors;
    for (json::Value vector : root["embeddings"]["float"]) vectors.push_back(vector);
    return compose_embeddings(request, model, vectors, billed(root));
  }
};

class Rerank final : public DocumentCodec {
 public:
  Result<Outgoing> write_request(const chat::Request& request, const catalog::Provider& provider,
                                 const catalog::Model& model) const override {
    Outgoing out = json_request(provider, "/v2/rerank");
    json::Value root = request.document.root();
    json::Writer writer(out.body);
    writer.begin_object().member("model", model.id).member_raw("query", root["query"].raw());
    writer.key("documents").begin_array();
    for (json::Value document : root["documents"]) writer.raw(text_of_document(document).raw());
    writer.end_array();
    if (root["top_n"].given()) writer.member_raw("top_n", root["top_n"].raw());
    if (root["max_tokens_per_doc"].given()) writer.member_raw("max_tokens_per_doc", root["max_tokens_per_doc"].raw());
    writer.end_object();
    drop_others(request, {"model", "query", "documents", "top_n", "max_tokens_per_doc", "return_documents"}, out);
    return out;
  }

 protected:
  Result<WholeAnswer> read_document(const chat::Request& request, const catalog::Model& model,
                                    json::Value root) const override {
    std::vector<Ranked> ranking;
    for (json::Value one : root["results"]) ranking.push_back({one["index"].integer(), one["relevance_score"].number()});
    return compose_ranking(request, model, ranking, billed(root));
  }
};

}  // namespace

const Codec* Cohere::codec(chat::Kind kind) const {
  static const Embed kEmbed;
  static const Rerank kRerank;
  if (kind == chat::Kind::embedding) return &kEmbed;
  return kind == chat::Kind::rerank ? &kRerank : nullptr;
}

}  // namespace freeway::dialect::cohere
