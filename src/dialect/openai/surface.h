// The client's side of the OpenAI dialect: its request decoded, its stream written, its errors.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "chat/event.h"
#include "chat/request.h"

namespace freeway::dialect::openai {

// A refusal of a request's own content, with the fields of the envelope.
struct RequestError {
  int status = 400;
  std::string message;
  std::string param;  // "" = null
  std::string code;   // "" = null
};

// Decodes a chat completion request. `text` is moved into the result. Checks what every provider would refuse (no messages,
// wrong types of the members that decisions need), nothing else: unknown members are the provider's business.
std::expected<std::unique_ptr<chat::Request>, RequestError> decode_request(std::string text);

// {"error":{"message","type","param","code"}}
std::string error_body(std::string_view message, std::string_view type, std::string_view param, std::string_view code);

// Writes events as the client's stream. Exactly one usage frame last if the client asked, none otherwise; [DONE] at a good
// end and only there.
class StreamWriter {
 public:
  explicit StreamWriter(const chat::Request& request);
  void write(std::string& out, const chat::Event& event);
  // The good end. `usage` fills the usage frame if the client asked and the provider sent none.
  void finish(std::string& out, const chat::Usage& usage);
  // The bad end: an error that a client can see, and no end mark.
  static void fail(std::string& out, std::string_view message, std::string_view type, std::string_view code);

 private:
  void remember(std::string_view json);

  bool include_usage_;
  bool usage_written_ = false;
  std::string last_usage_json_;       // held so that it is the last frame
  std::string id_, model_, created_;  // verbatim JSON of the first piece, for a usage frame of ours
};

}  // namespace freeway::dialect::openai
