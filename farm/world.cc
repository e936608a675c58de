#include "farm/world.h"

#include <fmt/format.h>

#include "json/writer.h"

namespace freeway::farm {
namespace {

std::string_view to_string(Ended how) {
  switch (how) {
    case Ended::complete: return "complete";
    case Ended::closed: return "closed";
    case Ended::reset: return "reset";
    case Ended::client_left: return "client_left";
    case Ended::down: return "down";
  }
  return "";
}

Entry entry_for(const Provider& provider, const Moment& now, std::optional<std::string_view> key,
                const Provider::Decision& decision) {
  Entry entry;
  entry.at = now.at;
  entry.wall = now.wall;
  entry.provider = provider.spec().id;
  entry.key = key.value_or("");
  entry.model = decision.model;
  entry.kind = decision.kind;
  entry.inputs = decision.inputs;
  entry.stream = decision.stream;
  entry.status = decision.status;
  entry.outcome = decision.outcome;
  return entry;
}

}  // namespace

World::World(const Clock& clock, Scenario scenario, std::optional<std::uint64_t> seed)
    : clock_(clock), start_(clock.now()), seed_(seed) {
  build(std::move(scenario));
}

void World::build(Scenario scenario) {
  record_ = scenario.record;
  const auto seed = seed_.value_or(scenario.seed);
  providers_.clear();
  for (auto& spec : scenario.providers) providers_.push_back(std::make_shared<Provider>(std::move(spec), seed));
}

std::shared_ptr<Provider> World::find(std::string_view id) const {
  std::lock_guard lock(mutex_);
  for (const auto& provider : providers_) {
    if (provider->spec().id == id) return provider;
  }
  return nullptr;
}

bool World::is_up(const Provider& provider) const {
  std::lock_guard lock(mutex_);
  return provider.up();
}

Provider::Decision World::decide(Provider& provider, const Moment& moment, std::optional<std::string_view> key,
                                 std::string_view path, std::string_view query, std::string_view body, const Route& route) {
  switch (route.call) {
    case Call::chat: return provider.decide(moment, key, body, ++serial_, route);
    case Call::job: return provider.decide_job(moment, key, body, ++serial_, route);
    case Call::fetch: return provider.fetch(moment, route.deferred);
    case Call::drop: return provider.drop(moment, route.deferred);
    case Call::list: return provider.list_models(key, query);
    case Call::nothing: return provider.nothing_here(path, 404);
    case Call::wrong_method: break;
  }
  return provider.nothing_here(path, 405);
}

std::unique_ptr<Play> World::arrive(Exchange& exchange, http::RequestHead&& head, std::string_view path,
                                    std::string&& body) {
  std::lock_guard lock(mutex_);
  auto& provider = *exchange.provider;
  const auto moment = now();
  const auto& wire = *provider.spec().wire;
  const auto key = wire.key(head);
  auto route = wire.route(head.method, path, head.query());
  if (!route.style.empty() && route.style != provider.spec().style->name) route.call = Call::nothing;
  if (const auto type = head.fields.find("content-type")) route.content_type = *type;
  auto decision = decide(provider, moment, key, path, head.query(), body, route);
  exchange.ticket = decision.ticket;
  exchange.good = decision.ticket.admitted && harmless(decision.scene.fault.kind);
  exchange.settled = false;
  exchange.bytes = 0;
  decision.scene.close = !head.keep_alive();
  decision.scene.http10 = head.minor_version == 0;
  if (record_) {
    auto entry = entry_for(provider, moment, key, decision);
    entry.method = std::move(head.method);
    entry.target = std::move(head.target);
    entry.fields = std::move(head.fields);
    entry.body = std::move(body);
    exchange.ticket.serial = journal_.add(std::move(entry));
  }
  return std::make_unique<Play>(std::move(decision.scene));
}

void World::progress(Exchange& exchange) {
  if (exchange.ticket.serial == 0) return;
  std::lock_guard lock(mutex_);
  if (auto* entry = journal_.find(exchange.ticket.serial)) entry->bytes_sent = exchange.bytes;
}

void World::settle(Exchange& exchange, Ended how) {
  std::lock_guard lock(mutex_);
  auto& provider = *exchange.provider;
  const bool whole = how == Ended::complete || how == Ended::closed;  // a good answer to HTTP/1.0 ends by closing
  if (auto* entry = journal_.find(exchange.ticket.serial)) {
    entry->ended = to_string(how);
    entry->ended_at = clock_.now();
    entry->bytes_sent = exchange.bytes;
  }
  if (!exchange.settled) provider.release(now(), exchange.ticket, exchange.good && whole);
  exchange.settled = true;
  auto& ticket = exchange.ticket;
  if (!ticket.admitted) return;
  if (how == Ended::complete && exchange.good) {
    provider.count_ok(ticket, 1);
    ticket.counted_ok = true;
  } else if (how == Ended::client_left) {
    if (ticket.counted_ok) provider.count_ok(ticket, -1);
    ticket.counted_ok = false;
    provider.count_aborted(ticket);
  }
}

void World::connection_opened(Provider& provider) {
  std::lock_guard lock(mutex_);
  ++provider.connections_opened;
  ++provider.connections_open;
}

void World::connection_closed(Provider& provider) {
  std::lock_guard lock(mutex_);
  --provider.connections_open;
}

std::string World::stats() {
  std::lock_guard lock(mutex_);
  std::string out;
  json::Writer writer(out);
  writer.begin_object();
  writer.key("uptime_ms").number(std::chrono::duration<double, std::milli>(clock_.now() - start_).count());
  writer.key("providers").begin_object();
  for (const auto& provider : providers_) {
    writer.key(provider->spec().id);
    provider->write_stats(now(), writer);
  }
  writer.end_object().end_object();
  return out;
}

std::string World::requests(std::string_view provider, std::uint64_t after, std::size_t limit) const {
  std::lock_guard lock(mutex_);
  return journal_.to_json(provider, after, limit, start_);
}

void World::reset() {
  std::lock_guard lock(mutex_);
  for (const auto& provider : providers_) provider->reset();
  journal_.clear();
}

void World::replace(Scenario scenario) {
  std::lock_guard lock(mutex_);
  build(std::move(scenario));
  journal_.clear();
}

Result<void> World::change(std::string_view id, std::string_view json) {
  const auto provider = find(id);
  if (!provider) return fail(ErrorKind::not_found, fmt::format("there is no provider \"{}\"", id));
  const auto document = json::Document::parse(json);
  if (!document) return std::unexpected(document.error());
  std::lock_guard lock(mutex_);
  Problem problem;
  Table table(document->root(), "", problem);
  provider->change(table);
  if (problem.any()) return fail(ErrorKind::invalid, problem.text());
  return {};
}

std::vector<World::Place> World::places() const {
  std::lock_guard lock(mutex_);
  std::vector<Place> all;
  for (const auto& provider : providers_) {
    const auto& spec = provider->spec();
    all.push_back({spec.id, std::string(spec.wire->base()), spec.own_port, provider->up()});
  }
  return all;
}

}  // namespace freeway::farm
