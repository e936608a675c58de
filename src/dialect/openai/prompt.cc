#include "dialect/openai/prompt.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "dialect/openai/digest.h"
#include "dialect/openai/members.h"
#include "token/count.h"
#include "token/estimate.h"

namespace freeway::dialect::openai {

namespace {
constexpr std::uint64_t kMessageFrame = 4;
constexpr std::uint64_t kAnswerFrame = 3;
constexpr std::uint64_t kMediaPart = 1000;
constexpr std::size_t kMostAddresses = 128;  // more than anybody fetches

struct PlainMessage {
  json::Value role;
  json::Value content;  // absent where the message is not plain
};

PlainMessage plain_message(json::Value message) {
  if (!message.is(json::Type::object) || message.size() != 2) return {};
  json::Value role = message.first();
  json::Value content = role.next();
  if (!role.key_equals("role")) std::swap(role, content);
  if (!content.is(json::Type::string) || !role.key_equals("role") || !content.key_equals("content")) return {};
  bool usual = role.equals("user") || role.equals("assistant") || role.equals("system");
  return usual ? PlainMessage{role, content} : PlainMessage();
}

std::uint64_t tokens(json::Value value) {
  if (!value.is(json::Type::string)) return value.given() ? token::estimate(value.raw()) : 0;
  // \u4f60 spells one character in six bytes, which the estimate must not take for six.
  if (value.has_unicode_escapes()) return token::estimate(text_of(value));
  return token::estimate(value.escaped());
}

bool is_image(json::Value part) {
  json::Value type = part["type"];
  if (type.given()) return type.equals("image_url") || type.equals("input_image") || type.equals("image");
  return part["image_url"].given();
}

// What texts are added to: an estimate as cheap as can be.
struct Estimate {
  std::uint64_t sum = 0;

  void text(json::Value value) { sum += tokens(value); }
  void more(std::uint64_t amount) { sum += amount; }
};

// An exact count.
struct Count {
  token::Counter counter;

