#include <vector>

#include "dialect/compose.h"
#include "dialect/huggingface/huggingface.h"
#include "dialect/vectors.h"
#include "json/writer.h"

namespace freeway::dialect::huggingface {

namespace {

// The mean of a text's vectors, one of each of its tokens, as JSON. Fails with malformed where they are none.
Result<std::string> mean(json::Value tokens) {
  std::vector<double> sum(tokens.first().size());
  for (json::Value token : tokens) {
    if (token.size() != sum.size()) return fail(ErrorKind::malformed, "the provider's vectors of tokens differ in length");
    std::size_t at = 0;
    for (json::Value number : token) {
      auto value = number.number();
      if (!value) return fail(ErrorKind::malformed, "the provider's vector holds something that is no number");
      sum[at++] += *value;
    }
  }
  std::string text;
  json::Writer writer(text);
  writer.begin_array();
  for (double value : sum) writer.number(value / static_cast<double>(tokens.size()));
  writer.end_array();
  return text;
}

class Embeddings final : public DocumentCodec {
 public:
  Embeddings() : DocumentCodec(Root::object_or_array) {}

  Result<Outgoing> write_request(const chat::Request& request, const catalog::Provider& provider,
                                 const catalog::Model& model) const override {
    if (request.tokenized) return fail(ErrorKind::unsupported, "it takes texts, no tokens");
    if (request.dimensions && request.dimensions != model.dimensions)
      return fail(ErrorKind::unsupported, "its vectors have a length of their own");
    Outgoing out = json_request(provider, "/hf-inference/models/" + model.id + "/pipeline/feature-extraction");
    json::Writer writer(out.body);
    writer.begin_object().key("inputs").begin_array();
    for_each_input(request, [&](json::Value text) { writer.raw(text.raw()); });
    writer.end_array().end_object();
    drop_others(request, {"model", "input", "dimensions", "encoding_format"}, out);
    return out;
  }

 protected:
  // Bare arrays: of one text perhaps its vector alone, of models that don't pool a vector for each token.
  Result<WholeAnswer> read_document(const chat::Request& request, const catalog::Model& model,
                                    json::Value root) const override {
    if (!root.is(json::Type::array)) return fail(ErrorKind::malformed, "the provider's answer has no vectors");
    std::vector<json::Value> vectors;
    if (root.first().is(json::Type::number)) {
      vectors.push_back(root);
    } else {
      for (json::Value one : root) vectors.push_back(one);
    }
    if (!root.first().first().is(json::Type::array)) return compose_embeddings(request, model, vectors, std::nullopt);
    std::string pooled;
    for (json::Value one : vectors) {
      auto text = mean(one);
      if (!text) return std::unexpected(text.error());
      pooled.append(pooled.empty() ? "[" : ",").append(*text);
    }
    auto document = json::Document::parse(pooled.append("]"));
    if (!document) return std::unexpected(document.error());
    vectors.clear();
    for (json::Value one : document->root()) vectors.push_back(one);
    return compose_embeddings(request, model, vectors, std::nullopt);
  }
};

}  // namespace

const Codec* HuggingFace::codec(chat::Kind kind) const {
  static const Embeddings kEmbeddings;
  return kind == chat::Kind::embedding ? &kEmbeddings : nullptr;
}

}  // namespace freeway::dialect::huggingface
