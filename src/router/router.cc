#include "router/router.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <tuple>

#include "base/duration.h"

namespace freeway::router {

using catalog::Model;
using catalog::RouteId;

namespace {

// Keys of one model are looked at so many at a time, so that the ledger's lock is held briefly.
constexpr std::size_t kBatch = 8;

// So many routes that failed once are offered where no other can serve.
constexpr std::size_t kLastResorts = 8;

using MissingSet = std::uint8_t;
constexpr MissingSet bit(Missing missing) { return static_cast<MissingSet>(1U << static_cast<unsigned>(missing)); }

// Neighbours in the query's list that are keys of one model.
struct Group {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::uint8_t rank = 0;  // known before unknown; within each, the session's model first
};

struct Capability {
  MissingSet missing = 0;
  bool unknown = false;
};

Capability check(const Model& model, const chat::Request& request) {
  Capability found;
  auto need = [&found](bool needed, const std::optional<bool>& has, Missing name) {
    if (!needed) return;
    if (!has) found.unknown = true;
    if (has && !*has) found.missing |= bit(name);
  };
  need(request.needs_tools, model.tools, Missing::tools);
  need(request.needs_vision, model.vision, Missing::vision);
  need(request.structure == chat::Structure::json_schema, model.json, Missing::json);
  std::uint64_t asked = request.max_tokens.value_or(0);
  if (model.context && (request.prompt_tokens > *model.context || asked > *model.context - request.prompt_tokens))
    found.missing |= bit(Missing::context);
  if (model.max_output && asked > *model.max_output) found.missing |= bit(Missing::output);
  return found;
}

Missing first_of(MissingSet set) {
  for (auto missing : {Missing::vision, Missing::tools, Missing::context, Missing::json, Missing::output})
    if (set & bit(missing)) return missing;
  return Missing::none;
}

std::string_view name_of(Missing missing) {
  switch (missing) {
    case Missing::tools: return "it has no tools";
    case Missing::vision: return "it has no vision";
    case Missing::json: return "it has no structured output";
    case Missing::context: return "its context window is too small";
    case Missing::output: return "its longest answer is too short";
    case Missing::none: break;
  }
  return "";
}

class Planner {
 public:
  Planner(const Snapshot& snapshot, const ledger::Ledger& ledger, const Benches& benches, const Query& query)
      : catalog_(*snapshot.catalog), bindings_(*snapshot.bindings), ledger_(ledger), benches_(benches), query_(query) {}

  Plan make();

 private:
  const std::vector<RouteId>& routes() const { return *query_.routes; }
  bool enough() const { return query_.enough > 0 && plan_.order.size() >= query_.enough; }
  bool same_model(RouteId a, RouteId b) const {
    const auto& one = catalog_.routes()[a];
    const auto& two = catalog_.routes()[b];
    return one.model == two.model && one.provider == two.provider;
  }
  bool tried(RouteId route) const {
    return query_.tried && std::find(query_.tried->begin(), query_.tried->end(), route) != query_.tried->end();
  }
  void find_groups();
  void lacks(const Group& group, MissingSet missing);
  void look_at(const Group& group);
  bool benched(RouteId route);
  void last_resort();
  void refuse(RouteId route, const ledger::Refusal& refusal);
  void opens(Instant at) { plan_.earliest = std::min(plan_.earliest, at); }
  std::string in(Instant at) const {
    return at == kNever ? std::string("not by waiting") : format_duration(at - query_.at.now);
  }

