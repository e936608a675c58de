// Google's generateContent.
#include "farm/wire_gemini.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "base/text.h"
#include "farm/sha256.h"
#include "json/writer.h"

namespace freeway::farm {
namespace {

constexpr std::size_t kPage = 50;  // models in a list that names no size
constexpr std::size_t kLargestPage = 1000;

// One spelling for all that mean the same: members sorted, numbers by value.
std::string canonical(json::Value value) {
  std::string out;
  if (const auto text = value.string()) return json::quote(*text);
  if (const auto whole = value.integer()) return std::to_string(*whole);
  if (const auto number = value.number()) return fmt::format("{}", *number);
  if (value.is(json::Type::object)) {
    std::map<std::string, std::string> members;
    for (auto member : value) members[json::unescape(member.key())] = canonical(member);
    for (const auto& [name, content] : members)
      out += fmt::format("{}{}:{}", out.empty() ? "" : ",", json::quote(name), content);
    return '{' + out + '}';
  }
  if (value.is(json::Type::array)) {
    for (auto element : value) out += (out.empty() ? "" : ",") + canonical(element);
    return '[' + out + ']';
  }
  return std::string(value.raw());
}

std::string_view google_word(std::string_view finish) {
  if (finish == "stop" || finish == "tool_calls") return "STOP";
  if (finish == "length") return "MAX_TOKENS";
  if (finish == "content_filter") return "SAFETY";
  return finish;
}

// Tokens as usageMetadata counts them so far.
struct Counted {
  std::uint64_t candidates = 0;
  std::uint64_t thoughts = 0;
};

Counted all_of(const Answer& answer) {
  return {answer.completion_tokens - answer.reasoning_tokens, answer.reasoning_tokens};
}

void write_usage(json::Writer& out, const Answer& answer, const Counted& counted) {
  out.key("usageMetadata").begin_object().member("promptTokenCount", answer.prompt_tokens);
  if (counted.candidates > 0) out.member("candidatesTokenCount", counted.candidates);
  if (counted.thoughts > 0) out.member("thoughtsTokenCount", counted.thoughts);
  out.member("totalTokenCount", answer.prompt_tokens + counted.candidates + counted.thoughts);
  out.end_object();
}

// What every document ends with.
void close(json::Writer& writer, std::string& out, const Answer& answer) {
  writer.member("modelVersion", answer.model).member("responseId", answer.id);
  write_extra(out, answer);
  writer.end_object();
}

void write_text_part(json::Writer& out, std::string_view text, bool thought) {
  out.begin_object().member("text", text);
  if (thought) out.member("thought", true);
  out.end_object();
}

// `first`: of the step.
void write_call_part(json::Writer& out, const Answer& answer, const ToolCall& call, bool first) {
  const bool third = is_of_family(answer.model, "gemini-3");
  out.begin_object().key("functionCall").begin_object();
  if (!answer.spec->omit_ids && (third || !call.made_up)) out.member("id", call.id);
  out.member("name", call.name).member_raw("args", call.arguments).end_object();
  if (third && first) out.member("thoughtSignature", gemini_signature(call.name, call.arguments));
  out.end_object();
}

void open_candidate(json::Writer& out) { out.begin_object().key("content").begin_object(); }

void close_candidate(json::Writer& out, std::string_view finish, unsigned index) {
  out.member("role", "model").end_object();
  if (!finish.empty()) out.member("finishReason", google_word(finish));
  out.member("index", index).end_object();
}

std::string numbered(unsigned choice, std::string_view text) {
  return choice > 0 ? fmt::format("#{} {}", choice, text) : std::string(text);
}

void write_candidate(json::Writer& out, const Answer& answer, unsigned choice) {
  open_candidate(out);
  if (!answer.reasoning.empty() || !answer.content().empty() || !answer.calls.empty()) {
    out.key("parts").begin_array();
    if (!answer.reasoning.empty()) write_text_part(out, answer.reasoning, true);
    if (!answer.content().empty()) write_text_part(out, numbered(choice, answer.content()), false);
    for (const auto& call : answer.calls) write_call_part(out, answer, call, &call == answer.calls.data());
    out.end_array();
  }
  close_candidate(out, answer.finish, choice);
}

void write_blocked(std::string& out, const Answer& answer) {
  json::Writer writer(out);
  writer.begin_object().key("promptFeedback").begin_object();
  writer.member("blockReason", answer.spec->block_reason).end_object();
  if (answer.usage != UsageMode::none) write_usage(writer, answer, {});
  close(writer, out, answer);
}

class GeminiFrames final : public Frames {
 public:
  explicit GeminiFrames(const Answer& answer) : answer_(answer), ended_(answer.n, false) {
    if (answer.reasoning.empty()) counted_.thoughts = answer.reasoning_tokens;  // thought, but not told
  }
  void open(const Emit&) override {}
  void delta(const Piece& piece, const Emit& emit) override;
  void finish(const Emit& emit) override;

