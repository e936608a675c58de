#include "dialect/openai/pairing.h"

#include <string>
#include <unordered_map>
#include <vector>

#include "dialect/openai/digest.h"
#include "dialect/openai/members.h"

namespace freeway::dialect::openai {

namespace {
// The calls that still lack an answer, in their order, found without looking at all of them.
class OpenCalls {
 public:
  explicit OpenCalls(Exchange& exchange) : calls_(exchange.calls) {
    for (std::size_t at = calls_.size(); at-- > 0;) {
      if (calls_[at].id.empty()) {
        nameless_.push_back(at);
      } else {
        by_id_[calls_[at].id].push_back(at);
      }
      by_name_[text_of(calls_[at].function["name"])].push_back(at);
    }
  }
  PastCall* of(const std::string& id) {
    auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : take(found->second);
  }
  PastCall* without_id() { return take(nameless_); }
  PastCall* called(const std::string& name) {
    auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : take(found->second);
  }
  PastCall* first() {
    while (next_ < calls_.size() && calls_[next_].answered) ++next_;
    return next_ < calls_.size() ? &calls_[next_] : nullptr;
  }

 private:
  using Places = std::vector<std::size_t>;  // the first one last
  PastCall* take(Places& places) {
    while (!places.empty() && calls_[places.back()].answered) places.pop_back();
    return places.empty() ? nullptr : &calls_[places.back()];
  }

  std::vector<PastCall>& calls_;
  std::size_t next_ = 0;
  Places nameless_;
  std::unordered_map<std::string, Places> by_id_, by_name_;
};

// A result whose id no call has: it must belong to a call without one.
void pair_stray(OpenCalls& open, PastResult& result) {
  PastCall* call = open.without_id();
  if (call == nullptr) return;
  call->id = result.id;
  call->answered = true;
}

void pair_nameless(OpenCalls& open, Exchange& exchange, PastResult& result, std::uint64_t position) {
  std::string name = text_of(result.message["name"]);
  PastCall* call = nullptr;
  if (!name.empty()) call = open.called(name);
  if (call == nullptr) call = open.first();
  if (call == nullptr) return;
  if (call->id.empty()) {
    Digest digest;
    digest.add(position).add(static_cast<std::uint64_t>(call - exchange.calls.data())).add(call->function.raw());
    call->id = mint_call_id(digest);
  }
  result.id = call->id;
  call->answered = true;
}
}  // namespace

bool is_result(json::Value message) { return message["role"].equals("tool") || message["role"].equals("function"); }

std::vector<PastCall> calls_of(json::Value message) {
  std::vector<PastCall> calls;
  if (!message["role"].equals("assistant")) return calls;
  json::Value list = message["tool_calls"];
  for (json::Value call : list) {
    if (call.is(json::Type::object)) calls.push_back({call, call["function"], false, text_of(call["id"]), false});
  }
  json::Value old = message["function_call"];
  if (calls.empty() && old.is(json::Type::object)) calls.push_back({old, old, true, "", false});
  return calls;
}

PastResult result_of(json::Value message) {
  return {message, message["role"].equals("function"), text_of(message["tool_call_id"])};
}

void pair(Exchange& exchange, std::uint64_t position) {
  OpenCalls open(exchange);
  std::vector<PastResult*> strays;
  for (PastResult& result : exchange.results) {
    if (result.id.empty()) continue;
    PastCall* call = open.of(result.id);
    if (call != nullptr) {
      call->answered = true;
    } else {
      strays.push_back(&result);
    }
  }
  for (PastResult* stray : strays) pair_stray(open, *stray);
  for (PastResult& result : exchange.results) {
    if (result.id.empty()) pair_nameless(open, exchange, result, position);
  }
  std::uint64_t at = 0;
  for (PastCall& call : exchange.calls) {
    if (call.id.empty()) call.id = mint_call_id(Digest().add(position).add(at).add(call.function.raw()));
    ++at;
  }
}

}  // namespace freeway::dialect::openai
