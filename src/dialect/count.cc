#include "dialect/count.h"

#include <algorithm>

#include "dialect/openai/members.h"
#include "dialect/openai/prompt.h"
#include "token/count.h"

namespace freeway::dialect {

namespace {

using chat::Kind;

// Several inputs, each of which must fit by itself.
class Inputs {
 public:
  explicit Inputs(token::Encoding encoding) : counter_(encoding) {}

  // `beside`: what goes with each input.
  void add(json::Value text, std::uint64_t beside = 0) { add_tokens(count(text) + beside); }
  void add_tokens(std::uint64_t tokens) {
    sum_.tokens += tokens;
    sum_.longest = std::max(sum_.longest, tokens);
  }
  std::uint64_t count(json::Value text) {
    std::uint64_t before = counter_.tokens();
    counter_.add(openai::text_of(text));
    return counter_.tokens() - before;
  }
  chat::PromptSize sum() const { return sum_; }

 private:
  token::Counter counter_;
  chat::PromptSize sum_;
};

// As decode_request reads it.
chat::PromptSize count_inputs(json::Value input, token::Encoding encoding) {
  Inputs inputs(encoding);
  if (!input.is(json::Type::array)) {
    inputs.add(input);
  } else if (input.first().is(json::Type::number)) {
    inputs.add_tokens(input.size());
  } else {
    for (json::Value one : input) {
      if (one.is(json::Type::array)) {
        inputs.add_tokens(one.size());
      } else if (one.is(json::Type::object)) {
        inputs.add(one["text"], 1);
      } else {
        inputs.add(one);
      }
    }
  }
  return inputs.sum();
}

chat::PromptSize count_documents(json::Value root, token::Encoding encoding) {
  Inputs inputs(encoding);
  std::uint64_t query = inputs.count(root["query"]);
  for (json::Value document : root["documents"])
    inputs.add(document.is(json::Type::object) ? document["text"] : document, query);
  return inputs.sum();
}

chat::PromptSize count(const chat::Request& request, token::Encoding encoding) {
  json::Value root = request.document.root();
  switch (request.kind) {
    case Kind::chat: return {openai::count_chat(root, encoding), 0};
    case Kind::embedding:
    case Kind::moderation: return count_inputs(root["input"], encoding);
    case Kind::rerank: return count_documents(root, encoding);
    case Kind::image: return {token::count(encoding, openai::text_of(root["prompt"])), 0};
    case Kind::speech: return {token::count(encoding, openai::text_of(root["input"])), 0};
    case Kind::transcription:
    case Kind::translation: break;
  }
  return {request.prompt_tokens, request.longest_tokens};
}

}  // namespace

chat::PromptSize count_prompt(const chat::Request& request, token::Encoding encoding) {
  auto& kept = request.counted[static_cast<std::size_t>(encoding)];
  if (!kept) kept = count(request, encoding);
  return *kept;
}

}  // namespace freeway::dialect
