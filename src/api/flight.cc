#include "api/flight.h"

#include "api/admin/desk.h"
#include "api/admin/flights.h"
#include "api/plan_book.h"
#include "json/writer.h"

namespace freeway::api {

namespace {

// {"id", provider, model, key, …: left open.
void begin_event(json::Writer& writer, std::string_view id, const catalog::Catalog& catalog, catalog::RouteId route) {
  writer.begin_object().member("id", id).member("provider", catalog.provider(route).id);
  writer.member("model", catalog.model(route).id).member("key", catalog.key(route).name);
}

}  // namespace

Flight::Flight(Flights::Lane& lane, Office& office, const Asked& asked, server::Reply& reply)
    : lane_(lane), office_(office), asked_(asked), wakeup_(reply.wakeup()), older_(lane.newest_) {
  if (older_) older_->newer_ = this;
  lane_.newest_ = this;
  ++lane_.size_;
  if (office_.feed.listened()) office_.feed.publish("started", admin::flight_data(row()));
}

Flight::~Flight() {
  (newer_ ? newer_->older_ : lane_.newest_) = older_;
  if (older_) older_->newer_ = newer_;
  --lane_.size_;
}

FlightRow Flight::row() const {
  net::Loop& loop = wakeup_.loop();
  FlightRow row;
  row.id = asked_.request_id;
  row.elapsed = loop.now() - asked_.arrival;
  row.time = loop.wall() - row.elapsed;
  row.client = asked_.client;
  row.surface = to_string(asked_.area);
  row.asked = asked_.model;
  row.streamed = asked_.streamed;
  if (!served_) return row;
  relay::Progress progress = served_->progress();
  row.state = progress.state;
  for (const auto& failed : *progress.trail)
    fill_attempt(row.attempts.emplace_back(), *progress.catalog, failed, asked_.arrival);
  if (!progress.route) return row;
  row.provider = progress.catalog->provider(*progress.route).id;
  row.model = progress.catalog->model(*progress.route).id;
  row.key = progress.catalog->key(*progress.route).name;
  row.tokens = progress.tokens;
  if (!progress.first) return row;
  row.first = *progress.first - asked_.arrival;
  double seconds = std::chrono::duration<double>(loop.now() - *progress.first).count();
  if (seconds > 0) row.speed = static_cast<double>(row.tokens) / seconds;
  return row;
}

void Flight::call_off() {
  called_off = true;
  if (served_) served_->cut();
  wakeup_.ring();
}

void Flight::planned(const catalog::Catalog& catalog, const router::Query& query, const router::Plan& plan) {
  office_.plans.keep(std::string(id()), write_plan(catalog, query, plan));
}

void Flight::asks(const catalog::Catalog& catalog, catalog::RouteId route) {
  if (!office_.feed.listened()) return;
  std::string data;
  json::Writer writer(data);
  begin_event(writer, id(), catalog, route);
  writer.end_object();
  office_.feed.publish("asking", std::move(data));
}

void Flight::failed(const catalog::Catalog& catalog, const relay::Attempted& attempted) {
  if (!office_.feed.listened()) return;
  store::AttemptRecord attempt;
  fill_attempt(attempt, catalog, attempted, asked_.arrival);
  std::string data;
  json::Writer writer(data);
  writer.begin_object().member("id", id()).key("attempt");
  admin::write_attempt(writer, attempt);
  writer.end_object();
  office_.feed.publish("attempt", std::move(data));
}

void Flight::answers(const catalog::Catalog& catalog, catalog::RouteId route, Instant first) {
  if (!office_.feed.listened()) return;
  std::string data;
  json::Writer writer(data);
  begin_event(writer, id(), catalog, route);
  admin::write_ms(writer, "first_content_ms", first - asked_.arrival);
  writer.end_object();
  office_.feed.publish("content", std::move(data));
}

}  // namespace freeway::api
