// A day of a million requests over 500 models with 10 keys each, and what choosing a route and reserving on it took (G21).
//
//   freeway-selection [--requests N] [--rpm N] [--rpd N]
//
// The day is simulated: requests come at random moments, in bursts, for `auto` and for single models; each holds its places
// for some seconds. Every key has so many requests a minute and a day on each model. Only the choice is timed, with the
// machine's clock: a plan, the reservation, and the plan over all routes where the first was not enough. One line of JSON.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "chat/request.h"
#include "ledger/ledger.h"
#include "router/router.h"

namespace {

using namespace freeway;
using std::chrono::seconds;

constexpr int kModels = 500;
constexpr int kKeys = 10;

struct Options {
  std::uint64_t requests = 1'000'000;
  std::uint64_t rpm = 10;
  std::uint64_t rpd = 250;
};

catalog::PoolSpec pool(const char* name, std::uint64_t limit, const char* window) {
  catalog::PoolSpec spec;
  spec.name = name;
  spec.limit = limit;
  spec.window = catalog::Window::parse(window).value();
  return spec;
}

// Fifty providers of ten models.
std::vector<catalog::Provider> providers(const Options& options) {
  std::vector<catalog::Provider> made(50);
  for (std::size_t i = 0; i < made.size(); ++i) {
    made[i].id = fmt::format("u{}", i);
    made[i].base_url = "http://127.0.0.1:1/v1";
    made[i].keys.resize(kKeys);
    for (int k = 0; k < kModels / 50; ++k) {
      catalog::Model model;
      model.id = fmt::format("m{}", k);
      model.family = fmt::format("f{}", (static_cast<int>(i) * 10 + k) % 100);
      model.context = 131072;
      model.pools = {pool("rpm", options.rpm, "sliding 60s"), pool("rpd", options.rpd, "day UTC")};
      model.rank = static_cast<int>((i * 7 + static_cast<std::size_t>(k) * 13) % 100);
      made[i].models.push_back(std::move(model));
    }
  }
  return made;
}

struct Running {
  Instant until;
  ledger::Reservation reservation;
  bool operator<(const Running& other) const { return until > other.until; }
};

class Day {
 public:
  explicit Day(const Options& options) : options_(options) {
    auto built = catalog::Catalog::build(providers(options));
    if (!built) std::exit(1);
    snapshot_.catalog = std::make_shared<const catalog::Catalog>(std::move(*built));
    snapshot_.bindings = ledger_.bind(*snapshot_.catalog);
    snapshot_.rankings = std::make_shared<router::Rankings>(snapshot_.catalog, snapshot_.policy, measures_,
                                                            measures_.bind(*snapshot_.catalog));
    request_.prompt_tokens = 400;
  }

  void live() {
    const Duration day = std::chrono::hours(24);
    const Instant start = clock_.now();
    Instant ranked = start;
    for (std::uint64_t i = 0; i < options_.requests; ++i) {
      // Bursts of twenty, as agents make them.
      if (i % 20 == 0) clock_.advance(day * 20 / static_cast<std::int64_t>(options_.requests));
      end_what_is_over();
      if (clock_.now() - ranked >= seconds(1)) {
        snapshot_.rankings->refresh(ledger_, *snapshot_.bindings, moment());
        ranked = clock_.now();
      }
      const std::string model = i % 4 == 0 ? fmt::format("f{}", random_.next() % 100) : "auto";
      choose(model);
    }
  }

  void print() {
    std::sort(took_.begin(), took_.end());
    auto at = [this](double share) {
      const auto index = static_cast<std::size_t>(share * static_cast<double>(took_.size() - 1));
      return std::chrono::duration<double, std::micro>(took_[index]).count();
    };
    fmt::print(R"({{"served":{},"refused":{},"p50_us":{:.2f},"p99_us":{:.2f},"p999_us":{:.2f},"max_us":{:.2f}}})"
               "\n",
               served_, took_.size() - served_, at(0.5), at(0.99), at(0.999), at(1));
  }

 private:
  ledger::Moment moment() const { return {clock_.now(), clock_.wall()}; }

  void end_what_is_over() {
    while (!running_.empty() && running_.top().until <= clock_.now()) {
      auto& done = const_cast<Running&>(running_.top());
      ledger_.settle(std::move(done.reservation), ledger::Outcome{true, {}}, moment());
      running_.pop();
    }
  }

  void choose(const std::string& model) {
    const auto begin = std::chrono::steady_clock::now();
    const auto names = router::resolve(snapshot_, model);
    auto taken = take(names.routes, 3);
    took_.push_back(std::chrono::steady_clock::now() - begin);
    if (!taken) return;
    ++served_;
    ledger_.dispatched(*taken, moment());
    running_.push({clock_.now() + seconds(1 + random_.next() % 8), std::move(*taken)});
  }

  std::optional<ledger::Reservation> take(const router::RouteList& routes, std::size_t enough) {
    router::Query query;
    query.request = &request_;
    query.routes = &routes;
    query.at = moment();
    query.enough = enough;
    query.explain = false;
    const auto plan = router::plan(snapshot_, ledger_, benches_, query);
    for (catalog::RouteId route : plan.order) {
      auto reserved = ledger_.reserve(*snapshot_.bindings, route, ledger::Demand{}, moment());
      if (reserved) return std::move(*reserved);
    }
    if (plan.complete) return std::nullopt;
    return take(routes, 0);
  }

  Options options_;
  ManualClock clock_;
  SeededRandom random_{1};
  ledger::Ledger ledger_{ledger::Ledger::Options{}};
  router::Benches benches_{router::Benches::Options{}};
  router::Measures measures_;
  router::Snapshot snapshot_;
  chat::Request request_;
  std::priority_queue<Running> running_;
  std::vector<std::chrono::nanoseconds> took_;
  std::uint64_t served_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const std::uint64_t value = std::strtoull(argv[i + 1], nullptr, 10);
    if (name == "--requests") options.requests = value;
    if (name == "--rpm") options.rpm = value;
    if (name == "--rpd") options.rpd = value;
    if (name == "--requests" || name == "--rpm" || name == "--rpd") continue;
    fmt::print(stderr, "freeway-selection: there is no option '{}'\n", name);
    return 2;
  }
  Day day(options);
  day.live();
  day.print();
  return 0;
}
