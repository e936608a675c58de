// G8 on all free tiers of the catalog: how much of what the providers would let in does the ledger let through?
//
// The simulator's providers judge, in this process and on a clock that is moved. Every model is asked for as much as it
// gives, twice: by the ledger's word, with requests that take their time to arrive, and greedily, by somebody who is let in
// or told no at once and asks again and again. Of windows of requests the second is all there was to be had, to a second; of
// tokens and of calls at once somebody patient gets more. No provider may have to refuse the first.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <queue>

#include "app/config.h"
#include "base/random.h"
#include "dialect/openai/surface.h"
#include "farm/provider.h"
#include "farm/scenario.h"
#include "ledger/ledger.h"
#include "relay/question.h"

namespace freeway {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration kLength = minutes(90);  // over the midnight of UTC
constexpr Duration kTick = seconds(10);
constexpr int kMostAtOnce = 100;
constexpr std::array<int, 3> kWords = {5, 60, 400};

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Both sides' files, from the catalog.
class Files {
 public:
  Files() {
    char name[] = "/tmp/freeway-day-XXXXXX";
    folder_ = mkdtemp(name);
    const auto command =
        fmt::format("python3 {} {} --faults 0 --tokens 20 --farm 127.0.0.1:1", FREEWAY_FARM_TOOL, folder_.string());
    made_ = std::system(command.c_str()) == 0;
  }
  ~Files() { std::filesystem::remove_all(folder_); }
  bool made() const { return made_; }
  std::string farm() const { return text_of(folder_ / "farm.toml"); }
  std::string gateway() const { return text_of(folder_ / "gateway.toml"); }

 private:
  std::filesystem::path folder_;
  bool made_ = false;
};

// One way of asking, on providers of its own.
class Asking {
 public:
  Asking(const farm::Scenario& scenario, const catalog::Catalog& catalog) : catalog_(catalog) {
    for (auto spec : scenario.providers) {
      spec.wire = &farm::openai_wire();  // limits are the same, whatever is spoken
      providers_.emplace_back(spec, 1);
    }
    of_.resize(catalog.routes().size());
    admitted.resize(catalog.routes().size());
    for (catalog::RouteId route = 0; route < of_.size(); ++route) {
      auto same = [&](const farm::Provider& one) { return one.spec().id == catalog.provider(route).id; };
      auto found = std::find_if(providers_.begin(), providers_.end(), same);
      if (found != providers_.end()) of_[route] = &*found;
    }
  }
  virtual ~Asking() = default;

  void live(Duration length) {
    const Instant end = clock.now() + length;
    for (Instant tick = clock.now(); tick < end; tick += kTick) {
      for (catalog::RouteId route = 0; route < of_.size(); ++route) {
        if (!of_[route]) continue;
        until(std::max(clock.now(), tick + kTick * route / static_cast<int>(of_.size())));
        for (int i = 0; i < kMostAtOnce && ask(route, random_.next() % kWords.size()); ++i) continue;
      }
    }
    until(end + minutes(1));
  }

  std::vector<std::uint64_t> admitted;  // by route
  std::uint64_t refused = 0;            // by providers, of what was sent
  ManualClock clock;

 protected:
  struct Event {
    Instant at;
    std::uint64_t serial;
    std::move_only_function<void()> happen;
    bool operator<(const Event& other) const { return std::pair(at, serial) > std::pair(other.at, other.serial); }
  };
  void at(Instant when, std::move_only_function<void()> happen) { events_.push({when, ++serial_, std::move(happen)}); }
  Duration some(Duration least, Duration most) {
    return least + Duration(static_cast<std::int64_t>(random_.next() % static_cast<std::uint64_t>((most - least).count())));
  }
  farm::Moment farm_moment() const { return {clock.now(), clock.wall()}; }

  std::string body(catalog::RouteId route, std::size_t size) const {
    std::string words;
    for (int i = 0; i < kWords[size]; ++i)
      words += "part 7 ";  // of such text nobody counts more tokens than the gateway expects
    return fmt::format(R"({{"model":"{}","max_tokens":60,"messages":[{{"role":"user","content":"{}"}}]}})",
                       catalog_.model(route).id, words);
  }
  // What the provider says, and later the end of its answer. Null: it refuses.
  std::optional<farm::Provider::Decision> arrive(catalog::RouteId route, std::size_t size) {
    auto& provider = *of_[route];
    std::optional<std::string_view> key;
    if (!provider.spec().keys.empty()) key = provider.spec().keys.front();
    auto decision = provider.decide(farm_moment(), key, body(route, size), 0);
    if (!decision.ticket.admitted) return std::nullopt;
    ++admitted[route];
    return decision;
  }

