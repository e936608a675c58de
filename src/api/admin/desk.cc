#include "api/admin/desk.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "dialect/openai/surface.h"

namespace freeway::api::admin {

namespace {

std::string decode(std::string_view text) {
  std::string plain(text);
  std::replace(plain.begin(), plain.end(), '+', ' ');
  return percent_decode(plain);
}

std::string_view type_of(int status) {
  if (status == 401) return "authentication_error";
  if (status == 403) return "permission_error";
  if (status == 429) return "rate_limit_exceeded";
  return status >= 500 ? "server_error" : "invalid_request_error";
}

int status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid:
    case ErrorKind::malformed: return 400;
    case ErrorKind::denied: return 403;
    case ErrorKind::not_found: return 404;
    case ErrorKind::exhausted: return 409;
    case ErrorKind::too_large: return 413;
    case ErrorKind::unsupported: return 422;
    default: return 500;
  }
}

}  // namespace

Parameters read_query(std::string_view query) {
  Parameters parameters;
  while (!query.empty()) {
    auto end = std::min(query.find('&'), query.size());
    std::string_view one = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (one.empty()) continue;
    auto equals = std::min(one.find('='), one.size());
    parameters[decode(one.substr(0, equals))] = equals < one.size() ? decode(one.substr(equals + 1)) : "";
  }
  return parameters;
}

std::string_view Call::parameter(std::string_view name) const {
  auto at = parameters.find(name);
  return at == parameters.end() ? std::string_view() : std::string_view(at->second);
}

server::Answer answer_json(std::string body, int status) {
  server::Answer answer;
  answer.status = status;
  answer.fields.add("content-type", "application/json");
  answer.fields.add("cache-control", "no-store");
  answer.body = std::move(body);
  return answer;
}

server::Answer answer_problem(int status, std::string_view message, std::string_view code, std::string_view param) {
  auto answer = answer_json(dialect::openai::error_body(message, type_of(status), param, code), status);
  if (status == 401) answer.fields.add("www-authenticate", "Bearer");
  return answer;
}

server::Answer answer_error(const Error& error) {
  return answer_problem(status_of(error.kind), error.message, to_string(error.kind));
}

bool may_reveal(const Call& call) {
  return call.from_owner || (call.caller.login && call.caller.login->confirmed(call.now));
}

server::Answer refuse_reveal(const Call& call) {
  if (call.caller.login) {
    return answer_problem(403, "Confirm your password first (POST /admin/api/session/confirm); that counts for 5 minutes.",
                          "confirm_needed");
  }
  return answer_problem(403, "Keys are revealed over the Unix socket, and to a login that confirmed its password.",
                        "socket_only");
}

server::Answer answer_parameter(std::string_view name, std::string_view expected) {
  auto message = fmt::format("The parameter '{}' must be {}.", name, expected);
  return answer_json(dialect::openai::error_body(message, type_of(400), name, "invalid"), 400);
}

std::string spell(WallTime time) {
  auto millis = std::chrono::floor<std::chrono::milliseconds>(time);
  auto seconds = std::chrono::floor<std::chrono::seconds>(millis);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                     (millis - seconds).count());
}

void write_until(json::Writer& writer, const Call& call, Instant until) {
  if (until == kNever) {
    writer.null();
  } else {
    writer.string(spell(call.wall + (until - call.now)));
  }
}

void write_time(json::Writer& writer, std::string_view key, const std::optional<WallTime>& time) {
  writer.key(key);
  if (time) {
    writer.string(spell(*time));
  } else {
    writer.null();
  }
}

namespace {

void write_values(json::Writer& writer, const Clause& clause) {
  writer.begin_object();
  for (const auto& [name, text] : clause.values()) writer.member(name, text);
  writer.end_object();
}

}  // namespace

void write_clause(json::Writer& writer, std::string_view key, const Clause& clause) {
  std::string name(key);
  write_text(writer, name, clause.text());
  write_text(writer, name + "_code", clause.code());
  writer.key(name + "_values");
  write_values(writer, clause);
}

void write_clause(json::Writer& writer, const Clause& clause) {
  writer.member("text", clause.text());
  write_text(writer, "code", clause.code());
  writer.key("values");
  write_values(writer, clause);
}

void write_text(json::Writer& writer, std::string_view key, std::string_view text) {
  writer.key(key);
  if (text.empty()) {
    writer.null();
  } else {
    writer.string(text);
  }
}

void write_flag(json::Writer& writer, std::string_view key, const std::optional<bool>& flag) {
  writer.key(key);
  if (flag) {
    writer.boolean(*flag);
  } else {
    writer.null();
  }
}

void write_number(json::Writer& writer, std::string_view key, const std::optional<std::uint64_t>& number) {
  writer.key(key);
  if (number) {
    writer.natural(*number);
  } else {
    writer.null();
  }
}

void write_list(json::Writer& writer, std::string_view key, const std::vector<std::string>& texts) {
  writer.key(key).begin_array();
  for (const auto& text : texts) writer.string(text);
  writer.end_array();
}

void write_ms(json::Writer& writer, std::string_view key, Duration duration) {
  writer.member(key, static_cast<std::int64_t>(duration / std::chrono::milliseconds(1)));
}

std::optional<std::uint64_t> read_number(std::string_view text, std::uint64_t most) {
  std::uint64_t number = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc() || end != text.data() + text.size() || number < 1 || number > most) return std::nullopt;
  return number;
}

}  // namespace freeway::api::admin
