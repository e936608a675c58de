// The plans of the newest requests, so that one can be asked afterwards why it went where it went. Thread-safe.
//
// Bounded: the newest `kMost` requests, of each the best routes and the first of those left out. Not every request has one:
// under load a loop explains a few a second (Flights::kPlansPerSecond), because that costs many times what planning does.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "router/router.h"

namespace freeway::api {

class PlanBook {
 public:
  static constexpr std::size_t kMost = 256;

  // In place of an older one of the same request.
  void keep(std::string id, std::string plan);
  // "" if there is none.
  std::string find(std::string_view id) const;

 private:
  mutable std::mutex mutex_;
  std::deque<std::pair<std::string, std::string>> plans_;  // id and JSON, oldest first
};

// {"strategy","routes","left_out","more_routes","more_left_out"}, as the admin API tells it.
std::string write_plan(const catalog::Catalog& catalog, const router::Query& query, const router::Plan& plan);

}  // namespace freeway::api
