#include "farm/play.h"

#include <fmt/format.h>

#include <algorithm>

#include "json/writer.h"

namespace freeway::farm {
namespace {

constexpr std::string_view kHtml =
    "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>";
constexpr unsigned kStrikeAfter = 2;

bool strikes_in_mid_stream(FaultKind kind) {
  return kind == FaultKind::close_mid_stream || kind == FaultKind::stall_mid_stream || kind == FaultKind::reset ||
         kind == FaultKind::error_in_stream || kind == FaultKind::corrupt_frame;
}

// The stream ends before its last word was due.
bool ends_early(FaultKind kind) {
  return kind == FaultKind::no_finish || (strikes_in_mid_stream(kind) && kind != FaultKind::corrupt_frame);
}

}  // namespace

Play::Play(Scene scene) : scene_(std::move(scene)), writer_(scene_.framing, scene_.fault.eol.value_or(scene_.wire->eol())) {
  const auto kind = scene_.fault.kind;
  strike_after_ = scene_.fault.after.value_or(kind == FaultKind::reset ? 0 : kStrikeAfter);
  if (scene_.plain) {
    if (scene_.plain->status >= 400) scene_.plain->body = as_said_here(std::move(scene_.plain->body));
    return;
  }
  auto& answer = scene_.answer;
  if (answer.spec && !scene_.product) scene_.wire->fit(answer);
  const bool streams = scene_.stream && kind != FaultKind::json_for_stream;
  if (kind == FaultKind::no_finish || (streams && ends_early(kind))) answer.finish.clear();
  if (!streams) return;
  pieces_.emplace(answer, scene_.wire->whole_calls());
  frames_ = scene_.product ? scene_.product->frames(answer) : scene_.wire->frames(answer);
}

std::string_view Play::type() const {
  return scene_.stream && scene_.framing != Framing::raw ? content_type(scene_.framing) : whole_type();
}

std::string Play::as_said_here(std::string error) const {
  scene_.wire->fit_error(error);
  return error;
}

// An error where a stream or a good status was due. On OpenAI's wire, hosts whose errors are no objects with an `error`
// speak as OpenAI does.
std::string Play::error_object() const {
  if (scene_.fault.body) return *scene_.fault.body;
  const bool own = scene_.wire != &openai_wire() || scene_.style->envelope.starts_with(R"({"error")");
  return as_said_here(usual_error(own ? *scene_.style : openai_style(), 500, "").body);
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

// Answers that are not what was asked for, or none at all.
bool Play::open_unlike(Step& step) {
  const auto& fault = scene_.fault;
  switch (fault.kind) {
    case FaultKind::status: {
      auto usual = usual_error(*scene_.style, fault.status, scene_.answer.model);
      whole(step, fault.status, fault.body ? kJson : usual.content_type, fault.body.value_or(as_said_here(usual.body)));
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
    case FaultKind::error_in_200: whole(step, 200, kJson, error_object()); return true;
    case FaultKind::headers_only:
      head(step, 200, type(), std::nullopt);
      step.then = Then::hang;
      return true;
    case FaultKind::comments: head(step, 200, type(), std::nullopt); return true;
    default: return false;
  }
}

// An answer in one piece.
void Play::completion(Step& step) {
  const auto& fault = scene_.fault;
  scene_.product ? json_.swap(scene_.product->body) : scene_.wire->write(json_, scene_.answer);
  const auto half = json_.substr(0, json_.size() / 2);
  switch (fault.kind) {
    case FaultKind::truncated_content_length:
    case FaultKind::close_mid_stream:
    case FaultKind::stall_mid_stream:
      head(step, 200, whole_type(), json_.size());
      step.bytes += half;
      step.then = fault.kind == FaultKind::stall_mid_stream ? Then::hang : Then::close;
      return;
    case FaultKind::reset: head(step, 200, whole_type(), json_.size()); return;
    case FaultKind::corrupt_frame: return whole(step, 200, whole_type(), half);
    case FaultKind::error_in_stream: return whole(step, 200, kJson, error_object());
    default: return whole(step, 200, whole_type(), std::move(json_));
  }
}

void Play::open_stream(Step& step) {
  const auto& fault = scene_.fault;
  if (fault.gzip) gzip_.emplace();
  head(step, 200, type(), std::nullopt, fault.gzip);
  const bool head_alone = fault.kind == FaultKind::drip || fault.kind == FaultKind::slow_headers;
  if (head_alone || (cuts() && strike_after_ == 0)) return;
  frames_->open(into(step));
}

void Play::open(Step& step) {
  if (scene_.plain) {
    auto& plain = *scene_.plain;
    std::move(plain.headers.begin(), plain.headers.end(), std::back_inserter(scene_.headers));
    return whole(step, plain.status, plain.content_type, std::move(plain.body));
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

// Where the events of this step go.
Emit Play::into(Step& step) {
  return [this, &step](std::string_view name, std::string_view json) {
    event_.clear();
    writer_.event(event_, name, json);
    send(step, event_);
  };
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
    case FaultKind::error_in_stream: frames_->fail(error_object(), into(step)); return finish(step);
    case FaultKind::corrupt_frame: {
      Piece piece;
      piece.text = "corrupt";
      return frames_->delta(piece, [emit = into(step)](std::string_view name, std::string_view json) {
        const auto word = json.find(R"("corrupt")");
        emit(name, word == std::string_view::npos ? json : json.substr(0, word + 4));
      });
    }
    default: return finish(step);
  }
}

// Ends the body, not the words.
void Play::finish(Step& step) {
  event_.clear();
  writer_.end(event_);
  if (!event_.empty()) send(step, event_);
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
    scene_.stream ? writer_.comment(event_) : void(event_ += ' ');
    return send(step, event_);
  }
  if (cuts() && !struck_ && said_ >= strike_after_) return strike(step);
  Piece piece;
  if (pieces_->next(piece)) {
    pace(step);
    if (piece.kind == Piece::Kind::tool_arguments && scene_.answer.spec->tool_delay > Duration::zero()) {
      step.pause = scene_.answer.spec->tool_delay;
    }
    ++said_;
    return frames_->delta(piece, into(step));
  }
  // A strike that waits for more pieces than there are comes at the end.
  if (cuts() && !struck_) return strike(step);
  if (kind != FaultKind::no_finish) {
    frames_->finish(into(step));
    if (kind != FaultKind::no_done) frames_->done(into(step));
  }
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
