#include "farm/fault.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "base/duration.h"
#include "base/text.h"

namespace freeway::farm {
namespace {

constexpr std::array<std::string_view, kFaultKinds> kNames{"ok",
                                                           "status",
                                                           "hang",
                                                           "comments",
                                                           "headers_only",
                                                           "drip",
                                                           "close_before",
                                                           "reset",
                                                           "close_mid_stream",
                                                           "stall_mid_stream",
                                                           "no_done",
                                                           "no_finish",
                                                           "corrupt_frame",
                                                           "truncated_tool_arguments",
                                                           "html_200",
                                                           "empty_200",
                                                           "empty_completion",
                                                           "truncated_content_length",
                                                           "redirect",
                                                           "error_in_stream",
                                                           "error_in_200",
                                                           "json_for_stream",
                                                           "byte_by_byte",
                                                           "crlf",
                                                           "cr",
                                                           "mixed",
                                                           "gzip",
                                                           "keepalive_close",
                                                           "slow_headers",
                                                           "clip_prompt",
                                                           "raw",
                                                           "faulted",
                                                           "impossible",
                                                           "censored"};

std::optional<std::uint64_t> whole(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<double> fraction(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !(number >= 0 && number <= 1)) return std::nullopt;
  return number;
}

std::optional<Eol> eol_named(std::string_view name) {
  if (name == "lf") return Eol::lf;
  if (name == "crlf") return Eol::crlf;
  if (name == "cr") return Eol::cr;
  if (name == "mixed") return Eol::mixed;
  return std::nullopt;
}

Duration default_interval(FaultKind kind) {
  return kind == FaultKind::keepalive_close ? std::chrono::milliseconds(5) : std::chrono::seconds(1);
}

// Kinds that are only a way of writing become what they mean.
void complete(Fault& fault, bool interval_given) {
  if (!interval_given) fault.interval = default_interval(fault.kind);
  switch (fault.kind) {
    case FaultKind::crlf: fault.eol = Eol::crlf; break;
    case FaultKind::cr: fault.eol = Eol::cr; break;
    case FaultKind::mixed: fault.eol = Eol::mixed; break;
    case FaultKind::gzip: fault.gzip = true; break;
    case FaultKind::byte_by_byte:
      fault.piece = 1;
      if (!interval_given) fault.interval = Duration::zero();
      break;
    case FaultKind::drip:
    case FaultKind::slow_headers: fault.piece = 1; break;
    default: break;
  }
}

// One "name=value" of a script line; false if the value is wrong.
bool set_parameter(Strike& strike, std::string_view name, std::string_view value, bool& interval_given) {
  auto& fault = strike.fault;
  if (name == "after") {
    const auto number = whole(value);
    if (number) fault.after = static_cast<unsigned>(*number);
    return number.has_value();
  }
  if (name == "times") {
    const auto number = whole(value);
    strike.times = number.value_or(0);
    return number.has_value();
  }
  if (name == "interval") {
    const auto duration = parse_duration(value);
    fault.interval = duration.value_or(Duration::zero());
    interval_given = true;
    return duration.has_value();
  }
  if (name == "eol") {
    fault.eol = eol_named(value);
    return fault.eol.has_value();
  }
  if (name == "usage") {
    fault.usage = usage_mode(value);
    return fault.usage.has_value();
  }
  if (name == "occasion") {
    fault.occasion = occasion_named(value);
    return fault.occasion.has_value();
  }
  if (name == "gzip") {
    fault.gzip = value == "true";
    return value == "true" || value == "false";
  }
  if (name == "probability") {
    const auto share = fraction(value);
    strike.probability = share.value_or(0);
    return share.has_value();
  }
  if (name == "piece") {
    const auto number = whole(value);
    fault.piece = number.value_or(0);
    return number.has_value();
  }
  if (name == "key" || name == "model" || name == "match" || name == "body") {
    if (name == "body") fault.body = std::string(value);
    if (name == "key") strike.key = value;
    if (name == "model") strike.model = value;
    if (name == "match") strike.match = value;
    return true;
  }
  if (name == "location" && fault.kind == FaultKind::redirect) {
    fault.location = value;
    return true;
  }
  fault.headers.push_back({std::string(name), std::string(value)});
  return true;
}

// The first word: a kind, or a status that stands for kind "status".
bool set_kind(Fault& fault, std::string_view word) {
  if (const auto kind = fault_kind(word)) {
    fault.kind = *kind;
    if (*kind == FaultKind::status) fault.status = 500;
    if (*kind == FaultKind::redirect) fault.status = 307;
    return true;
  }
  const auto status = whole(word);
  if (!status || *status < 100 || *status > 599) return false;
  fault.kind = FaultKind::status;
  fault.status = static_cast<int>(*status);
  return true;
}

void read_headers(Table& table, Fault& fault) {
  const auto headers = table.take("headers");
  if (!headers) return;
  if (!headers.is(json::Type::object)) return table.complain("headers", "expected a table of names and values");
  for (auto member : headers) {
    auto text = member.string();
    fault.headers.push_back({json::unescape(member.key()), text ? std::move(*text) : std::string(member.raw())});
  }
}

void read_body(Table& table, Fault& fault) {
  const auto body = table.take("body");
  if (!body) return;
  auto text = body.string();
  fault.body = text ? std::move(*text) : std::string(body.raw());  // a table is sent as JSON
}

}  // namespace

std::string_view to_string(FaultKind kind) { return kNames[static_cast<std::size_t>(kind)]; }

std::optional<FaultKind> fault_kind(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<FaultKind>(i);
  }
  return std::nullopt;
}

