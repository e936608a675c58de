#include "chat/reason.h"

namespace freeway::chat {

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::rate_limited: return "rate_limited";
    case Reason::quota_exhausted: return "quota_exhausted";
    case Reason::overloaded: return "overloaded";
    case Reason::server_error: return "server_error";
    case Reason::invalid_key: return "invalid_key";
    case Reason::billing: return "billing";
    case Reason::forbidden: return "forbidden";
    case Reason::not_entitled: return "not_entitled";
    case Reason::not_found: return "not_found";
    case Reason::bad_request: return "bad_request";
    case Reason::too_large: return "too_large";
    case Reason::blocked_content: return "blocked_content";
    case Reason::timeout: return "timeout";
    case Reason::unreachable: return "unreachable";
    case Reason::proxy: return "proxy";
    case Reason::bad_answer: return "bad_answer";
    case Reason::schema_violation: return "schema_violation";
    case Reason::hedged: return "hedged";
  }
  return "unknown";
}

std::optional<Reason> reason_named(std::string_view name) {
  for (std::size_t i = 0; i < kReasons; ++i)
    if (to_string(static_cast<Reason>(i)) == name) return static_cast<Reason>(i);
  return std::nullopt;
}

}  // namespace freeway::chat
