// Google's embeddings: always as a batch, which takes one as well.
// Source: ai.google.dev/api/embeddings.
#include <vector>

#include "dialect/compose.h"
#include "dialect/gemini/codecs.h"
#include "dialect/gemini/gemini.h"
#include "dialect/vectors.h"
#include "json/writer.h"

namespace freeway::dialect::gemini {

namespace {

// Nothing where the client does not say, so that Google's default holds.
std::string_view task_type(const chat::Request& request) {
  json::Value asked = request.document.root()["input_type"];
  if (!asked.given()) return "";
  if (asked.equals("classification")) return "CLASSIFICATION";
  if (asked.equals("clustering")) return "CLUSTERING";
  return asks_query(request) ? "RETRIEVAL_QUERY" : "RETRIEVAL_DOCUMENT";
}

class Embeddings final : public DocumentCodec {
 public:
  Result<Outgoing> write_request(const chat::Request& request, const catalog::Provider& provider,
                                 const catalog::Model& model) const override {
    if (request.tokenized) return fail(ErrorKind::unsupported, "it takes texts, no tokens");
    Outgoing out = json_request(provider, "/models/" + model.id + ":batchEmbedContents");
    json::Writer writer(out.body);
    writer.begin_object().key("requests").begin_array();
    for_each_input(request, [&](json::Value text) {
      writer.begin_object().member("model", "models/" + model.id).key("content").begin_object().key("parts").begin_array();
      writer.begin_object().member_raw("text", text.raw()).end_object().end_array().end_object();
      if (auto task = task_type(request); !task.empty()) writer.member("taskType", task);
      if (request.dimensions) writer.member("outputDimensionality", *request.dimensions);
      writer.end_object();
    });
    writer.end_array().end_object();
    drop_others(request, {"model", "input", "input_type", "dimensions", "encoding_format"}, out);
    return out;
  }

 protected:
  Result<WholeAnswer> read_document(const chat::Request& request, const catalog::Model& model,
                                    json::Value root) const override {
    std::vector<json::Value> vectors;
    for (json::Value one : root["embeddings"]) vectors.push_back(one["values"]);
    return compose_embeddings(request, model, vectors, std::nullopt);
  }
};

}  // namespace

const Codec& embedding_codec() {
  static const Embeddings kEmbeddings;
  return kEmbeddings;
}

const Codec* Gemini::codec(chat::Kind kind) const {
  if (kind == chat::Kind::embedding) return &embedding_codec();
  return kind == chat::Kind::speech ? &speech_codec() : nullptr;
}

}  // namespace freeway::dialect::gemini