  const catalog::Catalog& catalog_;
  const ledger::Bindings& bindings_;
  const ledger::Ledger& ledger_;
  const Benches& benches_;
  const Query& query_;
  std::vector<Group> groups_;
  std::vector<RouteId> yielding_;  // of the routes left out
  Plan plan_;
};

void Planner::lacks(const Group& group, MissingSet missing) {
  if (!query_.explain) return;
  for (std::uint32_t i = group.begin; i < group.end; ++i) {
    if (tried(routes()[i])) continue;
    LeftOut left;
    left.route = routes()[i];
    left.missing = first_of(missing);
    left.reason = name_of(left.missing);
    plan_.left_out.push_back(std::move(left));
  }
}

void Planner::find_groups() {
  std::optional<RouteId> session;
  if (query_.session_model) {
    const auto& of_session = catalog_.by_full_name(*query_.session_model);
    if (!of_session.empty()) session = of_session.front();
  }
  auto count = static_cast<std::uint32_t>(routes().size());
  MissingSet all = 0xff, first = 0;
  std::uint64_t largest = 0;
  groups_.reserve(std::min<std::uint32_t>(count, 64));
  for (std::uint32_t begin = 0, end = 0; begin < count; begin = end) {
    RouteId route = routes()[begin];
    for (end = begin + 1; end < count && same_model(route, routes()[end]);) ++end;
    Group group{begin, end, 0};
    const auto& model = catalog_.model(route);
    Capability capability = query_.request ? check(model, *query_.request) : Capability();
    largest = std::max(largest, model.context.value_or(0));
    all &= capability.missing;
    if (capability.missing != 0) {
      if (first == 0) first = capability.missing;
      lacks(group, capability.missing);
      continue;
    }
    bool of_session = session && same_model(*session, route);
    group.rank = static_cast<std::uint8_t>((capability.unknown ? 2 : 0) + (of_session ? 0 : 1));
    groups_.push_back(group);
  }
  if (!groups_.empty() || count == 0) return;
  plan_.missing = first_of(all != 0 ? all : first);
  if (largest > 0) plan_.largest_context = largest;
}

bool Planner::benched(RouteId route) {
  auto bench = benches_.find(catalog_, route, query_.at.now);
  if (!bench) return false;
  LeftOut left;
  left.route = route;
  left.why = bench->probing ? LeftOut::Why::probing : LeftOut::Why::benched;
  left.until = bench->until;
  left.bench_reason = bench->reason;
  if (bench->yielding) yielding_.push_back(route);
  opens(bench->until);
  if (query_.explain) {
    if (bench->probing) {
      left.reason = fmt::format("{} failed ({}) and another request tries it", bench->scope, to_string(bench->reason));
    } else if (bench->until == kNever) {
      left.reason =
          fmt::format("{} is benched until the configuration changes ({})", bench->scope, to_string(bench->reason));
    } else {
      left.reason = fmt::format("{} is benched for {} ({})", bench->scope, in(bench->until), to_string(bench->reason));
    }
  }
  plan_.left_out.push_back(std::move(left));
  return true;
}

void Planner::refuse(RouteId route, const ledger::Refusal& refusal) {
  LeftOut left;
  left.route = route;
  left.why = refusal.too_large ? LeftOut::Why::too_large : LeftOut::Why::quota;
  left.until = refusal.until;
  left.on_release = refusal.concurrent;
  opens(refusal.until);
  plan_.waits_for_release = plan_.waits_for_release || refusal.concurrent;
  if (query_.explain) {
    if (refusal.too_large) {
      left.reason = fmt::format("it needs more than the {} that {} allows at once", refusal.limit, refusal.pool);
    } else if (refusal.concurrent) {
      left.reason = fmt::format("{}: {} of {} used, opens when a request ends", refusal.pool, refusal.used, refusal.limit);
    } else if (refusal.until == kNever) {
      left.reason = fmt::format("{}: {} of {} used, for good", refusal.pool, refusal.used, refusal.limit);
    } else {
      left.reason =
          fmt::format("{}: {} of {} used, frees in {}", refusal.pool, refusal.used, refusal.limit, in(refusal.until));
    }
  }
  plan_.left_out.push_back(std::move(left));
}

// Of the keys that may serve now, the least loaded comes first, and of equals the one that has rested longest.
void Planner::look_at(const Group& group) {
  struct Candidate {
    RouteId route = 0;
    std::uint32_t load = 0;
    std::uint64_t last_used = 0;
  };
  std::array<RouteId, kBatch> batch;
  std::array<ledger::Standing, kBatch> standings;
  std::vector<Candidate> open;
  for (std::uint32_t i = group.begin; i < group.end;) {
    std::size_t count = 0;
    for (; i < group.end && count < kBatch; ++i) {
      RouteId route = routes()[i];
      if (!tried(route) && !benched(route)) batch[count++] = route;
    }
    ledger_.survey(bindings_, std::span(batch).first(count), query_.demand, query_.at, std::span(standings).first(count));
    for (std::size_t k = 0; k < count; ++k) {
      if (standings[k].refusal) {
        refuse(batch[k], *standings[k].refusal);
      } else if (group.end - group.begin == 1) {
        plan_.order.push_back(batch[k]);
      } else {
        open.push_back({batch[k], standings[k].load, standings[k].last_used});
      }
    }
  }
  std::sort(open.begin(), open.end(), [](const Candidate& a, const Candidate& b) {
    return std::tie(a.load, a.last_used, a.route) < std::tie(b.load, b.last_used, b.route);
  });
  for (const auto& candidate : open) plan_.order.push_back(candidate.route);
}

// Nothing else can serve: better a route that failed once than none.
void Planner::last_resort() {
  std::array<ledger::Standing, 1> standing;
  for (RouteId route : yielding_) {
    ledger_.survey(bindings_, std::span(&route, 1), query_.demand, query_.at, standing);
    if (standing[0].refusal) continue;
    std::erase_if(plan_.left_out, [route](const LeftOut& left) { return left.route == route; });
    plan_.order.push_back(route);
    if (enough() || plan_.order.size() >= kLastResorts) return;
  }
}

Plan Planner::make() {
  find_groups();
  std::size_t expected = query_.enough > 0 ? std::min(query_.enough, routes().size()) : routes().size();
  plan_.order.reserve(expected);
  for (std::uint8_t rank = 0; rank < 4; ++rank) {
    for (const auto& group : groups_) {
      if (enough()) return std::move(plan_);
      if (group.rank == rank) look_at(group);
    }
  }
  if (plan_.order.empty()) last_resort();
  return std::move(plan_);
}

}  // namespace

Plan plan(const Snapshot& snapshot, const ledger::Ledger& ledger, const Benches& benches, const Query& query) {
  return Planner(snapshot, ledger, benches, query).make();
}

}  // namespace freeway::router
