#include "router/clauses.h"

#include "base/duration.h"

namespace freeway::router {

Clause lacking(Missing missing) {
  switch (missing) {
    case Missing::tools: return {"no_tools", "it has no tools"};
    case Missing::vision: return {"no_vision", "it has no vision"};
    case Missing::json: return {"no_json", "it has no structured output"};
    case Missing::context: return {"context_too_small", "its context window is too small"};
    case Missing::output: return {"output_too_short", "its longest answer is too short"};
    case Missing::inputs: return {"fewer_inputs", "it takes fewer inputs at once"};
    case Missing::dimensions: return {"fewer_dimensions", "its vectors have fewer dimensions"};
    case Missing::token_input: return {"no_token_input", "it takes texts, no tokens"};
    case Missing::infill: return {"no_infill", "it can't fill in between a prompt and a suffix"};
    case Missing::image_data: return {"no_image_addresses", "it takes images as data, no addresses"};
    case Missing::none: break;
  }
  return {};
}

Clause benched(const Bench& bench, Instant now) {
  std::vector<Clause::Value> values = {{"scope", bench.scope}, {"reason", std::string(to_string(bench.reason))}};
  if (bench.probing) return {"probing", "{scope} failed ({reason}) and another request tries it", std::move(values)};
  if (bench.until == kNever)
    return {"benched_for_good", "{scope} is benched until its part of the configuration changes ({reason})",
            std::move(values)};
  values.push_back({"wait", format_duration(bench.until - now)});
  return {"benched", "{scope} is benched for {wait} ({reason})", std::move(values)};
}

Clause refused(const ledger::Refusal& refusal, Instant now) {
  std::vector<Clause::Value> values = {{"pool", std::string(refusal.pool)}, {"limit", std::to_string(refusal.limit)}};
  if (refusal.too_large)
    return {"too_large", "it needs more than the {limit} that {pool} allows at once", std::move(values)};
  values.push_back({"used", std::to_string(refusal.used)});
  if (refusal.concurrent)
    return {"quota_until_release", "{pool}: {used} of {limit} used, opens when a request ends", std::move(values)};
  if (refusal.until == kNever) return {"quota_for_good", "{pool}: {used} of {limit} used, for good", std::move(values)};
  values.push_back({"wait", format_duration(refusal.until - now)});
  return {"quota", "{pool}: {used} of {limit} used, frees in {wait}", std::move(values)};
}

}  // namespace freeway::router
