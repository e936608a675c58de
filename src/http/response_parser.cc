#include "http/grammar.h"
#include "http/message.h"

namespace freeway::http {
namespace {

constexpr int kInterimHeads = 16;  // 1xx answers that may come before the real one

std::unexpected<Error> malformed(std::string_view why) { return fail(ErrorKind::malformed, std::string(why)); }
std::unexpected<Error> broken(std::string_view why) { return fail(ErrorKind::protocol, std::string(why)); }

}  // namespace

struct ResponseParser::State : Message<ResponseHead> {
  using Message::Message;

  void reset(bool for_head_request) {
    ready();
    head_request = for_head_request;
    interim_heads = 0;
  }

  Result<void> first_bytes(std::string_view& bytes) {
    if (bytes.empty()) return {};
    if (bytes.front() != 'H') return malformed("the answer is not HTTP");
    started = true;
    return {};
  }

  // "HTTP/1.1 200 OK"; the phrase, and the space before it, may be missing.
  Result<void> start_line(std::string_view line) {
    auto version_end = line.find(' ');
    auto version = parse_version(line.substr(0, version_end));
    if (!version) return std::unexpected(std::move(version.error()));
    auto rest = version_end == std::string_view::npos ? std::string_view() : line.substr(version_end + 1);
    auto status = grammar::parse_length(rest.substr(0, 3));
    if (!status || *status < 100 || (rest.size() > 3 && rest[3] != ' ')) {
      return malformed("the answer's status is not a number of three digits");
    }
    auto reason = rest.substr(std::min<std::size_t>(rest.size(), 4));
    if (!grammar::is_text(reason)) return malformed("the answer's reason holds a control character");
    head.status = static_cast<int>(*status);
    head.reason = reason;
    head.minor_version = *version;
    phase = Phase::fields;
    return {};
  }

  Result<void> end_head() {
    if (head.status == 101) return broken("the peer switches protocols, which nobody asked for");
    const FramingFields found = framing_fields(head.fields);
    if (auto sound = check(found); !sound) return sound;
    if (head.status < 200) {
      if (++interim_heads > kInterimHeads) return broken("the peer sends interim answers without end");
      head.fields.clear();
      phase = Phase::start;
      return {};
    }

    if (head_request || head.status == 204 || head.status == 304) {
      begin_body(Framing::none);
    } else if (found.codings > 0) {
      begin_body(Framing::chunked);
    } else if (found.length) {
      begin_body(Framing::length, *found.length);
    } else {
      begin_body(Framing::to_close);
    }
    return {};
  }

  // Also for heads that have no body: a peer that is wrong about framing is not believed at all.
  Result<void> check(const FramingFields& found) const {
    if (found.codings > 0) {
      if (found.lengths > 0) return broken("the answer has both Content-Length and Transfer-Encoding");
      if (head.minor_version == 0) return broken("an HTTP/1.0 answer has a Transfer-Encoding");
      if (found.codings > 1 || !found.chunked) {
        return fail(ErrorKind::unsupported, "the answer has a Transfer-Encoding other than a single \"chunked\"");
      }
    }
    if (!found.lengths_agree) return broken("the answer has several Content-Lengths that differ");
    if (found.lengths > 0 && !found.length) return broken("the answer's Content-Length is not a number");
    return {};
  }

  Result<Parsed> finish() {
    if (phase == Phase::failed) return malformed("nothing can be read behind a malformed message");
    if (phase == Phase::body) body.close();
    if (phase == Phase::body && body.complete()) return Parsed{0, true, true};
    if (!started) return fail(ErrorKind::closed, "the peer closed the connection without an answer");
    if (phase == Phase::body) return fail(ErrorKind::closed, "the peer closed the connection in the middle of its answer");
    return fail(ErrorKind::closed, "the peer closed the connection in the middle of an answer's head");
  }

  bool head_request = false;
  int interim_heads = 0;
};

ResponseParser::ResponseParser(ParserLimits limits) : state_(std::make_unique<State>(limits)) {}
ResponseParser::~ResponseParser() = default;
ResponseParser::ResponseParser(ResponseParser&&) noexcept = default;
ResponseParser& ResponseParser::operator=(ResponseParser&&) noexcept = default;

Result<Parsed> ResponseParser::feed(std::string_view bytes, std::string& body) { return feed_message(*state_, bytes, body); }
Result<Parsed> ResponseParser::finish() { return state_->finish(); }
const ResponseHead& ResponseParser::head() const { return state_->head; }
bool ResponseParser::started() const { return state_->started; }

bool ResponseParser::keep_alive() const {
  const State& state = *state_;
  return state.phase == Phase::body && state.body.complete() && state.body.framing() != Framing::to_close &&
         state.head.keep_alive();
}

void ResponseParser::reset(bool head_request) { state_->reset(head_request); }

}  // namespace freeway::http