  const catalog::Catalog& catalog_;
  std::vector<farm::Provider*> of_;  // of each route; null: the simulator has none

 private:
  virtual bool ask(catalog::RouteId route, std::size_t size) = 0;

  void until(Instant when) {
    while (!events_.empty() && events_.top().at <= when) {
      auto event = std::move(const_cast<Event&>(events_.top()));
      events_.pop();
      if (event.at > clock.now()) clock.advance(event.at - clock.now());
      event.happen();
    }
    if (when > clock.now()) clock.advance(when - clock.now());
  }

  std::deque<farm::Provider> providers_;
  SeededRandom random_{7};
  std::priority_queue<Event> events_;
  std::uint64_t serial_ = 0;
};

// Told no, it asks again a second later, then ever more seldom until something is let in.
class Greedy final : public Asking {
 public:
  Greedy(const farm::Scenario& scenario, const catalog::Catalog& catalog) : Asking(scenario, catalog), again_(of_.size()) {}

 private:
  bool ask(catalog::RouteId route, std::size_t size) override {
    auto decision = arrive(route, size);
    auto& again = again_[route];
    if (!decision) {
      if (again.waits) return false;
      again.pause = again.pause == Duration::zero() ? seconds(1) : again.pause * 2;
      if (again.pause >= kTick) return false;
      again.waits = true;
      at(clock.now() + again.pause, [this, route, size] {
        again_[route].waits = false;
        for (int i = 0; i < kMostAtOnce && ask(route, size); ++i) continue;
      });
      return false;
    }
    again.pause = Duration::zero();
    at(clock.now() + some(seconds(1), seconds(4)),
       [this, route, ticket = std::move(decision->ticket)] { of_[route]->release(farm_moment(), ticket, true); });
    return true;
  }

  struct Again {
    Duration pause{};
    bool waits = false;
  };
  std::vector<Again> again_;
};

class ByTheLedger final : public Asking {
 public:
  ByTheLedger(const farm::Scenario& scenario, std::shared_ptr<const router::Snapshot> snapshot, ledger::Ledger& ledger)
      : Asking(scenario, *snapshot->catalog), ledger_(ledger) {
    job_.snapshot = std::move(snapshot);
    waited_for_.resize(of_.size());
    turned_away_.resize(of_.size());
  }

 private:
  ledger::Moment moment() const { return {clock.now(), clock.wall()}; }

  bool ask(catalog::RouteId route, std::size_t size) override {
    auto request = dialect::openai::decode_request(body(route, size));
    if (!request) return false;
    job_.request = std::move(*request);
    auto reserved = ledger_.reserve(*job_.snapshot->bindings, route, relay::demand_of(job_, route, counts_), moment());
    if (!reserved) {
      turned_away_[route] = reserved.error().concurrent;
      wait(route, size, reserved.error().until);
      return false;
    }
    ledger_.dispatched(*reserved, moment());
    auto held = std::make_shared<ledger::Reservation>(std::move(*reserved));
    at(clock.now() + some(milliseconds(1), milliseconds(50)), [this, route, size, held] { arrived(route, size, held); });
    return true;
  }

  // One waits in line for the moment when it opens.
  void wait(catalog::RouteId route, std::size_t size, Instant opens) {
    if (opens >= clock.now() + kTick || waited_for_[route]) return;
    waited_for_[route] = true;
    at(opens, [this, route, size] {
      waited_for_[route] = false;
      for (int i = 0; i < kMostAtOnce && ask(route, size); ++i) continue;
    });
  }

