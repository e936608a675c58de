// How to find out whether a key is good, as data. Who asks is not this room's business; a public list of models proves
// nothing and is no probe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace freeway::catalog {

// "401", or "400 API_KEY_INVALID": the status, and text that the body must hold (ASCII case is ignored).
struct ProbeSign {
  int status = 0;
  std::string text;
  static Result<ProbeSign> parse(std::string_view text);
};

// How a key is shown.
struct Auth {
  enum class Way : std::uint8_t { bearer, header, query };
  Way way = Way::bearer;
  std::string name;  // of the header or the query parameter
};

struct Probe {
  std::string method = "GET";
  std::string base;                // empty: the provider's base address; may hold {account_id}
  std::vector<std::string> paths;  // asked in this order until one says valid
  std::optional<Auth> auth;        // unset: the provider's own
  std::string model;               // not empty: it is a chat of one token with this model, and uses the allowance
  std::vector<ProbeSign> valid, invalid, inconclusive;
};

enum class ProbeResult : std::uint8_t { valid, invalid, inconclusive };
// Signs with a text go before those without; what no sign names is inconclusive.
ProbeResult judge(const Probe& probe, int status, std::string_view body);

}  // namespace freeway::catalog