 private:
  void count(const Piece& piece);
  std::string_view finish_with(const Piece& piece);
  void write_part(json::Writer& out, const Piece& piece) const;

  const Answer& answer_;
  std::vector<bool> ended_;  // by choice: its reason was told
  Counted counted_;
  std::string json_;
};

void GeminiFrames::count(const Piece& piece) {
  if (piece.last && piece.choice + 1 == answer_.n) {
    counted_ = all_of(answer_);
    return;
  }
  auto& sum = piece.kind == Piece::Kind::reasoning ? counted_.thoughts : counted_.candidates;
  if (piece.kind == Piece::Kind::tool_open) {
    const auto& call = answer_.calls[piece.call];
    sum += tokens_in(call.name.size() + call.arguments.size());
  } else {
    sum += static_cast<std::uint64_t>(std::count(piece.text.begin(), piece.text.end(), ' '));
  }
}

// The reason stands with the last piece; the first models told it with every one.
std::string_view GeminiFrames::finish_with(const Piece& piece) {
  if (piece.last) ended_[piece.choice] = true;
  const bool always = answer_.finish == "stop" && is_of_family(answer_.model, "gemini-1");
  return piece.last || always ? std::string_view(answer_.finish) : std::string_view();
}

void GeminiFrames::write_part(json::Writer& out, const Piece& piece) const {
  switch (piece.kind) {
    case Piece::Kind::reasoning: return write_text_part(out, piece.text, true);
    case Piece::Kind::content: return write_text_part(out, numbered(piece.first ? piece.choice : 0, piece.text), false);
    case Piece::Kind::tool_open: return write_call_part(out, answer_, answer_.calls[piece.call], piece.call == 0);
    case Piece::Kind::tool_arguments: return;
  }
}

void GeminiFrames::delta(const Piece& piece, const Emit& emit) {
  count(piece);
  json_.clear();
  json::Writer out(json_);
  out.begin_object().key("candidates").begin_array();
  open_candidate(out);
  out.key("parts").begin_array();
  write_part(out, piece);
  out.end_array();
  close_candidate(out, finish_with(piece), piece.choice);
  out.end_array();
  const bool last = piece.last && piece.choice + 1 == answer_.n;
  if (answer_.usage == UsageMode::asked || (answer_.usage == UsageMode::bundled && last))
    write_usage(out, answer_, counted_);
  close(out, json_, answer_);
  emit("", json_);
}

void GeminiFrames::finish(const Emit& emit) {
  json_.clear();
  if (answer_.blocked) {
    write_blocked(json_, answer_);
    return emit("", json_);
  }
  const bool silent = !ended_.front();
  if (!silent && answer_.usage != UsageMode::separate) return;
  json::Writer out(json_);
  out.begin_object();
  if (silent) {
    out.key("candidates").begin_array();
    for (unsigned choice = 0; choice < answer_.n; ++choice) {
      open_candidate(out);
      close_candidate(out, answer_.finish, choice);
    }
    out.end_array();
  }
  if (answer_.usage != UsageMode::none) write_usage(out, answer_, all_of(answer_));
  close(out, json_, answer_);
  emit("", json_);
}

std::size_t natural(std::string_view text) {
  std::size_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

class Gemini final : public Wire {
 public:
  std::string_view name() const override { return "gemini"; }
  std::string_view base() const override { return "/v1beta"; }
  std::string_view usual_style() const override { return "google"; }
  Eol eol() const override { return Eol::crlf; }
  bool whole_calls() const override { return true; }

  Route route(std::string_view method, std::string_view path, std::string_view query) const override;
  std::optional<std::string> key(const http::RequestHead& head) const override;
  Result<Ask> read(const Route& route, std::string_view body) const override { return read_gemini(route, body); }
  void write_models(std::string& out, std::span<const Listed> models, std::string_view owner,
                    std::string_view query) const override;
  void fit(Answer& answer) const override;
  void fit_error(std::string& body) const override;
  void write(std::string& out, const Answer& answer) const override;
  std::unique_ptr<Frames> frames(const Answer& answer) const override { return std::make_unique<GeminiFrames>(answer); }
};

Route Gemini::route(std::string_view method, std::string_view path, std::string_view query) const {
  constexpr std::string_view kModels = "/v1beta/models";
  const auto decoded = percent_decode(path);
  Route route;
  route.call = Call::nothing;
  constexpr std::string_view kOpenAi = "/v1beta/openai/";
  if (decoded.starts_with(kOpenAi)) {
    const auto* endpoint = openai_endpoint(std::string_view(decoded).substr(kOpenAi.size() - 1));
    const bool embeds = endpoint != nullptr && endpoint->kind == ModelKind::embedding;
    return job_at(method, embeds ? endpoint : nullptr);
  }
  if (decoded == kModels) {
    route.call = method == "GET" ? Call::list : Call::wrong_method;
    return route;
  }
  const auto colon = decoded.rfind(':');
  if (colon == std::string::npos || !decoded.starts_with(fmt::format("{}/", kModels))) return route;
  const auto verb = std::string_view(decoded).substr(colon + 1);
  const bool chat = verb == "generateContent" || verb == "streamGenerateContent";
  if (!chat) route = job_at(method, gemini_endpoint(verb));
  if (chat) route.call = method == "POST" ? Call::chat : Call::wrong_method;
  route.by_kind = chat ? gemini_generating : nullptr;
  route.model = decoded.substr(kModels.size() + 1, colon - kModels.size() - 1);
  route.stream = verb == "streamGenerateContent";
  route.framing = query_value(query, "alt") == "sse" ? Framing::events : Framing::array;
  return route;
}

std::optional<std::string> Gemini::key(const http::RequestHead& head) const {
  if (head.path().find("/v1beta/openai/") != std::string_view::npos) return Wire::key(head);
  if (const auto value = head.fields.find("x-goog-api-key")) return std::string(trim(*value));
  auto key = query_value(head.query(), "key");
  if (key.empty()) return std::nullopt;
  return key;
}

void Gemini::write_models(std::string& out, std::span<const Listed> models, std::string_view, std::string_view query) const {
  const auto asked = natural(query_value(query, "pageSize"));
  const auto size = asked == 0 ? kPage : std::min(asked, kLargestPage);
  const auto from = std::min(natural(query_value(query, "pageToken")), models.size());
  const auto page = models.subspan(from, std::min(size, models.size() - from));
  json::Writer list(out);
  list.begin_object().key("models").begin_array();
  for (const auto& model : page) {
    list.begin_object().member("name", fmt::format("models/{}", model.id)).member("displayName", model.id);
    list.member("inputTokenLimit", model.context > 0 ? model.context : 1'048'576);
    list.member("outputTokenLimit", model.max_tokens > 0 ? model.max_tokens : 65'536);
    list.key("supportedGenerationMethods").begin_array();
    list.string(model.kind == ModelKind::embedding ? "embedContent" : "generateContent").end_array().end_object();
  }
  list.end_array();
  if (from + page.size() < models.size()) list.member("nextPageToken", std::to_string(from + page.size()));
  list.end_object();
}

// A call that came out wrong is not shown; only the reason tells of it.
void Gemini::fit(Answer& answer) const {
  const auto good = [](const ToolCall& call) { return is_object(call.arguments); };
  if (!std::all_of(answer.calls.begin(), answer.calls.end(), good)) answer.finish = "MALFORMED_FUNCTION_CALL";
  if (answer.finish != "MALFORMED_FUNCTION_CALL" && answer.finish != "UNEXPECTED_TOOL_CALL") return;
  answer.calls.clear();
  answer.reasoning.clear();
  answer.text_size = 0;
}

// Google's style has the errors of the OpenAI-shaped surface, which are arrays of one.
void Gemini::fit_error(std::string& body) const {
  if (body.starts_with("[{") && body.ends_with("}]")) body = body.substr(1, body.size() - 2);
}

void Gemini::write(std::string& out, const Answer& answer) const {
  if (answer.blocked) return write_blocked(out, answer);
  json::Writer writer(out);
  writer.begin_object().key("candidates").begin_array();
  for (unsigned choice = 0; choice < answer.n; ++choice) write_candidate(writer, answer, choice);
  writer.end_array();
  if (answer.usage != UsageMode::none) write_usage(writer, answer, all_of(answer));
  close(writer, out, answer);
}

}  // namespace

std::string gemini_signature(std::string_view name, std::string_view arguments) {
  const auto document = json::Document::parse(arguments);
  return sha256_hex(
      fmt::format("thoughts before {}({})", name, document ? canonical(document->root()) : std::string(arguments)));
}

bool accepts_signature(std::string_view signature, std::string_view name, std::string_view arguments) {
  return signature == "context_engineering_is_the_way_to_go" || signature == "skip_thought_signature_validator" ||
         signature == gemini_signature(name, arguments);
}

const Wire& gemini_wire() {
  static const Gemini wire;
  return wire;
}

}  // namespace freeway::farm
