#include "farm/wire.h"

#include <array>

#include "base/text.h"

namespace freeway::farm {

std::optional<std::string> Wire::key(const http::RequestHead& head) const {
  if (const auto value = head.fields.find("authorization"); value && istarts_with(*value, "bearer ")) {
    return std::string(trim(value->substr(7)));
  }
  return std::nullopt;
}

const Wire* wire_named(std::string_view name) {
  for (const auto* wire : {&openai_wire(), &gemini_wire(), &cohere_wire(), &ollama_wire(), &aihorde_wire()}) {
    if (wire->name() == name) return wire;
  }
  return nullptr;
}

Call call_at(std::string_view method, std::string_view path, std::string_view chat, std::string_view list) {
  if (path == chat) return method == "POST" ? Call::chat : Call::wrong_method;
  if (path == list) return method == "GET" ? Call::list : Call::wrong_method;
  return Call::nothing;
}

Route job_at(std::string_view method, const Endpoint* endpoint) {
  Route route;
  route.call = endpoint == nullptr ? Call::nothing : method == "POST" ? Call::job : Call::wrong_method;
  route.endpoint = endpoint;
  return route;
}

std::string query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const auto equals = std::min(pair.find('='), pair.size());
    if (pair.substr(0, equals) == name) return percent_decode(pair.substr(std::min(equals + 1, pair.size())));
  }
  return {};
}

void write_extra(std::string& out, const Answer& answer) {
  if (!answer.spec->extra.empty()) out.append(",").append(answer.spec->extra);
}

bool is_object(std::string_view arguments) {
  const auto document = json::Document::parse(arguments);
  return document && document->root().is(json::Type::object);
}

}  // namespace freeway::farm
