// An answer as a Responses object, whole or told in events.
#include <fmt/format.h>

#include <optional>
#include <utility>

#include "dialect/dialect.h"
#include "dialect/openai/members.h"
#include "dialect/openai/surface.h"
#include "dialect/responses/output.h"
#include "dialect/responses/plan.h"

namespace freeway::dialect::responses {

using openai::text_of;

namespace {

constexpr std::string_view kDone = "completed";
constexpr std::string_view kCut = "incomplete";

// How a response stands.
struct Standing {
  std::string_view status = "in_progress";
  std::string_view error = "null";  // JSON
  std::string_view reason = {};     // why it is incomplete
  std::string_view output = "[]";   // JSON
  std::string_view usage = "null";  // JSON
};

std::string object_of(const Plan& plan, std::string_view model, const Standing& standing) {
  std::string made;
  json::Writer out(made);
  out.begin_object().member("id", plan.context.id).member("object", "response").member("created_at", plan.context.now);
  out.member("status", standing.status).member_raw("error", standing.error).key("incomplete_details");
  if (standing.reason.empty()) {
    out.null();
  } else {
    out.begin_object().member("reason", standing.reason).end_object();
  }
  out.member("model", model).member_raw("output", standing.output).member_raw("usage", standing.usage).raw(plan.echo);
  out.end_object();
  return made;
}

std::string_view cut_by(std::string_view finish_reason) {
  if (finish_reason == "length") return "max_output_tokens";
  return finish_reason == "content_filter" ? finish_reason : std::string_view();
}

// `told`: the provider's usage, which may say more than its totals.
std::string usage_json(json::Value told, const chat::Usage& usage) {
  std::int64_t cached = told["prompt_tokens_details"]["cached_tokens"].integer().value_or(0);
  std::int64_t reasoning = told["completion_tokens_details"]["reasoning_tokens"].integer().value_or(0);
  return fmt::format(
      R"({{"input_tokens":{},"input_tokens_details":{{"cached_tokens":{}}},"output_tokens":{},"output_tokens_details":{{"reasoning_tokens":{}}},"total_tokens":{}}})",
      usage.prompt_tokens, cached, usage.completion_tokens, reasoning, usage.total_tokens);
}

void keep(const Plan& plan, const std::string& object, std::vector<std::string> output_ids) {
  const Context& context = plan.context;
  if (!plan.keep || !context.store) return;
  auto entry = std::make_unique<Entry>();
  entry->id = context.id;
  entry->previous = plan.previous;
  entry->input = plan.input;
  entry->object = object;
  if (context.secrets) context.secrets->redact(entry->object);
  entry->item_ids = plan.item_ids;
  for (auto& id : output_ids) entry->item_ids.push_back(std::move(id));
  entry->created = context.now;
  context.store->keep(context.client, std::move(entry), context.now);
}

std::string_view error_code(const Trouble& trouble) {
  if (trouble.status == 429) return "rate_limit_exceeded";
  if (trouble.code == "context_length_exceeded") return trouble.code;
  return trouble.status < 500 ? "invalid_prompt" : "server_error";
}

class EventWriter final : public StreamWriter {
 public:
  explicit EventWriter(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)), output_(*plan_, events_) {}

  void write(std::string& out, const chat::Event& event) override;
  void finish(std::string& out, const chat::Usage& usage) override;
  void fail(std::string& out, const Trouble& trouble) override;
  std::size_t held() const override { return output_.held() + usage_json_.size() + document_.memory(); }
  void shrink() override { document_.shrink(); }

 private:
  void begin(json::Value root);
  void tell(std::string_view type, const Standing& standing);

