#include "dialect/openai/surface.h"

#include <fmt/format.h>

#include "dialect/dialect.h"
#include "dialect/openai/answer.h"
#include "http/sse.h"
#include "json/document.h"
#include "json/writer.h"

namespace freeway::dialect::openai {

std::string error_body(std::string_view message, std::string_view type, std::string_view param, std::string_view code) {
  auto or_null = [](std::string_view text) { return text.empty() ? std::string("null") : json::quote(text); };
  return fmt::format(R"({{"error":{{"message":{},"type":{},"param":{},"code":{}}}}})", json::quote(message),
                     json::quote(type), or_null(param), or_null(code));
}

ChunkWriter::ChunkWriter(const chat::Request& request) : include_usage_(request.include_usage) {}

void ChunkWriter::write(std::string& out, const chat::Event& event) {
  switch (event.kind) {
    case chat::Event::Kind::piece:
      if (include_usage_ && id_.empty()) remember(event.json);
      http::append_sse_data(out, event.json);
      break;
    case chat::Event::Kind::usage:
      if (include_usage_) last_usage_json_ = event.json;
      break;
    case chat::Event::Kind::error:
    case chat::Event::Kind::done: break;
  }
}

void ChunkWriter::remember(std::string_view json) {
  auto document = json::Document::parse(json);
  if (!document) return;
  json::Value root = document->root();
  id_ = root["id"].raw();
  model_ = root["model"].raw();
  created_ = root["created"].raw();
  if (id_.empty()) id_ = "\"\"";
}

void ChunkWriter::finish(std::string& out, const chat::Usage& usage) {
  if (include_usage_ && !usage_written_) {
    usage_written_ = true;
    if (last_usage_json_.empty()) {
      last_usage_json_ =
          fmt::format(R"({{"id":{},"object":"chat.completion.chunk","created":{},"model":{},"choices":[],"usage":{}}})",
                      id_.empty() ? "\"\"" : id_, created_.empty() ? "0" : created_, model_.empty() ? "\"\"" : model_,
                      usage_json(usage));
    }
    http::append_sse_data(out, last_usage_json_);
  }
  http::append_sse_data(out, "[DONE]");
}

void ChunkWriter::fail(std::string& out, const Trouble& trouble) {
  http::append_sse_data(out, error_body(trouble.message, trouble.type, trouble.param, trouble.code));
}

namespace {

class Plain final : public Surface {
 public:
  std::unique_ptr<StreamWriter> stream(const chat::Request& request) const override {
    return std::make_unique<ChunkWriter>(request);
  }
  void tell(const chat::Request&, WholeAnswer&) const override {}
  std::string error_body(const Trouble& trouble) const override {
    return openai::error_body(trouble.message, trouble.type, trouble.param, trouble.code);
  }
};

}  // namespace

std::shared_ptr<const Surface> surface() {
  static const auto kPlain = std::make_shared<const Plain>();
  return kPlain;
}

}  // namespace freeway::dialect::openai
