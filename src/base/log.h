// The log, for people on a terminal and as JSON lines otherwise; one line an event, never on the path of a request that
// went well. Callable on any thread and never waits: a thread of the log's own writes to standard error. If that cannot keep
// up, because nobody reads the other end of a pipe, the oldest lines that still wait are lost.
#pragma once

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace freeway::log {

enum class Level { debug, info, warn, error, off };

// Called once by `app` before any thread starts. `json`: one JSON object a line. Returns after what was logged before is
// written.
void configure(Level level, bool json);
bool enabled(Level level);
void write(Level level, std::string_view message);

template <class... Args>
void debug(fmt::format_string<Args...> text, Args&&... args) {
  if (enabled(Level::debug)) write(Level::debug, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void info(fmt::format_string<Args...> text, Args&&... args) {
  if (enabled(Level::info)) write(Level::info, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void warn(fmt::format_string<Args...> text, Args&&... args) {
  if (enabled(Level::warn)) write(Level::warn, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void error(fmt::format_string<Args...> text, Args&&... args) {
  if (enabled(Level::error)) write(Level::error, fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace freeway::log
