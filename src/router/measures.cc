#include "router/measures.h"

#include <algorithm>
#include <cmath>

namespace freeway::router {

namespace {

using catalog::RouteId;

// Fewer tokens tell no speed.
constexpr std::uint64_t kFewTokens = 4;
// What is outside says more about how it was measured.
constexpr double kLeastFirst = 0.001, kLeastSpeed = 1, kMostSpeed = 2000;

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

double weighed(double sum, double weight, double prior) {
  return std::exp2((sum + Measures::kPriorTimed * std::log2(prior)) / (weight + Measures::kPriorTimed));
}

}  // namespace

namespace {

// Logarithms to base 2 of times, by their sums: what is usual and how much they differ.
struct Spread {
  double sum = 0, squares = 0, weight = 0;

  void scale(double by) {
    sum *= by;
    squares *= by;
    weight *= by;
  }
  void saw(double logarithm) {
    sum += logarithm;
    squares += logarithm * logarithm;
    weight += 1;
    if (weight > Measures::kMostTimed) scale(Measures::kMostTimed / weight);
  }
  // Seconds that 19 of 20 stay below.
  double late() const {
    constexpr double kNineteenOfTwenty = 1.645;
    double mean = sum / weight;
    double apart = std::max(0.0, squares - sum * mean) + Measures::kPriorTimed;
    return std::exp2(mean + kNineteenOfTwenty * std::sqrt(apart / (weight + Measures::kPriorTimed)));
  }
};

}  // namespace

struct Measures::Cell {
  mutable std::mutex mutex;
  Instant at{};  // to which everything below has faded
  double good = 0, bad = 0;
  // Sums of logarithms to base 2, so that one odd answer weighs little.
  double first = 0, firsts = 0;
  double speed = 0, speeds = 0;
  Spread streams;  // to the first content
  Spread wholes;   // to the end, of what was not streamed

  // When the last fault that counted came.
  Instant fault_at = Instant::min();

  std::atomic<bool> proven{false};
  std::atomic<std::uint32_t> overtaken{0};
  std::uint32_t trying = 0;
  Instant trial_began{};

