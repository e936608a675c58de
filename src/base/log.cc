#include "base/log.h"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "base/published.h"
#include "base/text.h"

namespace freeway::log {
namespace {

// Lines that may wait for a slow reader of standard error; then the oldest give way.
constexpr std::size_t kWaitingLines = 1024;

struct State {
  std::atomic<Level> level{Level::info};
  bool json = false;
  Published<SecretSet> secrets;
  std::shared_ptr<spdlog::details::thread_pool> writer;
  std::shared_ptr<spdlog::logger> logger;

  State() { use({}); }
  ~State() { end(); }

  // Writes what waits and ends the writing thread; only then the logger goes, which waiting lines refer to.
  void end() {
    writer.reset();
    logger.reset();
  }

  void use(const Options& options) {
    end();
    json = options.json;
    auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
    if (!options.colours || json) sink->set_color_mode(spdlog::color_mode::never);
    writer = std::make_shared<spdlog::details::thread_pool>(kWaitingLines, 1);
    logger = std::make_shared<spdlog::async_logger>("freeway", std::move(sink), writer,
                                                    spdlog::async_overflow_policy::overrun_oldest);
    logger->set_level(spdlog::level::trace);
    logger->flush_on(spdlog::level::trace);
    if (json) {
      logger->set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})", spdlog::pattern_time_type::utc);
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

constexpr std::uint32_t kInvalid = 0xfffd;

// The first character of the text, and how many bytes it takes; kInvalid and one byte where they are none.
std::pair<std::uint32_t, std::size_t> first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
  const std::uint32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return {kInvalid, 1};
  std::uint32_t code = lead & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return {kInvalid, 1};
    code = code << 6 | (byte(i) & 0x3fU);
  }
  constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < kLeast[size] || surrogate || code > 0x10ffff) return {kInvalid, 1};
  return {code, size};
}

// Controls move a terminal's cursor and colours; the others turn the order of what stands beside them.
bool has_power(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069);
}

// Keeps an event on one line and, for JSON, inside its string, whatever a peer put into the message.
void append_clean(std::string& out, std::string_view text, bool json) {
  while (!text.empty()) {
    const auto [code, size] = first_character(text);
    if (has_power(code)) {
      out += fmt::format("\\u{:04x}", code);
    } else if (code == kInvalid) {
      out += "\xef\xbf\xbd";
    } else {
      if (json && (code == '"' || code == '\\')) out.push_back('\\');
      out.append(text.substr(0, size));
    }
    text.remove_prefix(size);
  }
}

// What secrets must be taken out of.
void append_hidden(std::string& out, std::string_view text, const SecretSet* secrets, bool json) {
  if (secrets == nullptr || !secrets->found(text)) return append_clean(out, text, json);
  std::string redacted(text);
  secrets->redact(redacted);
  append_clean(out, redacted, json);
}

void put(Level level, std::string_view message, std::initializer_list<Field> fields) {
  State& log = state();
  const auto secrets = log.secrets.load();
  std::string line;
  if (log.json) line += R"("message":")";
  append_hidden(line, message, secrets.get(), log.json);
  if (log.json) line += '"';
  for (const Field& field : fields) {
    line += log.json ? fmt::format(R"(,"{}":")", field.name) : fmt::format(" {}=", field.name);
    append_hidden(line, field.value, secrets.get(), log.json);
    if (log.json) line += '"';
  }
  log.logger->log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace

std::optional<Level> parse_level(std::string_view text) {
  if (iequals(text, "debug")) return Level::debug;
  if (iequals(text, "info")) return Level::info;
  if (iequals(text, "warn") || iequals(text, "warning")) return Level::warn;
  if (iequals(text, "error")) return Level::error;
  if (iequals(text, "off")) return Level::off;
  return {};
}

void configure(const Options& options) {
  state().level = options.level;
  state().use(options);
}

void hide(std::shared_ptr<const SecretSet> secrets) { state().secrets.store(std::move(secrets)); }

bool enabled(Level level) { return level != Level::off && level >= state().level.load(std::memory_order_relaxed); }

void write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  if (enabled(level)) put(level, message, fields);
}

void announce(Level level, std::string_view message) { put(level, message, {}); }

}  // namespace freeway::log
