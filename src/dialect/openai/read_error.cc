#include <algorithm>
#include <charconv>

#include "base/duration.h"
#include "base/text.h"
#include "dialect/openai/fault.h"
#include "dialect/openai/members.h"

namespace freeway::dialect::openai {

namespace {
constexpr std::size_t kMessageLimit = 1000;

// A string's text or a number's spelling.
std::string spelled(json::Value value) {
  if (value.is(json::Type::string)) return text_of(value);
  return value.is(json::Type::number) ? std::string(value.raw()) : std::string();
}

void fill(std::string& field, std::string text) {
  if (field.empty()) field = std::move(text);
}

// FastAPI and pydantic: "text", {"message"}, or a list of {"loc","msg","type"}.
std::string sentence(json::Value value) {
  if (value.is(json::Type::string)) return text_of(value);
  if (value.is(json::Type::array)) return sentence(value.first());
  if (!value.is(json::Type::object)) return {};
  for (std::string_view name : {"message", "msg", "detail", "error", "title"}) {
    std::string text = sentence(value[name]);
    if (text.empty()) continue;
    if (json::Value place = value["loc"]; place.given()) text += " " + std::string(place.raw());
    return text;
  }
  return {};
}

Duration seconds(double count) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(std::clamp(count, 0.0, 1e8)));
}

std::optional<Duration> delay_of(json::Value value) {
  if (auto count = value.number()) return seconds(*count);
  std::string text = text_of(value);
  if (auto told = parse_duration(text)) return told;
  double count = 0;
  auto read = std::from_chars(text.data(), text.data() + text.size(), count);
  if (read.ec == std::errc() && !text.empty()) return seconds(count);
  return std::nullopt;
}

void told_delay(json::Value object, chat::Fault& fault) {
  for (std::string_view name : {"retry_after", "retryAfter", "retry_after_seconds", "retryDelay", "estimated_time"}) {
    if (fault.retry_after) return;
    if (object[name].given()) fault.retry_after = delay_of(object[name]);
  }
}

// google.rpc details: RetryInfo, QuotaFailure, ErrorInfo.
void read_details(json::Value details, chat::Fault& fault) {
  if (!details.is(json::Type::array)) return;
  std::string reason, quota;
  for (json::Value detail : details) {
    if (!detail.is(json::Type::object)) continue;
    told_delay(detail, fault);
    fill(reason, text_of(detail["reason"]));
    if (!detail["violations"].is(json::Type::array)) continue;
    for (json::Value violation : detail["violations"]) {
      std::string id = text_of(violation["quotaId"]);
      if (quota.empty() || id.find("PerDay") != std::string::npos) quota = std::move(id);
    }
  }
  if (!quota.empty() || !reason.empty()) fault.code = quota.empty() ? reason : quota;
}

void told_status(json::Value value, chat::Fault& fault) {
  if (fault.status != 0) return;
  auto number = value.integer();
  if (number && *number >= 400 && *number <= 599) fault.status = static_cast<int>(*number);
}

// The object that holds the fields, wherever it stood.
void read_fields(json::Value object, chat::Fault& fault) {
  fill(fault.message, sentence(object));
  fill(fault.type, text_of(object["type"]));
  fill(fault.type, text_of(object["status"]));
  for (std::string_view name : {"code", "rc", "error_code", "status_code"}) fill(fault.code, spelled(object[name]));
  fill(fault.param, text_of(object["param"]));
  told_status(object["code"], fault);
  told_status(object["status"], fault);
  told_status(object["status_code"], fault);
  told_delay(object, fault);
  read_details(object["details"], fault);
  // A reseller's own words hide what the provider behind it said.
  std::string raw = text_of(object["metadata"]["raw"]);
  if (!raw.empty()) fault.message += ": " + raw;
}

bool has_answer(json::Value root) { return root["choices"].size() > 0; }

