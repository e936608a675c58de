#include "dialect/anthropic/block_writer.h"

#include <algorithm>

#include "dialect/anthropic/told.h"
#include "http/sse.h"
#include "json/writer.h"

namespace freeway::dialect::anthropic {

namespace {

void append_delta(std::string& out, std::size_t index, std::string_view type, std::string_view member,
                  std::string_view text) {
  std::string event;
  json::Writer writer(event);
  writer.begin_object().member("type", "content_block_delta").member("index", index).key("delta").begin_object();
  writer.member("type", type).member(member, text).end_object().end_object();
  http::append_sse_event(out, "content_block_delta", event);
}

}  // namespace

void BlockWriter::Scan::feed(std::string_view text) {
  for (char c : text) {
    if (escaped_) {
      escaped_ = false;
    } else if (quoted_) {
      escaped_ = c == '\\';
      quoted_ = c != '"';
    } else if (c == '"') {
      quoted_ = true;
    } else if (c == '{' || c == '[') {
      ++depth_;
    } else if ((c == '}' || c == ']') && depth_ > 0) {
      whole_ = --depth_ == 0;
    }
  }
}

void BlockWriter::thinking(std::string& out, std::string text) {
  if (!text.empty()) take(out, {Kind::thinking, 0, {}, {}, std::move(text)});
}

void BlockWriter::text(std::string& out, std::string text) {
  if (!text.empty()) take(out, {Kind::text, 0, {}, {}, std::move(text)});
}

void BlockWriter::call(std::string& out, std::int64_t index, std::string id, std::string name, std::string arguments) {
  if (std::find(closed_.begin(), closed_.end(), index) != closed_.end()) return;
  take(out, {Kind::call, index, std::move(id), std::move(name), std::move(arguments)});
}

void BlockWriter::take(std::string& out, Piece piece) {
  if (!continues(piece) && (!held_.empty() || !may_leave(piece))) {
    hold(std::move(piece));
  } else {
    leave(out, piece);
  }
  while (!held_.empty() && may_leave(held_.front())) {
    Piece next = std::move(held_.front());
    held_.erase(held_.begin());
    leave(out, next);
  }
}

std::size_t BlockWriter::held() const {
  std::size_t bytes = thought_.size() + signature_.size();
  for (const Piece& piece : held_) bytes += piece.text.size();
  return bytes;
}

bool BlockWriter::continues(const Piece& piece) const {
  if (piece.kind != open_) return false;
  return piece.kind == Kind::call ? piece.call == open_call_ : held_.empty();
}

bool BlockWriter::may_leave(const Piece& piece) const {
  if (open_ == Kind::call && !scan_.whole()) return false;
  return piece.kind != Kind::call || !piece.name.empty();
}

void BlockWriter::hold(Piece piece) {
  auto same = std::find_if(held_.begin(), held_.end(), [&](const Piece& one) {
    return piece.kind == Kind::call && one.kind == Kind::call && one.call == piece.call;
  });
  if (same == held_.end() && !held_.empty() && piece.kind != Kind::call && held_.back().kind == piece.kind)
    same = held_.end() - 1;
  if (same == held_.end()) {
    held_.push_back(std::move(piece));
    return;
  }
  if (same->id.empty()) same->id = std::move(piece.id);
  if (same->name.empty()) same->name = std::move(piece.name);
  same->text += piece.text;
}

void BlockWriter::leave(std::string& out, const Piece& piece) {
  bool goes_on = piece.kind == open_ && (piece.kind != Kind::call || piece.call == open_call_);
  if (!goes_on) {
    close(out);
    open(out, piece);
  }
  if (piece.text.empty()) return;
  switch (piece.kind) {
    case Kind::thinking:
      thought_ += piece.text;
      if (thinking_told_) append_delta(out, index_, "thinking_delta", "thinking", piece.text);
      break;
    case Kind::text: append_delta(out, index_, "text_delta", "text", piece.text); break;
    case Kind::call:
      scan_.feed(piece.text);
      append_delta(out, index_, "input_json_delta", "partial_json", piece.text);
      break;
    case Kind::none: break;
  }
}

void BlockWriter::open(std::string& out, const Piece& piece) {
  std::string event;
  json::Writer writer(event);
  writer.begin_object().member("type", "content_block_start").member("index", index_).key("content_block").begin_object();
  switch (piece.kind) {
    case Kind::thinking: writer.member("type", "thinking").member("thinking", "").member("signature", ""); break;
    case Kind::text: writer.member("type", "text").member("text", ""); break;
    case Kind::call:
      writer.member("type", "tool_use").member("id", piece.id).member("name", piece.name);
      writer.key("input").begin_object().end_object();
      break;
    case Kind::none: break;
  }
  writer.end_object().end_object();
  http::append_sse_event(out, "content_block_start", event);
  open_ = piece.kind;
  open_call_ = piece.call;
  scan_ = Scan();
}

void BlockWriter::close(std::string& out) {
  if (open_ == Kind::none) return;
  if (open_ == Kind::thinking) {
    append_delta(out, index_, "signature_delta", "signature", signature_.empty() ? signature_of(thought_) : signature_);
    thought_.clear();
    signature_.clear();
  }
  if (open_ == Kind::call) closed_.push_back(open_call_);
  http::append_sse_event(out, "content_block_stop",
                         "{\"type\":\"content_block_stop\",\"index\":" + std::to_string(index_) + "}");
  open_ = Kind::none;
  ++index_;
}

void BlockWriter::finish(std::string& out) {
  for (const Piece& piece : held_) {
    if (piece.kind != Kind::call || !piece.name.empty()) leave(out, piece);
  }
  held_.clear();
  close(out);
}

}  // namespace freeway::dialect::anthropic
