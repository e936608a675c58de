#include "api/admin/audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "api/admin/nouns.h"
#include "base/log.h"
#include "json/document.h"

namespace freeway::api::admin {

namespace {

constexpr std::uint64_t kMostRows = 1000;
constexpr std::size_t kMostNamed = 5;
constexpr std::size_t kLongestSubject = 200;

std::string text_of(json::Value value) { return value.string().value_or(""); }

// "groq key-1" of a key's id, as long as it is there.
std::string key_named(const Gate& gate, const std::string& id) {
  if (!gate.office.operations.keys) return id;
  auto keys = gate.office.operations.keys();
  if (!keys) return id;
  for (const KeyView& key : *keys)
    if (key.id == id) return key.provider + " " + key.name;
  return id;
}

// What the path or the body names.
std::string subject_before(const Gate& gate, const Call& call, const std::string& action) {
  if (action.starts_with("keys.") && call.path.size() > 1 && action != "keys." + call.path[1])
    return key_named(gate, call.path[1]);
  if (call.path.size() > 1 && !action.ends_with("." + call.path[1])) return call.path[1];
  if (call.path[0].starts_with("session") || call.path[0] == "setup") return "";  // the body holds a password
  auto document = json::Document::parse(call.body);
  if (!document) return "";
  for (const char* member : {"name", "scope", "provider"})
    if (std::string named = text_of(document->root()[member]); !named.empty()) return named;
  return "";
}

// Keys as the answer names them, which may have been named by the server.
std::string subject_after(const server::Answer& answer) {
  auto document = json::Document::parse(answer.body);
  if (!document) return "";
  std::string subject;
  std::size_t count = 0;
  for (const char* list : {"keys", "added"}) {
    for (json::Value key : document->root()[list]) {
      if (++count > kMostNamed) continue;
      if (!subject.empty()) subject += ", ";
      subject += text_of(key["provider"]) + " " + text_of(key["name"]);
    }
  }
  if (count > kMostNamed) subject += fmt::format(" and {} more", count - kMostNamed);
  return subject;
}

// Of whom the call was, or has become by it.
std::string who_of(const Gate& gate, const Call& call, bool done) {
  bool comes_in = call.path[0] == "setup" || (call.path.size() == 1 && call.path[0] == "session" && call.method == "POST");
  if (comes_in) return done ? gate.office.accounts->name() : "";
  return call.caller.who();
}

void write_down(const Gate& gate, const Call& call, store::AuditRow row) {
  gate.office.secrets->load()->redact(row.subject);
  row.time = call.wall;
  row.address = call.caller.address;
  auto written = gate.office.accounts->book().add_audit(row);
  if (!written) log::error("{} by {} is missing in the audit: {}", row.action, row.who, written.error().message);
}

}  // namespace

std::string action_of(std::string_view method, std::string_view path) {
  if (method == "GET" || method == "HEAD") return "";
  auto end = std::min(path.find('/'), path.size());
  std::string noun(path.substr(0, end));
  auto last = path.substr(path.rfind('/') == std::string_view::npos ? 0 : path.rfind('/') + 1);
  if (method == "DELETE") return noun + ".remove";
  if (method == "PUT") return noun + ".set";
  if (method == "PATCH") return noun + ".change";
  if (last != noun) return noun + "." + std::string(last);
  bool thing = noun == "keys" || noun == "clients" || noun == "session";
  return thing ? noun + ".add" : noun;
}

server::Answer answer_audited(const Gate& gate, const Call& call, server::Answer (*noun)(const Gate&, const Call&),
                              const std::string& action) {
  Accounts* accounts = gate.office.accounts;
  if (accounts && call.caller.login) accounts->keep(*call.caller.login);
  if (!accounts || action.empty()) return noun(gate, call);
  store::AuditRow row;
  row.action = action;
  row.subject = subject_before(gate, call, action);
  auto answer = noun(gate, call);
  row.done = answer.status < 400;
  if (row.done && (action == "keys.add" || action == "keys.import")) row.subject = subject_after(answer);
  row.subject = row.subject.substr(0, kLongestSubject);
  row.who = who_of(gate, call, row.done);
  write_down(gate, call, std::move(row));
  return answer;
}

server::Answer get_audit(const Gate& gate, const Call& call) {
  if (!gate.office.accounts) return answer_problem(501, "This server keeps no audit.", "not_built");
  std::size_t limit = 100;
  if (std::string_view told = call.parameter("limit"); !told.empty()) {
    auto number = read_number(told, kMostRows);
    if (!number) return answer_parameter("limit", "a number from 1 to 1000");
    limit = *number;
  }
  std::optional<std::int64_t> before;
  if (std::string_view told = call.parameter("before"); !told.empty()) {
    auto number = read_number(told, INT64_MAX);
    if (!number) return answer_parameter("before", "the 'next' of the page before");
    before = static_cast<std::int64_t>(*number);
  }
  auto page = gate.office.accounts->book().audit(before, limit);
  if (!page) return answer_error(page.error());
  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("audit").begin_array();
  for (const auto& row : page->rows) {
    writer.begin_object().member("time", spell(row.time));
    write_text(writer, "who", row.who);
    write_text(writer, "address", row.address);
    writer.member("action", row.action);
    write_text(writer, "subject", row.subject);
    writer.member("outcome", row.done ? "done" : "refused").end_object();
  }
  writer.end_array().key("next");
  if (page->next) {
    writer.integer(*page->next);
  } else {
    writer.null();
  }
  writer.end_object();
  return answer_json(std::move(body));
}

}  // namespace freeway::api::admin
