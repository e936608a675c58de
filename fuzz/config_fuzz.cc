// Configuration: any text gives either a configuration that makes a catalog, or a mistake; never both, never a crash. What
// follows a zero byte is the value of every environment variable and the content of every file.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "app/config.h"

using namespace freeway;

namespace {

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

void check(const app::Loaded& loaded) {
  bool failed = false;
  for (const app::Mistake& mistake : loaded.mistakes) {
    failed = failed || !mistake.warning;
    require(!mistake.message.empty() && !mistake.file.empty(), "a mistake says what and where");
    require(mistake.line >= 0 && mistake.column >= 0, "places are not negative");
  }
  require(loaded.config.has_value() != failed, "a configuration, or a mistake");
  for (unsigned char c : app::describe(loaded.mistakes)) require(c == '\n' || (c >= ' ' && c != 0x7f), "printable");
  if (!loaded.config) return;
  require(catalog::Catalog::build(loaded.config->providers).has_value(), "a good configuration makes a catalog");
  for (const catalog::Provider& provider : loaded.config->providers) {
    require(!provider.keys.empty(), "a provider has a key, if only the empty one");
    for (const catalog::PoolSpec& pool : provider.pools) require(pool.limit > 0, "limits are positive");
  }
  require(loaded.config->relay.max_attempts > 0 && loaded.config->relay.deadline > Duration::zero(), "requests are tried");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  std::size_t zero = input.find('\0');
  std::optional<std::string> elsewhere;
  if (zero != std::string_view::npos) elsewhere = std::string(input.substr(zero + 1));
  app::Outside outside;
  outside.variable = [&](const std::string&) { return elsewhere; };
  outside.read_file = [&](const std::string&) -> Result<std::string> {
    if (elsewhere) return *elsewhere;
    return fail(ErrorKind::not_found, "can't read");
  };
  check(app::load_config_text(input.substr(0, zero), "fuzz.toml", outside));
  return 0;
}
