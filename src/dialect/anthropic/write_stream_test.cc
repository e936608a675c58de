#include "base/random.h"
#include "dialect/anthropic/message_test.h"
#include "json/writer.h"

namespace freeway::dialect::anthropic {
namespace {

using testing::Block;
using testing::chunk;
using testing::decode;
using testing::told;

std::string call(int index, const std::string& head, const std::string& arguments) {
  return chunk(R"({"tool_calls":[{"index":)" + std::to_string(index) + head + R"(,"function":{)" +
               (head.empty() ? "" : R"("name":"f)" + std::to_string(index) + "\",") + R"("arguments":)" +
               json::quote(arguments) + "}}]}");
}

std::string begin_call(int index, const std::string& arguments) {
  return call(index, R"(,"id":"id)" + std::to_string(index) + "\"", arguments);
}

TEST(MessageWriter, TellsATextInTheOrderOfTheGrammar) {
  auto asked = decode();
  chat::Usage usage;
  usage.prompt_tokens = 11;
  usage.completion_tokens = 3;
  auto message = told(asked,
                      {chunk(R"({"role":"assistant","content":""})"), chunk(R"({"content":"Hel"})"),
                       chunk(R"({"content":"lo"})"), chunk("{}", "\"stop\"")},
                      usage);
  EXPECT_EQ(message.events, (std::vector<std::string>{"message_start", "content_block_start", "text_delta", "text_delta",
                                                      "content_block_stop", "message_delta", "message_stop"}));
  EXPECT_EQ(message.blocks, (std::vector<Block>{{"text", "Hello", "", "", ""}}));
  EXPECT_TRUE(message.id.starts_with("msg_")) << message.id;
  EXPECT_EQ(message.model, "m1");
  EXPECT_EQ(message.stop_reason, "end_turn");
  EXPECT_EQ(message.first_input, static_cast<std::int64_t>(asked.request->prompt_tokens));
  EXPECT_EQ(message.input, 11);
  EXPECT_EQ(message.output, 3);
}

TEST(MessageWriter, ThinkingLeavesAsItComesAndIsSigned) {
  auto message = told(decode(), {chunk(R"({"reasoning_content":"Hm"})"), chunk(R"({"reasoning_content":"m."})"),
                                 chunk(R"({"content":"Yes."})"), chunk("{}", "\"stop\"")});
  ASSERT_EQ(message.blocks.size(), 2U);
  EXPECT_EQ(message.blocks[0].type, "thinking");
  EXPECT_EQ(message.blocks[0].text, "Hmm.");
  EXPECT_NE(message.blocks[0].signature, "");
  EXPECT_EQ(message.blocks[1].text, "Yes.");
  EXPECT_EQ(message.events[2], "thinking_delta");
}

TEST(MessageWriter, AProvidersSignatureIsTold) {
  auto message =
      told(decode(), {chunk(R"({"reasoning":"Hm.","reasoning_details":[{"type":"reasoning.text","text":"Hm."}]})"),
                      chunk(R"({"reasoning_details":[{"type":"reasoning.text","signature":"theirs"}]})"),
                      chunk(R"({"content":"Yes."})"), chunk("{}", "\"stop\"")});
  ASSERT_EQ(message.blocks.size(), 2U);
  EXPECT_EQ(message.blocks[0].text, "Hm.");
  EXPECT_EQ(message.blocks[0].signature, "theirs");
}

TEST(MessageWriter, ThinkingIsNotToldToWhoWantsNone) {
  std::vector<std::string> chunks = {chunk(R"({"reasoning_content":"Hm."})"), chunk(R"({"content":"Yes."})"),
                                     chunk("{}", "\"stop\"")};
  auto hidden = told(decode(R"(,"thinking":{"type":"disabled"})"), chunks);
  EXPECT_EQ(hidden.blocks, (std::vector<Block>{{"text", "Yes.", "", "", ""}}));
  auto omitted = told(decode(R"(,"thinking":{"type":"adaptive","display":"omitted"})"), chunks);
  ASSERT_EQ(omitted.blocks.size(), 2U);
  EXPECT_EQ(omitted.blocks[0].text, "");
  EXPECT_NE(omitted.blocks[0].signature, "");
}

