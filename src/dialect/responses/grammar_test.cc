// Random answers in random pieces, held to the protocol's grammar.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "dialect/responses/responses_test.h"

namespace freeway::dialect::responses {
namespace {

using testing::call_begin;
using testing::call_delta;
using testing::chunk;
using testing::Client;
using testing::context;
using testing::decode;
using testing::kCalls;
using testing::piece;
using testing::tell;

// Whatever a model does, and however a provider cuts it.
class Answer {
 public:
  explicit Answer(SeededRandom& random) : random_(random) {
    steps_ = 1 + below(12);
    for (std::size_t i = 0; i < steps_; ++i) step();
  }

  const std::vector<std::string>& chunks() const { return chunks_; }
  std::string reasoning, text, refusal;
  std::map<int, std::string> arguments;  // by call
  std::map<int, std::string> names;

 private:
  std::size_t below(std::size_t bound) { return random_.next() % bound; }
  std::string word() {
    static constexpr std::string_view kWords[] = {"a", "\"", "\\", "\n", "{", "ä", "€", "😀", " ", "\\u00e9", "word"};
    std::string made;
    for (std::size_t i = 0, count = 1 + below(4); i < count; ++i) made += kWords[below(std::size(kWords))];
    return made;
  }
  void give(std::string_view name, std::string& all) {
    std::string said = word();
    all += said;
    chunks_.push_back(chunk(fmt::format(R"({{"{}":{}}})", name, json::quote(said))));
  }
  void step() {
    switch (below(6)) {
      case 0: return give("reasoning_content", reasoning);
      case 1:
      case 2: return give("content", text);
      case 3: return give("refusal", refusal);
      case 4: {
        int index = static_cast<int>(names.size());
        names[index] = below(2) ? "patch" : "f";
        arguments[index] = names[index] == "patch" ? word() : R"({"a":)" + json::quote(word()) + "}";
        rest_[index] = names[index] == "patch" ? R"({"input":)" + json::quote(arguments[index]) + "}" : arguments[index];
        chunks_.push_back(chunk(call_begin(index, names[index])));
        return;
      }
      default: return go_on();
    }
  }
  // A piece of any call's arguments, but never half a character: a chunk is a document of its own.
  void go_on() {
    if (rest_.empty()) return;
    auto at = std::next(rest_.begin(), static_cast<std::ptrdiff_t>(below(rest_.size())));
    std::size_t size = std::min(at->second.size(), 1 + below(6));
    while (size < at->second.size() && (static_cast<unsigned char>(at->second[size]) & 0xC0) == 0x80) ++size;
    chunks_.push_back(chunk(call_delta(at->first, "", at->second.substr(0, size))));
    at->second.erase(0, size);
    if (at->second.empty()) rest_.erase(at);
  }

 public:
  void end() {
    while (!rest_.empty()) go_on();
    chunks_.push_back(chunk("{}", names.empty() ? "stop" : "tool_calls"));
  }

 private:
  SeededRandom& random_;
  std::size_t steps_ = 0;
  std::vector<std::string> chunks_;
  std::map<int, std::string> rest_;
};

TEST(Responses, KeepToTheGrammarWhateverComes) {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    Answer answer(random);
    answer.end();
    auto client = tell(kCalls, answer.chunks());
    std::map<std::string, std::string> texts;
    std::size_t calls = 0;
    for (const auto& item : client.items) {
      if (item.type == "function_call" || item.type == "custom_tool_call") {
        int index = static_cast<int>(calls++);
        EXPECT_EQ(item.type == "custom_tool_call", answer.names[index] == "patch");
        EXPECT_EQ(item.text, answer.arguments[index]);
      }
      if (item.type == "reasoning") texts["reasoning"] += item.text;
      if (item.type == "message") texts["message"] += item.text;
    }
    EXPECT_EQ(calls, answer.names.size());
    EXPECT_EQ(texts["reasoning"], answer.reasoning);
    EXPECT_EQ(texts["message"].size(), answer.text.size() + answer.refusal.size());
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(Responses, KeepToTheGrammarWhereverTheyBreak) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    Answer answer(random);
    Asked asked = decode(std::string(kCalls), context());
    auto writer = asked.surface->stream(*asked.request);
    std::string out;
    for (const auto& one : answer.chunks()) writer->write(out, piece(one));
    writer->fail(out, {.status = 502, .message = "m", .type = "t", .param = "", .code = "", .request_id = ""});
    Client client;
    client.read(out);
    EXPECT_EQ(client.types.back(), answer.chunks().empty() ? "error" : "response.failed");
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace freeway::dialect::responses
