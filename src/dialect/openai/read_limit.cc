// What a refused limit says of itself.
#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"
#include "dialect/openai/fault.h"
#include "dialect/openai/members.h"

namespace freeway::dialect::openai {

using chat::Counted;
using chat::Per;

namespace {

constexpr std::size_t kProseRead = 4096;
constexpr std::size_t kMostWords = 400;
constexpr std::uint64_t kMostNumber = 1'000'000'000'000'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// A word, a number or a mark of a sentence or of a name: "UserByModelByDay" is five words, "free-models-per-day" seven.
struct Word {
  enum class Kind : unsigned char { word, number, mark };
  Kind kind = Kind::mark;
  std::string_view text;
  std::uint64_t value = 0;
  bool alone = false;  // a number with nothing glued to it, so that it is no part of a name

  bool is(std::string_view other) const { return kind == Kind::word && iequals(text, other); }
  bool is_mark(char c) const { return kind == Kind::mark && text.front() == c; }
};
using Words = std::vector<Word>;

bool is_any(const Word& word, std::initializer_list<std::string_view> names) {
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) { return word.is(name); });
}

// "10000" and "10,000".
std::size_t number_size(std::string_view text, std::uint64_t& value) {
  std::size_t at = 0;
  auto take = [&] {
    value = std::min(value * 10 + static_cast<std::uint64_t>(text[at] - '0'), kMostNumber);
    ++at;
  };
  while (at < text.size() && is_digit(text[at])) take();
  auto group = [&] {
    return at + 3 < text.size() && text[at] == ',' && is_digit(text[at + 1]) && is_digit(text[at + 2]) &&
           is_digit(text[at + 3]) && (at + 4 == text.size() || !is_digit(text[at + 4]));
  };
  for (bool grouped = at <= 3; grouped && group();) {
    ++at;
    for (int i = 0; i < 3; ++i) take();
  }
  return at;
}

bool stands_alone(std::string_view text, std::size_t begin, std::size_t end) {
  constexpr std::string_view kBefore = "(:=/", kAfter = ")/,;:.";
  bool opens = begin == 0 || is_blank(text[begin - 1]) || kBefore.find(text[begin - 1]) != std::string_view::npos;
  if (!opens || end == text.size() || is_blank(text[end])) return opens;
  if (kAfter.find(text[end]) == std::string_view::npos) return false;
  return end + 1 == text.size() || !is_digit(text[end + 1]);  // "0.0136" is no limit of 0
}

Words words_of(std::string_view text) {
  Words words;
  for (std::size_t at = 0; at < text.size() && words.size() < kMostWords;) {
    char first = text[at];
    std::size_t end = at + 1;
    Word word;
    if (is_blank(first)) {
      ++at;
      continue;
    }
    if (is_digit(first)) {
      word.kind = Word::Kind::number;
      end = at + number_size(text.substr(at), word.value);
      word.alone = stands_alone(text, at, end);
    } else if (is_lower(first) || is_upper(first)) {
      word.kind = Word::Kind::word;
      while (end < text.size() && (is_lower(text[end]) || (is_upper(text[end]) && is_upper(text[end - 1])))) ++end;
    }
    word.text = text.substr(at, end - at);
    words.push_back(word);
    at = end;
  }
  return words;
}

// What an offer says is true of those who pay: "… Add 10 credits to unlock 1000 free model requests per day".
void drop_offers(Words& words) {
  auto offer = std::find_if(words.begin(), words.end(), [](const Word& word) {
    return is_any(word, {"add", "upgrade", "unlock", "subscribe", "purchase", "buy"});
  });
  words.erase(offer, words.end());
}

Per unit_named(const Word& word) {
  if (is_any(word, {"second", "seconds", "sec", "s"})) return Per::second;
  if (is_any(word, {"minute", "minutes", "min", "mins"})) return Per::minute;
  if (is_any(word, {"hour", "hours", "hr", "h"})) return Per::hour;
  if (is_any(word, {"day", "days", "d"})) return Per::day;
  if (is_any(word, {"month", "months"})) return Per::month;
  return Per::unknown;
}