TEST(MessageWriter, ArgumentsLeaveWithEachChunk) {
  auto asked = decode();
  auto writer = asked.surface->stream(*asked.request);
  std::string out;
  testing::give(*writer, out, begin_call(0, ""));
  for (const char* part : {"{\"q\":", "\"ti", "des\"}"}) {
    out.clear();
    testing::give(*writer, out, call(0, "", part));
    EXPECT_NE(out.find("input_json_delta"), std::string::npos) << part;
    EXPECT_NE(out.find(json::quote(part)), std::string::npos) << out;
  }
}

TEST(MessageWriter, CallsInARowAreBlocksInARow) {
  auto message = told(decode(), {begin_call(0, "{\"a\":"), call(0, "", "1}"), begin_call(1, "{\"b\":\"}\\\"{\""),
                                 call(1, "", "}"), chunk("{}", "\"tool_calls\"")});
  EXPECT_EQ(message.blocks, (std::vector<Block>{{"tool_use", "{\"a\":1}", "id0", "f0", ""},
                                                {"tool_use", "{\"b\":\"}\\\"{\"}", "id1", "f1", ""}}));
  EXPECT_EQ(message.stop_reason, "tool_use");
}

TEST(MessageWriter, CallsThatAreInterleavedArePutInARow) {
  auto message = told(decode(), {chunk(R"({"content":"I look."})"), begin_call(0, "{\"a\""), begin_call(1, "{\"b\""),
                                 call(0, "", ":1"), chunk(R"({"content":"Wait."})"), call(1, "", ":2"), call(0, "", "}"),
                                 call(1, "", "}"), chunk("{}", "\"tool_calls\"")});
  EXPECT_EQ(message.blocks, (std::vector<Block>{{"text", "I look.", "", "", ""},
                                                {"tool_use", "{\"a\":1}", "id0", "f0", ""},
                                                {"tool_use", "{\"b\":2}", "id1", "f1", ""},
                                                {"text", "Wait.", "", "", ""}}));
}

TEST(MessageWriter, ANameThatComesLateIsWaitedFor) {
  auto message = told(decode(), {chunk(R"({"tool_calls":[{"index":0,"id":"a","function":{"arguments":"{"}}]})"),
                                 chunk(R"({"tool_calls":[{"index":0,"function":{"name":"get","arguments":"}"}}]})"),
                                 chunk("{}", "\"tool_calls\"")});
  EXPECT_EQ(message.blocks, (std::vector<Block>{{"tool_use", "{}", "a", "get", ""}}));
}

TEST(MessageWriter, ReasonsHaveAnthropicsNames) {
  for (auto [reason, name] : {std::pair{"stop", "end_turn"}, {"length", "max_tokens"}, {"content_filter", "refusal"}}) {
    auto message = told(decode(), {chunk(R"({"content":"x"})"), chunk("{}", json::quote(reason))});
    EXPECT_EQ(message.stop_reason, name);
  }
  auto refused = told(decode(), {chunk(R"({"refusal":"No."})"), chunk("{}", "\"stop\"")});
  EXPECT_EQ(refused.stop_reason, "refusal");
  EXPECT_EQ(refused.blocks.at(0).text, "No.");
}

