#include "api/admin/flights.h"

#include "api/admin/nouns.h"

namespace freeway::api::admin {

namespace {

std::string_view word(relay::Progress::State state) {
  using State = relay::Progress::State;
  switch (state) {
    case State::planning: return "planning";
    case State::waiting: return "waiting";
    case State::asking: return "asking";
    case State::answering: break;
  }
  return "answering";
}

}  // namespace

void write_flight(json::Writer& writer, const FlightRow& row) {
  writer.begin_object().member("id", row.id).member("time", spell(row.time));
  writer.member("client", row.client).member("surface", row.surface);
  write_text(writer, "asked", row.asked);
  writer.member_bool("streamed", row.streamed).member("state", word(row.state));
  write_text(writer, "provider", row.provider);
  write_text(writer, "model", row.model);
  write_text(writer, "key", row.key);
  writer.key("attempts").begin_array();
  for (const auto& attempt : row.attempts) write_attempt(writer, attempt);
  writer.end_array();
  if (row.first) {
    write_ms(writer, "first_content_ms", *row.first);
  } else {
    writer.key("first_content_ms").null();
  }
  write_ms(writer, "elapsed_ms", row.elapsed);
  writer.member("tokens", row.tokens).key("tokens_per_s");
  if (row.speed) {
    writer.number(*row.speed);
  } else {
    writer.null();
  }
  writer.end_object();
}

std::string flight_data(const FlightRow& row) {
  std::string data;
  json::Writer writer(data);
  write_flight(writer, row);
  return data;
}

server::Answer get_live_requests(const Gate& gate, const Call&) {
  Flights::Seen seen = gate.office.flights.look();
  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("requests").begin_array();
  for (const auto& row : seen.rows) write_flight(writer, row);
  writer.end_array().member("total", seen.total).end_object();
  return answer_json(std::move(body));
}

server::Answer cancel_request(const Gate& gate, const Call& call) {
  const std::string& id = call.path[1];
  if (!gate.office.flights.call_off(id))
    return answer_problem(404, "No request with this id is in flight; it may have ended already.", "not_found");
  std::string body;
  json::Writer(body).begin_object().member("id", id).end_object();
  return answer_json(std::move(body));
}

}  // namespace freeway::api::admin
