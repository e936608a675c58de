// Requests: the outcome does not depend on how the bytes were cut, and Beast reads what we accept as the same message.
#include "http/replay.h"
#include "http_oracle.h"

using namespace freeway;

namespace {

void compare_cuts(std::string_view input, http::ParserLimits limits, std::size_t odd) {
  const std::string whole = http::replay::requests(input, http::replay::whole(), limits);
  const std::string bytes = http::replay::requests(input, http::replay::pieces_of(1), limits);
  fuzz::require(whole == bytes, "cut into bytes", whole, bytes);
  const std::string pieces = http::replay::requests(input, http::replay::pieces_of(odd), limits);
  fuzz::require(whole == pieces, "cut into pieces", whole, pieces);
}

void ask_oracle(std::string_view input) {
  http::RequestParser parser;
  std::string body;
  std::size_t at = 0;
  http::Parsed fed;
  while (!fed.complete && at < input.size()) {
    auto step = parser.feed(input.substr(at), body);
    if (!step) return;
    fed = *step;
    at += fed.consumed;
  }
  if (!fed.complete) return;
  const std::string ours = http::replay::describe(parser.head()) + "{" + body + "}\n";

  // Beast knows nothing of empty lines before a request.
  std::string_view rest = input.substr(0, at);
  while (rest.starts_with("\r\n")) rest.remove_prefix(2);
  fuzz::Oracle<true> oracle;
  boost::beast::error_code error;
  while (!error && !oracle.is_done() && !rest.empty()) rest.remove_prefix(oracle.put({rest.data(), rest.size()}, error));
  if (oracle.is_pickier(error)) return;
  fuzz::require(!error, "only ours accepts", ours, error.message());
  fuzz::require(oracle.is_done() && rest.empty(), "the message ends elsewhere", ours, oracle.record());
  fuzz::require(ours == oracle.record(), "read differently", ours, oracle.record());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t odd = 2 + size % 13;
  compare_cuts(input, {}, odd);
  compare_cuts(input, {.head_bytes = 80, .field_count = 3, .body_bytes = 16}, odd);
  ask_oracle(input);
  return 0;
}