// minimax: {"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}
bool read_base_response(json::Value base, chat::Fault& fault) {
  if (base["status_code"].integer().value_or(0) == 0) return false;
  fill(fault.code, spelled(base["status_code"]));
  fill(fault.message, text_of(base["status_msg"]));
  return true;
}

// google: {"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"}} instead of an answer.
bool read_block(json::Value feedback, chat::Fault& fault) {
  if (!has_text(feedback["blockReason"])) return false;
  fault.type = "content_filter";
  fault.code = text_of(feedback["blockReason"]);
  fault.message = "the provider blocked the prompt: " + fault.code;
  return true;
}

bool read_error_member(json::Value root, chat::Fault& fault) {
  json::Value error = root["error"];
  if (has_text(error) || error.boolean().value_or(false)) {
    fill(fault.message, text_of(error));
    read_fields(root, fault);
    return true;
  }
  if (!error.is(json::Type::object) || error.size() == 0) return false;
  read_fields(error, fault);
  told_status(root["status"], fault);
  told_delay(root, fault);
  return true;
}

bool read_list(json::Value errors, chat::Fault& fault) {
  json::Value first = errors.is(json::Type::array) ? errors.first() : errors;
  if (first.is(json::Type::string)) {
    fill(fault.message, text_of(first));
    return true;
  }
  if (!first.is(json::Type::object)) return false;
  read_fields(first, fault);
  return true;
}

bool find_error(json::Value root, chat::Fault& fault) {
  if (root.is(json::Type::array)) return root.first().is(json::Type::object) && find_error(root.first(), fault);
  if (!root.is(json::Type::object)) return false;
  if (read_error_member(root, fault)) return true;
  for (json::Value choice : root["choices"]) {
    if (choice.is(json::Type::object) && choice["error"].is(json::Type::object) && read_error_member(choice, fault))
      return true;
  }
  if (has_answer(root)) return false;
  if (root["errors"].size() > 0 && read_list(root["errors"], fault)) return true;
  if (read_base_response(root["base_resp"], fault) || read_block(root["promptFeedback"], fault)) return true;
  bool failed = root["success"].is(json::Type::boolean) && !*root["success"].boolean();
  bool marked = root["object"].equals("error") || root["type"].equals("error") || failed;
  bool speaks = root["message"].given() || root["detail"].given() || root["title"].given() || root["code"].given();
  if (!marked && !speaks) return false;
  // problem+json: the detail says more than the title.
  fill(fault.message, sentence(root["detail"]));
  read_fields(root, fault);
  return true;
}
}  // namespace

bool read_error(json::Value root, chat::Fault& fault) {
  if (!find_error(root, fault)) return false;
  fault.structured = true;
  if (!fault.retry_after) fault.retry_after = find_delay_in_prose(fault.message);
  read_limit(root, fault);
  fault.message = excerpt(fault.message, kMessageLimit);
  return true;
}

std::string excerpt(std::string_view text, std::size_t limit) {
  text = trim(text);
  bool cut = text.size() > limit;
  std::size_t size = cut ? limit : text.size();
  while (cut && size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  std::string out;
  for (char c : text.substr(0, size)) out.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
  if (cut) out.append("…");
  return out;
}

namespace {
constexpr std::size_t kPageBytes = 4096;  // of a page that are looked at
}

std::string describe_text(std::string_view body) {
  body = trim(body);
  if (!body.starts_with('<')) return excerpt(body);
  std::size_t title = ifind(body, "<title>");
  std::size_t end = ifind(body, "</title>");
  if (title != std::string_view::npos && end != std::string_view::npos && end > title + 7) {
    return excerpt("an HTML page: " + std::string(trim(body.substr(title + 7, end - title - 7))));
  }
  std::string text = "an HTML page: ";
  bool inside = false;
  for (char c : body.substr(0, kPageBytes)) {
    if (c == '<') inside = true;
    if (!inside) text.push_back(c);
    if (c == '>') inside = false;
  }
  if (body.size() > kPageBytes) text.append("…");
  return excerpt(text);
}

}  // namespace freeway::dialect::openai