// 86400 s is a day.
Per window_of(std::uint64_t count, Per unit) {
  constexpr std::array<std::uint64_t, 6> kSeconds = {0, 1, 60, 3600, 86400, 2592000};  // by Per
  std::uint64_t length = std::min(count, kMostNumber / 10'000'000) * kSeconds[static_cast<std::size_t>(unit)];
  for (std::size_t i = 1; i < kSeconds.size(); ++i)
    if (length == kSeconds[i]) return static_cast<Per>(i);
  return Per::unknown;
}

struct Short {
  std::string_view name;
  Per per;
  Counted counted;
};
constexpr std::array kShorts = {
    Short{"rps", Per::second, Counted::requests}, Short{"qps", Per::second, Counted::requests},
    Short{"rpm", Per::minute, Counted::requests}, Short{"tpm", Per::minute, Counted::tokens},
    Short{"rph", Per::hour, Counted::requests},   Short{"rpd", Per::day, Counted::requests},
    Short{"tpd", Per::day, Counted::tokens},
};

// A window as it is named, from word `begin` up to `end`.
struct Window {
  Per per = Per::unknown;
  Counted counted = Counted::unknown;
  std::size_t begin = 0, end = 0;
};

// "per day", "/ minute", "per-min", "ByDay", "per 86400s".
std::optional<Window> window_after(const Words& words, std::size_t at) {
  if (!is_any(words[at], {"per", "by"}) && !words[at].is_mark('/')) return std::nullopt;
  std::size_t next = at + 1;
  if (next < words.size() && (words[next].is_mark('-') || words[next].is_mark('_'))) ++next;
  bool counts = next + 1 < words.size() && words[next].kind == Word::Kind::number;
  std::uint64_t count = counts ? words[next++].value : 1;
  if (next >= words.size() || words[next].kind != Word::Kind::word) return std::nullopt;
  bool one_letter = words[next].text.size() == 1 && !counts;
  Per unit = one_letter ? Per::unknown : unit_named(words[next]);
  if (unit == Per::unknown) return std::nullopt;
  // A model of the name "x/day-1".
  bool name = words[at].is_mark('/') && next + 1 < words.size() &&
              (words[next + 1].is_mark('-') || words[next + 1].is_mark('_') || words[next + 1].is_mark('/'));
  if (name) return std::nullopt;
  return Window{window_of(count, unit), Counted::unknown, at, next + 1};
}

std::optional<Window> window_at(const Words& words, std::size_t at) {
  const Word& word = words[at];
  if (auto found = window_after(words, at)) return found;
  for (const Short& abbreviation : kShorts)
    if (word.is(abbreviation.name)) return Window{abbreviation.per, abbreviation.counted, at, at + 1};
  if (word.is("hourly")) return Window{Per::hour, Counted::unknown, at, at + 1};
  if (word.is("daily")) return Window{Per::day, Counted::unknown, at, at + 1};
  if (word.is("monthly")) return Window{Per::month, Counted::unknown, at, at + 1};
  bool quota = word.is("today") && at + 3 < words.size() && is_any(words[at + 3], {"quota", "limit", "allowance"});
  if (quota) return Window{Per::day, Counted::unknown, at, at + 1};
  return std::nullopt;
}

// What is named first counts.
std::optional<Window> first_window(const Words& words) {
  for (std::size_t at = 0; at < words.size(); ++at)
    if (auto found = window_at(words, at); found && found->per != Per::unknown) return found;
  return std::nullopt;
}

