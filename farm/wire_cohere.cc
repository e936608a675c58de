// Cohere's v2/chat.
#include "farm/wire_cohere.h"

#include <fmt/format.h>

#include "farm/wire.h"
#include "json/writer.h"

namespace freeway::farm {
namespace {

std::string_view cohere_word(std::string_view finish) {
  if (finish == "stop") return "COMPLETE";
  if (finish == "length") return "MAX_TOKENS";
  if (finish == "tool_calls") return "TOOL_CALL";
  if (finish == "content_filter") return "ERROR";
  return finish;
}

void write_usage(json::Writer& out, const Answer& answer) {
  out.key("usage").begin_object();
  for (const char* kind : {"billed_units", "tokens"}) {
    out.key(kind).begin_object().member("input_tokens", answer.prompt_tokens);
    out.member("output_tokens", answer.completion_tokens).end_object();
  }
  out.end_object();
}

// `arguments`: as much of them as is told here.
void write_call(json::Writer& out, const Answer& answer, const ToolCall& call, std::string_view arguments) {
  out.begin_object();
  if (!answer.spec->omit_ids) out.member("id", call.id);
  out.member("type", "function").key("function").begin_object().member("name", call.name).key("arguments");
  answer.spec->arguments_object && !arguments.empty() ? out.raw(arguments) : out.string(arguments);
  out.end_object().end_object();
}

// What is said beside calls is the plan for them.
void write_message(json::Writer& out, const Answer& answer) {
  const bool calls = !answer.calls.empty();
  out.key("message").begin_object().member("role", "assistant");
  out.key("content").begin_array();
  if (!answer.reasoning.empty()) {
    out.begin_object().member("type", "thinking").member("thinking", answer.reasoning).end_object();
  }
  if (!calls && !answer.content().empty()) {
    out.begin_object().member("type", "text").member("text", answer.content()).end_object();
  }
  out.end_array();
  if (calls && !answer.content().empty()) out.member("tool_plan", answer.content());
  if (calls) {
    out.key("tool_calls").begin_array();
    for (const auto& call : answer.calls) write_call(out, answer, call, call.arguments);
    out.end_array();
  }
  out.end_object();
}

class CohereFrames final : public Frames {
 public:
  explicit CohereFrames(const Answer& answer) : answer_(answer) {}
  void open(const Emit& emit) override;
  void delta(const Piece& piece, const Emit& emit) override;
  void finish(const Emit& emit) override;
  void fail(std::string_view error, const Emit& emit) override;

 private:
  enum class Part : std::uint8_t { none, thinking, text, call };

  // Writes `"delta":{"message":{` … of an event that `inside` fills, and emits it. An index of -1: none.
  template <class Inside>
  void tell(std::string_view type, int index, const Emit& emit, Inside inside);
  void turn_to(Part part, const Emit& emit);
  void end_part(const Emit& emit);
  void say(Part part, std::string_view text, const Emit& emit);