bool harmless(FaultKind kind) {
  switch (kind) {
    case FaultKind::ok:
    case FaultKind::no_done:
    case FaultKind::json_for_stream:
    case FaultKind::byte_by_byte:
    case FaultKind::crlf:
    case FaultKind::cr:
    case FaultKind::mixed:
    case FaultKind::gzip:
    case FaultKind::keepalive_close:
    case FaultKind::slow_headers:
    case FaultKind::clip_prompt:
    case FaultKind::drip: return true;
    default: return false;
  }
}

std::optional<UsageMode> usage_mode(std::string_view name) {
  if (name == "asked") return UsageMode::asked;
  if (name == "none") return UsageMode::none;
  if (name == "bundled") return UsageMode::bundled;
  if (name == "separate") return UsageMode::separate;
  return std::nullopt;
}

Result<Strike> parse_strike(std::string_view line) {
  Strike strike;
  bool first = true;
  bool interval_given = false;
  auto rest = trim(line);
  while (!rest.empty()) {
    const auto space = std::min(rest.find(' '), rest.size());
    const auto word = rest.substr(0, space);
    rest = trim(rest.substr(space));
    if (first) {
      if (!set_kind(strike.fault, word)) {
        return fail(ErrorKind::invalid,
                    fmt::format("\"{}\" is neither a status nor a kind of fault; kinds: {}", word, fmt::join(kNames, ", ")));
      }
      first = false;
      continue;
    }
    const auto equals = word.find('=');
    if (equals == std::string_view::npos) {
      return fail(ErrorKind::invalid, fmt::format("expected name=value, found \"{}\"", word));
    }
    if (!set_parameter(strike, word.substr(0, equals), word.substr(equals + 1), interval_given)) {
      return fail(ErrorKind::invalid, fmt::format("the value of \"{}\" is wrong", word));
    }
  }
  if (first) return fail(ErrorKind::invalid, "expected a status or a kind of fault, found nothing");
  complete(strike.fault, interval_given);
  return strike;
}

Strike read_strike(json::Value value, const std::string& place, Problem& problem) {
  if (const auto line = value.string()) {
    auto strike = parse_strike(*line);
    if (strike) return std::move(*strike);
    problem.say(place, strike.error().message);
    return {};
  }
  Strike strike;
  auto& fault = strike.fault;
  Table table(value, place, problem);
  std::string kind;
  table.text("kind", kind);
  const auto status = table.take("status");
  if (kind.empty() && status) kind = "status";
  if (kind.empty()) {
    table.complain("kind", fmt::format("is missing; kinds: {}", fmt::join(kNames, ", ")));
  } else if (!set_kind(fault, kind)) {
    table.complain("kind", fmt::format("\"{}\" is no kind of fault; kinds: {}", kind, fmt::join(kNames, ", ")));
  }
  if (status) {
    const auto code = status.integer().value_or(0);
    if (code < 100 || code > 599) table.complain("status", "expected a number from 100 to 599");
    fault.status = static_cast<int>(code);
  }
  read_headers(table, fault);
  read_body(table, fault);
  std::string occasion;
  table.text("occasion", occasion);
  fault.occasion = occasion_named(occasion);
  if (!occasion.empty() && !fault.occasion) table.complain("occasion", "is none that farm/README.md names");
  if (table.take("after")) {
    unsigned after = 0;
    table.count("after", after);
    fault.after = after;
  }
  const bool interval_given = table.take("interval").given();
  table.duration("interval", fault.interval);
  table.text("location", fault.location);
  std::string eol;
  table.text("eol", eol);
  fault.eol = eol_named(eol);
  if (!eol.empty() && !fault.eol) table.complain("eol", "expected lf, crlf, cr or mixed");
  std::string usage;
  table.text("usage", usage);
  fault.usage = usage_mode(usage);
  if (!usage.empty() && !fault.usage) table.complain("usage", "expected asked, none, bundled or separate");
  table.flag("gzip", fault.gzip);
  std::uint64_t piece = 0;
  table.count("piece", piece);
  fault.piece = piece;
  complete(fault, interval_given);
  table.number("probability", strike.probability);
  table.count("times", strike.times);
  table.text("key", strike.key);
  table.text("model", strike.model);
  table.text("match", strike.match);
  table.done();
  return strike;
}

}  // namespace freeway::farm
