#include <algorithm>

#include "dialect/cohere/cohere.h"
#include "dialect/openai/compose.h"
#include "dialect/openai/digest.h"
#include "dialect/openai/members.h"

namespace freeway::dialect::cohere {

namespace {

using openai::has_text;
using openai::text_of;

std::string finish_of(json::Value reason) {
  if (reason.equals("COMPLETE") || reason.equals("STOP_SEQUENCE")) return "stop";
  if (reason.equals("MAX_TOKENS")) return "length";
  return reason.equals("TOOL_CALL") ? "tool_calls" : "error";  // ERROR, TIMEOUT
}

std::optional<openai::MadeUsage> usage_of(json::Value usage) {
  json::Value told = usage["tokens"].given() ? usage["tokens"] : usage["billed_units"];
  auto prompt = told["input_tokens"].integer();
  auto answer = told["output_tokens"].integer();
  if (!prompt && !answer) return std::nullopt;
  openai::MadeUsage made;
  made.prompt = static_cast<std::uint64_t>(std::max<std::int64_t>(prompt.value_or(0), 0));
  made.completion = static_cast<std::uint64_t>(std::max<std::int64_t>(answer.value_or(0), 0));
  made.total = made.prompt + made.completion;
  return made;
}

openai::AnswerHead head_of(const Question& question, json::Value root) {
  openai::AnswerHead head;
  head.id = text_of(root["id"]);
  if (head.id.empty()) head.id = "chatcmpl-" + openai::Digest().add(root.raw()).letters(24);
  head.model = question.model.id;
  head.created = question.request.created;
  return head;
}

void read_content(json::Value part, openai::MadeChoice& made) {
  openai::append_text(made.text, part["text"]);
  openai::append_text(made.reasoning, part["thinking"]);
}

openai::MadeCall call_of(json::Value call, std::int64_t index) {
  openai::MadeCall made;
  made.index = index;
  made.id = text_of(call["id"]);
  made.name = text_of(call["function"]["name"]);
  made.arguments = text_of(call["function"]["arguments"]);
  return made;
}

bool is_answer(json::Value root) { return root["message"].is(json::Type::object); }

// Events of one answer; each says of itself what it is.
class Stream final : public Translator {
 public:
  explicit Stream(const Question& question) : question_(question) {}

  Result<void> read(std::string_view data, std::string& out) override;
  void end(std::string&) override {}
  bool complete() const override { return complete_; }
  void shrink() override { document_.shrink(); }

 private:
  void delta(json::Value root, openai::MadeChoice& made);
  void call(json::Value root, openai::MadeChoice& made);
  void finish(json::Value delta, std::string& out);

  Question question_;
  std::optional<openai::AnswerHead> head_;
  std::vector<std::int64_t> calls_;  // their indices here, in the order of ours
  json::Document document_;
  bool begun_ = false;
  bool complete_ = false;
};

void Stream::call(json::Value root, openai::MadeChoice& made) {
  json::Value told = root["delta"]["message"]["tool_calls"];
  if (told.is(json::Type::array)) told = told.first();
  std::int64_t theirs = root["index"].integer().value_or(0);
  auto known = std::find(calls_.begin(), calls_.end(), theirs);
  std::int64_t ours = known - calls_.begin();
  if (known == calls_.end()) calls_.push_back(theirs);
  made.calls.push_back(call_of(told, ours));
}

void Stream::delta(json::Value root, openai::MadeChoice& made) {
  json::Value type = root["type"];
  json::Value message = root["delta"]["message"];
  if (type.equals("content-delta") || type.equals("content-start")) {
    read_content(message["content"], made);
  } else if (type.equals("tool-plan-delta")) {
    made.reasoning = text_of(message["tool_plan"]);
  } else if (type.equals("tool-call-start") || type.equals("tool-call-delta")) {
    call(root, made);
  } else if (type.equals("citation-start") && message["citations"].given()) {
    json::Value citations = message["citations"];
    std::string list =
        citations.is(json::Type::array) ? std::string(citations.raw()) : "[" + std::string(citations.raw()) + "]";
    made.extra = "\"citations\":" + list;
  }
}

void Stream::finish(json::Value delta, std::string& out) {
  complete_ = true;
  openai::MadeChoice last;
  last.role = !begun_;
  last.finish = finish_of(delta["finish_reason"]);
  openai::append_chunk(out, *head_, last);
  if (auto usage = usage_of(delta["usage"])) openai::append_usage(out, *head_, *usage);
  openai::append_end(out);
}

Result<void> Stream::read(std::string_view data, std::string& out) {
  if (auto parsed = document_.reparse(data); !parsed) {
    return fail(ErrorKind::malformed, "a frame of the stream is not JSON: " + parsed.error().message);
  }
  json::Value root = document_.root();
  json::Value type = root["type"];
  if (!has_text(type) || type.equals("error")) {
    out.append("data: ").append(data).append("\n\n");
    return {};
  }
  if (!head_) head_ = head_of(question_, root);
  if (type.equals("message-end")) {
    if (!complete_) finish(root["delta"], out);
    return {};
  }
  openai::MadeChoice made;
  made.role = !begun_;
  delta(root, made);
  if (made.empty()) return {};
  begun_ = true;
  openai::append_chunk(out, *head_, made);
  return {};
}

}  // namespace

Result<std::string> Cohere::translate_answer(const Question& question, json::Value root) const {
  if (!is_answer(root)) return std::string(root.raw());
  json::Value message = root["message"];
  openai::MadeChoice made;
  json::Value content = message["content"];
  if (content.is(json::Type::string)) made.text = text_of(content);
  made.reasoning = text_of(message["tool_plan"]);
  for (json::Value part : content) read_content(part, made);
  std::int64_t index = 0;
  for (json::Value call : message["tool_calls"]) made.calls.push_back(call_of(call, index++));
  if (message["citations"].size() > 0) made.extra = "\"citations\":" + std::string(message["citations"].raw());
  if (has_text(root["finish_reason"])) made.finish = finish_of(root["finish_reason"]);
  return openai::whole_answer(head_of(question, root), {made}, usage_of(root["usage"]));
}

std::unique_ptr<Translator> Cohere::translate_stream(const Question& question) const {
  return std::make_unique<Stream>(question);
}

}  // namespace freeway::dialect::cohere
