// GET /metrics: what the loops counted, and how things stand.
#include <algorithm>
#include <limits>
#include <tuple>

#include "api/admin/nouns.h"
#include "api/exposition.h"
#include "catalog/words.h"

namespace freeway::api::admin {

namespace {

// So many pools are told at most; those in use come first.
constexpr std::size_t kMostPools = 2000;
constexpr std::size_t kMostBenches = 1000;

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

void write_process(Exposition& to, const Gate& gate, const Call& call) {
  const Office& office = gate.office;
  to.family("freeway_build_info", "gauge", "What runs; always 1.");
  to.sample({{"version", office.vitals.version}}, std::uint64_t{1});
  to.family("process_start_time_seconds", "gauge", "When it started, in seconds since 1970.");
  to.sample({}, seconds(office.vitals.started_wall.time_since_epoch()));
  if (office.vitals.memory) {
    to.family("process_resident_memory_bytes", "gauge", "Resident memory.");
    to.sample({}, office.vitals.memory());
  }
  if (office.vitals.connections) {
    to.family("freeway_connections", "gauge", "Connections with clients that are open.");
    to.sample({}, std::uint64_t{office.vitals.connections()});
  }
  to.family("freeway_waiting", "gauge", "Requests that stand in line because no route is open.");
  to.sample({}, std::uint64_t{gate.services.waiting_room.size()});
  to.family("freeway_sessions", "gauge", "Conversations that stay with their model.");
  to.sample({}, std::uint64_t{gate.services.sessions.size()});
  if (office.spools) {
    to.family("freeway_upload_bytes", "gauge", "What the files of uploads take on the disk.");
    to.sample({}, office.spools->on_disk());
  }
  to.family("freeway_stream_bytes", "gauge", "What streams hold of their answers in memory, each in steps of 64 KiB.");
  to.sample({}, gate.services.stream_space.held());
  to.family("freeway_draining", "gauge", "1 while it shuts down.");
  to.sample({}, std::uint64_t{gate.draining ? 1U : 0U});
  to.family("freeway_config_loaded_time_seconds", "gauge", "When the configuration in force was loaded.");
  to.sample({}, seconds(call.settings->loaded.time_since_epoch()));
}

void write_log(Exposition& to, const Gate& gate) {
  if (!gate.office.store) return;
  auto status = gate.office.store->status();
  to.family("freeway_log_records_total", "counter", "Records of the request log.");
  to.sample({{"outcome", "written"}}, status.logged);
  to.sample({{"outcome", "dropped"}}, status.dropped);
  to.family("freeway_log_records_waiting", "gauge", "Records that are not written yet.");
  to.sample({}, status.waiting);
  to.family("freeway_store_bytes", "gauge", "What the database takes on the disk.");
  to.sample({}, status.bytes);
}

void write_pools(Exposition& to, const Gate& gate, const Call& call) {
  auto levels = gate.services.ledger.levels({call.now, call.wall});
  std::sort(levels.begin(), levels.end(), [](const auto& a, const auto& b) {
    bool a_idle = a.used + a.in_flight == 0;
    bool b_idle = b.used + b.in_flight == 0;
    return std::tie(a_idle, a.name) < std::tie(b_idle, b.name);
  });
  std::size_t told = std::min(levels.size(), kMostPools);
  auto each = [&](auto value) {
    for (std::size_t i = 0; i < told; ++i) {
      auto parts = static_cast<double>(catalog::parts_of(levels[i].unit));
      to.sample({{"pool", levels[i].name}, {"unit", word(levels[i].unit)}}, static_cast<double>(value(levels[i])) / parts);
    }
  };
  to.family("freeway_pool_limit", "gauge", "What a pool allows within its window.");
  each([](const ledger::PoolLevel& level) { return level.limit; });
  to.family("freeway_pool_used", "gauge", "What of it is used.");
  each([](const ledger::PoolLevel& level) { return level.used; });
  to.family("freeway_pool_in_flight", "gauge", "What is held for requests that are under way.");
  each([](const ledger::PoolLevel& level) { return level.in_flight; });
  to.family("freeway_pool_today", "gauge", "Of the UTC day: granted = used + expired + in flight; refused counts requests.");
  for (std::size_t i = 0; i < told; ++i) {
    const auto& level = levels[i];
    auto parts = static_cast<double>(catalog::parts_of(level.unit));
    auto tell = [&](std::string_view what, std::uint64_t amount, double by) {
      to.sample({{"pool", level.name}, {"unit", word(level.unit)}, {"what", what}}, static_cast<double>(amount) / by);
    };
    tell("granted", level.today.granted, parts);
    tell("used", level.today.used, parts);
    tell("expired", level.today.expired, parts);
    tell("refused", level.today.refused, 1);
  }
  to.family("freeway_pools_untold", "gauge", "Pools that are not listed above because there are too many.");
  to.sample({}, std::uint64_t{levels.size() - told});
}

void write_benches(Exposition& to, const Gate& gate, const Call& call) {
  auto benches = gate.services.benches.all(call.now);
  to.family("freeway_benches", "gauge", "Scopes that are kept from use.");
  to.sample({}, std::uint64_t{benches.size()});
  to.family("freeway_bench_seconds", "gauge", "For how long a scope is still kept from use.");
  benches.resize(std::min(benches.size(), kMostBenches));
  for (const auto& bench : benches) {
    double left = bench.until == kNever ? std::numeric_limits<double>::infinity() : seconds(bench.until - call.now);
    to.sample({{"scope", bench.scope}, {"reason", router::to_string(bench.reason)}}, std::max(left, 0.0));
  }
}

}  // namespace

server::Answer get_metrics(const Gate& gate, const Call& call) {
  server::Answer answer;
  answer.fields.add("content-type", "text/plain; version=0.0.4; charset=utf-8");
  answer.fields.add("cache-control", "no-store");
  Exposition to(answer.body);
  write_process(to, gate, call);
  gate.office.metrics.write(answer.body);
  write_log(to, gate);
  write_pools(to, gate, call);
  write_benches(to, gate, call);
  return answer;
}

}  // namespace freeway::api::admin
