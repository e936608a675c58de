#include "dialect/completions/teller.h"

#include <fmt/format.h>

#include <set>

#include "dialect/completions/completions.h"
#include "dialect/dialect.h"
#include "dialect/openai/answer.h"
#include "dialect/openai/content.h"
#include "dialect/openai/surface.h"
#include "http/sse.h"
#include "json/document.h"
#include "json/writer.h"

namespace freeway::dialect::completions {

namespace {

std::string raw_or(json::Value value, std::string_view otherwise) {
  return std::string(value.given() ? value.raw() : otherwise);
}

// chat's {"content":[{"token","logprob","top_logprobs":[{"token","logprob"}…]}…]} as the parallel lists of completions.
// `offset`: of the first token in the text.
std::string logprobs_of(json::Value chat, std::size_t offset) {
  json::Value content = chat["content"];
  if (!content.is(json::Type::array)) return "null";
  std::string tokens, numbers, tops, offsets;
  for (json::Value one : content) {
    bool first = tokens.empty();
    if (!first) {
      for (std::string* list : {&tokens, &numbers, &tops, &offsets}) list->push_back(',');
    }
    tokens += raw_or(one["token"], "\"\"");
    numbers += raw_or(one["logprob"], "null");
    offsets += fmt::format_int(offset).str();
    offset += one["token"].string().value_or("").size();
    std::string top;
    for (json::Value other : one["top_logprobs"])
      top +=
          fmt::format("{}{}:{}", top.empty() ? "" : ",", raw_or(other["token"], "\"\""), raw_or(other["logprob"], "null"));
    tops += "{" + top + "}";
  }
  return fmt::format(R"({{"tokens":[{}],"token_logprobs":[{}],"top_logprobs":[{}],"text_offset":[{}]}})", tokens, numbers,
                     tops, offsets);
}

// Of a message or a delta; pictures as text, for which there is no other place here.
std::string text_of(json::Value part) {
  std::string text = openai::said_in(part["content"]);
  for (json::Value image : part["images"]) text += openai::image_text(image);
  return text;
}

std::string prompt_of(const chat::Request& request) {
  return request.document.root()["messages"].first()["content"].string().value_or("");
}

std::int64_t index_of(const chat::Request& request, json::Value choice) {
  return (std::int64_t{request.place} * request.choices) + choice["index"].integer().value_or(0);
}

// `part`: the message of a whole answer, or the delta of a chunk. `before` stands before its text.
void write_choice(std::string& out, const chat::Request& request, json::Value choice, json::Value part,
                  std::string_view before) {
  json::Writer writer(out);
  std::string text(before);
  text += text_of(part);
  writer.begin_object().member("text", text).member("index", index_of(request, choice));
  writer.member_raw("logprobs", logprobs_of(choice["logprobs"], before.size()));
  writer.member_raw("finish_reason", raw_or(choice["finish_reason"], "null")).end_object();
}

// The members that are one answer's or one chunk's, without the choices.
std::string head_of(json::Value root) {
  return fmt::format(R"({{"id":{},"object":"text_completion","created":{},"model":{},)", raw_or(root["id"], "\"\""),
                     raw_or(root["created"], "0"), raw_or(root["model"], "\"\""));
}

void add(chat::Usage& sum, const chat::Usage& more) {
  sum.prompt_tokens += more.prompt_tokens;
  sum.completion_tokens += more.completion_tokens;
  sum.total_tokens += more.total_tokens;
  sum.estimated = sum.estimated || more.estimated;
}

class Writer final : public StreamWriter {
 public:
  Writer(const chat::Request& request, bool echo, bool last, std::shared_ptr<Sum> sum)
      : request_(request), echo_(echo), last_(last), sum_(std::move(sum)) {}

  void write(std::string& out, const chat::Event& event) override {
    if (event.kind != chat::Event::Kind::piece || !document_.reparse(event.json)) return;
    json::Value root = document_.root();
    std::string choices;
    for (json::Value choice : root["choices"]) {
      std::int64_t index = index_of(request_, choice);
      bool opens = echo_ && begun_.insert(index).second;
      json::Value delta = choice["delta"];
      bool says = opens || !text_of(delta).empty() || choice["finish_reason"].given();
      if (!says) continue;
      if (!choices.empty()) choices.push_back(',');
      write_choice(choices, request_, choice, delta, opens ? prompt_of(request_) : std::string());
    }
    head_ = head_of(root);
    if (!choices.empty()) http::append_sse_data(out, head_ + "\"choices\":[" + choices + "]}");
  }

  void finish(std::string& out, const chat::Usage& usage) override {
    add(sum_->usage, usage);
    if (!last_) return;
    if (head_.empty()) head_ = head_of({});
    if (request_.include_usage)
      http::append_sse_data(out, head_ + "\"choices\":[],\"usage\":" + openai::usage_json(sum_->usage) + "}");
    http::append_sse_data(out, "[DONE]");
  }

  void fail(std::string& out, const Trouble& trouble) override {
    http::append_sse_data(out, openai::surface()->error_body(trouble));
  }

  std::size_t held() const override { return head_.size() + document_.memory(); }
  void shrink() override { document_.shrink(); }

 private:
  const chat::Request& request_;
  bool echo_, last_;
  std::shared_ptr<Sum> sum_;
  json::Document document_;
  std::set<std::int64_t> begun_;
  std::string head_;
};

}  // namespace

std::unique_ptr<StreamWriter> Teller::stream(const chat::Request& request) const {
  return std::make_unique<Writer>(request, echo_, request.place + 1 == prompts_, sum_);
}

void Teller::tell(const chat::Request& request, WholeAnswer& answer) const {
  auto document = json::Document::parse(answer.body);
  if (!document) return;
  json::Value root = document->root();
  std::string choices;
  for (json::Value choice : root["choices"]) {
    if (!choices.empty()) choices.push_back(',');
    write_choice(choices, request, choice, choice["message"], echo_ ? prompt_of(request) : std::string());
  }
  std::string body = head_of(root) + "\"choices\":[" + choices + "],\"usage\":" + openai::usage_json(answer.usage) + "}";
  answer.body = std::move(body);
}

std::string Teller::error_body(const Trouble& trouble) const { return openai::surface()->error_body(trouble); }

std::string join_answers(const std::vector<std::string>& answers) {
  std::string head, choices;
  chat::Usage sum;
  for (const std::string& answer : answers) {
    auto document = json::Document::parse(answer);
    if (!document) return "";
    json::Value root = document->root();
    if (head.empty()) head = head_of(root);
    for (json::Value choice : root["choices"]) choices.append(choices.empty() ? "" : ",").append(choice.raw());
    if (auto usage = openai::read_usage(root["usage"])) add(sum, *usage);
  }
  return head + "\"choices\":[" + choices + "],\"usage\":" + openai::usage_json(sum) + "}";
}

}  // namespace freeway::dialect::completions