  const Answer& answer_;
  Part part_ = Part::none;  // that is open
  int content_ = -1;        // the index of the newest part of content
  int call_ = -1;
  std::string json_;
};

template <class Inside>
void CohereFrames::tell(std::string_view type, int index, const Emit& emit, Inside inside) {
  json_.clear();
  json::Writer out(json_);
  out.begin_object().member("type", type);
  if (index >= 0) out.member("index", index);
  out.key("delta").begin_object().key("message").begin_object();
  inside(out);
  out.end_object().end_object();
  write_extra(json_, answer_);
  out.end_object();
  emit(type, json_);
}

void CohereFrames::open(const Emit& emit) {
  json_.clear();
  json::Writer out(json_);
  out.begin_object().member("id", answer_.id).member("type", "message-start");
  out.key("delta").begin_object().key("message").begin_object().member("role", "assistant").end_object().end_object();
  write_extra(json_, answer_);
  out.end_object();
  emit("message-start", json_);
}

void CohereFrames::end_part(const Emit& emit) {
  if (part_ == Part::none) return;
  const bool call = part_ == Part::call;
  const std::string_view type = call ? "tool-call-end" : "content-end";
  json_.clear();
  json::Writer out(json_);
  out.begin_object().member("type", type).member("index", call ? call_ : content_);
  write_extra(json_, answer_);
  out.end_object();
  part_ = Part::none;
  emit(type, json_);
}

void CohereFrames::turn_to(Part part, const Emit& emit) {
  if (part_ == part) return;
  end_part(emit);
  part_ = part;
  const std::string_view kind = part == Part::thinking ? "thinking" : "text";
  tell("content-start", ++content_, emit,
       [kind](json::Writer& out) { out.key("content").begin_object().member("type", kind).member(kind, "").end_object(); });
}

void CohereFrames::say(Part part, std::string_view text, const Emit& emit) {
  turn_to(part, emit);
  const std::string_view kind = part == Part::thinking ? "thinking" : "text";
  tell("content-delta", content_, emit,
       [kind, text](json::Writer& out) { out.key("content").begin_object().member(kind, text).end_object(); });
}

void CohereFrames::delta(const Piece& piece, const Emit& emit) {
  switch (piece.kind) {
    case Piece::Kind::reasoning: return say(Part::thinking, piece.text, emit);
    case Piece::Kind::content:
      if (answer_.calls.empty()) return say(Part::text, piece.text, emit);
      end_part(emit);
      return tell("tool-plan-delta", -1, emit, [&](json::Writer& out) { out.member("tool_plan", piece.text); });
    case Piece::Kind::tool_open:
      end_part(emit);
      part_ = Part::call;
      return tell("tool-call-start", ++call_, emit, [&](json::Writer& out) {
        out.key("tool_calls");
        write_call(out, answer_, answer_.calls[piece.call], "");
      });
    case Piece::Kind::tool_arguments:
      return tell("tool-call-delta", call_, emit, [&](json::Writer& out) {
        out.key("tool_calls").begin_object().key("function").begin_object().member("arguments", piece.text);
        out.end_object().end_object();
      });
  }
}

void CohereFrames::finish(const Emit& emit) {
  end_part(emit);
  json_.clear();
  json::Writer out(json_);
  out.begin_object().member("type", "message-end").key("delta").begin_object();
  out.member("finish_reason", cohere_word(answer_.finish));
  if (answer_.usage != UsageMode::none) write_usage(out, answer_);
  out.end_object();
  write_extra(json_, answer_);
  out.end_object();
  emit("message-end", json_);
}

// The message ends with an error instead of a reason of its own.
void CohereFrames::fail(std::string_view error, const Emit& emit) {
  const auto document = json::Document::parse(error);
  const auto message = document ? document->root()["message"].string() : std::nullopt;
  if (!message) return emit("", error);
  json_.clear();
  json::Writer out(json_);
  out.begin_object().member("type", "message-end").key("delta").begin_object();
  out.member("finish_reason", "ERROR").member("error", *message).end_object().end_object();
  emit("message-end", json_);
}

class Cohere final : public Wire {
 public:
  std::string_view name() const override { return "cohere"; }
  std::string_view base() const override { return ""; }
  std::string_view usual_style() const override { return "cohere"; }

  Route route(std::string_view method, std::string_view path, std::string_view) const override {
    Route route;
    route.call = call_at(method, path, "/v2/chat", "/v1/models");
    return route.call == Call::nothing ? job_at(method, cohere_endpoint(path)) : route;
  }

  Result<Ask> read(const Route&, std::string_view body) const override { return read_cohere(body); }

  void write_models(std::string& out, std::span<const Listed> models, std::string_view, std::string_view) const override {
    json::Writer list(out);
    list.begin_object().key("models").begin_array();
    for (const auto& model : models) {
      list.begin_object().member("name", model.id).key("endpoints").begin_array();
      list.string(model.kind == ModelKind::embedding ? "embed" : to_string(model.kind)).end_array();
      list.member("context_length", model.context > 0 ? model.context : 256'000).end_object();
    }
    list.end_array().end_object();
  }

  void write(std::string& out, const Answer& answer) const override {
    json::Writer writer(out);
    writer.begin_object().member("id", answer.id);
    if (!answer.finish.empty()) writer.member("finish_reason", cohere_word(answer.finish));
    write_message(writer, answer);
    if (answer.usage != UsageMode::none) write_usage(writer, answer);
    write_extra(out, answer);
    writer.end_object();
  }

  std::unique_ptr<Frames> frames(const Answer& answer) const override { return std::make_unique<CohereFrames>(answer); }
};

}  // namespace

const Wire& cohere_wire() {
  static const Cohere wire;
  return wire;
}

}  // namespace freeway::farm