TEST(MessageWriter, AN1TheStopSequenceIsToldWhereTheProviderTellsIt) {
  const std::string stops = R"(,"stop_sequences":["END","###"])";
  for (const char* field : {"stop_reason", "matched_stop", "stop_sequence"}) {
    std::string more = std::string(",\"") + field + "\":\"###\"";
    auto message = told(decode(stops), {chunk(R"({"content":"one"})"), chunk("{}", "\"stop\"", more)});
    EXPECT_EQ(message.stop_reason, "stop_sequence") << field;
    EXPECT_EQ(message.stop_sequence, "###") << field;
  }
  auto other = told(decode(stops), {chunk(R"({"content":"one"})"), chunk("{}", "\"stop\"", ",\"stop_reason\":128009")});
  EXPECT_EQ(other.stop_reason, "end_turn");
  EXPECT_EQ(other.stop_sequence, "");
}

TEST(MessageWriter, AN1ATextEndsAtAStopSequenceThatTheProviderLetThrough) {
  auto message = told(decode(R"(,"stop_sequences":["END"])"),
                      {chunk(R"({"content":"one E"})"), chunk(R"({"content":"N two E"})"),
                       chunk(R"({"content":"ND three"})"), begin_call(0, "{}"), chunk("{}", "\"tool_calls\"")});
  EXPECT_EQ(message.blocks, (std::vector<Block>{{"text", "one EN two ", "", "", ""}}));
  EXPECT_EQ(message.stop_reason, "stop_sequence");
  EXPECT_EQ(message.stop_sequence, "END");
}

TEST(MessageWriter, TheBeginningOfAStopSequenceIsTextInTheEnd) {
  auto message = told(decode(R"(,"stop_sequences":["END"])"), {chunk(R"({"content":"one EN"})"), chunk("{}", "\"stop\"")});
  EXPECT_EQ(message.blocks.at(0).text, "one EN");
  EXPECT_EQ(message.stop_reason, "end_turn");
}

TEST(MessageWriter, TokensOfACacheAreToldApart) {
  auto asked = decode();
  auto writer = asked.surface->stream(*asked.request);
  std::string out;
  testing::give(*writer, out, chunk(R"({"content":"x"})", "\"stop\""));
  testing::give(
      *writer, out,
      R"({"choices":[],"usage":{"prompt_tokens":100,"completion_tokens":9,"prompt_tokens_details":{"cached_tokens":60},)"
      R"("completion_tokens_details":{"reasoning_tokens":4}}})",
      true);
  chat::Usage usage;
  usage.prompt_tokens = 100;
  usage.completion_tokens = 9;
  writer->finish(out, usage);
  auto message = testing::Reader().read(out);
  EXPECT_EQ(message.wrong, "");
  EXPECT_EQ(message.input, 40);
  EXPECT_EQ(message.cached, 60);
  EXPECT_EQ(message.output, 9);
  EXPECT_EQ(message.thinking, 4);
}

TEST(MessageWriter, ABrokenStreamEndsWithAnError) {
  auto asked = decode();
  auto writer = asked.surface->stream(*asked.request);
  std::string out;
  testing::give(*writer, out, chunk(R"({"content":"x"})"));
  Trouble trouble;
  trouble.status = 502;
  trouble.message = "it broke";
  trouble.request_id = "req_1";
  writer->fail(out, trouble);
  auto message = testing::Reader().read(out);
  EXPECT_EQ(message.wrong, "");
  EXPECT_EQ(message.error, "api_error");
  EXPECT_NE(out.find("event: error\ndata: {\"type\":\"error\""), std::string::npos) << out;
}

TEST(MessageWriter, WhileNothingComesItPings) {
  std::string out;
  decode().surface->beat(out);
  EXPECT_EQ(out, "event: ping\ndata: {\"type\": \"ping\"}\n\n");
}

// An answer in pieces: parts of it in an order that keeps each block's own.
struct Scattered {
  std::vector<std::string> chunks;
  std::vector<std::string> arguments;
  std::string text, thinking;
};

std::size_t below(Random& random, std::size_t bound) { return static_cast<std::size_t>(random.next() % bound); }

