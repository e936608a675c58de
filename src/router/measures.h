// How well each model has lately answered: live measures that fade. Fed by the relay when an attempt ends, read when models
// are ranked. Names, not indices, so that a reload keeps them.
//
// Thread-safe; a lock for each model, held for some 50 ns. After `bind` nothing allocates. Time is passed in.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "catalog/catalog.h"

namespace freeway::router {

// How an attempt ended, as far as it says something about the model.
struct Sample {
  enum class End : unsigned char {
    answered,
    fault,  // the provider's: an error of its server, an overload, silence, a broken answer
    other,  // the client's fault or leave, a quota, a key: says nothing
  };
  End end = End::other;
  bool streamed = false;
  Duration first{};          // from the start to the first content, if streamed
  Duration whole{};          // from the start to the end
  std::uint64_t tokens = 0;  // of the answer; 0: unknown
};

// What is to be expected, the prior included: without samples it is the prior.
struct Estimate {
  double samples = 0;  // that the success rate rests on, faded
  double success = 0;  // 0 to 1
  double timed = 0;    // samples that the times rest on, faded
  double first = 0;    // seconds to the first content
  double speed = 0;    // tokens a second after it
  // Seconds that an answer of a usual length takes.
  double usual() const { return first + kUsualTokens / speed; }
  static constexpr double kUsualTokens = 200;
};

class Measures {
 public:
  // Half of the evidence is forgotten after this time: a request a minute still adds up to fourteen samples, and an outage
  // is forgotten within the hour.
  static constexpr Duration kHalfLife = std::chrono::minutes(10);
  // The prior, as if so many samples had said so. An unmeasured model counts as quick, so that one that is known to be slow
  // makes room for others to be measured.
  static constexpr double kPriorSamples = 30, kPriorSuccess = 0.95;
  static constexpr double kPriorTimed = 2, kPriorFirst = 0.3, kPriorSpeed = 150;
  // More evidence than this is not kept, so that a change shows within so many requests.
  static constexpr double kMostSamples = 100, kMostTimed = 20;
  // While nobody knows whether a model answers, so many may try it at once, for so long at most.
  static constexpr std::uint32_t kTogether = 8;
  static constexpr Duration kTrial = std::chrono::milliseconds(250);

  // Fewer samples say nothing about what is late. The prior counts as kPriorTimed samples an octave away, so that times
  // which hardly differ leave some room.
  static constexpr double kFewTimed = 8;
  static constexpr Duration kLateFirst = std::chrono::seconds(3);

  struct Cell;
  // The places of one catalog's models and keys; part of a snapshot. Must not outlive the measures.
  struct Bound {
    std::vector<std::uint32_t> model_of;        // of each route: models are numbered in the order of their routes
    std::vector<catalog::RouteId> first_route;  // of each model
    std::vector<double> speeds;                 // of each model, tokens a second, before anything is measured
    std::vector<Cell*> models;                  // of each model
    std::vector<Cell*> keys;                    // of each route; null where a model has one key
  };

  Measures();
  ~Measures();
  Measures(const Measures&) = delete;
  Measures& operator=(const Measures&) = delete;

  std::shared_ptr<const Bound> bind(const catalog::Catalog& catalog);

  // Faults of calls that were under way when a fault came are the same outage, and count once, if no answer came between.
  void record(const Bound& bound, catalog::RouteId route, const Sample& sample, Instant now);
  Estimate of_model(const Bound& bound, std::uint32_t model, Instant now) const;
  // Of the success only: keys of one model answer alike but for what is wrong with a key or its proxy.
  Estimate of_key(const Bound& bound, catalog::RouteId route, Instant now) const;

  // Has it lately answered more often than it failed?
  bool answers(const Bound& bound, catalog::RouteId route) const;

  // May one more try the model? Always, once it answered and until it fails. Before that a crowd would all find out the same
  // thing: a few go first, and the others wait for what becomes of them, until the moment that is told (`now`: nobody needs
  // to wait).
  Instant wait_for_others(const Bound& bound, catalog::RouteId route, Instant now) const;
  // An attempt begins.
  void began(const Bound& bound, catalog::RouteId route, Instant now);
  // It has content already; `record` follows at its end.
  void proved(const Bound& bound, catalog::RouteId route);

  // What 19 of 20 lately took less than: to their first content, if streamed, else to their end. Nothing for whole answers
  // that are not measured yet; a stream's is then kLateFirst.
  std::optional<Duration> late(const Bound& bound, catalog::RouteId route, bool streamed, Instant now) const;
  // It was late, and another was asked and had content first. How often in a row, without any content of its own between.
  std::uint32_t overtaken(const Bound& bound, catalog::RouteId route);

  // Grows with every sample that says something.
  std::uint64_t changes() const { return changes_.load(std::memory_order_relaxed); }

 private:
  Cell* cell(std::string name);

  std::mutex mutex_;  // of the names
  std::unordered_map<std::string, std::unique_ptr<Cell>> by_name_;
  std::atomic<std::uint64_t> changes_{0};
};

}  // namespace freeway::router
