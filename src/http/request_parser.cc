#include "base/text.h"
#include "http/grammar.h"
#include "http/message.h"

namespace freeway::http {
namespace {

constexpr int kBlankBytesBefore = 8;  // of empty lines that may stand before a request

std::unexpected<Error> malformed(std::string_view why) { return fail(ErrorKind::malformed, std::string(why)); }

Result<void> check_target(std::string_view method, std::string_view target) {
  if (!grammar::is_target(target)) return malformed("the request's target holds characters that must be percent-encoded");
  if (target.starts_with('/') && method != "CONNECT") return {};
  const bool good = method == "CONNECT" ? grammar::is_host(target)
                                        : istarts_with(target, "http://") || istarts_with(target, "https://") ||
                                              (target == "*" && method == "OPTIONS");
  if (!good) return malformed("the request's target is neither a path nor an address");
  return {};
}

}  // namespace

struct RequestParser::State : Message<RequestHead> {
  using Message::Message;

  void reset() {
    ready();
    blank_bytes = 0;
    expects_continue = false;
    content_length.reset();
  }

  // Drops a few empty lines; then a client that speaks TLS, or no protocol at all, learns so from its first byte.
  Result<void> first_bytes(std::string_view& bytes) {
    while (!bytes.empty() && bytes.front() == (blank_bytes % 2 == 0 ? '\r' : '\n')) {
      if (++blank_bytes > kBlankBytesBefore) return malformed("there are empty lines instead of a request");
      bytes.remove_prefix(1);
    }
    if (bytes.empty()) return {};
    constexpr char kTlsHandshake = 0x16;
    if (bytes.front() == kTlsHandshake) {
      return malformed("this looks like TLS, but plain HTTP is spoken here: use http:// in the address");
    }
    if (blank_bytes % 2 != 0 || !grammar::is_token(bytes.substr(0, 1))) {
      return malformed("a request does not begin with a method");
    }
    started = true;
    return {};
  }

  Result<void> start_line(std::string_view line) {
    auto method_end = line.find(' ');
    auto method = line.substr(0, method_end);
    if (!grammar::is_token(method)) return malformed("the request's method holds characters that none may hold");
    if (method_end == std::string_view::npos) return malformed("the request line holds nothing but a word");
    auto rest = line.substr(method_end + 1);
    auto target_end = rest.find(' ');
    if (target_end == std::string_view::npos) {
      return malformed("the request line names no HTTP version; HTTP/0.9 is not spoken here");
    }
    auto version = parse_version(rest.substr(target_end + 1));
    if (!version) return std::unexpected(std::move(version.error()));
    auto target = rest.substr(0, target_end);
    if (auto good = check_target(method, target); !good) return good;
    head.method = method;
    head.target = target;
    head.minor_version = *version;
    phase = Phase::fields;
    return {};
  }

  Result<void> end_head() {
    if (auto good = check_host(); !good) return good;
    const FramingFields found = framing_fields(head.fields);
    const bool old = head.minor_version == 0;
    expects_continue = !old && head.fields.has_token("expect", "100-continue");
    if (found.codings > 0) {
      if (found.lengths > 0) return malformed("the request has both Content-Length and Transfer-Encoding");
      if (old) return malformed("an HTTP/1.0 request has a Transfer-Encoding");
      if (found.codings > 1 || !found.chunked) {
        return fail(ErrorKind::unsupported, "the only Transfer-Encoding understood here is a single \"chunked\"");
      }
      begin_body(Framing::chunked);
      return {};
    }
    if (found.lengths > 1) return malformed("the request has more than one Content-Length");
    if (found.lengths == 1 && !found.length) return malformed("the request's Content-Length is not a number");
    if (found.lengths == 0 && old && (head.method == "POST" || head.method == "PUT" || head.method == "PATCH")) {
      return malformed("an HTTP/1.0 request with a body needs a Content-Length");
    }
    content_length = found.length;
    begin_body(found.length ? Framing::length : Framing::none, found.length.value_or(0));
    return {};
  }

  Result<void> check_host() const {
    const auto count = head.fields.count("host");
    if (count > 1) return malformed("the request has more than one Host");
    if (count == 0 && head.minor_version == 0) return {};
    if (count == 0) return malformed("the request has no Host");
    const std::string_view host = *head.fields.find("host");
    if (!grammar::is_host(host)) return malformed("the request's Host is not a host name or address");
    if (head.target.starts_with('/')) return {};
    const std::string_view target = head.target;
    auto scheme = target.find("://");
    if (scheme == std::string_view::npos) return {};
    auto authority = target.substr(scheme + 3);
    if (iequals(authority.substr(0, authority.find_first_of("/?")), host)) return {};
    return malformed("the request's target and its Host name different hosts");
  }

  int blank_bytes = 0;
  bool expects_continue = false;
  std::optional<std::uint64_t> content_length;
};

RequestParser::RequestParser(ParserLimits limits) : state_(std::make_unique<State>(limits)) {}
RequestParser::~RequestParser() = default;
RequestParser::RequestParser(RequestParser&&) noexcept = default;
RequestParser& RequestParser::operator=(RequestParser&&) noexcept = default;

Result<Parsed> RequestParser::feed(std::string_view bytes, std::string& body) { return feed_message(*state_, bytes, body); }
const RequestHead& RequestParser::head() const { return state_->head; }
RequestHead& RequestParser::head() { return state_->head; }
bool RequestParser::started() const { return state_->started; }
std::optional<std::uint64_t> RequestParser::content_length() const { return state_->content_length; }
bool RequestParser::chunked() const { return state_->body.framing() == Framing::chunked; }
bool RequestParser::expects_continue() const { return state_->expects_continue; }
void RequestParser::set_body_limit(std::uint64_t bytes) { state_->body.set_limit(bytes); }
void RequestParser::reset() { state_->reset(); }

}  // namespace freeway::http
