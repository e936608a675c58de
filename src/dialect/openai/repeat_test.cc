#include "dialect/openai/repeat.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "dialect/openai/openai_test.h"

namespace freeway::dialect::openai {
namespace {

TEST(Repeat, TakesOnlyTheSameChunkWithAnotherPlainText) {
  Repeat repeat;
  std::string first = R"({"a":1,"content":"one","b":2})";
  EXPECT_FALSE(repeat.text_of(first)) << "nothing was learned yet";
  repeat.learn(first, std::string_view(first).substr(17, 5));
  EXPECT_EQ(repeat.text_of(R"({"a":1,"content":"two \n \"x\"","b":2})"), R"(two \n \"x\")");
  for (std::string other :
       {R"({"a":1,"content":"","b":2})", R"({"a":2,"content":"two","b":2})", R"({"a":1,"content":"two","b":3})",
        R"({"a":1,"content":"x","content":"y","b":2})", R"({"a":1,"content":"\u0041","b":2})",
        R"({"a":1,"content":"\","b":2})", R"({"a":1,"content":"\x","b":2})", R"({"a":1,"content":"é","b":2})",
        R"({"a":1,"content","b":2})", R"({"a":1,"content":null,"b":2})"})
    EXPECT_FALSE(repeat.text_of(other)) << other;
  EXPECT_FALSE(repeat.text_of("{\"a\":1,\"content\":\"two\nlines\",\"b\":2}"));
}

std::string chunk(int created, std::string_view members, std::string_view text, std::string_view end) {
  return "data: {\"id\":\"a\",\"model\":\"w\",\"created\":" + std::to_string(created) +
         ",\"choices\":[{\"index\":0,\"delta\":{" + std::string(members) + ":\"" + std::string(text) +
         "\"},\"finish_reason\":" + std::string(end) + "}]}\n\n";
}

// What a reader gives out, with the numbers that tell the two streams apart taken out.
std::string events_of(const chat::Request& request, const std::string& bytes) {
  catalog::Model model;
  model.id = "m";
  auto reader = find("openai")->read_stream(request, model);
  std::string told;
  auto drain = [&] {
    chat::Event event;
    for (;;) {
      auto given = reader->next(event);
      if (!given) told += "failed: " + given.error().message;
      if (!given || !*given) return;
      std::string json(event.json);
      if (auto at = json.find("\"created\":"); at != std::string::npos) json.erase(at, json.find(',', at) - at);
      told += std::to_string(static_cast<int>(event.kind)) + (event.content ? "c" : "") + (event.finish ? "f" : "") + json +
              "\n";
    }
  };
  if (!reader->feed(bytes)) told += "feed failed";
  drain();
  if (!reader->finish()) told += "finish failed";
  drain();
  return told + std::to_string(reader->usage().completion_tokens);
}

// Chunks that are alike but for the text are read as chunks that are not.
TEST(Repeat, ChangesNothingThatTheReaderSays) {
  SeededRandom random(7);
  const std::string_view texts[] = {"hello", " world",        "\\n",  "a\\u00e9", "é",           "",       "<think>",
                                    "<",     "tool_call>",    "\\\"", "</think>", "<tool_call>", "{\\\"x", "\\",
                                    "plain", "x\",\"y\":\"z", "  ",   "word",     "more words",  "12",     "\x01"};
  const std::string_view members[] = {R"("content")",
                                      R"("content")",
                                      R"("reasoning_content")",
                                      R"("reasoning")",
                                      R"("content":null,"reasoning")",
                                      R"("content":"x","reasoning")",
                                      R"("reasoning":"x","content")",
                                      R"("reasoning":"x","reasoning_content")",
                                      R"("other":"x","reasoning_content")",
                                      R"("other")"};
  auto request = decode_request(R"({"model":"m","stream":true,"messages":[{"role":"user","content":"x"}],)"
                                R"("tools":[{"type":"function","function":{"name":"f"}}]})");
  ASSERT_TRUE(request);
  for (int round = 0; round < 3000; ++round) {
    std::string alike, apart;
    int count = 2 + static_cast<int>(random.next() % 8);
    std::string_view member;
    for (int i = 0; i < count; ++i) {
      if (i == 0 || random.next() % 3 == 0) member = members[random.next() % std::size(members)];
      std::string_view text = texts[random.next() % std::size(texts)];
      std::string_view end = random.next() % 6 == 0 ? "\"stop\"" : "null";
      alike += chunk(1, member, text, end);
      apart += chunk(i, member, text, end);
    }
    ASSERT_EQ(events_of(**request, alike), events_of(**request, apart)) << alike;
  }
}

}  // namespace
}  // namespace freeway::dialect::openai
