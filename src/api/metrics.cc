#include "api/metrics.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/exposition.h"

namespace freeway::api {

namespace {

using Tallies = std::vector<std::unique_ptr<Metrics::Tally>>;

std::uint64_t sum(const Tallies& tallies, Count Metrics::Tally::* count) {
  std::uint64_t total = 0;
  for (const auto& tally : tallies) total += ((*tally).*count).value();
  return total;
}

// `parts`: the same histogram of each loop. Prometheus wants each bucket with all below it.
void write_histogram(Exposition& to, Label label, const std::vector<const Histogram*>& parts) {
  std::uint64_t below = 0;
  Duration total{};
  for (std::size_t i = 0; i <= Histogram::kBounds.size(); ++i) {
    for (const auto* part : parts) below += part->bucket(i);
    std::string bound = i < Histogram::kBounds.size() ? fmt::format("{}", Histogram::kBounds[i]) : "+Inf";
    to.sample("_bucket", {label, {"le", bound}}, below);
  }
  for (const auto* part : parts) total += part->sum();
  to.sample("_sum", {label}, std::chrono::duration<double>(total).count());
  to.sample("_count", {label}, below);
}

}  // namespace

void Histogram::observe(Duration took) {
  double seconds = std::chrono::duration<double>(took).count();
  auto at = std::lower_bound(kBounds.begin(), kBounds.end(), seconds);
  buckets_[static_cast<std::size_t>(at - kBounds.begin())].add();
  micros_.add(static_cast<std::uint64_t>(std::max<std::int64_t>(0, took / std::chrono::microseconds(1))));
}

std::string_view to_string(Area area) {
  switch (area) {
    case Area::chat_completions: return "chat_completions";
    case Area::completions: return "completions";
    case Area::embeddings: return "embeddings";
    case Area::images: return "images";
    case Area::speech: return "speech";
    case Area::transcriptions: return "transcriptions";
    case Area::translations: return "translations";
    case Area::rerank: return "rerank";
    case Area::moderations: return "moderations";
    case Area::messages: return "messages";
    case Area::count_tokens: return "count_tokens";
    case Area::responses: return "responses";
    case Area::models: return "models";
    case Area::health: return "health";
    case Area::metrics: return "metrics";
    case Area::admin: return "admin";
    case Area::other: break;
  }
  return "other";
}

std::string_view to_string(Fate fate) {
  switch (fate) {
    case Fate::answered: return "answered";
    case Fate::failed: return "failed";
    case Fate::broken: return "broken";
    case Fate::cancelled: return "cancelled";
    case Fate::refused: break;
  }
  return "refused";
}

std::string_view outcome_name(std::size_t outcome) {
  if (outcome == kAnswered) return "answered";
  if (outcome == kCancelled) return "cancelled";
  return router::to_string(static_cast<router::Reason>(outcome - 2));
}

std::size_t Metrics::Tally::status_slot(int status) {
  auto at = std::lower_bound(kStatuses.begin(), kStatuses.end(), status);
  bool listed = at != kStatuses.end() && *at == status;
  return listed ? static_cast<std::size_t>(at - kStatuses.begin()) : 1;
}

Metrics::Metrics(std::size_t loops) {
  for (std::size_t i = 0; i < loops; ++i) {
    auto tally = std::make_unique<Tally>();
    tally->metrics_ = this;
    tally->loop_ = i;
    tallies_.push_back(std::move(tally));
  }
}

Metrics::ProviderCell& Metrics::provider_cell(const std::string& id, std::size_t loop) {
  auto& cells = providers_[id];
  if (!cells) cells = std::make_unique<ProviderCell[]>(tallies_.size());
  return cells[loop];
}

Metrics::ModelCell& Metrics::model_cell(const std::string& provider, const std::string& model, std::size_t loop) {
  std::pair name(provider, model);
  auto at = models_.find(name);
  if (at == models_.end()) {
    if (models_.size() >= kMostModels) name = {"other", "other"};
    at = models_.try_emplace(std::move(name)).first;
    if (!at->second) at->second = std::make_unique<ModelCell[]>(tallies_.size());
  }
  return at->second[loop];
}

std::shared_ptr<const Metrics::Places> Metrics::places_of(const catalog::Catalog& catalog, std::size_t loop) {
  auto places = std::make_shared<Places>();
  places->serial = catalog.serial();
  std::lock_guard lock(mutex_);
  for (const auto& provider : catalog.providers()) {
    places->providers.push_back(&provider_cell(provider.id, loop));
    places->first_model.push_back(static_cast<std::uint32_t>(places->models.size()));
    for (const auto& model : provider.models) places->models.push_back(&model_cell(provider.id, model.id, loop));
  }
  return places;
}

std::uint64_t Metrics::in_flight() const { return sum(tallies_, &Tally::in_flight); }
std::uint64_t Metrics::streams() const { return sum(tallies_, &Tally::streams); }

void Metrics::write_requests(std::string& out) const {
  Exposition to(out);
  to.family("freeway_requests_total", "counter",
            "Requests of clients, by what was asked, the status told and how they ended.");
  for (std::size_t area = 0; area < kAreas; ++area) {
    for (std::size_t fate = 0; fate < kFates; ++fate) {
      for (std::size_t status = 0; status < kStatuses.size(); ++status) {
        std::uint64_t total = 0;
        for (const auto& tally : tallies_) total += tally->requests_[area][fate][status].value();
        if (total == 0) continue;
        std::string told = status == 0 ? "none" : status == 1 ? "other" : fmt::format_int(kStatuses[status]).str();
        to.sample(
            {{"surface", to_string(static_cast<Area>(area))}, {"status", told}, {"end", to_string(static_cast<Fate>(fate))}},
            total);
      }
    }
  }
  std::vector<const Histogram*> durations, firsts;
  for (const auto& tally : tallies_) {
    durations.push_back(&tally->duration);
    firsts.push_back(&tally->first_content);
  }
  to.family("freeway_request_duration_seconds", "histogram", "From a request's arrival to the end of its answer.");
  write_histogram(to, {}, durations);
  to.family("freeway_request_first_content_seconds", "histogram", "From a streamed request's arrival to its first content.");
  write_histogram(to, {}, firsts);
  to.family("freeway_requests_in_flight", "gauge", "Requests for answers that are being served or wait.");
  to.sample({}, in_flight());
  to.family("freeway_streams_open", "gauge", "Of those, the streamed ones.");
  to.sample({}, streams());
  to.family("freeway_wrong_keys_total", "counter", "Requests that showed a wrong key, by the door they tried.");
  to.sample({{"door", "v1"}}, sum(tallies_, &Tally::wrong_keys));
  to.sample({{"door", "admin"}}, sum(tallies_, &Tally::wrong_admin_tokens));
  to.family("freeway_throttled_total", "counter", "Wrong keys that were not heard, after too many from one address.");
  to.sample({}, sum(tallies_, &Tally::throttled));
  to.family("freeway_events_lost_total", "counter", "Events that readers of the admin API were too slow for.");
  to.sample({}, sum(tallies_, &Tally::events_lost));
}

void Metrics::write_attempts(std::string& out) const {
  Exposition to(out);
  auto each = [&](auto write) {
    for (const auto& [id, cells] : providers_) write(std::string_view(id), &cells[0]);
  };
  auto histogram = [&](Histogram ProviderCell::* which) {
    each([&](std::string_view id, const ProviderCell* cells) {
      std::vector<const Histogram*> parts;
      std::uint64_t seen = 0;
      for (std::size_t loop = 0; loop < tallies_.size(); ++loop) {
        parts.push_back(&(cells[loop].*which));
        for (std::size_t i = 0; i <= Histogram::kBounds.size(); ++i) seen += parts.back()->bucket(i);
      }
      if (seen > 0) write_histogram(to, {"provider", id}, parts);
    });
  };
  to.family("freeway_attempts_total", "counter", "Calls to providers, by what became of them.");
  each([&](std::string_view id, const ProviderCell* cells) {
    for (std::size_t outcome = 0; outcome < kOutcomes; ++outcome) {
      std::uint64_t total = 0;
      for (std::size_t loop = 0; loop < tallies_.size(); ++loop) total += cells[loop].attempts[outcome].value();
      if (total > 0) to.sample({{"provider", id}, {"outcome", outcome_name(outcome)}}, total);
    }
  });
  to.family("freeway_attempt_duration_seconds", "histogram", "Of calls that answered, from their start to their end.");
  histogram(&ProviderCell::duration);
  to.family("freeway_attempt_first_content_seconds", "histogram",
            "Of streamed calls, from their start to the first content.");
  histogram(&ProviderCell::first_content);
}

void Metrics::write_tokens(std::string& out) const {
  Exposition to(out);
  to.family("freeway_tokens_total", "counter", "Tokens that providers counted, or that were estimated where they did not.");
  for (const auto& [name, cells] : models_) {
    auto write = [&, &names = name, &of = cells](std::string_view kind, Count ModelCell::* count) {
      std::uint64_t total = 0;
      for (std::size_t loop = 0; loop < tallies_.size(); ++loop) total += (of[loop].*count).value();
      if (total > 0) to.sample({{"provider", names.first}, {"model", names.second}, {"kind", kind}}, total);
    };
    write("prompt", &ModelCell::prompt);
    write("completion", &ModelCell::completion);
    write("reasoning", &ModelCell::reasoning);
  }
}

void Metrics::write(std::string& out) const {
  write_requests(out);
  std::lock_guard lock(mutex_);
  write_attempts(out);
  write_tokens(out);
}

}  // namespace freeway::api
