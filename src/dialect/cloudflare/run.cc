#include <vector>

#include "base/text.h"
#include "crypto/seal.h"
#include "dialect/cloudflare/cloudflare.h"
#include "dialect/cloudflare/codecs.h"
#include "dialect/compose.h"
#include "dialect/openai/kinds.h"
#include "json/writer.h"

namespace freeway::dialect::cloudflare {

namespace {

class Rerank final : public DocumentCodec {
 public:
  Result<Outgoing> write_request(const chat::Request& request, const catalog::Provider& provider,
                                 const catalog::Model& model) const override {
    Outgoing out = run_request(provider, model);
    json::Value root = request.document.root();
    json::Writer writer(out.body);
    writer.begin_object().member_raw("query", root["query"].raw()).key("contexts").begin_array();
    for (json::Value document : root["documents"])
      writer.begin_object().member_raw("text", text_of_document(document).raw()).end_object();
    writer.end_array();
    if (root["top_n"].given()) writer.member_raw("top_k", root["top_n"].raw());
    writer.end_object();
    drop_others(request, {"model", "query", "documents", "top_n", "return_documents"}, out);
    return out;
  }

 protected:
  Result<WholeAnswer> read_document(const chat::Request& request, const catalog::Model& model,
                                    json::Value root) const override {
    std::vector<Ranked> ranking;
    for (json::Value one : root["result"]["response"]) ranking.push_back({one["id"].integer(), one["score"].number()});
    return compose_ranking(request, model, ranking, std::nullopt);
  }
};

// One image a call: in base64 in the envelope, or as it is.
class Images final : public DocumentCodec {
 public:
  Result<Outgoing> write_request(const chat::Request& request, const catalog::Provider& provider,
                                 const catalog::Model& model) const override {
    if (request.choices > 1) return fail(ErrorKind::unsupported, "it makes one image at a time");
    Outgoing out = run_request(provider, model);
    out.fields.set("accept", "*/*");
    json::Value root = request.document.root();
    json::Writer writer(out.body);
    writer.begin_object().member_raw("prompt", root["prompt"].raw());
    for (std::string_view name : {"steps", "seed", "negative_prompt", "guidance", "width", "height"})
      if (root[name].given()) writer.member_raw(name, root[name].raw());
    writer.end_object();
    drop_others(
        request,
        {"model", "prompt", "n", "response_format", "steps", "seed", "negative_prompt", "guidance", "width", "height"}, out);
    return out;
  }
  Result<WholeAnswer> read_answer(const chat::Request& request, const catalog::Model& model, std::string_view content_type,
                                  std::string body, std::optional<chat::Fault>& fault) const override {
    if (istarts_with(content_type, "image/")) {
      if (body.empty()) return fail(ErrorKind::closed, "empty answer: the provider sent no image");
      std::vector<std::string> images;
      images.push_back(crypto::to_base64(body));
      return compose_images(request, images);
    }
    return DocumentCodec::read_answer(request, model, content_type, std::move(body), fault);
  }

 protected:
  Result<WholeAnswer> read_document(const chat::Request& request, const catalog::Model&, json::Value root) const override {
    std::vector<std::string> images;
    auto image = root["result"]["image"].string();
    if (!image || image->empty()) return fail(ErrorKind::malformed, "the provider's answer lacks an image");
    images.push_back(std::move(*image));
    return compose_images(request, images);
  }
};

}  // namespace

Outgoing run_request(const catalog::Provider& provider, const catalog::Model& model) {
  return json_request(provider, "/run/" + model.id);
}

const Codec& rerank_codec() {
  static const Rerank kRerank;
  return kRerank;
}

const Codec& image_codec() {
  static const Images kImages;
  return kImages;
}

const Codec* Cloudflare::codec(chat::Kind kind) const {
  switch (kind) {
    case chat::Kind::embedding: return openai::codec(kind);
    case chat::Kind::rerank: return &rerank_codec();
    case chat::Kind::image: return &image_codec();
    case chat::Kind::speech: return &speech_codec();
    case chat::Kind::transcription:
    case chat::Kind::translation: return &transcription_codec();
    case chat::Kind::moderation:
    case chat::Kind::chat: break;
  }
  return nullptr;
}

}  // namespace freeway::dialect::cloudflare
