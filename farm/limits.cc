#include "farm/limits.h"

namespace freeway::farm {
namespace {

using Kind = WindowSpec::Kind;

WindowSpec minute_of(const LimitSpec& limits) {
  WindowSpec window;
  window.length = limits.pace.minute;
  return window;
}

WindowSpec day_of(const LimitSpec& limits) {
  WindowSpec window;
  window.period = Period::day;
  window.length = limits.pace.day;
  if (limits.calendar_day) window.kind = limits.pace.true_days() ? Kind::day : Kind::aligned;
  return window;
}

PoolSpec pool(const char* name, Unit unit, std::uint64_t limit, const WindowSpec& window) {
  PoolSpec spec;
  spec.name = name;
  spec.unit = unit;
  spec.limit = limit;
  spec.window = window;
  spec.charge = unit == Unit::tokens ? Charge::tokens : Charge::attempt;
  return spec;
}

}  // namespace

std::vector<PoolSpec> pools_of(const LimitSpec& limits) {
  if (!limits.any()) return {};
  return {pool("rpm", Unit::requests, limits.rpm, minute_of(limits)),
          pool("rpd", Unit::requests, limits.rpd, day_of(limits)), pool("tpm", Unit::tokens, limits.tpm, minute_of(limits)),
          pool("tpd", Unit::tokens, limits.tpd, day_of(limits)),
          pool("concurrency", Unit::concurrent, limits.concurrency, {})};
}

}  // namespace freeway::farm
