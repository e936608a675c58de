#include "dialect/openai/pairing.h"

#include <algorithm>

#include "dialect/openai/digest.h"
#include "dialect/openai/members.h"

namespace freeway::dialect::openai {

namespace {
// The first call that still lacks an answer and that `fits`.
template <class Fits>
PastCall* open_call(Exchange& exchange, Fits fits) {
  auto at = std::find_if(exchange.calls.begin(), exchange.calls.end(),
                         [&](const PastCall& call) { return !call.answered && fits(call); });
  return at == exchange.calls.end() ? nullptr : &*at;
}

// A result whose id no call has: it must belong to a call without one.
void pair_stray(Exchange& exchange, PastResult& result) {
  PastCall* call = open_call(exchange, [](const PastCall& c) { return c.id.empty(); });
  if (call == nullptr) return;
  call->id = result.id;
  call->answered = true;
}

void pair_nameless(Exchange& exchange, PastResult& result, std::uint64_t position) {
  std::string name = text_of(result.message["name"]);
  PastCall* call = nullptr;
  if (!name.empty()) call = open_call(exchange, [&](const PastCall& c) { return c.function["name"].equals(name); });
  if (call == nullptr) call = open_call(exchange, [](const PastCall&) { return true; });
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
  std::vector<PastResult*> strays;
  for (PastResult& result : exchange.results) {
    if (result.id.empty()) continue;
    PastCall* call = open_call(exchange, [&](const PastCall& c) { return c.id == result.id; });
    if (call != nullptr) {
      call->answered = true;
    } else {
      strays.push_back(&result);
    }
  }
  for (PastResult* stray : strays) pair_stray(exchange, *stray);
  for (PastResult& result : exchange.results) {
    if (result.id.empty()) pair_nameless(exchange, result, position);
  }
  std::uint64_t at = 0;
  for (PastCall& call : exchange.calls) {
    if (call.id.empty()) call.id = mint_call_id(Digest().add(position).add(at).add(call.function.raw()));
    ++at;
  }
}

}  // namespace freeway::dialect::openai
