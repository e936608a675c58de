#include <charconv>
#include <cmath>
#include <vector>

#include "dialect/compose.h"
#include "dialect/nvidia/long_jobs.h"
#include "dialect/nvidia/nvidia.h"
#include "dialect/openai/kinds.h"
#include "json/writer.h"

namespace freeway::dialect::nvidia {

namespace {

// What differs from model to model of those that make images, told by its id.
struct Traits {
  explicit Traits(std::string_view id) : mode(!id.contains("flux.2")), steps(id.contains("schnell") ? 4 : mode ? 28 : 0) {}
  bool mode;  // says that there is no image to begin with
  int steps;  // where nobody says; 0: none are said
};

struct Size {
  unsigned width = 0, height = 0;
};

// "1024x768".
std::optional<Size> read_size(std::string_view text) {
  Size size;
  const char* end = text.data() + text.size();
  auto width = std::from_chars(text.data(), end, size.width);
  if (width.ec != std::errc() || width.ptr == end || *width.ptr != 'x') return std::nullopt;
  auto height = std::from_chars(width.ptr + 1, end, size.height);
  return height.ec == std::errc() && height.ptr == end ? std::optional(size) : std::nullopt;
}

class Images final : public DocumentCodec {
 public:
  Result<Outgoing> write_request(const chat::Request& request, const catalog::Provider& provider,
                                 const catalog::Model& model) const override {
    if (request.choices > 1) return fail(ErrorKind::unsupported, "it makes one image at a time");
    Outgoing out = json_request(provider, "/genai/" + model.id);
    json::Value root = request.document.root();
    Traits traits(model.id);
    json::Writer writer(out.body);
    writer.begin_object().member_raw("prompt", root["prompt"].raw());
    if (traits.mode) writer.member("mode", "base");
    if (root["steps"].given()) {
      writer.member_raw("steps", root["steps"].raw());
    } else if (traits.steps > 0) {
      writer.member("steps", traits.steps);
    }
    auto size = read_size(root["size"].escaped());
    if (size) writer.member("width", size->width).member("height", size->height);
    if (root["size"].given() && !size) out.drop("size");
    if (root["seed"].given()) writer.member_raw("seed", root["seed"].raw());
    writer.end_object();
    drop_others(request, {"model", "prompt", "n", "response_format", "steps", "size", "seed"}, out);
    return out;
  }

 protected:
  Result<WholeAnswer> read_document(const chat::Request& request, const catalog::Model&, json::Value root) const override {
    std::vector<std::string> images;
    for (json::Value one : root["artifacts"]) {
      auto image = one["base64"].string();
      // What was filtered comes as a black image.
      if (!image || image->empty() || one["finishReason"].equals("CONTENT_FILTERED"))
        return fail(ErrorKind::malformed, "the provider's answer lacks an image");
      images.push_back(std::move(*image));
    }
    if (images.empty()) return fail(ErrorKind::malformed, "the provider's answer lacks an image");
    return compose_images(request, images);
  }
};

class Rerank final : public DocumentCodec {
 public:
  Result<Outgoing> write_request(const chat::Request& request, const catalog::Provider& provider,
                                 const catalog::Model& model) const override {
    Outgoing out = json_request(provider, "/retrieval/" + model.id + "/reranking");
    json::Value root = request.document.root();
    json::Writer writer(out.body);
    writer.begin_object().member("model", model.id);
    writer.key("query").begin_object().member_raw("text", root["query"].raw()).end_object().key("passages").begin_array();
    for (json::Value document : root["documents"])
      writer.begin_object().member_raw("text", text_of_document(document).raw()).end_object();
    writer.end_array().end_object();
    drop_others(request, {"model", "query", "documents", "top_n", "return_documents"}, out);
    return out;
  }

 protected:
  Result<WholeAnswer> read_document(const chat::Request& request, const catalog::Model& model,
                                    json::Value root) const override {
    std::vector<Ranked> ranking;
    for (json::Value one : root["rankings"]) {
      Ranked place{one["index"].integer(), one["logit"].number()};
      if (place.score) place.score = 1 / (1 + std::exp(-*place.score));
      ranking.push_back(place);
    }
    return compose_ranking(request, model, ranking, std::nullopt);
  }
};

}  // namespace

const Codec* Nvidia::codec(chat::Kind kind) const {
  static const Images kImages;
  static const Rerank kRerank;
  static const LongJobs kLongImages(kImages);
  static const LongJobs kLongRerank(kRerank);
  static const LongJobs kLongEmbeddings(*openai::codec(chat::Kind::embedding));
  switch (kind) {
    case chat::Kind::image: return &kLongImages;
    case chat::Kind::rerank: return &kLongRerank;
    case chat::Kind::embedding: return &kLongEmbeddings;
    default: return openai::codec(kind);
  }
}

}  // namespace freeway::dialect::nvidia
