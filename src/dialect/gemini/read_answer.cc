#include <fmt/format.h>

#include <algorithm>

#include "dialect/gemini/gemini.h"
#include "dialect/openai/compose.h"
#include "dialect/openai/digest.h"
#include "dialect/openai/members.h"

namespace freeway::dialect::gemini {

namespace {

using openai::has_text;
using openai::text_of;

constexpr std::string_view kFiltered[] = {"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY"};

std::string_view finish_of(std::string_view reason, bool calls) {
  if (reason == "STOP") return calls ? "tool_calls" : "stop";
  if (reason == "MAX_TOKENS") return "length";
  bool filtered = std::find(std::begin(kFiltered), std::end(kFiltered), reason) != std::end(kFiltered);
  return filtered ? "content_filter" : "error";  // MALFORMED_FUNCTION_CALL, UNEXPECTED_TOOL_CALL, OTHER
}

bool is_answer(json::Value root) { return root["candidates"].size() > 0; }

openai::AnswerHead head_of(const Question& question, json::Value root) {
  openai::AnswerHead head;
  head.id = text_of(root["responseId"]);
  if (head.id.empty()) head.id = "chatcmpl-" + openai::Digest().add(root.raw()).letters(24);
  head.model = text_of(root["modelVersion"]);
  if (head.model.empty()) head.model = question.model.id;
  head.created = question.request.created;
  return head;
}

std::optional<openai::MadeUsage> usage_of(json::Value root) {
  json::Value told = root["usageMetadata"];
  auto count = [&](std::string_view name) -> std::uint64_t {
    auto number = told[name].integer();
    return number && *number > 0 ? static_cast<std::uint64_t>(*number) : 0;
  };
  if (!told["promptTokenCount"] && !told["totalTokenCount"]) return std::nullopt;
  openai::MadeUsage usage;
  usage.prompt = count("promptTokenCount") + count("toolUsePromptTokenCount");
  usage.cached = count("cachedContentTokenCount");
  usage.reasoning = count("thoughtsTokenCount");
  usage.completion = count("candidatesTokenCount") + usage.reasoning;
  usage.total = std::max(count("totalTokenCount"), usage.prompt + usage.completion);
  return usage;
}

// One candidate of an answer, however many documents it comes in.
class Candidate {
 public:
  Candidate(const Question& question, std::int64_t index, std::string_view answer)
      : question_(question), index_(index), answer_(answer) {}

  // What this document adds.
  openai::MadeChoice read(json::Value candidate);
  bool finished() const { return !reason_.empty(); }
  std::string_view finish() const { return finish_of(reason_, calls_ > 0); }
  std::int64_t index() const { return index_; }

 private:
  void part(json::Value part, openai::MadeChoice& made);
  void call(json::Value part, openai::MadeChoice& made);

  Question question_;
  std::int64_t index_;
  std::string answer_;  // its id, for ids of calls
  std::int64_t calls_ = 0;
  std::string reason_;
  bool begun_ = false;
};

void google_extra(openai::MadeChoice& made, std::string_view name, std::string_view json) {
  made.extra = fmt::format("\"extra_content\":{{\"google\":{{\"{}\":{}}}}}", name, json);
}

openai::MadeChoice Candidate::read(json::Value candidate) {
  openai::MadeChoice made;
  made.index = index_;
  made.role = !begun_;
  for (json::Value one : candidate["content"]["parts"]) part(one, made);
  json::Value grounding = candidate["groundingMetadata"];
  if (made.extra.empty() && grounding.size() > 0) google_extra(made, "grounding_metadata", grounding.raw());
  if (has_text(candidate["finishReason"])) reason_ = text_of(candidate["finishReason"]);
  begun_ = begun_ || !made.empty();
  return made;
}

void Candidate::part(json::Value part, openai::MadeChoice& made) {
  if (part["functionCall"].is(json::Type::object)) return call(part, made);
  if (json::Value data = part["inlineData"]; data.is(json::Type::object)) {
    made.images.push_back(fmt::format("data:{};base64,{}", text_of(data["mimeType"]), data["data"].escaped()));
    return;
  }
  bool thought = part["thought"].boolean().value_or(false);
  openai::append_text(thought ? made.reasoning : made.text, part["text"]);
  if (!thought && has_text(part["thoughtSignature"]))
    google_extra(made, "thought_signature", part["thoughtSignature"].raw());
}

void Candidate::call(json::Value part, openai::MadeChoice& made) {
  json::Value function = part["functionCall"];
  openai::MadeCall call;
  call.index = calls_;
  call.name = text_of(function["name"]);
  call.arguments = function["args"].is(json::Type::object) ? std::string(function["args"].raw()) : "{}";
  call.id = text_of(function["id"]);
  if (call.id.empty()) {
    openai::Digest digest;
    digest.add(answer_).add(static_cast<std::uint64_t>(index_)).add(static_cast<std::uint64_t>(calls_)).add(function.raw());
    call.id = openai::mint_call_id(digest);
  }
  ++calls_;
  if (json::Value signature = part["thoughtSignature"]; has_text(signature)) {
    call.extra = fmt::format("\"extra_content\":{{\"google\":{{\"thought_signature\":{}}}}}", signature.raw());
    if (auto* kept = question_.request.signatures) {
      const std::string text = text_of(signature);
      kept->keep(signature_key(question_.request, call.id), text);
      kept->keep(signature_key(question_.request, call.name, call.arguments), text);
    }
  }
  made.calls.push_back(std::move(call));
}

std::int64_t index_of(json::Value candidate) { return candidate["index"].integer().value_or(0); }

class Stream final : public Translator {
 public:
  explicit Stream(const Question& question) : question_(question) {}

