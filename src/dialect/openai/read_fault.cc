#include <charconv>
#include <vector>

#include "base/duration.h"
#include "base/text.h"
#include "dialect/openai/fault.h"
#include "dialect/openai/openai.h"

namespace freeway::dialect::openai {

namespace {
constexpr std::size_t kBodyKept = 16 * 1024;

// One dimension of a provider's rate limit headers: x-ratelimit-reset-tokens and x-ratelimit-remaining-tokens.
struct Reset {
  Duration delay{};
  std::optional<double> remaining;
  bool tokens = false;
};

std::optional<double> read_number(std::string_view text) {
  double number = 0;
  text = trim(text);
  auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr == text.data()) return std::nullopt;
  return number;
}

std::vector<Reset> read_resets(const http::Fields& fields, WallTime now) {
  std::vector<Reset> resets;
  for (const http::Field& field : fields) {
    std::size_t limit = ifind(field.name, "ratelimit");
    std::size_t at = ifind(field.name, "reset");
    if (limit == std::string_view::npos || at == std::string_view::npos || at < limit) continue;
    auto delay = parse_delay(field.value, now);
    if (!delay) continue;
    Reset reset;
    reset.delay = *delay;
    std::string twin = field.name.substr(0, at) + "remaining" + field.name.substr(at + 5);
    if (auto left = fields.find(twin)) reset.remaining = read_number(*left);
    reset.tokens = ifind(field.name, "token") != std::string_view::npos;
    resets.push_back(reset);
  }
  return resets;
}

template <class Wanted>
std::optional<Duration> longest(const std::vector<Reset>& resets, Wanted wanted) {
  std::optional<Duration> most;
  for (const Reset& reset : resets) {
    if (wanted(reset) && (!most || reset.delay > *most)) most = reset.delay;
  }
  return most;
}

std::optional<Duration> told_outright(const http::Fields& fields, WallTime now) {
  if (auto value = fields.find("retry-after-ms")) {
    if (auto count = read_number(*value); count && *count >= 0 && *count < 1e12) {
      return std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>(*count));
    }
  }
  for (std::string_view name : {"retry-after", "x-retry-after", "x-ratelimit-timeremaining"}) {
    if (auto value = fields.find(name)) {
      if (auto delay = parse_delay(*value, now)) return delay;
    }
  }
  return std::nullopt;
}

// A limit with something left is not to blame, unless it is of tokens and this request wanted more than was left.
std::optional<Duration> told_by_the_rest(const std::vector<Reset>& resets) {
  auto unknown = longest(resets, [](const Reset& r) { return !r.remaining; });
  if (unknown) return unknown;
  auto tokens = longest(resets, [](const Reset& r) { return r.tokens; });
  return tokens ? tokens : longest(resets, [](const Reset&) { return true; });
}

// {"error":{"metadata":{"headers":{"X-RateLimit-Reset":"1767139200000"}}}}
http::Fields inner_fields(json::Value root) {
  http::Fields fields;
  json::Value headers = root["error"]["metadata"]["headers"];
  if (!headers.is(json::Type::object)) return fields;
  for (json::Value member : headers) {
    std::string value = member.string().value_or(std::string(member.raw()));
    fields.add(json::unescape(member.key()), std::move(value));
  }
  return fields;
}

std::optional<Duration> exhausted(const std::vector<Reset>& resets) {
  return longest(resets, [](const Reset& r) { return r.remaining && *r.remaining <= 0; });
}
}  // namespace

chat::Fault OpenAi::read_fault(int status, const http::Fields& fields, std::string_view body, WallTime now) const {
  chat::Fault fault;
  fault.status = status;
  fault.body.assign(body.substr(0, kBodyKept));
  json::Document document;
  std::string_view text = body.starts_with("\xEF\xBB\xBF") ? body.substr(3) : body;
  bool read = document.reparse(text).has_value();
  if (!read || !read_error(document.root(), fault)) {
    fault.message = describe_text(text);
    fault.retry_after = find_delay_in_prose(fault.message);
    read_limit(json::Value(), fault);
  }
  read_limit(fields, fault);
  if (auto told = told_outright(fields, now)) {
    fault.retry_after = told;
    return fault;
  }
  // Reset headers come with every answer; they tell a delay only where a limit was the reason.
  if (status != 429 && status != 503) return fault;
  std::vector<Reset> resets = read_resets(fields, now);
  auto told = exhausted(resets);
  if (!told && read) told = exhausted(read_resets(inner_fields(document.root()), now));
  if (!told && !fault.retry_after) told = told_by_the_rest(resets);
  if (told) fault.retry_after = told;
  return fault;
}

}  // namespace freeway::dialect::openai
