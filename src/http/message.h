// What the parsers of requests and responses share: a start line, fields, a body. Internal to them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "http/body.h"
#include "http/lines.h"
#include "http/parser.h"

namespace freeway::http {

using Framing = BodyReader::Framing;

// The fields that say how long a body is, counted but not judged.
struct FramingFields {
  int codings = 0;  // Transfer-Encoding lines
  int lengths = 0;  // Content-Length lines
  bool chunked = false;
  bool lengths_agree = true;
  std::optional<std::uint64_t> length;  // of the last; nothing if it is not a number
};
FramingFields framing_fields(const Fields& fields);

// "HTTP/1.1" → 1. Fails with unsupported for other versions of HTTP, with malformed for anything else.
Result<int> parse_version(std::string_view text);

std::unexpected<Error> head_over_limit(const ParserLimits& limits);

enum class Phase { start, fields, body, failed };

template <class Head>
struct Message {
  explicit Message(ParserLimits given) : limits(given) { ready(); }

  void ready() {
    phase = Phase::start;
    started = false;
    lines.begin(limits.head_bytes);
    body.begin(Framing::none, 0, 0, 0);
    body.set_limit(limits.body_bytes);
    head.fields.clear();
  }

  void begin_body(Framing framing, std::uint64_t length = 0) {
    phase = Phase::body;
    body.begin(framing, length, limits.head_bytes, limits.field_count);
  }

  Result<void> add_field(std::string_view line) {
    if (head.fields.size() == limits.field_count) return head_over_limit(limits);
    auto field = parse_field_line(line);
    if (!field) return std::unexpected(std::move(field.error()));
    head.fields.add(field->name, field->value);
    return {};
  }

  ParserLimits limits;
  Phase phase = Phase::start;
  bool started = false;  // the message's first byte was seen
  LineReader lines;
  BodyReader body;
  Head head;
};

// `State` is a Message with three more steps: first_bytes(bytes) before anything of the message was seen, which may drop
// some; start_line(line), which moves to Phase::fields; end_head(), which calls begin_body or starts over.
template <class State>
Result<void> feed_head(State& state, std::string_view& bytes) {
  if (!state.started) {
    if (auto good = state.first_bytes(bytes); !good) return good;
  }
  while (state.phase != Phase::body) {
    switch (state.lines.next(bytes)) {
      case LineReader::Outcome::need_more: return {};
      case LineReader::Outcome::bare_lf: return fail(ErrorKind::malformed, "a line of the head ends without CR");
      case LineReader::Outcome::too_long: return head_over_limit(state.limits);
      case LineReader::Outcome::line: break;
    }
    const std::string_view line = state.lines.line();
    Result<void> taken;
    if (state.phase == Phase::start) {
      taken = state.start_line(line);
    } else if (line.empty()) {
      taken = state.end_head();
    } else {
      taken = state.add_field(line);
    }
    if (!taken) return taken;
  }
  return {};
}

// One step of a parser's `feed`: what is left of the head, or of the body.
template <class State>
Result<Parsed> feed_message(State& state, std::string_view bytes, std::string& body) {
  const std::size_t offered = bytes.size();
  Result<void> taken;
  if (state.phase == Phase::failed) {
    taken = fail(ErrorKind::malformed, "nothing can be read behind a malformed message");
  } else if (state.phase == Phase::body) {
    taken = state.body.feed(bytes, body);
  } else {
    taken = feed_head(state, bytes);
  }
  if (!taken) {
    state.phase = Phase::failed;
    return std::unexpected(std::move(taken.error()));
  }
  const bool head_complete = state.phase == Phase::body;
  return Parsed{offered - bytes.size(), head_complete, head_complete && state.body.complete()};
}

}  // namespace freeway::http
