// The client's side of the OpenAI dialect: its request decoded, its stream written, its errors.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "chat/request.h"
#include "dialect/surface.h"

namespace freeway::dialect::openai {

// Decodes a chat completion request. `text` is moved into the result. Checks what every provider would refuse (no messages,
// wrong types of the members that decisions need), nothing else: unknown members are the provider's business.
std::expected<std::unique_ptr<chat::Request>, RequestError> decode_request(std::string text);

// The same of any kind that comes as a document, and of those that come as a form, as it was read.
std::expected<std::unique_ptr<chat::Request>, RequestError> decode_request(chat::Kind kind, std::string text);
std::expected<std::unique_ptr<chat::Request>, RequestError> decode_upload(chat::Kind kind, Result<chat::Form> form);

// {"error":{"message","type","param","code"}}
std::string error_body(std::string_view message, std::string_view type, std::string_view param, std::string_view code);

// Tells answers as they are. Shared by all requests.
std::shared_ptr<const Surface> surface();

// Writes events as the client's stream. Exactly one usage frame last if the client asked, none otherwise; [DONE] at a good
// end and only there.
class ChunkWriter final : public StreamWriter {
 public:
  explicit ChunkWriter(const chat::Request& request);
  void write(std::string& out, const chat::Event& event) override;
  // `usage` fills the usage frame if the client asked and the provider sent none.
  void finish(std::string& out, const chat::Usage& usage) override;
  void fail(std::string& out, const Trouble& trouble) override;
  std::size_t held() const override { return last_usage_json_.size() + id_.size() + model_.size() + created_.size(); }
  void shrink() override {}

 private:
  void remember(std::string_view json);

  bool include_usage_;
  bool usage_written_ = false;
  std::string last_usage_json_;       // held so that it is the last frame
  std::string id_, model_, created_;  // verbatim JSON of the first piece, for a usage frame of ours
};

}  // namespace freeway::dialect::openai
