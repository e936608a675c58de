// One answer from the web, whole, for commands and for threads that may wait.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "upstream/client.h"

namespace freeway::app {

// "https://…", "http://…"
bool is_address(std::string_view text);

struct FetchLimits {
  std::size_t bytes = 0;  // of the body, decoded
  Duration patience = std::chrono::seconds(60);
  const std::atomic<bool>* called_off = nullptr;  // looked at a few times a second; true: fails as cancelled
};

struct Fetched {
  int status = 0;
  std::string body;
};
// Any status is an answer. Blocks, on a loop of its own. `called`: what errors call it. Fails with too_large above the
// limit, timeout, or as the connection does.
Result<Fetched> call_now(upstream::Call call, const std::string& called, const Clock& clock, FetchLimits limits);

// A file at an address. A redirect is not followed, and any status but 200 is an error: not_found for 404, else protocol.
// Fails otherwise as call_now does.
Result<std::string> fetch_now(const std::string& address, const Clock& clock, FetchLimits limits);

}  // namespace freeway::app