  void text(json::Value value) {
    if (!value.is(json::Type::string)) {
      if (value.given()) counter.add(value.raw());
    } else if (value.has_escapes()) {
      counter.add(text_of(value));
    } else {
      counter.add(value.escaped());
    }
  }
  void more(std::uint64_t amount) { counter.add_tokens(amount); }
};

template <class Sum>
void add_part(Sum& sum, json::Value part) {
  if (!part.is(json::Type::object)) return sum.text(part);
  if (part["text"].is(json::Type::string)) return sum.text(part["text"]);
  json::Value type = part["type"];
  if (is_image(part) || type.equals("input_audio") || type.equals("file") || type.equals("input_file"))
    return sum.more(kMediaPart);
  sum.text(part);
}

template <class Sum>
void add_call(Sum& sum, json::Value function) {
  sum.more(kMessageFrame);
  sum.text(function["name"]);
  sum.text(function["arguments"]);
}

template <class Sum>
void add_message(Sum& sum, json::Value message) {
  json::Value content = message["content"];
  if (content.is(json::Type::array)) {
    for (json::Value part : content) add_part(sum, part);
  } else {
    sum.text(content);
  }
  sum.text(message["name"]);
  sum.text(message["reasoning_content"]);
  json::Value calls = message["tool_calls"];
  if (calls.is(json::Type::array)) {
    for (json::Value call : calls) add_call(sum, call["function"]);
  }
  if (message["function_call"].is(json::Type::object)) add_call(sum, message["function_call"]);
}

void digest_text(Digest& digest, json::Value value) {
  if (!value.is(json::Type::string)) {
    digest.add(value.given() ? value.raw() : std::string_view());
  } else if (!value.has_escapes()) {
    digest.add(value.escaped());
  } else {
    digest.add(text_of(value));
  }
}

void digest_call(Digest& digest, json::Value function) {
  digest_text(digest, function["name"]);
  digest_text(digest, function["arguments"]);
}

void digest_message(Digest& digest, json::Value message) {
  json::Value content = message["content"];
  if (content.is(json::Type::array)) {
    for (json::Value part : content) digest_text(digest, part["text"].is(json::Type::string) ? part["text"] : part);
  } else {
    digest_text(digest, content);
  }
  if (message["tool_calls"].is(json::Type::array)) {
    for (json::Value call : message["tool_calls"]) digest_call(digest, call["function"]);
  }
  if (message["function_call"].is(json::Type::object)) digest_call(digest, message["function_call"]);
}

void read_address(json::Value part, std::uint64_t message, std::uint64_t place, Prompt& prompt) {
  json::Value image = part["image_url"];
  json::Value url = image.is(json::Type::string) ? image : image["url"];
  if (!url.is(json::Type::string)) return;
  bool web = istarts_with(url.escaped(), "http:") || istarts_with(url.escaped(), "https:");
  if (!web) return;
  std::string address = text_of(url);
  auto same = [&address](const chat::ImageAddress& one) { return one.address == address; };
  auto known = std::find_if(prompt.image_addresses.begin(), prompt.image_addresses.end(), same);
  if (known != prompt.image_addresses.end()) {
    ++known->mentions;
    return;
  }
  if (prompt.image_addresses.size() == kMostAddresses) return;
  prompt.image_addresses.push_back({std::move(address), fmt::format("messages[{}].content[{}]", message, place)});
}

void read_images(json::Value message, std::uint64_t position, Prompt& prompt) {
  json::Value content = message["content"];
  if (!content.is(json::Type::array)) return;
  std::uint64_t place = 0;
  for (json::Value part : content) {
    if (is_image(part)) {
      prompt.holds_image = true;
      read_address(part, position, place, prompt);
    }
    ++place;
  }
}

bool holds_tool_use(json::Value message, json::Value role) {
  return message["tool_calls"].size() > 0 || message["function_call"].is(json::Type::object) || role.equals("tool") ||
         role.equals("function");
}
}  // namespace

json::Value plain_text(json::Value message) { return plain_message(message).content; }

Prompt read_prompt(json::Value messages) {
  Prompt prompt;
  prompt.tokens = kAnswerFrame;
  Digest opening;
  std::uint64_t position = 0;
  for (json::Value message : messages) {
    PlainMessage plain = plain_message(message);
    json::Value role = plain.content ? plain.role : message["role"];
    bool opens = !prompt.opening;
    if (opens) digest_text(opening, role);
    prompt.tokens += kMessageFrame;
    if (plain.content) {
      prompt.tokens += tokens(plain.content);
      if (opens) digest_text(opening, plain.content);
    } else {
      Estimate estimate;
      add_message(estimate, message);
      prompt.tokens += estimate.sum;
      read_images(message, position, prompt);
      prompt.holds_tool_use = prompt.holds_tool_use || holds_tool_use(message, role);
      if (opens) digest_message(opening, message);
    }
    if (opens && role.equals("assistant")) prompt.opening = opening.hex();
    ++position;
  }
  return prompt;
}

std::uint64_t estimate_json(json::Value value) { return tokens(value); }

std::uint64_t count_chat(json::Value root, token::Encoding encoding) {
  Count count{token::Counter(encoding)};
  count.more(kAnswerFrame);
  for (json::Value message : root["messages"]) {
    count.more(kMessageFrame);
    add_message(count, message);
  }
  count.text(root["response_format"]["json_schema"]);
  for (json::Value list : {root["tools"], root["functions"]})
    if (list.size() > 0) count.text(list);
  return count.counter.tokens();
}

std::uint64_t count_texts(json::Value messages, token::Encoding encoding) {
  Count count{token::Counter(encoding)};
  for (json::Value message : messages) {
    json::Value content = message["content"];
    if (content.is(json::Type::string)) count.text(content);
    for (json::Value part : content)
      if (part["text"].is(json::Type::string)) count.text(part["text"]);
  }
  return count.counter.tokens();
}

std::uint64_t count_answer(json::Value choices, token::Encoding encoding) {
  Count count{token::Counter(encoding)};
  for (json::Value choice : choices) {
    json::Value message = choice["message"];
    add_message(count, message);
    if (message["reasoning"].is(json::Type::string)) count.text(message["reasoning"]);
  }
  return count.counter.tokens();
}

}  // namespace freeway::dialect::openai
