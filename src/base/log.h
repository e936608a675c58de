// The log, for people on a terminal and as JSON lines otherwise; one line an event, never on the path of a request that
// went well. Callable on any thread and never waits: a thread of the log's own writes to standard error. If that cannot keep
// up, because nobody reads the other end of a pipe, the oldest lines that still wait are lost.
#pragma once

#include <fmt/format.h>

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/secret_set.h"

namespace freeway::log {

enum class Level { debug, info, warn, error, off };

// "debug", "info", "warn" (or "warning"), "error", "off" in any case; nothing for anything else.
std::optional<Level> parse_level(std::string_view text);

struct Options {
  Level level = Level::info;
  // One JSON object a line: time (RFC 3339, UTC), level, message, and the event's fields; all strings.
  bool json = false;
  // On a terminal; nothing else ever gets colours.
  bool colours = true;
};
// Called once by `app` before any thread starts. Returns after what was logged before is written.
void configure(const Options& options);
inline void configure(Level level, bool json) { configure(Options{level, json, true}); }
// From now on none of these values is written, whoever logs it. Thread-safe; null: nothing is hidden.
void hide(std::shared_ptr<const SecretSet> secrets);
bool enabled(Level level);
// What an event is about, for programs that read the log; for people, "name=value" behind the message.
struct Field {
  std::string_view name;  // one of ours, in snake_case
  std::string value;
};
// Whatever the text holds, it stays one line, valid UTF-8, and without power over a terminal.
void write(Level level, std::string_view message, std::initializer_list<Field> fields = {});
// Also where the log's level would hide it: for what must be said to whoever starts the program.
void announce(Level level, std::string_view message);

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