  Result<void> read(std::string_view data, std::string& out) override;
  void end(std::string& out) override;
  bool complete() const override { return whole_; }
  void shrink() override { document_.shrink(); }

 private:
  Candidate& candidate_at(std::int64_t index);

  Question question_;
  std::optional<openai::AnswerHead> head_;
  std::vector<Candidate> candidates_;
  std::optional<openai::MadeUsage> usage_;  // counts all so far
  json::Document document_;
  bool whole_ = false;
};

Candidate& Stream::candidate_at(std::int64_t index) {
  for (Candidate& known : candidates_) {
    if (known.index() == index) return known;
  }
  return candidates_.emplace_back(question_, index, head_->id);
}

Result<void> Stream::read(std::string_view data, std::string& out) {
  if (auto parsed = document_.reparse(data); !parsed) {
    return fail(ErrorKind::malformed, "a frame of the stream is not JSON: " + parsed.error().message);
  }
  json::Value root = document_.root();
  if (auto told = usage_of(root)) usage_ = told;
  if (!is_answer(root)) {
    if (!root["usageMetadata"] || root["promptFeedback"].given()) out.append("data: ").append(data).append("\n\n");
    return {};
  }
  if (!head_) head_ = head_of(question_, root);
  // Some models say STOP in every document, so a reason counts when nothing comes after it.
  whole_ = true;
  for (json::Value one : root["candidates"]) {
    Candidate& candidate = candidate_at(index_of(one));
    openai::MadeChoice made = candidate.read(one);
    if (!made.empty()) openai::append_chunk(out, *head_, made);
    whole_ = whole_ && has_text(one["finishReason"]);
  }
  return {};
}

void Stream::end(std::string& out) {
  bool finished = std::all_of(candidates_.begin(), candidates_.end(), [](const Candidate& one) { return one.finished(); });
  if (!head_ || !finished) return;
  for (const Candidate& candidate : candidates_) {
    openai::MadeChoice made;
    made.index = candidate.index();
    made.role = false;
    made.finish = candidate.finish();
    openai::append_chunk(out, *head_, made);
  }
  if (usage_) openai::append_usage(out, *head_, *usage_);
  openai::append_end(out);
}

}  // namespace

std::string signature_key(const chat::Request& request, std::string_view call_id) {
  return openai::Digest().add("id").add(request.client).add(call_id).hex();
}

// Members may come back in another order or spelling.
std::string signature_key(const chat::Request& request, std::string_view name, std::string_view arguments) {
  openai::Digest digest;
  digest.add("call").add(request.client).add(name);
  auto document = json::Document::parse(arguments);
  std::vector<std::string> members;
  if (document) {
    for (json::Value member : document->root()) {
      members.push_back(json::unescape(member.key()) + "=" + member.string().value_or(std::string(member.raw())));
    }
  }
  std::sort(members.begin(), members.end());
  for (const std::string& member : members) digest.add(member);
  return digest.hex();
}

Result<std::string> Gemini::translate_answer(const Question& question, json::Value root) const {
  if (!is_answer(root)) return std::string(root.raw());
  const openai::AnswerHead head = head_of(question, root);
  std::vector<openai::MadeChoice> choices;
  for (json::Value one : root["candidates"]) {
    Candidate candidate(question, index_of(one), head.id);
    choices.push_back(candidate.read(one));
    choices.back().role = true;
    if (candidate.finished()) choices.back().finish = candidate.finish();
  }
  return openai::whole_answer(head, choices, usage_of(root));
}

std::unique_ptr<Translator> Gemini::translate_stream(const Question& question) const {
  return std::make_unique<Stream>(question);
}

}  // namespace freeway::dialect::gemini
