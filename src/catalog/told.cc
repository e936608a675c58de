#include "catalog/told.h"

#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

#include "base/duration.h"
#include "base/text.h"

namespace freeway::catalog {

namespace {

constexpr double kMost = 1e15;

std::optional<std::uint64_t> read_amount(std::string_view text, Unit unit) {
  double number = 0;
  text = trim(text);
  auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  // "30, 30;w=60": the first is the one that holds.
  bool whole = read.ptr == text.data() + text.size() || *read.ptr == ',' || *read.ptr == ';';
  if (read.ec != std::errc() || read.ptr == text.data() || !whole || !(number <= kMost)) return std::nullopt;
  if (number < 0) return std::nullopt;  // "-1" stands for no limit at some, and for none left at others
  return static_cast<std::uint64_t>(std::floor(number * static_cast<double>(parts_of(unit))));
}

std::optional<std::uint64_t> amount_in(const http::Fields& fields, std::string_view name, Unit unit) {
  if (name.empty()) return std::nullopt;
  auto value = fields.find(name);
  return value ? read_amount(*value, unit) : std::nullopt;
}

std::optional<Duration> delay_in(const http::Fields& fields, std::string_view name, WallTime now) {
  if (name.empty()) return std::nullopt;
  auto value = fields.find(name);
  return value ? parse_delay(*value, now) : std::nullopt;
}

bool has(std::string_view text, std::string_view word) { return ifind(text, word) != std::string_view::npos; }

Period period_in(std::string_view name) {
  struct Word {
    std::string_view text;
    Period period;
  };
  constexpr std::array<Word, 5> kWords = {{{"minute", Period::minute},
                                           {"day", Period::day},
                                           {"month", Period::month},
                                           {"hour", Period::hour},
                                           {"second", Period::second}}};
  for (const Word& word : kWords)
    if (has(name, word.text)) return word.period;
  return Period::unknown;
}

// "x-ratelimit-remaining-tokens-minute" and its twins, by what the names say.
void read_by_name(const http::Fields& fields, WallTime now, std::vector<Told>& told) {
  constexpr std::string_view kLeft = "remaining";
  for (const http::Field& field : fields) {
    if (!istarts_with(field.name, "x-ratelimit") && !istarts_with(field.name, "ratelimit")) continue;
    std::size_t at = ifind(field.name, kLeft);
    if (at == std::string_view::npos) continue;
    // Of seconds of audio, of images and the like nothing is known.
    std::string_view of(field.name);
    of.remove_prefix(at + kLeft.size());
    bool tokens = has(of, "token");
    if (!of.empty() && !tokens && !has(of, "req") && period_in(of) == Period::unknown) continue;
    Told one;
    one.unit = tokens ? Unit::tokens : Unit::requests;
    one.per = period_in(of);
    one.remaining = read_amount(field.value, one.unit);
    auto twin = [&](std::string_view word) { return std::string(field.name.substr(0, at)).append(word).append(of); };
    one.limit = amount_in(fields, twin("limit"), one.unit);
    one.reset = delay_in(fields, twin("reset"), now);
    if (one.remaining) told.push_back(one);
  }
}

}  // namespace

std::vector<Told> read_told(const std::vector<LimitFields>& known, const http::Fields& fields, WallTime now) {
  std::vector<Told> told;
  if (known.empty()) read_by_name(fields, now, told);
  for (const LimitFields& one : known) {
    Told said;
    said.unit = one.unit;
    said.per = one.per;
    said.scope = one.scope;
    said.of_model = one.of_model;
    said.limit = amount_in(fields, one.limit, one.unit);
    said.remaining = amount_in(fields, one.remaining, one.unit);
    said.reset = delay_in(fields, one.reset, now);
    if (said.limit || said.remaining) told.push_back(said);
  }
  return told;
}

}  // namespace freeway::catalog
