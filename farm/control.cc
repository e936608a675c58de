// The control API under /_farm.
#include <fmt/format.h>

#include <charconv>

#include "farm/hub.h"
#include "json/writer.h"

namespace freeway::farm {
namespace {

constexpr std::string_view kProviders = "/_farm/providers/";
constexpr std::size_t kRequestsAtOnce = 2000;

Plain said(int status, std::string_view name, std::string_view text) {
  Plain plain;
  plain.status = status;
  json::Writer out(plain.body);
  out.begin_object().member(name, text).end_object();
  return plain;
}

Plain fine() { return Plain{200, {}, R"({"ok":true})"}; }

Plain wrong(const Error& error) { return said(error.kind == ErrorKind::not_found ? 404 : 400, "error", error.message); }

// The value of one parameter; they are names and numbers, so nothing is decoded.
std::string_view parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.starts_with(name) && pair.substr(name.size()).starts_with('=')) return pair.substr(name.size() + 1);
  }
  return {};
}

std::uint64_t whole(std::string_view text, std::uint64_t otherwise) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && !text.empty() ? number : otherwise;
}

}  // namespace

Plain Site::change_provider(std::string_view id, std::string_view body) {
  if (auto changed = world_.change(id, body); !changed) return wrong(changed.error());
  if (auto agreed = hub_.agree(*this); !agreed) return said(500, "error", agreed.error().message);
  return fine();
}

Plain Site::replace_scenario(std::string_view body) {
  auto scenario = parse_scenario(body, "scenario");
  if (!scenario) return wrong(scenario.error());
  world_.replace(std::move(*scenario));
  if (auto agreed = hub_.agree(*this); !agreed) return said(500, "error", agreed.error().message);
  return Plain{200, {}, hub_.addresses()};
}

Plain Site::control(std::string_view method, std::string_view path, std::string_view query, std::string_view body) {
  if (method == "GET") {
    if (path == "/_farm/health") return fine();
    if (path == "/_farm/stats") return Plain{200, {}, world_.stats()};
    if (path == "/_farm/addresses") return Plain{200, {}, hub_.addresses()};
    if (path == "/_farm/requests") {
      const auto limit = whole(parameter(query, "limit"), kRequestsAtOnce);
      return Plain{200, {}, world_.requests(parameter(query, "provider"), whole(parameter(query, "after"), 0), limit)};
    }
  }
  if (method == "POST") {
    if (path == "/_farm/reset") {
      world_.reset();
      return fine();
    }
    if (path == "/_farm/scenario") return replace_scenario(body);
    if (path.starts_with(kProviders)) return change_provider(path.substr(kProviders.size()), body);
  }
  return said(404, "error",
              "GET health, stats, requests?provider=&after=&limit=, addresses; POST reset, scenario, providers/{id}");
}

}  // namespace freeway::farm