  std::shared_ptr<const Plan> plan_;
  EventSink events_;
  Output output_;
  json::Document document_;
  std::string model_;
  std::string reason_;      // of the answer's end
  std::string usage_json_;  // the provider's
  bool begun_ = false;
};

void EventWriter::tell(std::string_view type, const Standing& standing) {
  std::string object = object_of(*plan_, model_, standing);
  events_.event(type, [&](json::Writer& out) { out.member_raw("response", object); });
}

void EventWriter::begin(json::Value root) {
  if (begun_) return;
  begun_ = true;
  model_ = text_of(root["model"]);
  tell("response.created", Standing());
  tell("response.in_progress", Standing());
}

void EventWriter::write(std::string& out, const chat::Event& event) {
  if (event.kind != chat::Event::Kind::piece && event.kind != chat::Event::Kind::usage) return;
  if (auto parsed = document_.reparse(event.json); !parsed) return;
  events_.write_to(&out);
  json::Value root = document_.root();
  begin(root);
  if (root["usage"].is(json::Type::object)) usage_json_ = root["usage"].raw();
  for (json::Value choice : root["choices"]) {
    if (choice["index"].integer().value_or(0) != 0) continue;
    output_.take(choice["delta"], choice["logprobs"]);
    if (openai::has_text(choice["finish_reason"])) reason_ = text_of(choice["finish_reason"]);
  }
  events_.write_to(nullptr);
}

void EventWriter::finish(std::string& out, const chat::Usage& usage) {
  events_.write_to(&out);
  begin(json::Value());
  Standing standing;
  standing.reason = cut_by(reason_);
  output_.finish(!standing.reason.empty());
  standing.status = standing.reason.empty() ? kDone : kCut;
  std::string output = output_.json();
  auto told = json::Document::parse(usage_json_);
  std::string spent = usage_json(told ? told->root() : json::Value(), usage);
  standing.output = output;
  standing.usage = spent;
  keep(*plan_, object_of(*plan_, model_, standing), output_.item_ids());
  tell(standing.reason.empty() ? "response.completed" : "response.incomplete", standing);
  events_.write_to(nullptr);
}

// Items that are not done stay so: half a call must not look like one.
void EventWriter::fail(std::string& out, const Trouble& trouble) {
  events_.write_to(&out);
  std::string_view code = error_code(trouble);
  if (begun_) {
    std::string error = fmt::format(R"({{"code":{},"message":{}}})", json::quote(code), json::quote(trouble.message));
    std::string output = output_.json();
    Standing standing;
    standing.status = "failed";
    standing.error = error;
    standing.output = output;
    tell("response.failed", standing);
  } else {
    events_.event("error", [&](json::Writer& event) {
      event.member("code", trouble.code.empty() ? code : trouble.code).member("message", trouble.message).key("param");
      trouble.param.empty() ? event.null() : event.string(trouble.param);
    });
  }
  events_.write_to(nullptr);
}

class Teller final : public Surface {
 public:
  explicit Teller(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)) {}

  std::unique_ptr<StreamWriter> stream(const chat::Request&) const override { return std::make_unique<EventWriter>(plan_); }
  void tell(const chat::Request& request, WholeAnswer& answer) const override;
  std::string error_body(const Trouble& trouble) const override {
    return openai::error_body(trouble.message, trouble.type, trouble.param, trouble.code);
  }

 private:
  std::shared_ptr<const Plan> plan_;
};

void Teller::tell(const chat::Request&, WholeAnswer& answer) const {
  auto document = json::Document::parse(answer.body);
  if (!document) return;
  json::Value root = document->root(), choice = root["choices"].first();
  EventSink nobody;
  Output output(*plan_, nobody);
  output.take(choice["message"], choice["logprobs"], true);
  Standing standing;
  std::string reason = text_of(choice["finish_reason"]);
  standing.reason = cut_by(reason);
  output.finish(!standing.reason.empty());
  standing.status = standing.reason.empty() ? kDone : kCut;
  std::string items = output.json();
  std::string spent = usage_json(root["usage"], answer.usage);
  standing.output = items;
  standing.usage = spent;
  std::string object = object_of(*plan_, text_of(root["model"]), standing);
  keep(*plan_, object, output.item_ids());
  answer.body = std::move(object);
  answer.content_type = "application/json";
}

}  // namespace

std::shared_ptr<const Surface> make_surface(std::shared_ptr<const Plan> plan) {
  return std::make_shared<const Teller>(std::move(plan));
}

}  // namespace freeway::dialect::responses
