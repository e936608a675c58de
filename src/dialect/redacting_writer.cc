#include "dialect/redacting_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "json/writer.h"

namespace freeway::dialect {

namespace {

// A call's arguments stand four levels deep.
constexpr int kDepth = 8;
// Texts of a choice that are watched; an answer has a few, and one a call.
constexpr std::size_t kTexts = 1024;

// What closes a delta that was opened so, behind its text.
std::string closing(std::string_view open) {
  std::string close;
  bool quoted = false;
  for (std::size_t i = 0; i < open.size(); ++i) {
    const char c = open[i];
    if (quoted && c == '\\') ++i;
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '{') close += '}';
    if (c == '[') close += ']';
  }
  std::reverse(close.begin(), close.end());
  return close;
}

// Whether this opens a delta of that member alone: {"content":
bool is_member(std::string_view open, std::string_view name) {
  return open.size() == name.size() + 4 && open.substr(2, name.size()) == name;
}

// Members of a delta, at any depth, that clients append to what they have of them.
constexpr std::array<std::string_view, 10> kTextNames = {
    "content", "reasoning_content", "reasoning", "arguments",  "refusal",
    "text",    "thinking",          "summary",   "transcript", "input"};
// Members that hold such.
constexpr std::array<std::string_view, 9> kHolders = {"tool_calls", "function", "reasoning_details", "content", "thinking",
                                                      "summary",    "audio",    "function_call",     "custom"};

// The name in the list that the member has, or "".
template <std::size_t Size>
std::string_view name_in(const std::array<std::string_view, Size>& names, json::Value member) {
  const auto found =
      std::find_if(names.begin(), names.end(), [&](std::string_view name) { return member.key_equals(name); });
  return found == names.end() ? std::string_view() : *found;
}

// A delta with nothing but empty texts and a role goes on with nothing.
bool says_something(json::Value delta) {
  for (json::Value member : delta) {
    const bool empty = member.is(json::Type::string) ? member.escaped().empty() : member.size() == 0;
    if (!empty && !member.key_equals("role")) return true;
  }
  return false;
}

// A text whose pieces come in turns with those of others.
bool takes_turns(std::string_view open) { return open.starts_with(R"({"tool_calls":)"); }

}  // namespace

RedactingWriter::RedactingWriter(std::unique_ptr<StreamWriter> writer, std::shared_ptr<const SecretSet> secrets)
    : writer_(std::move(writer)), secrets_(std::move(secrets)) {}

bool RedactingWriter::Choice::holds() const {
  return std::any_of(texts.begin(), texts.end(), [](const Text& text) { return text.redacted.holds(); });
}

RedactingWriter::Choice& RedactingWriter::choice_at(std::int64_t index) {
  for (Choice& choice : choices_) {
    if (choice.index == index) return choice;
  }
  return choices_.emplace_back(index);
}

void RedactingWriter::write(std::string& out, const chat::Event& event) {
  if (event.kind != chat::Event::Kind::piece || passes(event) || !document_.reparse(event.json))
    return writer_->write(out, event);
  json::Edits edits(document_);
  std::int64_t position = 0;
  const json::Value choices = document_.root()["choices"];
  for (json::Value entry : choices) {
    const std::int64_t index = entry["index"].integer().value_or(position++);
    redact(out, entry, choice_at(index), edits);
  }
  if (edits.empty()) return writer_->write(out, event);
  const std::string redacted = edits.apply();
  chat::Event left = event;
  left.json = redacted;
  left.text = {};
  writer_->write(out, left);
}

// The usual event, which says a piece of one choice's content, needs no look at its document.
bool RedactingWriter::passes(const chat::Event& event) {
  if (event.text.empty()) return false;
  Choice& choice = choice_at(event.choice);
  if (choice.holds()) return false;
  const auto text = std::find_if(choice.texts.begin(), choice.texts.end(),
                                 [&](const Text& one) { return is_member(one.open, event.text_of); });
  if (text == choice.texts.end()) return false;
  if (event.text.find('\\') == std::string_view::npos) return text->redacted.passes(event.text);
  return text->redacted.passes(json::unescape(event.text));
}

