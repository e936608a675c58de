#include "farm/answer.h"

#include <fmt/format.h>

#include <algorithm>

#include "farm/sha256.h"

namespace freeway::farm {
namespace {

std::string made_up_id(unsigned length, Random& random) {
  return length > 0 ? random_id(random, length) : "call_" + random_id(random, 12);
}

// Where the word that starts at `from` ends, its space included.
std::size_t word_end(std::string_view text, std::size_t from) {
  const auto space = text.find(' ', from);
  return space == std::string_view::npos ? text.size() : space + 1;
}

std::size_t bytes_of_tokens(std::string_view text, std::uint64_t tokens) {
  std::size_t at = 0;
  for (std::uint64_t i = 0; i < tokens && at < text.size(); ++i) at = word_end(text, at);
  return at;
}

std::shared_ptr<const Text> words_for(const AnswerSpec& spec, const Ask& ask, std::string_view body) {
  const auto text = [](std::string bytes) { return std::make_shared<const Text>(std::move(bytes)); };
  if (ask.structured && !spec.structured.empty()) return text(spec.structured);
  if (spec.echo == Echo::last_user) return text(ask.last_user);
  if (spec.echo == Echo::body) return text(std::string(body));
  if (spec.echo == Echo::digest) return text(fmt::format("sha256:{} bytes:{}", sha256_hex(body), body.size()));
  if (spec.think && !spec.reasoning.empty()) {
    return text(fmt::format("<think>{}</think>{}", spec.reasoning, spec.filler->bytes));
  }
  return spec.filler;
}

Echo echo_named(Table& table, const std::string& name) {
  if (name == "last_user") return Echo::last_user;
  if (name == "body") return Echo::body;
  if (name == "digest") return Echo::digest;
  if (!name.empty() && name != "none") table.complain("echo", "expected none, last_user, body or digest");
  return Echo::none;
}

void read_calls(Table& table, AnswerSpec& into) {
  const auto calls = table.take("tool_calls");
  if (!calls) return;
  if (!calls.is(json::Type::array)) return table.complain("tool_calls", "expected an array of tables");
  into.tool_calls.clear();
  for (auto element : calls) {
    Table entry(element, fmt::format("{}[{}]", table.place("tool_calls"), into.tool_calls.size()), table.problem());
    ToolCall call;
    entry.text("id", call.id);
    entry.text("name", call.name);
    const auto arguments = entry.take("arguments");
    call.arguments = arguments ? arguments.string().value_or(std::string(arguments.raw())) : "{}";
    if (call.name.empty()) entry.complain("name", "is missing");
    entry.done();
    into.tool_calls.push_back(std::move(call));
  }
}

// Leaves of thoughts and text what max_tokens allows, and returns the text's tokens.
std::uint64_t cut_to_size(Answer& answer, std::string& thoughts, const Ask& ask) {
  auto room = ask.max_tokens.value_or(UINT64_MAX);
  auto thought = count_tokens(thoughts);
  if (ask.thinking_counts && thought >= room) {
    thoughts.resize(bytes_of_tokens(thoughts, thought = room));
    answer.calls.clear();
    answer.finish = "length";
  }
  if (ask.thinking_counts) room -= thought;
  answer.reasoning_tokens = thought * ask.n;
  const auto tokens = answer.text->tokens;
  if (tokens <= room) return tokens;
  answer.text_size = bytes_of_tokens(answer.text->bytes, room);
  answer.finish = "length";
  return room;
}

}  // namespace

std::uint64_t count_tokens(std::string_view text) {
  if (text.empty()) return 0;
  const auto spaces = static_cast<std::uint64_t>(std::count(text.begin(), text.end(), ' '));
  return spaces + (text.back() == ' ' ? 0 : 1);
}

Text::Text(std::string from) : bytes(std::move(from)), tokens(count_tokens(bytes)) {}

void AnswerSpec::finish() {
  std::string bytes = text;
  for (unsigned i = 0; text.empty() && i < tokens; ++i) {
    if (i > 0) bytes += ' ';
    bytes += 'w';
    bytes += std::to_string(i);
  }
  filler = std::make_shared<const Text>(std::move(bytes));
}

void read_answer(Table& table, AnswerSpec& into) {
  table.duration("latency", into.latency);
  table.duration("jitter", into.jitter);
  table.number("token_rate", into.token_rate);
  table.count("tokens", into.tokens);
  table.text("text", into.text);
  table.count("chunk_bytes", into.chunk_bytes);
  std::string echo;
  table.text("echo", echo);
  if (!echo.empty()) into.echo = echo_named(table, echo);
  table.text("reasoning", into.reasoning);
  table.text("reasoning_field", into.reasoning_field);
  table.flag("think", into.think);
  read_calls(table, into);
  table.flag("call_tools", into.call_tools);
  table.count("tool_chunks", into.tool_chunks);
  table.duration("tool_delay", into.tool_delay);
  const auto structured = table.take("structured");
  if (structured) into.structured = structured.string().value_or(std::string(structured.raw()));
  table.text("finish_reason", into.finish_reason);
  table.text("block_reason", into.block_reason);
  std::string usage;
  table.text("usage", usage);
  if (const auto mode = usage_mode(usage)) {
    into.usage = *mode;
  } else if (!usage.empty()) {
    table.complain("usage", "expected asked, none, bundled or separate");
  }
  table.flag("later", into.later);
  table.flag("omit_ids", into.omit_ids);
  table.flag("arguments_object", into.arguments_object);
  table.flag("nulls", into.nulls);
  if (const auto extra = table.take("extra"); extra && extra.size() > 0) {
    into.extra = std::string(extra.raw().substr(1, extra.raw().size() - 2));
  }
  into.finish();
}

Answer compose(std::shared_ptr<const AnswerSpec> spec, const Ask& ask, std::string_view body, const Demands& demands,
               std::uint64_t serial, std::int64_t created, Random& random) {
  Answer answer;
  answer.id = fmt::format("chatcmpl-farm-{}", serial);
  answer.created = created;
  answer.model = ask.model;
  answer.n = ask.n;
  answer.prompt_tokens = ask.prompt_tokens;
  answer.usage = spec->usage;
  answer.include_usage = ask.include_usage;
  answer.calls = spec->tool_calls;
  if (spec->call_tools && !ask.first_tool.empty() && !ask.after_tool && answer.calls.empty()) {
    answer.calls.push_back({"", ask.first_tool, R"({"city":"Paris","days":3})"});
  }
  for (auto& call : answer.calls) {
    call.made_up = call.id.empty();
    if (call.made_up) call.id = made_up_id(demands.tool_id_length, random);
  }
  static const auto silence = std::make_shared<const Text>("");
  answer.blocked = ask.may_block && !spec->block_reason.empty();
  if (answer.blocked) answer.calls.clear();
  const bool speaks = !answer.blocked && (answer.calls.empty() || !spec->text.empty());
  answer.text = speaks ? words_for(*spec, ask, body) : silence;
  answer.text_size = answer.text->bytes.size();
  answer.finish = answer.calls.empty() ? "stop" : "tool_calls";
  std::string thoughts = spec->think || answer.blocked || ask.thinking == Thinking::off ? "" : spec->reasoning;
  auto tokens = cut_to_size(answer, thoughts, ask);
  if (!spec->finish_reason.empty()) answer.finish = spec->finish_reason;
  if (ask.thinking == Thinking::shown) answer.reasoning = std::move(thoughts);
  for (const auto& call : answer.calls) tokens += tokens_in(call.name.size() + call.arguments.size());
  answer.completion_tokens = tokens * ask.n + answer.reasoning_tokens;
  answer.spec = std::move(spec);
  return answer;
}

void spoil(Answer& answer, const Fault& fault, const Ask& ask) {
  if (fault.usage) answer.usage = *fault.usage;
  if (fault.kind == FaultKind::clip_prompt) answer.prompt_tokens /= 4;
  if (fault.kind == FaultKind::empty_completion) {
    answer.text_size = 0;
    answer.calls.clear();
    answer.reasoning.clear();
    answer.completion_tokens = answer.reasoning_tokens = 0;
    answer.finish = "stop";
  }
  if (fault.kind == FaultKind::truncated_tool_arguments) {
    if (answer.calls.empty()) {
      const auto name = ask.first_tool.empty() ? std::string("lookup") : ask.first_tool;
      answer.calls.push_back({"call_truncated", name, R"({"city":"Paris","days":3})"});
      if (answer.spec->text.empty()) answer.text_size = 0;
      answer.finish = "tool_calls";
    }
    auto& arguments = answer.calls.back().arguments;
    arguments.resize(arguments.size() / 2);
  }
}

std::string_view Pieces::cut(std::string_view whole) {
  auto end = whole.size();
  if (stage_ == Stage::tools) {
    const auto step = std::max<std::size_t>(1, whole.size() / std::max(1U, answer_.spec->tool_chunks));
    end = std::min(end, at_ + step);
  } else if (answer_.spec->chunk_bytes > 0) {
    end = std::min(end, at_ + answer_.spec->chunk_bytes);
  } else {
    end = word_end(whole, at_);
  }
  while (end < whole.size() && (static_cast<unsigned char>(whole[end]) & 0xC0U) == 0x80U) ++end;  // never inside a character
  const auto piece = whole.substr(at_, end - at_);
  at_ = end;
  return piece;
}

// Makes `current_` the next piece of one choice.
bool Pieces::advance() {
  if (stage_ == Stage::reasoning) {
    if (at_ < answer_.reasoning.size()) {
      current_ = Piece{Piece::Kind::reasoning, 0, 0, cut(answer_.reasoning), false, false};
      return true;
    }
    stage_ = Stage::content;
    at_ = 0;
  }
  if (stage_ == Stage::content) {
    if (at_ < answer_.text_size) {
      const bool first = at_ == 0;
      current_ = Piece{Piece::Kind::content, 0, 0, cut(answer_.content()), first, false};
      return true;
    }
    stage_ = Stage::tools;
    at_ = 0;
  }
  for (; stage_ == Stage::tools && call_ < answer_.calls.size(); ++call_, opened_ = false, at_ = 0) {
    const auto& arguments = answer_.calls[call_].arguments;
    if (!opened_) {
      opened_ = true;
      current_ = Piece{Piece::Kind::tool_open, 0, call_, {}, false, false};
      return true;
    }
    if (!whole_calls_ && at_ < arguments.size()) {
      current_ = Piece{Piece::Kind::tool_arguments, 0, call_, cut(arguments), false, false};
      return true;
    }
  }
  stage_ = Stage::over;
  return false;
}

// Is there anything to say after `current_`?
bool Pieces::more() const {
  switch (stage_) {
    case Stage::reasoning:
      if (at_ < answer_.reasoning.size() || answer_.text_size > 0) return true;
      break;
    case Stage::content:
      if (at_ < answer_.text_size) return true;
      break;
    case Stage::tools:
      return (!whole_calls_ && at_ < answer_.calls[call_].arguments.size()) || call_ + 1 < answer_.calls.size();
    case Stage::over: return false;
  }
  return !answer_.calls.empty();
}

bool Pieces::next(Piece& piece) {
  if (choice_ == 0) {
    if (!advance()) return false;
    current_.last = !more();
  }
  piece = current_;
  piece.choice = choice_;
  choice_ = choice_ + 1 < answer_.n ? choice_ + 1 : 0;
  return true;
}

}  // namespace freeway::farm
