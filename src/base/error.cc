#include "base/error.h"

namespace freeway {

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid: return "invalid";
    case ErrorKind::malformed: return "malformed";
    case ErrorKind::too_large: return "too_large";
    case ErrorKind::unsupported: return "unsupported";
    case ErrorKind::not_found: return "not_found";
    case ErrorKind::denied: return "denied";
    case ErrorKind::refused: return "refused";
    case ErrorKind::unreachable: return "unreachable";
    case ErrorKind::tls: return "tls";
    case ErrorKind::proxy: return "proxy";
    case ErrorKind::timeout: return "timeout";
    case ErrorKind::closed: return "closed";
    case ErrorKind::protocol: return "protocol";
    case ErrorKind::cancelled: return "cancelled";
    case ErrorKind::exhausted: return "exhausted";
    case ErrorKind::io: return "io";
  }
  return "unknown";
}

}  // namespace freeway