  double faded_by(Instant now) const { return now > at ? std::exp2(-seconds(now - at) / seconds(kHalfLife)) : 1; }
  void fade(Instant now) {
    if (now <= at) return;
    double rest = faded_by(now);
    scale(good, bad, rest);
    scale(first, firsts, rest);
    scale(speed, speeds, rest);
    streams.scale(rest);
    wholes.scale(rest);
    at = now;
  }
  static void scale(double& one, double& two, double by) {
    one *= by;
    two *= by;
  }
  void saw_first(double logarithm) {
    first += logarithm;
    firsts += 1;
    if (firsts > kMostTimed) scale(first, firsts, kMostTimed / firsts);
  }
  void saw_speed(double value) {
    speed += std::log2(std::clamp(value, kLeastSpeed, kMostSpeed));
    speeds += 1;
    if (speeds > kMostTimed) scale(speed, speeds, kMostTimed / speeds);
  }
  void count(bool answered) {
    (answered ? good : bad) += 1;
    if (good + bad > kMostSamples) scale(good, bad, kMostSamples / (good + bad));
  }
  void time(const Sample& sample);
  void conclude(Sample::End end);
};

// A whole answer does not tell its beginning and its speed apart: its time is shared out as the prior would have it.
void Measures::Cell::time(const Sample& sample) {
  double whole = seconds(sample.whole);
  if (!sample.streamed) {
    double tokens = static_cast<double>(sample.tokens);
    double as_prior = whole / (kPriorFirst + tokens / kPriorSpeed);
    wholes.saw(std::log2(std::max(whole, kLeastFirst)));
    saw_first(std::log2(std::max(kPriorFirst * as_prior, kLeastFirst)));
    if (sample.tokens >= kFewTokens) saw_speed(kPriorSpeed / std::max(as_prior, 1e-9));
    return;
  }
  double first_content = std::log2(std::max(seconds(sample.first), kLeastFirst));
  streams.saw(first_content);
  saw_first(first_content);
  double rest = whole - seconds(sample.first);
  if (sample.tokens >= kFewTokens) saw_speed(static_cast<double>(sample.tokens - 1) / std::max(rest, 1e-9));
}

void Measures::Cell::conclude(Sample::End end) {
  if (end == Sample::End::other) {
    if (trying > 0) --trying;
    return;
  }
  proven.store(end == Sample::End::answered, std::memory_order_relaxed);
  overtaken.store(0, std::memory_order_relaxed);
  trying = 0;
}

Measures::Measures() = default;
Measures::~Measures() = default;

Measures::Cell* Measures::cell(std::string name) {
  auto& found = by_name_[std::move(name)];
  if (!found) found = std::make_unique<Cell>();
  return found.get();
}

std::shared_ptr<const Measures::Bound> Measures::bind(const catalog::Catalog& catalog) {
  auto bound = std::make_shared<Bound>();
  const auto& routes = catalog.routes();
  bound->model_of.resize(routes.size());
  bound->keys.resize(routes.size());
  std::lock_guard lock(mutex_);
  for (RouteId route = 0; route < routes.size(); ++route) {
    bool first =
        route == 0 || routes[route - 1].provider != routes[route].provider || routes[route - 1].model != routes[route].model;
    if (first) {
      bound->models.push_back(cell(catalog.model_name(route)));
      bound->first_route.push_back(route);
      bound->speeds.push_back(std::max(catalog.model(route).speed.value_or(kPriorSpeed), kLeastSpeed));
    }
    bound->model_of[route] = static_cast<std::uint32_t>(bound->models.size() - 1);
    if (catalog.provider(route).keys.size() > 1) bound->keys[route] = cell(catalog.route_name(route));
  }
  return bound;
}

void Measures::record(const Bound& bound, RouteId route, const Sample& sample, Instant now) {
  bool says = sample.end != Sample::End::other;
  bool answered = sample.end == Sample::End::answered;
  {
    Cell& model = *bound.models[bound.model_of[route]];
    std::lock_guard lock(model.mutex);
    model.conclude(sample.end);
    if (!says) return;
    if (!answered && now - sample.whole < model.fault_at) return;
    // An answer between two faults: that is no outage, but a provider that fails now and then.
    model.fault_at = answered ? Instant::min() : now;
    model.fade(now);
    model.count(answered);
    if (answered && sample.tokens > 0) model.time(sample);
  }
  changes_.fetch_add(1, std::memory_order_relaxed);
  Cell* key = bound.keys[route];
  if (!key) return;
  std::lock_guard lock(key->mutex);
  key->fade(now);
  key->count(answered);
}

namespace {

template <class Cell>
Estimate estimate(const Cell& cell, Instant now, double speed) {
  Estimate made;
  std::lock_guard lock(cell.mutex);
  double rest = cell.faded_by(now);
  made.samples = (cell.good + cell.bad) * rest;
  made.success =
      (cell.good * rest + Measures::kPriorSamples * Measures::kPriorSuccess) / (made.samples + Measures::kPriorSamples);
  made.timed = cell.firsts * rest;
  made.first = weighed(cell.first * rest, made.timed, Measures::kPriorFirst);
  made.speed = weighed(cell.speed * rest, cell.speeds * rest, speed);
  return made;
}

}  // namespace

Estimate Measures::of_model(const Bound& bound, std::uint32_t model, Instant now) const {
  return estimate(*bound.models[model], now, bound.speeds[model]);
}

Estimate Measures::of_key(const Bound& bound, RouteId route, Instant now) const {
  const Cell* key = bound.keys[route];
  std::uint32_t model = bound.model_of[route];
  return key ? estimate(*key, now, bound.speeds[model]) : of_model(bound, model, now);
}

bool Measures::answers(const Bound& bound, RouteId route) const {
  const Cell& model = *bound.models[bound.model_of[route]];
  std::lock_guard lock(model.mutex);
  return model.good > model.bad;
}

Instant Measures::wait_for_others(const Bound& bound, RouteId route, Instant now) const {
  const Cell& model = *bound.models[bound.model_of[route]];
  if (model.proven.load(std::memory_order_relaxed)) return now;
  std::lock_guard lock(model.mutex);
  Instant over = model.trial_began + kTrial;
  return model.trying < kTogether || over <= now ? now : over;
}

void Measures::began(const Bound& bound, RouteId route, Instant now) {
  Cell& model = *bound.models[bound.model_of[route]];
  if (model.proven.load(std::memory_order_relaxed)) return;
  std::lock_guard lock(model.mutex);
  if (model.trying++ == 0) model.trial_began = now;
}

void Measures::proved(const Bound& bound, RouteId route) {
  Cell& model = *bound.models[bound.model_of[route]];
  if (!model.proven.load(std::memory_order_relaxed)) model.proven.store(true, std::memory_order_relaxed);
  if (model.overtaken.load(std::memory_order_relaxed) > 0) model.overtaken.store(0, std::memory_order_relaxed);
}

std::optional<Duration> Measures::late(const Bound& bound, RouteId route, bool streamed, Instant now) const {
  const Cell& model = *bound.models[bound.model_of[route]];
  std::lock_guard lock(model.mutex);
  const Spread& times = streamed ? model.streams : model.wholes;
  if (times.weight * model.faded_by(now) < kFewTimed) return streamed ? std::optional(kLateFirst) : std::nullopt;
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(times.late()));
}

std::uint32_t Measures::overtaken(const Bound& bound, RouteId route) {
  Cell& model = *bound.models[bound.model_of[route]];
  return model.overtaken.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace freeway::router
