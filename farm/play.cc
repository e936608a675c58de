#include "farm/play.h"

#include <fmt/format.h>

#include <algorithm>

#include "json/writer.h"

namespace freeway::farm {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kEvents = "text/event-stream; charset=utf-8";
constexpr std::string_view kHtml =
    "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>";
constexpr unsigned kStrikeAfter = 2;

bool strikes_in_mid_stream(FaultKind kind) {
  return kind == FaultKind::close_mid_stream || kind == FaultKind::stall_mid_stream || kind == FaultKind::reset ||
         kind == FaultKind::error_in_stream || kind == FaultKind::corrupt_frame;
}

std::string error_object(const Fault& fault, Style style) {
  if (fault.body) return *fault.body;
  return plain_error(style == Style::google || style == Style::bare ? Style::openai : style, 500,
                     "The server had an error while processing your request.", "server_error")
      .body;
}

}  // namespace

Play::Play(Scene scene) : scene_(std::move(scene)) {
  const auto kind = scene_.fault.kind;
  strike_after_ = scene_.fault.after.value_or(kind == FaultKind::reset ? 0 : kStrikeAfter);
  if (scene_.plain || !scene_.stream || kind == FaultKind::json_for_stream) return;
  pieces_.emplace(scene_.answer);
  frames_.emplace(scene_.answer);
}

void Play::next(Step& step) {
  step.bytes.clear();
  step.pause = Duration::zero();
  step.piece = scene_.fault.piece;
  step.between = scene_.fault.interval;
  step.then = Then::more;
  if (!opened_) {
    opened_ = true;
    step.pause = scene_.latency;
    open(step);
  } else if (pending_) {
    if (scene_.fault.kind == FaultKind::slow_headers) step.piece = 0;
    step.bytes = std::move(*pending_);
    pending_.reset();
    step.then = pending_then_;
  } else {
    if (scene_.fault.kind == FaultKind::slow_headers) step.piece = 0;
    play_stream(step);
  }
}

bool Play::cuts() const {
  return strikes_in_mid_stream(scene_.fault.kind) || (scene_.fault.kind == FaultKind::no_finish && scene_.fault.after);
}

void Play::head(Step& step, int status, std::string_view type, std::optional<std::size_t> length, bool gzip) {
  HeadBytes head;
  head.status = status;
  head.content_type = type;
  head.length = length;
  head.gzip = gzip;
  head.close = scene_.close;
  head.http10 = scene_.http10;
  head.keep_alive = scene_.http10 && !scene_.close;
  write_head(step.bytes, head, scene_.headers, scene_.fault.headers);
  if (scene_.fault.kind == FaultKind::drip) step.piece = 0;
}

void Play::complete(Step& step) const {
  step.then = scene_.fault.kind == FaultKind::keepalive_close ? Then::depart : Then::complete;
}

void Play::whole(Step& step, int status, std::string_view type, std::string body) {
  if (scene_.fault.gzip) {
    std::string packed;
    Gzip().feed(packed, body, true);
    body = std::move(packed);
  }
  head(step, status, type, body.size(), scene_.fault.gzip);
  if (scene_.fault.kind == FaultKind::drip || scene_.fault.kind == FaultKind::slow_headers) {
    pending_ = std::move(body);
    return;
  }
  step.bytes += body;
  complete(step);
}

// Answers that are no chat completion, or none at all.
bool Play::open_unlike(Step& step) {
  const auto& fault = scene_.fault;
  switch (fault.kind) {
    case FaultKind::status: {
      auto usual = usual_error(scene_.style, fault.status, scene_.answer.model);
      whole(step, fault.status, kJson, fault.body.value_or(std::move(usual.body)));
      return true;
    }
    case FaultKind::hang: step.then = Then::hang; return true;
    case FaultKind::close_before: step.then = Then::close; return true;
    case FaultKind::raw:
      step.bytes = fault.body.value_or("");
      step.then = Then::close;
      return true;
    case FaultKind::redirect:
      scene_.headers.push_back({"location", fault.location});
      whole(step, fault.status == 200 ? 307 : fault.status, "text/plain", "Temporary Redirect");
      return true;
    case FaultKind::html_200:
      whole(step, 200, "text/html; charset=utf-8", fault.body.value_or(std::string(kHtml)));
      return true;
    case FaultKind::empty_200: whole(step, 200, kJson, ""); return true;
    case FaultKind::error_in_200: whole(step, 200, kJson, error_object(fault, scene_.style)); return true;
    case FaultKind::headers_only:
      head(step, 200, scene_.stream ? kEvents : kJson, std::nullopt);
      step.then = Then::hang;
      return true;
    case FaultKind::comments: head(step, 200, scene_.stream ? kEvents : kJson, std::nullopt); return true;
    default: return false;
  }
}

// A chat completion in one piece.
void Play::completion(Step& step) {
  const auto& fault = scene_.fault;
  if (fault.kind == FaultKind::no_finish) scene_.answer.finish.clear();
  write_completion(json_, scene_.answer);
  const auto half = json_.substr(0, json_.size() / 2);
  switch (fault.kind) {
    case FaultKind::truncated_content_length:
    case FaultKind::close_mid_stream:
    case FaultKind::stall_mid_stream:
      head(step, 200, kJson, json_.size());
      step.bytes += half;
      step.then = fault.kind == FaultKind::stall_mid_stream ? Then::hang : Then::close;
      return;
    case FaultKind::reset: head(step, 200, kJson, json_.size()); return;
    case FaultKind::corrupt_frame: return whole(step, 200, kJson, half);
    case FaultKind::error_in_stream: return whole(step, 200, kJson, error_object(fault, scene_.style));
    default: return whole(step, 200, kJson, std::move(json_));
  }
}

