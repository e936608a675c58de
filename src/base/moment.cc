// Dates as HTTP and ISO 8601 spell them. UTC alone; no locale and no table of zones.
#include <fmt/format.h>

#include <array>

#include "base/duration.h"
#include "base/text.h"

namespace freeway {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

// Reads a date from left to right. The first mismatch makes it `bad`, and it stays so.
struct Reader {
  std::string_view rest;
  bool bad = false;

  int number(std::size_t digits) {
    if (bad || rest.size() < digits) return fail();
    int value = 0;
    for (char c : rest.substr(0, digits)) {
      if (c < '0' || c > '9') return fail();
      value = value * 10 + (c - '0');
    }
    rest.remove_prefix(digits);
    return value;
  }
  void expect(std::string_view text) {
    if (!take(text)) bad = true;
  }
  bool take(std::string_view text) {
    if (bad || !istarts_with(rest, text)) return false;
    rest.remove_prefix(text.size());
    return true;
  }
  int month() {
    for (std::size_t i = 0; i < kMonths.size(); ++i)
      if (take(kMonths[i])) return static_cast<int>(i) + 1;
    return fail();
  }
  int fail() {
    bad = true;
    return 0;
  }
};

struct Fields {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
};

void read_time(Reader& reader, Fields& fields) {
  fields.hour = reader.number(2);
  reader.expect(":");
  fields.minute = reader.number(2);
  reader.expect(":");
  fields.second = reader.number(2);
}

std::optional<WallTime> to_wall(const Fields& f) {
  using namespace std::chrono;
  year_month_day date{year{f.year}, month{static_cast<unsigned>(f.month)}, day{static_cast<unsigned>(f.day)}};
  if (!date.ok() || f.year < 1900 || f.hour > 23 || f.minute > 59 || f.second > 60) return std::nullopt;
  if (f.year > 2261) return WallTime::max();
  return WallTime(sys_days(date)) + hours(f.hour) + minutes(f.minute) + seconds(f.second);
}

// "+02:00", "-0530", "+02"; nothing if the reader is not at a sign.
std::chrono::minutes read_offset(Reader& reader) {
  bool minus = reader.rest.starts_with('-');
  if (!minus && !reader.rest.starts_with('+')) return std::chrono::minutes(0);
  reader.rest.remove_prefix(1);
  int hours = reader.number(2);
  int minutes = 0;
  if (reader.take(":") || (!reader.rest.empty() && reader.rest.front() >= '0' && reader.rest.front() <= '9'))
    minutes = reader.number(2);
  if (hours > 23 || minutes > 59) reader.bad = true;
  std::chrono::minutes offset(hours * 60 + minutes);
  return minus ? -offset : offset;
}

}  // namespace

std::optional<WallTime> parse_http_date(std::string_view text) {
  Reader reader{trim(text)};
  Fields fields;
  auto named = reader.rest.find_first_of(", ");
  if (named == std::string_view::npos || named < 3) return std::nullopt;
  bool known_day = false;
  for (auto day : kDays) known_day = known_day || istarts_with(reader.rest, day);
  if (!known_day) return std::nullopt;
  bool asctime = reader.rest[named] == ' ';
  reader.rest.remove_prefix(named + 1);
  if (asctime) {  // Sun Nov  6 08:49:37 1994
    fields.month = reader.month();
    reader.expect(" ");
    fields.day = reader.take(" ") ? reader.number(1) : reader.number(2);
    reader.expect(" ");
    read_time(reader, fields);
    reader.expect(" ");
    fields.year = reader.number(4);
    if (reader.bad || !reader.rest.empty()) return std::nullopt;
    return to_wall(fields);
  }
  reader.expect(" ");
  fields.day = reader.number(2);
  bool rfc850 = reader.take("-");  // Sunday, 06-Nov-94 08:49:37 GMT
  if (!rfc850) reader.expect(" ");
  fields.month = reader.month();
  reader.expect(rfc850 ? "-" : " ");
  fields.year = reader.number(rfc850 ? 2 : 4);
  if (rfc850) fields.year += fields.year < 70 ? 2000 : 1900;
  reader.expect(" ");
  read_time(reader, fields);
  reader.expect(" ");
  if (!reader.take("GMT") && !reader.take("UTC")) reader.expect("+0000");
  if (reader.bad || !reader.rest.empty()) return std::nullopt;
  return to_wall(fields);
}

std::optional<WallTime> parse_iso_time(std::string_view text) {
  Reader reader{trim(text)};
  Fields fields;
  fields.year = reader.number(4);
  reader.expect("-");
  fields.month = reader.number(2);
  reader.expect("-");
  fields.day = reader.number(2);
  Duration fraction(0);
  std::chrono::minutes offset(0);
  if (!reader.bad && !reader.rest.empty()) {
    if (!reader.take("T")) reader.expect(" ");
    read_time(reader, fields);
    if (reader.take(".") || reader.take(",")) {
      std::int64_t place = 100'000'000;
      if (reader.rest.empty() || reader.rest[0] < '0' || reader.rest[0] > '9') return std::nullopt;
      for (; !reader.rest.empty() && reader.rest[0] >= '0' && reader.rest[0] <= '9'; place /= 10) {
        fraction += Duration((reader.rest[0] - '0') * place);
        reader.rest.remove_prefix(1);
      }
    }
    reader.take(" ");
    if (!reader.take("Z") && !reader.take("UTC") && !reader.take("GMT")) offset = read_offset(reader);
  }
  if (reader.bad || !reader.rest.empty()) return std::nullopt;
  auto wall = to_wall(fields);
  if (!wall || *wall == WallTime::max()) return wall;
  return *wall + fraction - offset;
}

std::string format_http_date(WallTime time) {
  using namespace std::chrono;
  auto seconds_since = floor<seconds>(time);
  auto date = floor<days>(seconds_since);
  year_month_day ymd{date};
  hh_mm_ss clock{seconds_since - date};
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[weekday{date}.c_encoding()],
                     static_cast<unsigned>(ymd.day()), kMonths[static_cast<unsigned>(ymd.month()) - 1],
                     static_cast<int>(ymd.year()), clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

}  // namespace freeway
