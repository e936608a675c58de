#include "dialect/anthropic/surface.h"

#include "dialect/anthropic/manner.h"
#include "dialect/anthropic/stop_filter.h"
#include "dialect/anthropic/told.h"
#include "dialect/anthropic/write_stream.h"
#include "dialect/dialect.h"
#include "dialect/openai/content.h"
#include "dialect/openai/members.h"
#include "http/sse.h"

namespace freeway::dialect::anthropic {

namespace {

using openai::has_text;
using openai::image_text;
using openai::said_in;
using openai::text_of;

// A whole chat completion as a message.
class Message {
 public:
  Message(const Manner& manner, json::Value root, const chat::Usage& usage)
      : manner_(manner), root_(root), message_(root["choices"].first()["message"]), stops_(manner.stops), cost_(usage) {
    cost_.read(root["usage"]);
    ending_.read(root["choices"].first(), manner.stops);
  }

  std::string write() {
    out_.begin_object().member("id", message_id(root_.raw())).member("type", "message").member("role", "assistant");
    out_.member("model", text_of(root_["model"])).key("content").begin_array();
    thinking();
    text();
    if (stops_.met().empty()) calls();
    out_.end_array();
    write_ending(out_, ending_);
    out_.key("usage");
    write_usage(out_, cost_);
    out_.end_object();
    return std::move(body_);
  }

 private:
  void thinking() {
    json::Value thought = reasoning_of(message_);
    if (manner_.thinking == Manner::Thinking::hidden || !has_text(thought)) return;
    std::string text = text_of(thought);
    std::string signature = signature_of(text);
    for (json::Value detail : message_["reasoning_details"]) {
      if (has_text(detail["signature"])) signature = text_of(detail["signature"]);
    }
    if (manner_.thinking == Manner::Thinking::omitted) text.clear();
    out_.begin_object().member("type", "thinking").member("thinking", text).member("signature", signature).end_object();
  }

  void text() {
    std::string said;
    stops_.feed(said_in(message_["content"]), said);
    if (has_text(message_["refusal"])) {
      ending_.refused = true;
      stops_.feed(text_of(message_["refusal"]), said);
    }
    for (json::Value image : message_["images"]) stops_.feed(image_text(image), said);
    if (stops_.met().empty()) {
      stops_.release(said);
    } else {
      ending_.stop = stops_.met();
    }
    if (!said.empty()) out_.begin_object().member("type", "text").member("text", said).end_object();
  }

  void calls() {
    for (json::Value call : message_["tool_calls"]) write_call(text_of(call["id"]), call["function"]);
    json::Value old = message_["function_call"];
    if (old.is(json::Type::object) && message_["tool_calls"].size() == 0) write_call(call_id(root_.raw()), old);
  }

  void write_call(std::string_view id, json::Value function) {
    std::string arguments = text_of(function["arguments"]);
    out_.begin_object().member("type", "tool_use").member("id", id).member("name", text_of(function["name"]));
    out_.member_raw("input", json::Document::parse(arguments) ? arguments : "{}").end_object();
  }

  const Manner& manner_;
  json::Value root_, message_;
  StopFilter stops_;
  Ending ending_;
  Cost cost_;
  std::string body_;
  json::Writer out_{body_};
};

class Messages final : public Surface {
 public:
  explicit Messages(Manner manner) : manner_(std::move(manner)) {}

  std::unique_ptr<StreamWriter> stream(const chat::Request& request) const override {
    return std::make_unique<MessageWriter>(request, manner_);
  }
  void tell(const chat::Request&, WholeAnswer& answer) const override {
    auto document = json::Document::parse(answer.body);
    if (!document) return;
    std::string body = Message(manner_, document->root(), answer.usage).write();
    answer.body = std::move(body);
  }
  std::string error_body(const Trouble& trouble) const override { return anthropic::error_body(trouble); }
  void beat(std::string& out) const override { http::append_sse_event(out, "ping", R"({"type": "ping"})"); }

 private:
  Manner manner_;
};

}  // namespace

std::shared_ptr<const Surface> surface_for(Manner manner) { return std::make_shared<const Messages>(std::move(manner)); }

}  // namespace freeway::dialect::anthropic
