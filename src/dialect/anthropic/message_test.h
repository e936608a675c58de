// For this room's tests: a stream of events read as strictly as its grammar is, and put together again.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "dialect/anthropic/surface.h"
#include "dialect/dialect.h"
#include "dialect/openai/members.h"
#include "http/sse.h"

namespace freeway::dialect::anthropic::testing {

inline Asked decode(const std::string& members = "", const std::string& content = "\"hi\"") {
  auto asked = decode_messages(R"({"model":"m","max_tokens":99,"messages":[{"role":"user","content":)" + content + "}]" +
                               members + "}");
  if (asked) return std::move(*asked);
  ADD_FAILURE() << asked.error().message;
  return {};
}

struct Block {
  std::string type, text, id, name, signature;
  bool operator==(const Block&) const = default;
};

// What a client makes of a stream. Anything that the grammar forbids is in `wrong`.
struct Message {
  std::string id, model, stop_reason, stop_sequence, error;
  std::vector<Block> blocks;
  std::int64_t first_input = -1, input = -1, output = -1, cached = -1, thinking = -1;
  std::vector<std::string> events;  // their types in order, deltas with theirs
  std::string wrong;
};

class Reader {
 public:
  Message read(std::string_view bytes) {
    http::SseReader sse;
    if (!sse.feed(bytes)) fail("no events");
    http::SseEvent event;
    while (sse.next(event)) one(event);
    if (sse.finish()) fail("an event without an end");
    return std::move(message_);
  }

 private:
  void fail(const std::string& why) {
    if (message_.wrong.empty()) message_.wrong = why;
  }
  void expect(bool holds, const std::string& why) {
    if (!holds) fail(why);
  }
  void one(const http::SseEvent& event) {
    auto document = json::Document::parse(event.data);
    if (!document) return fail("no JSON: " + std::string(event.data));
    json::Value root = document->root();
    std::string type = openai::text_of(root["type"]);
    expect(type == event.type, "event and type differ: " + type);
    expect(!ended_, type + " after the end");
    message_.events.push_back(type);
    if (type == "ping") return;
    if (type == "error") return error(root);
    expect(begun_ || type == "message_start", type + " before the start");
    if (type == "message_start") {
      start(root["message"]);
    } else if (type == "content_block_start") {
      open(root);
    } else if (type == "content_block_delta") {
      delta(root);
    } else if (type == "content_block_stop") {
      expect(open_ && index_is(root), "a stop of what is not open");
      open_ = false;
    } else if (type == "message_delta") {
      expect(!open_ && !told_, "a message_delta too early or too often");
      told_ = true;
      message_.stop_reason = openai::text_of(root["delta"]["stop_reason"]);
      message_.stop_sequence = openai::text_of(root["delta"]["stop_sequence"]);
      json::Value usage = root["usage"];
      message_.input = usage["input_tokens"].integer().value_or(-1);
      message_.output = usage["output_tokens"].integer().value_or(-1);
      message_.cached = usage["cache_read_input_tokens"].integer().value_or(-1);
      message_.thinking = usage["output_tokens_details"]["thinking_tokens"].integer().value_or(-1);
    } else if (type == "message_stop") {
      expect(told_, "a stop before the message_delta");
      ended_ = true;
    } else {
      fail("an event that nobody knows: " + type);
    }
  }
  void error(json::Value root) {
    message_.error = openai::text_of(root["error"]["type"]);
    ended_ = true;
  }
  void start(json::Value message) {
    expect(!begun_, "a second start");
    begun_ = true;
    message_.id = openai::text_of(message["id"]);
    message_.model = openai::text_of(message["model"]);
    message_.first_input = message["usage"]["input_tokens"].integer().value_or(-1);
    expect(message["content"].is(json::Type::array) && message["content"].size() == 0, "a content at the start");
    expect(message["stop_reason"].present() && !message["stop_reason"].given(), "a reason at the start");
  }
  bool index_is(json::Value root) const {
    return root["index"].integer() == static_cast<std::int64_t>(message_.blocks.size()) - 1;
  }
  void open(json::Value root) {
    expect(!open_ && !told_, "a block inside another, or after all");
    json::Value block = root["content_block"];
    message_.blocks.push_back(
        {openai::text_of(block["type"]), "", openai::text_of(block["id"]), openai::text_of(block["name"]), ""});
    expect(index_is(root), "an index out of order");
    open_ = true;
  }
  void delta(json::Value root) {
    expect(open_ && index_is(root), "a delta of what is not open");
    if (message_.blocks.empty()) return;
    Block& block = message_.blocks.back();
    json::Value delta = root["delta"];
    std::string type = openai::text_of(delta["type"]);
    message_.events.back() = type;
    if (type == "signature_delta") {
      expect(block.type == "thinking" && block.signature.empty(), "a signature out of place");
      block.signature = openai::text_of(delta["signature"]);
      return;
    }
    bool fits = (type == "text_delta" && block.type == "text") || (type == "thinking_delta" && block.type == "thinking") ||
                (type == "input_json_delta" && block.type == "tool_use");
    expect(fits && block.signature.empty(), type + " in a block of " + block.type);
    for (std::string_view name : {"text", "thinking", "partial_json"}) {
      openai::append_text(block.text, delta[name]);
    }
  }

  Message message_;
  bool begun_ = false, open_ = false, told_ = false, ended_ = false;
};

inline void give(StreamWriter& writer, std::string& out, const std::string& json, bool usage = false) {
  chat::Event event;
  event.kind = usage ? chat::Event::Kind::usage : chat::Event::Kind::piece;
  event.json = json;
  writer.write(out, event);
}

inline std::string chunk(const std::string& delta, const std::string& reason = "null", const std::string& more = "") {
  return R"({"id":"c","model":"m1","choices":[{"index":0,"delta":)" + delta + R"(,"finish_reason":)" + reason + more + "}]}";
}

// A stream of these chunks, to a good end.
inline std::string stream(const Asked& asked, const std::vector<std::string>& chunks, const chat::Usage& usage = {}) {
  auto writer = asked.surface->stream(*asked.request);
  std::string out;
  for (const auto& one : chunks) give(*writer, out, one);
  writer->finish(out, usage);
  return out;
}

inline Message told(const Asked& asked, const std::vector<std::string>& chunks, const chat::Usage& usage = {}) {
  Message message = Reader().read(stream(asked, chunks, usage));
  EXPECT_EQ(message.wrong, "");
  return message;
}

}  // namespace freeway::dialect::anthropic::testing
