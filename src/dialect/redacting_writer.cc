#include "dialect/redacting_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "json/writer.h"

namespace freeway::dialect {

namespace {

// Deltas have four levels where a call's arguments stand; what lies far deeper is no text of an answer.
constexpr int kDepth = 8;
// Texts of a choice that are watched; an answer has a few, and three a call.
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

// Words of the protocol: they come again and again, and no client puts them together.
bool is_word(json::Value member) { return member.key_equals("role") || member.key_equals("type"); }

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

RedactingWriter::Text* RedactingWriter::text_at(Choice& choice, std::string_view open) {
  for (Text& text : choice.texts) {
    if (text.open == open) return &text;
  }
  if (choice.texts.size() == kTexts) return nullptr;
  return &choice.texts.emplace_back(open, *secrets_);
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
  for (Text& text : choice.texts) text.now = json::Value();
  std::string open;
  find_texts(choice, entry["delta"], open, 0);
  const bool goes_on =
      std::any_of(choice.texts.begin(), choice.texts.end(), [](const Text& text) { return text.now.present(); });
  const bool ends = entry["finish_reason"].given();
  for (Text& text : choice.texts) {
    if (!text.now.present()) {
      if ((goes_on || ends) && text.redacted.holds()) release(out, choice, text);
      continue;
    }
    std::string said = text.now.has_escapes() ? json::unescape(text.now.escaped()) : std::string(text.now.escaped());
    if (!ends && text.redacted.passes(said)) continue;
    std::string left;
    text.redacted.feed(said, left);
    if (ends) left += text.redacted.release();
    if (left == said) continue;
    edits.replace(text.now, json::quote(left));
    if (text.redacted.holds()) remember_frame();
  }
}

// Marks the texts of which the value, a delta or a part of one, has a piece.
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
    } else if (!is_word(child)) {
      if (!open.ends_with(',')) open += '{';
      open.append("\"").append(child.key()).append("\":");
      if (!child.is(json::Type::string)) {
        find_texts(choice, child, open, depth + 1);
      } else if (Text* text = child.escaped().empty() ? nullptr : text_at(choice, open)) {
        text->now = child;
      }
    }
    open.resize(before);
  }
}

// What is held of a text leaves, as a secret it has not become.
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
  std::size_t bytes = frame_.size() + writer_->held();
  for (const Choice& choice : choices_) {
    for (const Text& text : choice.texts) bytes += text.open.size() + text.redacted.size();
  }
  return bytes;
}

void RedactingWriter::shrink() {
  writer_->shrink();
  document_.shrink();
  for (Choice& choice : choices_) {
    for (Text& text : choice.texts) text.redacted.shrink();
  }
}

std::unique_ptr<StreamWriter> hide_secrets(std::unique_ptr<StreamWriter> writer, std::shared_ptr<const SecretSet> secrets) {
  if (!secrets || secrets->empty()) return writer;
  return std::make_unique<RedactingWriter>(std::move(writer), std::move(secrets));
}

}  // namespace freeway::dialect
