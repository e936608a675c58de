// One request to the admin API, what it may look at, and how it is answered. Runs on a worker's thread, so it may block.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/admin/caller.h"
#include "api/gate.h"
#include "base/clause.h"
#include "base/error.h"
#include "json/writer.h"
#include "server/reply.h"

namespace freeway::api::admin {

// The query's parameters, decoded; of several with one name the last.
using Parameters = std::map<std::string, std::string, std::less<>>;
Parameters read_query(std::string_view query);

struct Call {
  std::shared_ptr<const Settings> settings;
  std::string method;
  std::vector<std::string> path;  // behind /admin/api/, decoded: {"keys", "12", "check"}
  Parameters parameters;
  http::Fields fields;
  std::string body;
  std::string request_id;
  Caller caller;
  bool from_owner = false;  // over the Unix socket
  Instant now{};            // of arrival
  WallTime wall{};

  std::string_view parameter(std::string_view name) const;  // "" if it is not there
};

// {"error":{"message","type","param","code"}}, as on the OpenAI surface.
server::Answer answer_problem(int status, std::string_view message, std::string_view code, std::string_view param = {});
server::Answer answer_error(const Error& error);
server::Answer answer_json(std::string body, int status = 200);
// May secrets be shown? To the owner on the Unix socket, and to a login whose password was confirmed lately.
bool may_reveal(const Call& call);
server::Answer refuse_reveal(const Call& call);
// The call's parameter is not what it may be.
server::Answer answer_parameter(std::string_view name, std::string_view expected);

// "2026-01-31T08:49:37.123Z"
std::string spell(WallTime time);
// The calendar's moment of an instant, as seen from the call; null for kNever.
void write_until(json::Writer& writer, const Call& call, Instant until);
void write_time(json::Writer& writer, std::string_view key, const std::optional<WallTime>& time);
// "" becomes null.
void write_text(json::Writer& writer, std::string_view key, std::string_view text);
// As three members: its English text, and beside that `key`_code and `key`_values, for who says it in another language.
void write_clause(json::Writer& writer, std::string_view key, const Clause& clause);
// The members "text", "code" and "values" of an object that has begun.
void write_clause(json::Writer& writer, const Clause& clause);
// What is not known becomes null.
void write_flag(json::Writer& writer, std::string_view key, const std::optional<bool>& flag);
void write_number(json::Writer& writer, std::string_view key, const std::optional<std::uint64_t>& number);
void write_list(json::Writer& writer, std::string_view key, const std::vector<std::string>& texts);
// Whole milliseconds.
void write_ms(json::Writer& writer, std::string_view key, Duration duration);

// "1".."1000"; nothing if the text is no such number.
std::optional<std::uint64_t> read_number(std::string_view text, std::uint64_t most);

}  // namespace freeway::api::admin