void Play::open_stream(Step& step) {
  const auto& fault = scene_.fault;
  if (fault.gzip) gzip_.emplace();
  head(step, 200, kEvents, std::nullopt, fault.gzip);
  const bool head_alone = fault.kind == FaultKind::drip || fault.kind == FaultKind::slow_headers;
  if (head_alone || (cuts() && strike_after_ == 0)) return;
  for (unsigned choice = 0; choice < scene_.answer.n; ++choice) {
    json_.clear();
    frames_->role(json_, choice);
    emit(step, json_);
  }
}

void Play::open(Step& step) {
  if (scene_.plain) {
    auto& plain = *scene_.plain;
    std::move(plain.headers.begin(), plain.headers.end(), std::back_inserter(scene_.headers));
    return whole(step, plain.status, kJson, std::move(plain.body));
  }
  if (open_unlike(step)) return;
  if (!pieces_ || scene_.fault.kind == FaultKind::truncated_content_length) return completion(step);
  open_stream(step);
}

void Play::send(Step& step, std::string_view bytes) {
  std::string packed;
  if (gzip_) {
    gzip_->feed(packed, bytes, false);
    bytes = packed;
  }
  if (scene_.http10) {
    step.bytes += bytes;
  } else {
    write_chunk(step.bytes, bytes);
  }
}

void Play::emit(Step& step, std::string_view json) {
  event_.clear();
  write_event(event_, json, scene_.fault.eol, events_++);
  send(step, event_);
}

void Play::pace(Step& step) const {
  if (said_ > 0 && scene_.answer.spec->token_rate > 0) {
    step.pause = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1 / scene_.answer.spec->token_rate));
  }
}

void Play::strike(Step& step) {
  struck_ = true;
  switch (scene_.fault.kind) {
    case FaultKind::close_mid_stream: step.then = Then::close; return;
    case FaultKind::stall_mid_stream: step.then = Then::hang; return;
    case FaultKind::reset:
      step.pause = std::chrono::milliseconds(10);  // so that the head arrives before it
      step.then = Then::reset;
      return;
    case FaultKind::error_in_stream: emit(step, error_object(scene_.fault, scene_.style)); return finish(step);
    case FaultKind::corrupt_frame: {
      json_.clear();
      Piece piece;
      piece.text = "corrupt";
      frames_->delta(json_, piece);
      emit(step, std::string_view(json_).substr(0, json_.find("corrupt") + 3));
      return;
    }
    default: return finish(step);
  }
}

// Ends the body, not the words.
void Play::finish(Step& step) {
  if (gzip_) {
    std::string packed;
    gzip_->feed(packed, {}, true);
    scene_.http10 ? void(step.bytes += packed) : write_chunk(step.bytes, packed);
  }
  if (scene_.http10) {
    step.then = Then::close;
    return;
  }
  step.bytes += kEndOfChunks;
  complete(step);
}

void Play::play_stream(Step& step) {
  const auto kind = scene_.fault.kind;
  if (kind == FaultKind::reset && !pieces_) return strike(step);
  if (kind == FaultKind::comments) {
    step.pause = scene_.fault.interval;
    event_.clear();
    if (scene_.stream) write_comment(event_, "keep-alive", scene_.fault.eol);
    return send(step, scene_.stream ? std::string_view(event_) : std::string_view(" "));
  }
  if (cuts() && !struck_ && said_ >= strike_after_) return strike(step);
  Piece piece;
  if (pieces_->next(piece)) {
    pace(step);
    if (piece.kind == Piece::Kind::tool_arguments && scene_.answer.spec->tool_delay > Duration::zero()) {
      step.pause = scene_.answer.spec->tool_delay;
    }
    ++said_;
    json_.clear();
    frames_->delta(json_, piece);
    return emit(step, json_);
  }
  // A strike that waits for more pieces than there are comes at the end.
  if (cuts() && !struck_) return strike(step);
  for (unsigned choice = 0; choice < scene_.answer.n && kind != FaultKind::no_finish; ++choice) {
    json_.clear();
    frames_->finish(json_, choice);
    emit(step, json_);
  }
  if (frames_->tells_usage_apart() && kind != FaultKind::no_finish) {
    json_.clear();
    frames_->usage(json_);
    emit(step, json_);
  }
  if (kind != FaultKind::no_done && kind != FaultKind::no_finish) emit(step, "[DONE]");
  finish(step);
}

std::uint64_t tokens_charged(const Fault& fault, const Answer& answer) {
  switch (fault.kind) {
    case FaultKind::status:
    case FaultKind::close_before:
    case FaultKind::redirect:
    case FaultKind::html_200:
    case FaultKind::empty_200:
    case FaultKind::error_in_200:
    case FaultKind::raw: return 0;
    case FaultKind::hang:
    case FaultKind::comments:
    case FaultKind::headers_only: return answer.prompt_tokens;
    case FaultKind::close_mid_stream:
    case FaultKind::stall_mid_stream:
    case FaultKind::error_in_stream:
    case FaultKind::reset: {
      const std::uint64_t said = fault.after.value_or(fault.kind == FaultKind::reset ? 0 : kStrikeAfter);
      return answer.prompt_tokens + std::min(said, answer.completion_tokens);
    }
    default: return answer.prompt_tokens + answer.completion_tokens;
  }
}

}  // namespace freeway::farm
