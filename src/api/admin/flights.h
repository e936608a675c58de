// Requests in flight, as the admin API and its events tell of them.
#pragma once

#include <string>

#include "api/flights.h"
#include "json/writer.h"

namespace freeway::api::admin {

// One row of GET requests/live, as JSON.
std::string flight_data(const FlightRow& row);
void write_flight(json::Writer& writer, const FlightRow& row);
// One attempt of a request.
void write_attempt(json::Writer& writer, const store::AttemptRecord& attempt);

}  // namespace freeway::api::admin