std::string some_text(Random& random) {
  static constexpr const char* kParts[] = {"a", "<x>", "\"", "\\", "\n", "{", "}", "EN", "END", "D", "é", "END"};
  std::string out;
  for (std::size_t i = below(random, 5); i > 0; --i) out += kParts[below(random, std::size(kParts))];
  return out;
}

Scattered scatter(Random& random) {
  Scattered made;
  std::size_t calls = below(random, 4);
  std::vector<std::string> left;
  for (std::size_t i = 0; i < calls; ++i) {
    std::string value = "{\"k\":[" + json::quote(some_text(random)) + ",{}]}";
    made.arguments.push_back(value);
    left.push_back(value);
  }
  std::vector<bool> begun(calls);
  for (std::size_t step = 0; step < 40; ++step) {
    std::size_t which = below(random, calls + 2);
    if (which >= calls) {
      std::string text = some_text(random);
      bool thinks = which > calls;
      (thinks ? made.thinking : made.text) += text;
      made.chunks.push_back(chunk((thinks ? R"({"reasoning_content":)" : R"({"content":)") + json::quote(text) + "}"));
      continue;
    }
    std::size_t size = std::min(left[which].size(), below(random, 6));
    while (size < left[which].size() && (left[which][size] & 0xC0) == 0x80) ++size;  // a chunk is UTF-8
    std::string part = left[which].substr(0, size);
    left[which].erase(0, size);
    int index = static_cast<int>(which);
    made.chunks.push_back(begun[which] ? call(index, "", part) : begin_call(index, part));
    begun[which] = true;
  }
  for (std::size_t i = 0; i < calls; ++i) {
    int index = static_cast<int>(i);
    made.chunks.push_back(begun[i] ? call(index, "", left[i]) : begin_call(index, left[i]));
  }
  made.chunks.push_back(chunk("{}", calls > 0 ? "\"tool_calls\"" : "\"stop\""));
  return made;
}

TEST(MessageWriter, WhateverTheOrderTheGrammarHoldsAndNothingIsLost) {
  SeededRandom random(7);
  auto asked = decode();
  for (int round = 0; round < 400; ++round) {
    Scattered made = scatter(random);
    auto message = told(asked, made.chunks);
    std::string text, thinking;
    std::vector<std::string> arguments(made.arguments.size());
    for (const Block& block : message.blocks) {
      if (block.type == "text") text += block.text;
      if (block.type == "thinking") thinking += block.text;
      if (block.type == "tool_use") arguments.at(static_cast<std::size_t>(block.name.back() - '0')) += block.text;
    }
    ASSERT_EQ(text, made.text) << round;
    ASSERT_EQ(thinking, made.thinking) << round;
    ASSERT_EQ(arguments, made.arguments) << round;
    ASSERT_EQ(message.events.back(), "message_stop");
  }
}

TEST(MessageWriter, AStopSequenceIsFoundHoweverTheTextIsCut) {
  SeededRandom random(8);
  auto asked = decode(R"(,"stop_sequences":["END","DD"])");
  for (int round = 0; round < 300; ++round) {
    std::string whole;
    std::vector<std::string> chunks;
    for (int i = 0; i < 8; ++i) {
      std::string text = some_text(random);
      whole += text;
      chunks.push_back(chunk(R"({"content":)" + json::quote(text) + "}"));
    }
    chunks.push_back(chunk("{}", "\"stop\""));
    auto message = told(asked, chunks);
    auto at_once = told(asked, {chunk(R"({"content":)" + json::quote(whole) + "}"), chunk("{}", "\"stop\"")});
    ASSERT_EQ(message.blocks, at_once.blocks) << whole;
    ASSERT_EQ(message.stop_sequence, at_once.stop_sequence) << whole;
    bool met = whole.find("END") != std::string::npos || whole.find("DD") != std::string::npos;
    ASSERT_EQ(message.stop_reason, met ? "stop_sequence" : "end_turn") << whole;
  }
}

}  // namespace
}  // namespace freeway::dialect::anthropic