  void arrived(catalog::RouteId route, std::size_t size, const std::shared_ptr<ledger::Reservation>& held) {
    auto decision = arrive(route, size);
    ledger::Outcome outcome;
    outcome.success = decision.has_value();
    if (!decision) {
      ++refused;
      if (refused < 10) ADD_FAILURE() << catalog_.route_name(route) << " had to refuse";
      ledger_.settle(std::move(*held), outcome, moment());
      return;
    }
    const auto& answer = decision->scene.answer;
    outcome.usage =
        chat::Usage{answer.prompt_tokens, answer.completion_tokens, answer.prompt_tokens + answer.completion_tokens};
    at(clock.now() + some(seconds(1), seconds(4)), [this, route, size, outcome, held, ticket = std::move(decision->ticket)] {
      of_[route]->release(farm_moment(), ticket, true);
      // What comes back takes its time as well.
      at(clock.now() + milliseconds(20), [this, route, size, outcome, held] {
        ledger_.settle(std::move(*held), outcome, moment());
        if (!turned_away_[route]) return;
        turned_away_[route] = false;  // who stands in line is told
        for (int i = 0; i < kMostAtOnce && ask(route, size); ++i) continue;
      });
    });
  }

  ledger::Ledger& ledger_;
  relay::Job job_;
  relay::TokenCounts counts_;
  std::vector<bool> waited_for_;
  std::vector<bool> turned_away_;  // for want of a place among those at once
};

TEST(Day, G8OfWhatAllFreeTiersGiveAtLeast98PercentIsUsed) {
  Files files;
  ASSERT_TRUE(files.made());
  auto scenario = farm::parse_scenario(files.farm(), "farm.toml");
  ASSERT_TRUE(scenario.has_value()) << scenario.error().message;
  app::Outside outside;
  outside.variable = [](const std::string&) { return std::optional<std::string>(); };
  outside.read_file = [](const std::string& path) -> Result<std::string> { return fail(ErrorKind::not_found, path); };
  auto loaded = app::load_config_text(files.gateway(), "gateway.toml", outside);
  ASSERT_TRUE(loaded.config) << app::describe(loaded.mistakes);
  auto built = catalog::Catalog::build(loaded.config->providers);
  ASSERT_TRUE(built.has_value()) << built.error().message;

  ledger::Ledger ledger{ledger::Ledger::Options{}};
  auto snapshot = std::make_shared<router::Snapshot>();
  snapshot->catalog = std::make_shared<const catalog::Catalog>(std::move(*built));
  snapshot->bindings = ledger.bind(*snapshot->catalog);

  ByTheLedger mine(*scenario, snapshot, ledger);
  Greedy all(*scenario, *snapshot->catalog);
  mine.clock.advance(hours(23) + minutes(15));
  all.clock.advance(hours(23) + minutes(15));
  mine.live(kLength);
  all.live(kLength);

  EXPECT_EQ(mine.refused, 0u);
  // By providers, since models share pools, and whoever asks first has them.
  struct Share {
    std::uint64_t used = 0, there = 0;
  };
  std::map<std::string, Share> shares;
  for (catalog::RouteId route = 0; route < all.admitted.size(); ++route) {
    auto& share = shares[snapshot->catalog->provider(route).id];
    share.used += mine.admitted[route];
    share.there += all.admitted[route];
  }
  // Where the ledger has the better of it, that makes up for nobody's loss.
  Share sum;
  for (const auto& [name, share] : shares) {
    sum.used += std::min(share.used, share.there);
    sum.there += share.there;
  }
  shares["all"] = sum;
  // The guard on a window of a second is a third of it.
  auto hurried = [](const catalog::Provider& provider) {
    auto brief = [](const catalog::PoolSpec& pool) {
      return pool.unit != catalog::Unit::concurrent && pool.window.length == seconds(1);
    };
    return std::any_of(provider.pools.begin(), provider.pools.end(), brief);
  };
  // Where few tokens are all there is, chance decides how many requests they are: small ones or large.
  auto scarce = [&](const catalog::Provider& provider) {
    auto tokens = [](const catalog::PoolSpec& pool) { return pool.unit == catalog::Unit::tokens; };
    return shares[provider.id].there < 1000 && std::any_of(provider.pools.begin(), provider.pools.end(), tokens);
  };
  std::map<std::string, double> least = {{"all", 0.98}};
  for (const auto& provider : snapshot->catalog->providers())
    least[provider.id] = hurried(provider) || scarce(provider) ? 0.75 : 0.96;
  for (const auto& [name, share] : shares) {
    const double part = static_cast<double>(share.used) / static_cast<double>(share.there);
    fmt::print("{}: {} of {}, {:.1f} %\n", name, share.used, share.there, part * 100);
    EXPECT_GE(part, least[name]) << name;
  }
  EXPECT_GT(all.admitted.size(), 200u);
}

}  // namespace
}  // namespace freeway
