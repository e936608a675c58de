#include "api/plan_book.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/admin/desk.h"
#include "api/admin/levels.h"
#include "json/writer.h"

namespace freeway::api {

namespace {

constexpr std::size_t kMostRoutes = 32;
constexpr std::size_t kMostLeftOut = 64;

void write_route(json::Writer& writer, const catalog::Catalog& catalog, catalog::RouteId route) {
  writer.begin_object().member("route", catalog.route_name(route)).member("provider", catalog.provider(route).id);
  writer.member("model", catalog.model(route).id).member("key", catalog.key(route).name);
}

void write_reasons(json::Writer& writer, const catalog::Catalog& catalog, const router::Query& query,
                   const router::Plan& plan, catalog::RouteId route) {
  std::vector<Clause> reasons;
  if (query.session_model && catalog.model_name(route) == *query.session_model)
    reasons.push_back({"conversation", "the conversation stays with this model"});
  auto at = std::find_if(plan.chosen.begin(), plan.chosen.end(), [&](const auto& one) { return one.route == route; });
  if (at != plan.chosen.end()) reasons.insert(reasons.end(), at->parts.begin(), at->parts.end());
  if (reasons.empty() && query.strategy == router::Strategy::priority)
    reasons.push_back({"configured_order", "in the configured order"});
  if (reasons.empty()) reasons.push_back({"nothing_against", "nothing speaks against it"});
  writer.key("reasons").begin_array();
  for (const Clause& reason : reasons) {
    writer.begin_object();
    admin::write_clause(writer, reason);
    writer.end_object();
  }
  writer.end_array();
}

}  // namespace

void PlanBook::keep(std::string id, std::string plan) {
  std::lock_guard lock(mutex_);
  auto same = std::find_if(plans_.rbegin(), plans_.rend(), [&](const auto& one) { return one.first == id; });
  if (same != plans_.rend()) {
    same->second = std::move(plan);
    return;
  }
  if (plans_.size() == kMost) plans_.pop_front();
  plans_.emplace_back(std::move(id), std::move(plan));
}

std::string PlanBook::find(std::string_view id) const {
  std::lock_guard lock(mutex_);
  auto same = std::find_if(plans_.rbegin(), plans_.rend(), [&](const auto& one) { return one.first == id; });
  return same == plans_.rend() ? std::string() : same->second;
}

std::string write_plan(const catalog::Catalog& catalog, const router::Query& query, const router::Plan& plan) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object().member("strategy", router::to_string(query.strategy)).key("routes").begin_array();
  std::size_t routes = std::min(plan.order.size(), kMostRoutes);
  for (std::size_t i = 0; i < routes; ++i) {
    write_route(writer, catalog, plan.order[i]);
    writer.member("place", i + 1);
    write_reasons(writer, catalog, query, plan, plan.order[i]);
    writer.end_object();
  }
  writer.end_array().key("left_out").begin_array();
  std::size_t left_out = std::min(plan.left_out.size(), kMostLeftOut);
  for (std::size_t i = 0; i < left_out; ++i) {
    const router::LeftOut& left = plan.left_out[i];
    write_route(writer, catalog, left.route);
    writer.member("why", admin::word(left.why));
    admin::write_clause(writer, "reason", left.reason);
    writer.key("until");
    if (left.until == kNever) {
      writer.null();
    } else {
      writer.string(admin::spell(query.at.wall + (left.until - query.at.now)));
    }
    writer.end_object();
  }
  writer.end_array().member("more_routes", plan.order.size() - routes);
  writer.member("more_left_out", plan.left_out.size() - left_out).end_object();
  return text;
}

}  // namespace freeway::api
