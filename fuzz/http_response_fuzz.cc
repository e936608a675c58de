// Answers: the outcome does not depend on how the bytes were cut, and Beast reads what we accept as the same message.
#include "http/replay.h"
#include "http_oracle.h"

using namespace freeway;

namespace {

void compare_cuts(std::string_view input, http::ParserLimits limits, std::size_t odd) {
  const std::string whole = http::replay::responses(input, http::replay::whole(), limits);
  const std::string bytes = http::replay::responses(input, http::replay::pieces_of(1), limits);
  fuzz::require(whole == bytes, "cut into bytes", whole, bytes);
  const std::string pieces = http::replay::responses(input, http::replay::pieces_of(odd), limits);
  fuzz::require(whole == pieces, "cut into pieces", whole, pieces);
}

// Beast's reading of one answer and of the interim ones before it; "" where it may differ, as on status lines without a
// phrase.
std::string ask_oracle(std::string_view rest, const std::string& ours) {
  while (true) {
    fuzz::Oracle<false> oracle;
    boost::beast::error_code error;
    while (!error && !oracle.is_done() && !rest.empty()) rest.remove_prefix(oracle.put({rest.data(), rest.size()}, error));
    if (oracle.is_pickier(error) || error == boost::beast::http::error::bad_status) return "";
    fuzz::require(!error, "only ours accepts", ours, error.message());
    if (oracle.is_done() && oracle.status / 100 == 1) continue;
    if (!oracle.is_done()) oracle.put_eof(error);
    fuzz::require(!error && rest.empty(), "the message ends elsewhere", ours, oracle.record());
    return oracle.record();
  }
}

void compare_with_oracle(std::string_view input) {
  http::ResponseParser parser;
  std::string body;
  std::size_t at = 0;
  http::Parsed fed;
  while (!fed.complete && at < input.size()) {
    auto step = parser.feed(input.substr(at), body);
    if (!step) return;
    fed = *step;
    at += fed.consumed;
  }
  if (!parser.finish()) return;
  const std::string ours = http::replay::describe(parser.head()) + "{" + body + "}\n";
  const std::string theirs = ask_oracle(input.substr(0, at), ours);
  fuzz::require(theirs.empty() || ours == theirs, "read differently", ours, theirs);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t odd = 2 + size % 13;
  compare_cuts(input, {}, odd);
  compare_cuts(input, {.head_bytes = 80, .field_count = 3, .body_bytes = 16}, odd);
  compare_with_oracle(input);
  return 0;
}
