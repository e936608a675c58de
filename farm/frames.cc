#include <fmt/format.h>

#include "farm/answer.h"
#include "json/writer.h"

namespace freeway::farm {
namespace {

void quoted(std::string& out, std::string_view text) {
  out += '"';
  json::append_escaped(out, text);
  out += '"';
}

}  // namespace

Frames::Frames(const Answer& answer) : answer_(answer) {
  prefix_ = "{\"id\":";
  quoted(prefix_, answer.id);
  fmt::format_to(std::back_inserter(prefix_), R"(,"object":"chat.completion.chunk","created":{},"model":)", answer.created);
  quoted(prefix_, answer.model);
  prefix_ += ",\"choices\":[";
  suffix_ = "]";
  if (tells_usage_apart()) suffix_ += ",\"usage\":null";
  if (!answer.spec->extra.empty()) suffix_ += ',' + answer.spec->extra;
  suffix_ += '}';
}

bool Frames::tells_usage_apart() const {
  return answer_.usage == UsageMode::separate || (answer_.usage == UsageMode::asked && answer_.include_usage);
}

void Frames::open(std::string& out, unsigned choice) const {
  out += prefix_;
  out += "{\"index\":";
  out += std::to_string(choice);
  out += ",\"delta\":{";
}

void Frames::close(std::string& out) const {
  out += "},\"finish_reason\":null}";
  out += suffix_;
}

void Frames::role(std::string& out, unsigned choice) const {
  open(out, choice);
  out += R"("role":"assistant","content":"")";
  close(out);
}

void Frames::delta(std::string& out, const Piece& piece) const {
  open(out, piece.choice);
  switch (piece.kind) {
    case Piece::Kind::reasoning:
      out += '"' + answer_.spec->reasoning_field + "\":";
      quoted(out, piece.text);
      break;
    case Piece::Kind::content:
      out += "\"content\":\"";
      if (piece.first && piece.choice > 0) out += fmt::format("#{} ", piece.choice);
      json::append_escaped(out, piece.text);
      out += '"';
      break;
    case Piece::Kind::tool_open: {
      const auto& call = answer_.calls[piece.call];
      out += fmt::format("\"tool_calls\":[{{\"index\":{},", piece.call);
      if (!answer_.spec->omit_ids) {
        out += "\"id\":";
        quoted(out, call.id);
        out += ',';
      }
      out += R"("type":"function","function":{"name":)";
      quoted(out, call.name);
      out += ",\"arguments\":\"\"}}]";
      break;
    }
    case Piece::Kind::tool_arguments:
      out += fmt::format(R"("tool_calls":[{{"index":{},"function":{{"arguments":)", piece.call);
      quoted(out, piece.text);
      out += "}}]";
      break;
  }
  close(out);
}

void Frames::finish(std::string& out, unsigned choice) const {
  open(out, choice);
  out += "},\"finish_reason\":";
  quoted(out, answer_.finish);
  out += '}';
  const bool bundle = answer_.usage == UsageMode::bundled && choice + 1 == answer_.n;
  if (!bundle) {
    out += suffix_;
    return;
  }
  out += fmt::format(R"(],"usage":{{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{}}})", answer_.prompt_tokens,
                     answer_.completion_tokens, answer_.prompt_tokens + answer_.completion_tokens);
  if (!answer_.spec->extra.empty()) out += ',' + answer_.spec->extra;
  out += '}';
}

void Frames::usage(std::string& out) const {
  out += prefix_;
  out += fmt::format(R"(],"usage":{{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{}}})", answer_.prompt_tokens,
                     answer_.completion_tokens, answer_.prompt_tokens + answer_.completion_tokens);
  if (!answer_.spec->extra.empty()) out += ',' + answer_.spec->extra;
  out += '}';
}

}  // namespace freeway::farm