Counted counted_at(const Words& words, std::size_t at) {
  const Word& word = words[at];
  bool limited = at + 1 < words.size() && is_any(words[at + 1], {"limit", "quota", "rate", "rates"});
  limited = limited || (at + 2 < words.size() && words[at + 1].is_mark('_') && is_any(words[at + 2], {"limit", "quota"}));
  if (word.is("tokens") || (word.is("token") && limited)) return Counted::tokens;
  // "Too many requests" is what every limit says.
  bool joined = at > 1 && (words[at - 1].is_mark('_') || words[at - 1].is_mark('-'));
  bool phrase = at > 0 && words[at - (joined ? 2 : 1)].is("many");
  if ((word.is("requests") && !phrase) || word.is("calls") || (word.is("request") && limited)) return Counted::requests;
  if (word.is("neurons")) return Counted::neurons;
  if (word.is("credits") || word.is("credit")) return Counted::credit;
  if (is_any(word, {"concurrency", "concurrent"})) return Counted::concurrent;
  return Counted::unknown;
}

// What the word before the window counts, else what is named first.
Counted counted_in(const Words& words, const std::optional<Window>& window) {
  if (window && window->counted != Counted::unknown) return window->counted;
  if (window && window->begin > 0)
    if (Counted counted = counted_at(words, window->begin - 1); counted != Counted::unknown) return counted;
  for (std::size_t at = 0; at < words.size(); ++at)
    if (Counted counted = counted_at(words, at); counted != Counted::unknown) return counted;
  return Counted::unknown;
}

// The number that words[at] is about: "Limit 30", "limit: 0", "allocation of 10,000", "max RPM: 3".
std::optional<std::uint64_t> number_after(const Words& words, std::size_t at) {
  std::size_t next = at + 1;
  auto joins = [](const Word& word) {
    return word.is_mark(':') || word.is_mark('=') || word.is_mark(')') || is_any(word, {"of", "is", "to"});
  };
  for (int i = 0; i < 2 && next < words.size() && joins(words[next]); ++i) ++next;
  if (next >= words.size() || !words[next].alone) return std::nullopt;
  bool time = next + 1 < words.size() && unit_named(words[next + 1]) != Per::unknown;
  if (time) return std::nullopt;
  return words[next].value;
}

