#include "dialect/openai/replay.h"

#include "dialect/openai/members.h"
#include "dialect/openai/openai.h"
#include "dialect/openai/read_answer.h"
#include "json/writer.h"

namespace freeway::dialect::openai {

namespace {
constexpr std::size_t kBodyLimit = 32 * 1024 * 1024;

// The message as a delta: the same members; tool calls get the index that a stream wants.
std::string delta_of(json::Value message) {
  std::string out = "{";
  if (!message["role"].given()) out.append("\"role\":\"assistant\",");
  for (json::Value member : message) {
    if (!member.given() && !member.key_equals("content")) continue;
    out.append("\"").append(member.key()).append("\":");
    if (!member.key_equals("tool_calls") || !member.is(json::Type::array)) {
      out.append(member.raw()).push_back(',');
      continue;
    }
    out.push_back('[');
    std::size_t index = 0;
    for (json::Value call : member) {
      std::string rest = copy_without(call, {"index"}).substr(1);
      out.append("{\"index\":").append(std::to_string(index++)).append(rest == "}" ? "" : ",").append(rest).push_back(',');
    }
    if (out.back() == ',') out.pop_back();
    out.append("],");
  }
  if (out.back() == ',') out.pop_back();
  return out + "}";
}

std::string choice_json(std::size_t index, std::string_view delta, json::Value logprobs, std::string_view reason) {
  std::string out = "{\"index\":" + std::to_string(index) + ",\"delta\":" + std::string(delta);
  if (logprobs.given()) out.append(",\"logprobs\":").append(logprobs.raw());
  return out + ",\"finish_reason\":" + std::string(reason) + "}";
}

std::string head_of(json::Value root) {
  std::string head = copy_without(root, {"object", "choices", "usage"});
  head.pop_back();
  if (head.size() > 1) head.push_back(',');
  return head + "\"object\":\"chat.completion.chunk\",\"choices\":[";
}
}  // namespace

Result<void> Replay::feed(std::string_view bytes) {
  if (body_.size() + bytes.size() > kBodyLimit) return fail(ErrorKind::too_large, "the answer is larger than 32 MiB");
  body_.append(bytes);
  return {};
}

void Replay::give_piece(const std::string& head, const std::string& choices, bool content, bool finish) {
  chat::Event event;
  event.content = content;
  event.finish = finish;
  queue_.push(event, head + choices + "]}");
}

void Replay::give(json::Value root) {
  std::string head = head_of(root);
  std::string reasons;
  std::size_t index = 0;
  for (json::Value choice : root["choices"]) {
    give_piece(head, choice_json(index, delta_of(choice["message"]), choice["logprobs"], "null"), true, false);
    if (!reasons.empty()) reasons.push_back(',');
    reasons.append(choice_json(index, "{}", json::Value(), choice["finish_reason"].raw()));
    ++index;
  }
  give_piece(head, reasons, false, true);
  if (usage_.estimated) return;
  chat::Event event;
  event.kind = chat::Event::Kind::usage;
  event.usage = usage_;
  queue_.push(event, head + "],\"usage\":" + std::string(root["usage"].raw()) + "}");
}

Result<void> Replay::finish() {
  if (closed_) return verdict_;
  closed_ = true;
  std::optional<chat::Fault> fault;
  auto answer = read_whole(rules_, std::move(body_), fault);
  if (fault) {
    chat::Event event;
    event.kind = chat::Event::Kind::error;
    event.fault = std::move(*fault);
    std::string json = event.fault.body;
    queue_.push(std::move(event), std::move(json));
    return {};
  }
  if (!answer) return verdict_ = std::unexpected(answer.error());
  usage_ = answer->usage;
  mended_ = std::move(answer->mended);
  json::Document document;
  if (auto parsed = document.reparse(answer->body); !parsed) return verdict_ = std::unexpected(parsed.error());
  give(document.root());
  finished_ = true;
  return {};
}

std::unique_ptr<StreamReader> OpenAi::replay(const chat::Request& request, const catalog::Model& model) const {
  return std::make_unique<Replay>(AnswerRules(request, model.id));
}

}  // namespace freeway::dialect::openai
