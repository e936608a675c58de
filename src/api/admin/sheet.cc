#include "api/admin/sheet.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/duration.h"

namespace freeway::api::admin {

namespace {

// "provider,day"; false on a word that is none.
bool read_split(std::string_view text, store::UsageSplit& split) {
  while (!text.empty()) {
    auto end = std::min(text.find(','), text.size());
    std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    bool* part = word == "provider" ? &split.provider
                 : word == "model"  ? &split.model
                 : word == "key"    ? &split.key
                 : word == "client" ? &split.client
                 : word == "day"    ? &split.day
                 : word == "hour"   ? &split.hour
                                    : nullptr;
    if (!part) return false;
    *part = true;
  }
  return true;
}

}  // namespace

std::optional<server::Answer> read_span(const Call& call, std::optional<WallTime>& from, std::optional<WallTime>& to,
                                        store::UsageSplit& split) {
  if (!read_split(call.parameter("by"), split))
    return answer_parameter("by", "a list of provider, model, key, client, day, hour");
  for (auto [name, time] : {std::pair("from", &from), std::pair("to", &to)}) {
    std::string_view text = call.parameter(name);
    if (text.empty()) continue;
    *time = parse_iso_time(text);
    if (!*time) return answer_parameter(name, "a time like 2026-01-31T08:00:00Z or 2026-01-31");
  }
  return std::nullopt;
}

std::optional<bool> wants_csv(const Call& call) {
  std::string_view format = call.parameter("format");
  if (format == "csv") return true;
  if (format.empty() || format == "json") return false;
  return std::nullopt;
}

Sheet::Sheet(std::string_view list, bool csv) : list_(list), csv_(csv), writer_(body_) {
  if (!csv_) writer_.begin_object().key(list).begin_array();
}

void Sheet::end_head() {
  head_ = false;
  if (csv_) end_row();
}

void Sheet::begin_row() {
  if (!csv_) writer_.begin_object();
}

void Sheet::end_row() {
  if (csv_) {
    body_ += "\r\n";
    first_ = true;
  } else {
    writer_.end_object();
  }
}

// True: that was all, the cell has no other form.
bool Sheet::told_in_csv(std::string_view key, std::string_view text) {
  if (csv_) cell(key, text);
  return csv_ || head_;
}

void Sheet::cell(std::string_view key, std::string_view csv) {
  if (!first_) body_ += ',';
  first_ = false;
  std::string_view text = head_ ? key : csv;
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    body_ += text;
    return;
  }
  body_ += '"';
  for (char c : text) {
    if (c == '"') body_ += '"';
    body_ += c;
  }
  body_ += '"';
}

void Sheet::text(std::string_view key, std::string_view text) {
  if (!told_in_csv(key, text)) write_text(writer_, key, text);
}

void Sheet::time(std::string_view key, const std::optional<WallTime>& time) {
  if (!told_in_csv(key, time ? spell(*time) : std::string())) write_time(writer_, key, time);
}

void Sheet::count(std::string_view key, std::uint64_t number) {
  if (!told_in_csv(key, fmt::format_int(number).str())) writer_.member(key, number);
}

void Sheet::ms(std::string_view key, const std::optional<Duration>& duration) {
  if (told_in_csv(key, duration ? fmt::format_int(*duration / std::chrono::milliseconds(1)).str() : std::string())) return;
  if (duration) {
    write_ms(writer_, key, *duration);
  } else {
    writer_.key(key).null();
  }
}

void Sheet::number(std::string_view key, const std::optional<double>& number) {
  std::string text;
  json::Writer shortest(text);
  if (number) shortest.number(*number);
  if (told_in_csv(key, text)) return;
  writer_.key(key);
  if (number) {
    writer_.number(*number);
  } else {
    writer_.null();
  }
}

void Sheet::flag(std::string_view key, bool value) {
  if (csv_) return;
  if (std::exchange(open_, false)) writer_.end_array();
  writer_.member_bool(key, value);
}

server::Answer Sheet::answer() {
  if (!csv_) {
    if (open_) writer_.end_array();
    writer_.end_object();
    return answer_json(std::move(body_));
  }
  server::Answer answer;
  answer.fields.add("content-type", "text/csv; charset=utf-8");
  answer.fields.add("content-disposition", fmt::format("attachment; filename=\"{}.csv\"", list_));
  answer.fields.add("cache-control", "no-store");
  answer.body = std::move(body_);
  return answer;
}

}  // namespace freeway::api::admin
