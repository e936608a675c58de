#include "dialect/aihorde/aihorde.h"
#include "dialect/aihorde/prompt.h"
#include "dialect/openai/compose.h"
#include "dialect/openai/digest.h"
#include "dialect/openai/members.h"
#include "json/writer.h"

namespace freeway::dialect::aihorde {

namespace {

using openai::text_of;

// An error as chat completions tell it, for whoever judges them.
std::string error(std::string_view type, std::string_view code, std::string_view message) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("error").begin_object().member("message", message).member("type", type).member("code", code);
  writer.end_object().end_object();
  return out;
}

std::vector<std::string> stops_of(json::Value stop) {
  std::vector<std::string> stops;
  if (stop.is(json::Type::string)) stops.push_back(text_of(stop));
  for (json::Value one : stop) stops.push_back(text_of(one));
  return stops;
}

// It does not say why a text ended.
std::string finish_of(const Cut& cut, std::size_t bytes, const Question& question) {
  bool full = !cut.stopped && (bytes + 3) / 4 >= length_of(question.request, question.model);
  return full ? "length" : "stop";
}

class AsItIs final : public Translator {
 public:
  Result<void> read(std::string_view data, std::string& out) override {
    out.append("data: ").append(data).append("\n\n");
    return {};
  }
  void end(std::string&) override {}
  bool complete() const override { return false; }
};

}  // namespace

Result<std::string> AiHorde::translate_answer(const Question& question, json::Value root) const {
  json::Value generations = root["generations"];
  if (!generations.is(json::Type::array)) return std::string(root.raw());
  if (root["faulted"].boolean().value_or(false))
    return error("server_error", "faulted", "the job failed on the machines that took it up");
  if (generations.size() == 0 && !root["is_possible"].boolean().value_or(true))
    return error("not_found", "not_possible", "no machine that is there now serves this model with such a request");
  auto stops = stops_of(question.request.document.root()["stop"]);
  std::vector<openai::MadeChoice> choices;
  for (json::Value one : generations) {
    if (one["state"].equals("censored"))
      return error("content_filter", "censored", "the machine that answered has a filter, which refused this prompt");
    std::string text = text_of(one["text"]);
    Cut cut = cut_answer(text, stops);
    openai::MadeChoice& made = choices.emplace_back();
    made.index = static_cast<std::int64_t>(choices.size()) - 1;
    made.text = cut.text;
    made.finish = finish_of(cut, text.size(), question);
  }
  openai::AnswerHead head;
  head.id = "chatcmpl-" + openai::Digest().add(root.raw()).letters(24);
  head.model = text_of(generations.first()["model"]);
  if (head.model.empty()) head.model = question.model.id;
  head.created = question.request.created;
  return openai::whole_answer(head, choices, std::nullopt);
}

std::unique_ptr<Translator> AiHorde::translate_stream(const Question&) const { return std::make_unique<AsItIs>(); }

}  // namespace freeway::dialect::aihorde