// "20 API calls / minute", "2 per 1 second".
std::optional<std::uint64_t> number_before(const Words& words, std::size_t at) {
  for (int skipped = 0; at > 0 && skipped < 4; ++skipped) {
    const Word& word = words[--at];
    if (word.kind == Word::Kind::number) return word.alone ? std::optional(word.value) : std::nullopt;
    bool between = counted_at(words, at) != Counted::unknown || is_any(word, {"api", "free", "model", "input", "output"});
    if (!between) return std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> limit_in(const Words& words, const std::optional<Window>& window) {
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (!is_any(words[at], {"limit", "limited", "quota", "allocation", "allowance"})) continue;
    bool of_one_request = at > 0 && is_any(words[at - 1], {"context", "window", "length", "size", "time", "output"});
    if (of_one_request) continue;
    if (auto number = number_after(words, at)) return number;
  }
  if (!window) return std::nullopt;
  if (auto number = number_before(words, window->begin)) return number;
  return window->counted == Counted::unknown ? std::nullopt : number_after(words, window->begin);
}

std::optional<std::uint64_t> used_in(const Words& words) {
  for (std::size_t at = 0; at < words.size(); ++at)
    if (words[at].is("used"))
      if (auto number = number_after(words, at)) return number;
  return std::nullopt;
}

void fill(chat::Fault& fault, Per per, Counted counted) {
  if (fault.per == Per::unknown) fault.per = per;
  if (fault.counted == Counted::unknown) fault.counted = counted;
}

// A code or a type: "GenerateRequestsPerDayPerProjectPerModel-FreeTier", "rpm_rate_limit_exceeded", "tokens".
void read_name(std::string_view name, chat::Fault& fault) {
  Words words = words_of(name);
  auto window = first_window(words);
  fill(fault, window ? window->per : Per::unknown, counted_in(words, window));
}

void read_prose(std::string_view text, chat::Fault& fault) {
  Words words = words_of(text.substr(0, kProseRead));
  drop_offers(words);
  auto window = first_window(words);
  // A number of another window than the one that is known already is another limit's.
  bool same = !window || fault.per == Per::unknown || window->per == fault.per;
  fill(fault, window ? window->per : Per::unknown, counted_in(words, window));
  if (!same) return;
  if (!fault.limit) fault.limit = limit_in(words, window);
  if (!fault.used) fault.used = used_in(words);
}

std::optional<std::uint64_t> whole(std::string_view text) {
  Words words = words_of(trim(text));
  return words.size() == 1 && words[0].alone ? std::optional(words[0].value) : std::nullopt;
}

std::optional<std::uint64_t> whole(json::Value value) {
  return whole(value.is(json::Type::string) ? text_of(value) : std::string(value.raw()));
}

// google.rpc.QuotaFailure. Of several violations the one without any allowance counts, else that of a day.
void read_violations(json::Value details, chat::Fault& fault) {
  if (!details.is(json::Type::array)) return;
  int best = -1;
  for (json::Value detail : details) {
    if (!detail.is(json::Type::object) || !detail["violations"].is(json::Type::array)) continue;
    for (json::Value violation : detail["violations"]) {
      chat::Fault told;
      read_name(text_of(violation["quotaId"]), told);
      auto limit = violation["quotaValue"].given() ? whole(violation["quotaValue"]) : std::nullopt;
      int weight = limit == 0U ? 2 : told.per == Per::day ? 1 : 0;
      if (weight <= best) continue;
      best = weight;
      fault.per = told.per;
      fault.counted = told.counted;
      fault.limit = limit;
    }
  }
}

// {"error":{"metadata":{"headers":{"X-RateLimit-Limit":"50","X-RateLimit-Remaining":"0"}}}}
void read_passed_on(json::Value headers, chat::Fault& fault) {
  if (!headers.is(json::Type::object)) return;
  std::optional<std::uint64_t> limit, remaining;
  for (json::Value member : headers) {
    std::string name = json::unescape(member.key());
    if (iequals(name, "x-ratelimit-limit")) limit = whole(member);
    if (iequals(name, "x-ratelimit-remaining")) remaining = whole(member);
  }
  if (!limit || *limit == 0) return;
  fault.limit = limit;
  if (remaining && *remaining <= *limit) fault.used = *limit - *remaining;
}

bool of_limits(int status) {
  return status == 429 || status == 402 || status == 403 || status == 413 || status == 503 || status < 300;
}

}  // namespace

void read_limit(json::Value root, chat::Fault& fault) {
  if (!of_limits(fault.status)) return;
  json::Value top = root.is(json::Type::array) ? root.first() : root;
  if (top.is(json::Type::object) && top["error"].is(json::Type::object)) {
    read_violations(top["error"]["details"], fault);
    read_passed_on(top["error"]["metadata"]["headers"], fault);
  }
  read_name(fault.code, fault);
  read_name(fault.type, fault);
  read_prose(fault.message, fault);
}

void read_limit(const http::Fields& fields, chat::Fault& fault) {
  if (!of_limits(fault.status)) return;
  for (const http::Field& field : fields) {
    std::size_t at = ifind(field.name, "remaining");
    if (ifind(field.name, "ratelimit") == std::string_view::npos || at == std::string_view::npos) continue;
    if (whole(field.value) != 0U) continue;
    auto twin = fields.find(field.name.substr(0, at) + "limit" + field.name.substr(at + 9));
    auto limit = twin ? whole(*twin) : std::nullopt;
    Words words = words_of(field.name);
    Per per = words.empty() ? Per::unknown : unit_named(words.back());
    if (per == Per::unknown || !limit || *limit == 0) continue;
    Counted counted = counted_in(words, std::nullopt);
    bool same =
        (fault.per == Per::unknown || fault.per == per) && (fault.counted == Counted::unknown || fault.counted == counted);
    if (!same || fault.limit) continue;
    fill(fault, per, counted);
    fault.limit = fault.used = limit;
  }
}

}  // namespace freeway::dialect::openai
