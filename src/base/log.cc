#include "base/log.h"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <memory>
#include <string>

namespace freeway::log {
namespace {

// Lines that may wait for a slow reader of standard error; then the oldest give way.
constexpr std::size_t kWaitingLines = 1024;

struct State {
  std::atomic<Level> level{Level::info};
  bool json = false;
  std::shared_ptr<spdlog::details::thread_pool> writer;
  std::shared_ptr<spdlog::logger> logger;

  State() { use(false); }
  ~State() { end(); }

  // Writes what waits and ends the writing thread; only then the logger goes, which waiting lines refer to.
  void end() {
    writer.reset();
    logger.reset();
  }

  void use(bool as_json) {
    end();
    json = as_json;
    auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
    writer = std::make_shared<spdlog::details::thread_pool>(kWaitingLines, 1);
    logger = std::make_shared<spdlog::async_logger>("freeway", std::move(sink), writer,
                                                    spdlog::async_overflow_policy::overrun_oldest);
    logger->set_level(spdlog::level::trace);
    logger->flush_on(spdlog::level::trace);
    if (as_json) {
      auto utc = spdlog::pattern_time_type::utc;
      logger->set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","message":"%v"})", utc);
    } else {
      logger->set_pattern("%H:%M:%S.%e %^%-7l%$ %v");
    }
  }
};

State& state() {
  static State instance;
  return instance;
}

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::debug: return spdlog::level::debug;
    case Level::info: return spdlog::level::info;
    case Level::warn: return spdlog::level::warn;
    case Level::error: return spdlog::level::err;
    case Level::off: return spdlog::level::off;
  }
  return spdlog::level::info;
}

// Keeps an event on one line and, for JSON, inside its string, whatever a peer put into the message.
std::string one_line(std::string_view message, bool json) {
  std::string out;
  out.reserve(message.size());
  for (char c : message) {
    auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      if (json && (c == '"' || c == '\\')) out.push_back('\\');
      out.push_back(c);
    }
  }
  return out;
}

}  // namespace

void configure(Level level, bool json) {
  state().level = level;
  state().use(json);
}

bool enabled(Level level) { return level != Level::off && level >= state().level.load(std::memory_order_relaxed); }

void write(Level level, std::string_view message) {
  State& log = state();
  if (!enabled(level)) return;
  std::string line = one_line(message, log.json);
  log.logger->log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace freeway::log
