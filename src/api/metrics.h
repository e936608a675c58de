// What happened, in numbers that only grow, and how it is told to Prometheus.
//
// Each loop counts into a Tally of its own with plain additions: no lock, no shared cache line, no text. Whoever scrapes
// adds the tallies up. Names (providers, models) are looked up once for a catalog, not for a request; they come from the
// configuration alone, so their number is bounded, and they outlive reloads, so no number ever falls.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "catalog/catalog.h"
#include "router/verdict.h"

namespace freeway::api {

// Written by one thread, read by any.
class Count {
 public:
  void add(std::uint64_t n = 1) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
  void sub(std::uint64_t n = 1) { value_.store(value_.load(std::memory_order_relaxed) - n, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

class Histogram {
 public:
  static constexpr std::array<double, 16> kBounds = {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,   2,
                                                     3,    5,     10,   20,  30,   60,  120, 300};  // seconds
  void observe(Duration took);
  // Of the bucket alone; the last one has no bound.
  std::uint64_t bucket(std::size_t i) const { return buckets_[i].value(); }
  Duration sum() const { return std::chrono::microseconds(micros_.value()); }

 private:
  std::array<Count, kBounds.size() + 1> buckets_;
  Count micros_;
};

// What was asked, as metrics and the request log name it.
enum class Area : std::uint8_t {
  chat_completions,
  completions,
  embeddings,
  images,
  speech,
  transcriptions,
  translations,
  rerank,
  moderations,
  messages,
  count_tokens,
  responses,
  models,
  health,
  metrics,
  admin,
  other
};
std::string_view to_string(Area area);
inline constexpr std::size_t kAreas = static_cast<std::size_t>(Area::other) + 1;

// How a request ended, as metrics name it: the ends of the request log, and `refused` for what never got as far.
enum class Fate : std::uint8_t { answered, failed, broken, cancelled, refused };
std::string_view to_string(Fate fate);
inline constexpr std::size_t kFates = 5;

// An attempt that failed ends in its verdict's reason; these two come before all reasons.
inline constexpr std::size_t kAnswered = 0;
inline constexpr std::size_t kCancelled = 1;
inline constexpr std::size_t kOutcomes = 2 + chat::kReasons;
constexpr std::size_t outcome_of(router::Reason reason) { return 2 + static_cast<std::size_t>(reason); }
std::string_view outcome_name(std::size_t outcome);

class Metrics {
 public:
  // A cache line is nobody else's.
  struct alignas(64) ProviderCell {
    std::array<Count, kOutcomes> attempts;
    Histogram first_content;  // of streamed attempts, from their start
    Histogram duration;       // of attempts that answered
  };
  struct alignas(64) ModelCell {
    Count prompt, completion, reasoning;
  };
  // 0 stands for a request that nobody was told the end of, 1 for any status that is not in the list.
  static constexpr std::array<std::uint16_t, 23> kStatuses = {0,   1,   200, 204, 400, 401, 403, 404, 405, 408, 413, 415,
                                                              422, 429, 431, 499, 500, 501, 502, 503, 504, 507, 529};

  // Where a catalog's providers and models count; the cells of one loop.
  struct Places {
    std::uint64_t serial = 0;
    std::vector<ProviderCell*> providers;    // by their place in the catalog
    std::vector<std::uint32_t> first_model;  // of each provider in `models`
    std::vector<ModelCell*> models;
  };

  // One loop's counts. On that loop's thread.
  class alignas(64) Tally {
   public:
    void request(Area area, Fate fate, int status) {
      requests_[static_cast<std::size_t>(area)][static_cast<std::size_t>(fate)][status_slot(status)].add();
    }
    ProviderCell& provider(const catalog::Catalog& catalog, catalog::RouteId route) {
      return *places(catalog).providers[catalog.routes()[route].provider];
    }
    ModelCell& model(const catalog::Catalog& catalog, catalog::RouteId route) {
      const Places& at = places(catalog);
      const catalog::Route& one = catalog.routes()[route];
      return *at.models[at.first_model[one.provider] + one.model];
    }

    Histogram duration;       // of requests for answers that got one
    Histogram first_content;  // of streamed ones
    Count wrong_keys, wrong_admin_tokens, throttled;
    Count in_flight, streams;  // open now
    Count events_lost;

   private:
    friend class Metrics;
    static std::size_t status_slot(int status);
    const Places& places(const catalog::Catalog& catalog) {
      if (places_ && places_->serial == catalog.serial()) return *places_;
      std::swap(places_, older_);  // requests from before a reload count by the old catalog
      if (!places_ || places_->serial != catalog.serial()) places_ = metrics_->places_of(catalog, loop_);
      return *places_;
    }

    Metrics* metrics_ = nullptr;
    std::size_t loop_ = 0;
    std::shared_ptr<const Places> places_, older_;
    std::array<std::array<std::array<Count, kStatuses.size()>, kFates>, kAreas> requests_;
  };

  explicit Metrics(std::size_t loops);
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  Tally& tally(std::size_t loop) { return *tallies_[loop]; }

  // All of it in Prometheus' text format, with what the caller appends by itself. Any thread.
  void write(std::string& out) const;
  std::uint64_t in_flight() const;
  std::uint64_t streams() const;

 private:
  // Names that are left over count together, under the name "other".
  static constexpr std::size_t kMostModels = 4096;

  std::shared_ptr<const Places> places_of(const catalog::Catalog& catalog, std::size_t loop);
  ProviderCell& provider_cell(const std::string& id, std::size_t loop);
  ModelCell& model_cell(const std::string& provider, const std::string& model, std::size_t loop);
  void write_requests(std::string& out) const;
  void write_attempts(std::string& out) const;
  void write_tokens(std::string& out) const;

  std::vector<std::unique_ptr<Tally>> tallies_;
  mutable std::mutex mutex_;  // of the maps; not of what they point to
  std::map<std::string, std::unique_ptr<ProviderCell[]>> providers_;
  std::map<std::pair<std::string, std::string>, std::unique_ptr<ModelCell[]>> models_;
};

}  // namespace freeway::api
