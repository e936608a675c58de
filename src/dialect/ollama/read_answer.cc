#include "dialect/ollama/ollama.h"
#include "dialect/openai/compose.h"
#include "dialect/openai/digest.h"
#include "dialect/openai/members.h"

namespace freeway::dialect::ollama {

namespace {

using openai::has_text;
using openai::text_of;

bool is_answer(json::Value root) { return root["message"].is(json::Type::object); }

openai::AnswerHead head_of(const Question& question, json::Value root) {
  openai::AnswerHead head;
  head.id = "chatcmpl-" + openai::Digest().add(root.raw()).letters(24);
  head.model = text_of(root["model"]);
  if (head.model.empty()) head.model = question.model.id;
  head.created = question.request.created;
  return head;
}

std::optional<openai::MadeUsage> usage_of(json::Value root) {
  auto prompt = root["prompt_eval_count"].integer();
  auto answer = root["eval_count"].integer();
  if (!answer && !prompt) return std::nullopt;
  openai::MadeUsage usage;
  usage.prompt = static_cast<std::uint64_t>(std::max<std::int64_t>(prompt.value_or(0), 0));
  usage.completion = static_cast<std::uint64_t>(std::max<std::int64_t>(answer.value_or(0), 0));
  usage.total = usage.prompt + usage.completion;
  return usage;
}

// The one choice that there is, in one document or many.
class Reader {
 public:
  openai::MadeChoice read(json::Value root, std::string_view answer) {
    json::Value message = root["message"];
    openai::MadeChoice made;
    made.role = !begun_;
    made.text = text_of(message["content"]);
    made.reasoning = text_of(message["thinking"]);
    for (json::Value one : message["tool_calls"]) call(one, answer, made);
    if (root["done"].boolean().value_or(false)) finish_ = finish_of(root["done_reason"]);
    begun_ = begun_ || !made.empty();
    return made;
  }
  const std::string& finish() const { return finish_; }

 private:
  void call(json::Value one, std::string_view answer, openai::MadeChoice& made) {
    json::Value function = one["function"];
    openai::MadeCall call;
    call.index = calls_;
    call.name = text_of(function["name"]);
    json::Value arguments = function["arguments"];
    call.arguments = arguments.is(json::Type::string) ? text_of(arguments)
                     : arguments.given()              ? std::string(arguments.raw())
                                                      : "{}";
    call.id = text_of(one["id"]);
    if (call.id.empty()) {
      call.id = openai::mint_call_id(openai::Digest().add(answer).add(static_cast<std::uint64_t>(calls_)).add(one.raw()));
    }
    ++calls_;
    made.calls.push_back(std::move(call));
  }
  std::string finish_of(json::Value reason) const {
    if (reason.equals("length")) return "length";
    return calls_ > 0 ? "tool_calls" : "stop";
  }

  std::int64_t calls_ = 0;
  bool begun_ = false;
  std::string finish_;
};

class Stream final : public Translator {
 public:
  explicit Stream(const Question& question) : question_(question) {}

  Result<void> read(std::string_view data, std::string& out) override {
    if (auto parsed = document_.reparse(data); !parsed) {
      return fail(ErrorKind::malformed, "a line of the stream is not JSON: " + parsed.error().message);
    }
    json::Value root = document_.root();
    if (!is_answer(root)) {
      out.append("data: ").append(data).append("\n\n");
      return {};
    }
    if (!head_) head_ = head_of(question_, root);
    openai::MadeChoice made = reader_.read(root, head_->id);
    if (!made.empty()) openai::append_chunk(out, *head_, made);
    if (!reader_.finish().empty() && !complete_) finish(root, out);
    return {};
  }
  void end(std::string&) override {}
  bool complete() const override { return complete_; }
  void shrink() override { document_.shrink(); }

 private:
  void finish(json::Value root, std::string& out) {
    complete_ = true;
    openai::MadeChoice last;
    last.role = false;
    last.finish = reader_.finish();
    openai::append_chunk(out, *head_, last);
    if (auto usage = usage_of(root)) openai::append_usage(out, *head_, *usage);
    openai::append_end(out);
  }

  Question question_;
  Reader reader_;
  std::optional<openai::AnswerHead> head_;
  json::Document document_;
  bool complete_ = false;
};

}  // namespace

Result<std::string> Ollama::translate_answer(const Question& question, json::Value root) const {
  if (!is_answer(root)) return std::string(root.raw());
  const openai::AnswerHead head = head_of(question, root);
  Reader reader;
  std::vector<openai::MadeChoice> choices{reader.read(root, head.id)};
  choices.front().finish = reader.finish();
  return openai::whole_answer(head, choices, usage_of(root));
}

std::unique_ptr<Translator> Ollama::translate_stream(const Question& question) const {
  return std::make_unique<Stream>(question);
}

}  // namespace freeway::dialect::ollama
