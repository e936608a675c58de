// For this protocol's tests: what a client is told, and a reader that holds it to the protocol.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/dialect.h"
#include "dialect/openai/members.h"
#include "dialect/responses/responses.h"
#include "http/sse.h"
#include "json/document.h"
#include "json/writer.h"

namespace freeway::dialect::responses::testing {

inline Context context(Store* store = nullptr, std::string id = "resp_1") {
  Context made;
  made.store = store;
  made.client = "c";
  made.id = std::move(id);
  made.now = 1000;
  return made;
}

inline Asked decode(std::string text, Context context) {
  auto asked = decode_request(std::move(text), std::move(context));
  if (!asked) {
    ADD_FAILURE() << "refused: " << asked.error().message;
    return {};
  }
  return std::move(*asked);
}

inline chat::Event piece(std::string_view json, chat::Event::Kind kind = chat::Event::Kind::piece) {
  chat::Event event;
  event.kind = kind;
  event.json = json;
  return event;
}

// {"id":…,"model":"m","choices":[{"index":0,"delta":DELTA,"finish_reason":REASON}]}
inline std::string chunk(std::string_view delta, std::string_view reason = {}) {
  return R"({"id":"x","model":"m","choices":[{"index":0,"delta":)" + std::string(delta) + R"(,"finish_reason":)" +
         (reason.empty() ? "null" : json::quote(reason)) + "}]}";
}

// Reads a stream as a strict client does.
class Client {
 public:
  struct Item {
    std::string id, type, text, done;  // text: of all deltas
    std::string part;                  // of the deltas of the open part
    int open_parts = 0;
  };

  void read(std::string_view bytes) {
    ASSERT_TRUE(sse_.feed(bytes));
    http::SseEvent event;
    while (sse_.next(event)) take(std::string(event.type), std::string(event.data));
  }

  std::vector<std::string> types;
  std::vector<Item> items;
  std::string last;   // event
  std::string final;  // response
  bool over = false;

 private:
  void take(const std::string& type, const std::string& data) {
    SCOPED_TRACE(data);
    auto document = json::Document::parse(data);
    ASSERT_TRUE(document);
    json::Value root = document->root();
    EXPECT_FALSE(over) << "something comes after the end";
    EXPECT_TRUE(root["type"].equals(type));
    EXPECT_EQ(root["sequence_number"].integer(), static_cast<std::int64_t>(types.size()));
    types.push_back(type);
    last = data;
    if (root["response"]) return take_response(type, root["response"]);
    if (type == "error") {
      over = true;
      return;
    }
    std::size_t at = static_cast<std::size_t>(root["output_index"].integer().value_or(-1));
    if (type == "response.output_item.added") {
      ASSERT_EQ(at, items.size());
      items.push_back({openai::text_of(root["item"]["id"]), openai::text_of(root["item"]["type"]), {}, {}, {}});
      EXPECT_TRUE(root["item"]["status"].equals("in_progress"));
      return;
    }
    ASSERT_LT(at, items.size());
    Item& item = items[at];
    EXPECT_EQ(item.done, "") << "an item goes on after it is done";
    if (type == "response.output_item.done") return take_done(item, root["item"]);
    EXPECT_TRUE(root["item_id"].equals(item.id));
    if (type.ends_with("part.added")) {
      EXPECT_EQ(item.open_parts++, 0);
      item.part.clear();
    } else if (type.ends_with("part.done")) {
      EXPECT_EQ(item.open_parts--, 1);
      json::Value part = root["part"];
      EXPECT_EQ(openai::text_of(part["refusal"] ? part["refusal"] : part["text"]), item.part);
    } else if (type.ends_with("annotation.added")) {
      EXPECT_EQ(item.open_parts, 1);
    } else if (type.ends_with(".delta")) {
      item.text += openai::text_of(root["delta"]);
      item.part += openai::text_of(root["delta"]);
    } else {
      for (std::string_view name : {"text", "refusal", "arguments", "input"})
        if (root[name]) {
          EXPECT_EQ(openai::text_of(root[name]), item.part);
        }
    }
  }

  void take_response(const std::string& type, json::Value response) {
    if (types.size() <= 2) {
      EXPECT_EQ(type, types.size() == 1 ? "response.created" : "response.in_progress");
      EXPECT_EQ(response["output"].size(), 0U);
      return;
    }
    over = true;
    final = response.raw();
    std::string done;
    for (const Item& item : items) {
      if (item.done.empty()) {
        EXPECT_EQ(type, "response.failed") << "an item is never done";
        continue;
      }
      done += (done.empty() ? "" : ",") + item.done;
    }
    EXPECT_EQ(response["output"].raw(), "[" + done + "]");
  }

  static void take_done(Item& item, json::Value done) {
    EXPECT_EQ(item.open_parts, 0);
    EXPECT_TRUE(done["id"].equals(item.id));
    EXPECT_TRUE(done["type"].equals(item.type));
    std::string text;
    for (std::string_view list : {"content", "summary"}) {
      for (json::Value part : done[list]) text += openai::text_of(part["refusal"] ? part["refusal"] : part["text"]);
    }
    for (std::string_view name : {"arguments", "input"}) text += openai::text_of(done[name]);
    EXPECT_EQ(text, item.text);
    item.done = done.raw();
  }

  http::SseReader sse_;
};

inline constexpr std::string_view kCalls =
    R"({"model":"m","stream":true,"input":"x","tools":[{"type":"function","name":"f"},{"type":"custom","name":"patch"},)"
    R"({"type":"namespace","name":"mail","tools":[{"type":"function","name":"send"}]}]})";
inline constexpr chat::Usage kUsage{.prompt_tokens = 7, .completion_tokens = 5, .total_tokens = 12};

// The stream of these chunks, to its good end.
inline Client tell(std::string_view request, const std::vector<std::string>& chunks, Store* store = nullptr) {
  Asked asked = decode(std::string(request), context(store));
  Client client;
  auto writer = asked.surface->stream(*asked.request);
  std::string out;
  for (const auto& one : chunks) writer->write(out, piece(one));
  writer->finish(out, kUsage);
  client.read(out);
  EXPECT_TRUE(client.over);
  return client;
}

inline std::string call_delta(int index, std::string_view head, std::string_view arguments) {
  return fmt::format(R"({{"tool_calls":[{{"index":{},{}"function":{{"arguments":{}}}}}]}})", index, head,
                     json::quote(arguments));
}
inline std::string call_begin(int index, std::string_view name, std::string_view arguments = "") {
  return fmt::format(
      R"({{"tool_calls":[{{"index":{},"id":"call_{}","type":"function","function":{{"name":{},"arguments":{}}}}}]}})", index,
      index, json::quote(name), json::quote(arguments));
}

}  // namespace freeway::dialect::responses::testing
