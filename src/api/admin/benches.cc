#include <algorithm>

#include "api/admin/nouns.h"
#include "json/document.h"

namespace freeway::api::admin {

server::Answer get_benches(const Gate& gate, const Call& call) {
  auto benches = gate.services.benches.all(call.now);
  std::sort(benches.begin(), benches.end(), [](const auto& a, const auto& b) { return a.scope < b.scope; });
  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("benches").begin_array();
  for (const auto& bench : benches) {
    writer.begin_object().member("scope", bench.scope).member("reason", router::to_string(bench.reason));
    writer.key("until");
    write_until(writer, call, bench.until);
    writer.key("remaining_s");
    if (bench.until == kNever) {
      writer.null();
    } else {
      writer.number(std::chrono::duration<double>(std::max(bench.until - call.now, Duration::zero())).count());
    }
    write_text(writer, "evidence", bench.evidence);
    writer.end_object();
  }
  writer.end_array().end_object();
  return answer_json(std::move(body));
}

server::Answer lift_benches(const Gate& gate, const Call& call) {
  std::string scope;
  if (!call.body.empty()) {
    auto document = json::Document::parse(call.body);
    if (!document) return answer_error(document.error());
    scope = document->root()["scope"].string().value_or("");
  }
  std::size_t lifted = gate.services.benches.lift(scope, call.now);
  gate.services.waiting_room.opened();
  std::string body;
  json::Writer writer(body);
  writer.begin_object().member("lifted", lifted).end_object();
  return answer_json(std::move(body));
}

}  // namespace freeway::api::admin