void RedactingWriter::redact(std::string& out, json::Value entry, Choice& choice, json::Edits& edits) {
  for (Text& text : choice.texts) text.pieces = 0;
  pieces_.clear();
  std::string open;
  find_texts(choice, entry["delta"], open, 0);
  const bool ends = !entry["finish_reason"].escaped().empty();
  const bool says = says_something(entry["delta"]);
  for (Text& text : choice.texts) {
    const bool over = ends || (says && !takes_turns(text.open));
    if (over && text.pieces == 0 && text.redacted.holds()) release(out, choice, text);
  }
  for (const Piece& piece : pieces_) {
    Text& text = choice.texts[piece.text];
    const bool last = ends && --text.pieces == 0;
    const std::string_view escaped = piece.value.escaped();
    const std::string said = piece.value.has_escapes() ? json::unescape(escaped) : std::string(escaped);
    if (!last && text.redacted.passes(said)) continue;
    std::string left;
    text.redacted.feed(said, left);
    if (last) left += text.redacted.release();
    if (left == said) continue;
    edits.replace(piece.value, json::quote(left));
    if (text.redacted.holds()) remember_frame();
  }
}

// Notes the texts of which the value, a delta or a part of one, has pieces.
void RedactingWriter::find_texts(Choice& choice, json::Value value, std::string& open, int depth) {
  if (depth == kDepth) return;
  const std::size_t before = open.size();
  const bool list = value.is(json::Type::array);
  std::int64_t position = 0;
  for (json::Value child : value) {
    if (list) {
      // Elements say which of the list they go on with.
      fmt::format_to(std::back_inserter(open), R"([{{"index":{},)", child["index"].integer().value_or(position++));
      if (child.is(json::Type::object)) find_texts(choice, child, open, depth + 1);
      open.resize(before);
      continue;
    }
    const bool is_text = child.is(json::Type::string);
    const std::string_view name = is_text ? name_in(kTextNames, child) : name_in(kHolders, child);
    if (name.empty()) continue;
    if (!open.ends_with(',')) open += '{';
    open.append("\"").append(name).append("\":");
    if (!is_text) {
      find_texts(choice, child, open, depth + 1);
    } else if (!child.escaped().empty()) {
      note_piece(choice, open, child);
    }
    open.resize(before);
  }
}

void RedactingWriter::note_piece(Choice& choice, std::string_view open, json::Value value) {
  auto text = std::find_if(choice.texts.begin(), choice.texts.end(), [&](const Text& one) { return one.open == open; });
  if (text == choice.texts.end()) {
    if (choice.texts.size() == kTexts) return;
    choice.texts.emplace_back(open, *secrets_);
    text = choice.texts.end() - 1;
  }
  ++text->pieces;
  pieces_.push_back({static_cast<std::size_t>(text - choice.texts.begin()), value});
}

// What is held of a text leaves: a secret it has not become.
void RedactingWriter::release(std::string& out, Choice& choice, Text& text) {
  const std::string held = text.redacted.release();
  const std::string json = fmt::format(R"({}"choices":[{{"index":{},"delta":{}{}{},"finish_reason":null}}]}})", frame_,
                                       choice.index, text.open, json::quote(held), closing(text.open));
  chat::Event event;
  event.json = json;
  event.content = true;
  writer_->write(out, event);
}

void RedactingWriter::release_all(std::string& out) {
  for (Choice& choice : choices_) {
    for (Text& text : choice.texts) {
      if (text.redacted.holds()) release(out, choice, text);
    }
  }
}

void RedactingWriter::remember_frame() {
  if (!frame_.empty()) return;
  frame_ = "{";
  for (json::Value member : document_.root()) {
    if (member.key_equals("choices") || member.key_equals("usage")) continue;
    frame_.append("\"").append(member.key()).append("\":").append(member.raw()).append(",");
  }
}

void RedactingWriter::finish(std::string& out, const chat::Usage& usage) {
  release_all(out);
  writer_->finish(out, usage);
}

void RedactingWriter::fail(std::string& out, const Trouble& trouble) {
  release_all(out);
  writer_->fail(out, trouble);
}

std::size_t RedactingWriter::held() const {
  std::size_t bytes = frame_.size() + document_.memory() + writer_->held();
  for (const Choice& choice : choices_) {
    for (const Text& text : choice.texts) bytes += text.open.size() + text.redacted.size();
  }
  return bytes;
}

void RedactingWriter::shrink() {
  writer_->shrink();
  document_.shrink();
}

std::unique_ptr<StreamWriter> hide_secrets(std::unique_ptr<StreamWriter> writer, std::shared_ptr<const SecretSet> secrets) {
  if (!secrets || secrets->empty()) return writer;
  return std::make_unique<RedactingWriter>(std::move(writer), std::move(secrets));
}

}  // namespace freeway::dialect
