#include "api/admin/admin.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace freeway::api::admin {

namespace {

constexpr std::string_view kRoot = "/admin/api";

enum class Where : std::uint8_t { desk, errands, here };

struct Endpoint {
  std::string_view method;
  std::string_view path;  // '*' stands for one part
  server::Answer (*noun)(const Gate&, const Call&);
  Where where = Where::desk;
};

constexpr std::array kEndpoints = {
    Endpoint{"GET", "status", get_status},
    Endpoint{"GET", "pools", get_pools},
    Endpoint{"GET", "routes", get_routes},
    Endpoint{"GET", "models", get_models},
    Endpoint{"GET", "discoveries", get_discoveries},
    Endpoint{"POST", "discoveries", discover, Where::errands},
    Endpoint{"GET", "requests", get_requests},
    Endpoint{"GET", "requests/*", get_request},
    Endpoint{"GET", "usage", get_usage},
    Endpoint{"GET", "benches", get_benches},
    Endpoint{"POST", "benches/lift", lift_benches},
    Endpoint{"GET", "events", nullptr, Where::here},
    Endpoint{"POST", "explain", explain},
    Endpoint{"GET", "keys", get_keys},
    Endpoint{"POST", "keys", add_keys, Where::errands},
    Endpoint{"POST", "keys/reveal", reveal_keys, Where::errands},
    Endpoint{"POST", "keys/preview", preview_keys},
    Endpoint{"POST", "keys/import", import_keys, Where::errands},
    Endpoint{"POST", "keys/export", export_keys, Where::errands},
    Endpoint{"DELETE", "keys/*", remove_key, Where::errands},
    Endpoint{"POST", "keys/*/check", check_key, Where::errands},
    Endpoint{"POST", "keys/*/disable", disable_key, Where::errands},
    Endpoint{"POST", "keys/*/enable", enable_key, Where::errands},
    Endpoint{"GET", "clients", get_clients},
    Endpoint{"POST", "clients", add_client, Where::errands},
    Endpoint{"PATCH", "clients/*", change_client, Where::errands},
    Endpoint{"DELETE", "clients/*", revoke_client, Where::errands},
    Endpoint{"GET", "settings", get_settings},
    Endpoint{"GET", "preferences", get_preferences},
    Endpoint{"PUT", "preferences", set_preferences, Where::errands},
    Endpoint{"POST", "playground", nullptr, Where::here},
    Endpoint{"POST", "reload", reload, Where::errands},
    Endpoint{"POST", "backup", back_up, Where::errands},
    Endpoint{"POST", "rotate-master-key", rotate_master_key, Where::errands},
};

bool same_path(std::string_view pattern, const std::vector<std::string>& path) {
  for (const auto& part : path) {
    if (pattern.empty()) return false;
    auto end = std::min(pattern.find('/'), pattern.size());
    std::string_view wanted = pattern.substr(0, end);
    if (wanted != "*" && wanted != part) return false;
    pattern.remove_prefix(std::min(end + 1, pattern.size()));
  }
  return pattern.empty() && !path.empty();
}

bool same_method(std::string_view wanted, std::string_view method) {
  return method == wanted || (method == "HEAD" && wanted == "GET");
}

const Endpoint* find_endpoint(std::string_view method, const std::vector<std::string>& path) {
  for (const auto& one : kEndpoints)
    if (same_method(one.method, method) && same_path(one.path, path)) return &one;
  return nullptr;
}

}  // namespace

std::vector<std::pair<std::string_view, std::string_view>> addresses() {
  std::vector<std::pair<std::string_view, std::string_view>> all;
  for (const auto& one : kEndpoints) all.emplace_back(one.method, one.path);
  return all;
}

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> parts;
  path.remove_prefix(std::min(kRoot.size(), path.size()));
  while (path.starts_with('/')) {
    path.remove_prefix(1);
    auto end = std::min(path.find('/'), path.size());
    parts.push_back(percent_decode(path.substr(0, end)));
    path.remove_prefix(end);
  }
  return parts;
}

