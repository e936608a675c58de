#include "dialect/anthropic/write_stream.h"

#include "dialect/anthropic/surface.h"
#include "dialect/openai/content.h"
#include "dialect/openai/members.h"
#include "http/sse.h"

namespace freeway::dialect::anthropic {

using openai::has_text;
using openai::image_text;
using openai::said_in;
using openai::text_of;

MessageWriter::MessageWriter(const chat::Request& request, const Manner& manner)
    : prompt_tokens_(request.prompt_tokens),
      manner_(manner),
      stops_(manner.stops),
      blocks_(manner.thinking == Manner::Thinking::shown) {}

void MessageWriter::begin(std::string& out, json::Value root) {
  begun_ = true;
  std::string event;
  json::Writer writer(event);
  writer.begin_object().member("type", "message_start").key("message").begin_object();
  id_ = message_id(root.raw());
  writer.member("id", id_).member("type", "message").member("role", "assistant");
  writer.member("model", text_of(root["model"])).key("content").begin_array().end_array();
  writer.key("stop_reason").null().key("stop_sequence").null().key("stop_details").null().key("usage");
  Cost known;
  known.input = prompt_tokens_;
  write_usage(writer, known);
  writer.end_object().end_object();
  http::append_sse_event(out, "message_start", event);
}

void MessageWriter::write(std::string& out, const chat::Event& event) {
  if (event.kind != chat::Event::Kind::piece && event.kind != chat::Event::Kind::usage) return;
  if (!document_.reparse(event.json)) return;
  json::Value root = document_.root();
  if (root["usage"].is(json::Type::object)) told_.read(root["usage"]);
  if (event.kind != chat::Event::Kind::piece) return;
  if (!begun_) begin(out, root);
  for (json::Value one : root["choices"]) choice(out, one);
}

// What comes after a stop sequence is not part of the answer.
void MessageWriter::choice(std::string& out, json::Value choice) {
  ending_.read(choice, manner_.stops);
  json::Value delta = choice["delta"];
  if (!delta || !stops_.met().empty()) return;
  reasoning(out, delta);
  text(out, delta);
  if (!stops_.met().empty()) return;
  calls(out, delta["tool_calls"]);
  if (json::Value call = delta["function_call"]; call.is(json::Type::object)) old_call(out, call);
}

void MessageWriter::reasoning(std::string& out, json::Value delta) {
  if (manner_.thinking == Manner::Thinking::hidden) return;
  json::Value thought = reasoning_of(delta);
  if (has_text(thought)) {
    std::string before;
    stops_.release(before);
    blocks_.text(out, std::move(before));
    blocks_.thinking(out, text_of(thought));
  }
  for (json::Value detail : delta["reasoning_details"]) {
    if (has_text(detail["signature"])) blocks_.sign(text_of(detail["signature"]));
  }
}

void MessageWriter::text(std::string& out, json::Value delta) {
  std::string said;
  if (json::Value content = delta["content"]; content.given()) stops_.feed(said_in(content), said);
  if (has_text(delta["refusal"])) {
    ending_.refused = true;
    stops_.feed(text_of(delta["refusal"]), said);
  }
  for (json::Value image : delta["images"]) stops_.feed(image_text(image), said);
  blocks_.text(out, std::move(said));
}

void MessageWriter::calls(std::string& out, json::Value list) {
  if (list.size() == 0) return;
  std::string before;
  stops_.release(before);
  blocks_.text(out, std::move(before));
  for (json::Value call : list) {
    json::Value function = call["function"];
    blocks_.call(out, call["index"].integer().value_or(0), text_of(call["id"]), text_of(function["name"]),
                 text_of(function["arguments"]));
  }
}

// Some providers answer in the form that functions had before there were tools; it has room for one call.
void MessageWriter::old_call(std::string& out, json::Value call) {
  std::string before;
  stops_.release(before);
  blocks_.text(out, std::move(before));
  blocks_.call(out, -1, call_id(id_), text_of(call["name"]), text_of(call["arguments"]));
}

void MessageWriter::finish(std::string& out, const chat::Usage& usage) {
  if (!begun_) begin(out, {});
  std::string before;
  stops_.release(before);
  blocks_.text(out, std::move(before));
  blocks_.finish(out);
  if (!stops_.met().empty()) ending_.stop = stops_.met();
  Cost cost(usage);
  cost.cached = told_.cached;
  cost.thinking = told_.thinking;
  std::string event;
  json::Writer writer(event);
  writer.begin_object().member("type", "message_delta").key("delta").begin_object();
  write_ending(writer, ending_);
  writer.end_object().key("usage");
  write_usage(writer, cost);
  writer.end_object();
  http::append_sse_event(out, "message_delta", event);
  http::append_sse_event(out, "message_stop", R"({"type":"message_stop"})");
}

void MessageWriter::fail(std::string& out, const Trouble& trouble) {
  http::append_sse_event(out, "error", error_body(trouble));
}

}  // namespace freeway::dialect::anthropic