Access access_of(const http::RequestHead& head, bool local_socket, const Settings& settings) {
  if (local_socket) return Access::socket;
  if (settings.admin_token.empty()) return Access::no_token;
  constexpr std::string_view kBearer = "bearer ";
  for (const auto& field : head.fields) {
    if (!iequals(field.name, "authorization") || !istarts_with(field.value, kBearer)) continue;
    if (settings.admin_token.matches(trim(std::string_view(field.value).substr(kBearer.size())))) return Access::token;
  }
  return Access::none;
}

std::optional<server::Answer> Admin::refuse(const http::RequestHead& head) {
  auto path = split_path(head.path());
  if (find_endpoint(head.method, path)) return std::nullopt;
  std::string methods;
  for (const auto& one : kEndpoints) {
    if (!same_path(one.path, path)) continue;
    if (!methods.empty()) methods += ", ";
    methods += one.method == "GET" ? std::string_view("GET, HEAD") : one.method;
  }
  std::string name = header_safe(head.path());
  if (methods.empty()) return answer_problem(404, fmt::format("There is nothing at {}.", name), "not_found");
  auto answer = answer_problem(405, fmt::format("{} takes {}.", name, methods), "method_not_allowed");
  answer.fields.add("allow", methods);
  return answer;
}

// The call stays alive in the caller's frame: workers end before loops do.
net::Task<server::Answer> Admin::on_worker(Noun noun, const Call& call, store::Worker* worker) {
  auto answer = std::make_shared<std::optional<server::Answer>>();
  net::Wakeup done(loop_);
  net::Loop& loop = loop_;
  const Gate& gate = gate_;
  bool taken = worker && worker->post([answer, noun, &gate, &call, &loop, &done] {
    server::Answer made = noun(gate, call);
    loop.post([answer, &done, made = std::move(made)]() mutable {
      *answer = std::move(made);
      done.ring();
    });
  });
  if (!taken) {
    server::Answer busy = answer_problem(503, "Too many questions wait for an answer already; ask again.", "busy");
    busy.fields.add("retry-after", "1");
    co_return busy;
  }
  while (!*answer) co_await done.wait(kNever);
  co_return std::move(**answer);
}

net::Task<> Admin::answer(Area area, const Call& call, server::Answer answer, server::Reply& reply) {
  tally_.request(area, answer.status < 400 ? Fate::answered : Fate::refused, answer.status);
  answer.fields.add("x-request-id", call.request_id);
  co_await reply.send(std::move(answer));
}

net::Task<> Admin::handle(Call call, server::Reply& reply) {
  const Endpoint* endpoint = find_endpoint(call.method, call.path);
  if (endpoint && endpoint->where == Where::here && call.method == "GET") {
    co_await events(call, reply);
    co_return;
  }
  server::Answer made;
  if (!endpoint) {
    made = answer_problem(404, "There is nothing at this path.", "not_found");
  } else if (!endpoint->noun) {
    made = answer_json("");
  } else {
    store::Worker* worker = endpoint->where == Where::errands ? gate_.office.errands : gate_.office.desk;
    Noun noun = endpoint->noun;
    made = co_await on_worker(noun, call, worker);
  }
  // Evidence and messages hold what strangers wrote. A new client key is no known secret.
  // Only what the owner asked to see goes out as it is.
  bool tells_keys = endpoint && (endpoint->noun == reveal_keys || endpoint->noun == export_keys);
  bool revealed = tells_keys && may_reveal(call);
  if (!revealed) gate_.office.secrets->load()->redact(made.body);
  co_await answer(Area::admin, call, std::move(made), reply);
}

net::Task<> Admin::metrics(Call call, server::Reply& reply) {
  Noun noun = get_metrics;
  server::Answer made = co_await on_worker(noun, call, gate_.office.desk);
  gate_.office.secrets->load()->redact(made.body);
  co_await answer(Area::metrics, call, std::move(made), reply);
}

}  // namespace freeway::api::admin
