#include <gmock/gmock.h>

#include "dialect/openai/history.h"
#include "dialect/openai/openai_test.h"

namespace freeway::dialect::openai {
namespace {
using testing::dialect;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

using testing::write;

TEST(WriteRequest, SendsTheClientsOwnBytes) {
  // Number spelling, order, white space, escapes, unknown members at every level, doubled names.
  std::string text =
      "{ \"temperature\" : "
      "1.50e0,\n\t\"model\":\"m1\",\"user\":\"u\",\"metadata\":{\"a\":null},\"service_tier\":\"flex\",\"prediction\":"
      "{\"type\":\"content\",\"content\":\"x\"},\"verbosity\":\"low\",\"x_custom\":[1,null,{\"y\":1E+2}],"
      "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"\\u00e9\\/"
      "\",\"cache_control\":{\"type\":\"ephemeral\"}}]},"
      "{\"role\":\"assistant\",\"content\":null,\"reasoning_details\":[{\"type\":\"x\",\"data\":null}],\"tool_calls\":[{"
      "\"id\":\"call_1\","
      "\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"},\"extra_content\":{\"google\":{\"thought_"
      "signature\":\"s\"}}}]},"
      "{\"role\":\"tool\",\"tool_call_id\":\"call_1\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:,"
      "x\"}}],\"is_error\":true}],"
      "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"default\":null}},\"cache_control\":{"
      "\"type\":\"ephemeral\"}}]}";
  auto out = write(text);
  EXPECT_EQ(out.body, text);
  EXPECT_THAT(out.dropped, IsEmpty());
  EXPECT_EQ(out.path, "/chat/completions");
  EXPECT_EQ(out.fields.find("content-type"), "application/json");
  EXPECT_EQ(out.fields.find("accept"), "application/json");
}

TEST(WriteRequest, NamesTheModelInPlace) {
  EXPECT_EQ(write(R"({"model" : "auto", "messages":[{"role":"user","content":"hi"}] })", {}, "openai/gpt-oss-120b").body,
            R"({"model" : "openai/gpt-oss-120b", "messages":[{"role":"user","content":"hi"}] })");
  EXPECT_EQ(write(R"({"messages":[{"role":"user","content":"hi"}]})").body,
            R"({"messages":[{"role":"user","content":"hi"}],"model":"m1"})");
  EXPECT_EQ(write(R"({"model":null,"messages":[{"role":"user","content":"hi"}]})").body,
            R"({"model":"m1","messages":[{"role":"user","content":"hi"}]})");
  EXPECT_EQ(write(R"({"model":"a","messages":[{"role":"user","content":"hi"}],"model":"b"})").body,
            R"({"model":"m1","messages":[{"role":"user","content":"hi"}],"model":"m1"})");
}

TEST(WriteRequest, KeepsALargeImageByteForByte) {
  std::string image(20 << 20, 'Q');
  std::string text =
      R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,)" + image +
      R"("}}]}],"model":"auto"})";
  auto out = write(text);
  std::string expected = text;
  expected.replace(expected.rfind("auto"), 4, "m1");
  EXPECT_TRUE(out.body == expected);
}

struct Case {
  std::string_view name;
  std::string before;
  std::string after;
  std::vector<std::string> dropped = {};
};

void expect_all(const std::vector<Case>& cases, const catalog::Quirks& quirks = {}) {
  for (const Case& one : cases) {
    auto out = write(one.before, quirks);
    EXPECT_EQ(out.body, one.after) << one.name;
    EXPECT_EQ(out.dropped, one.dropped) << one.name;
  }
}

std::string messages(std::string_view list) { return R"({"model":"m1","messages":[)" + std::string(list) + "]}"; }

TEST(WriteRequest, RemovesNulls) {
  expect_all({
      {"top level",
       R"({"model":"m1","temperature":null,"messages":[{"role":"user","content":"hi"}],"stop":null,"x_custom":null})",
       R"({"model":"m1","messages":[{"role":"user","content":"hi"}]})"},
      {"messages", messages(R"({"role":"user","name":null,"content":"hi","refusal":null,"tool_call_id":null})"),
       messages(R"({"role":"user","content":"hi"})")},
      {"assistant", messages(R"({"role":"assistant","content":"a","tool_calls":null,"function_call":null,"audio":null})"),
       messages(R"({"role":"assistant","content":"a"})")},
      {"parts",
       messages(
           R"({"role":"user","content":[{"type":"text","text":"a","cache_control":null},{"type":"image_url","image_url":{"url":"u","detail":null}}]})"),
       messages(R"({"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"u"}}]})")},
      {"stream options",
       R"({"model":"m1","stream_options":{"include_usage":null},"messages":[{"role":"user","content":"hi"}]})",
       R"({"model":"m1","stream_options":{},"messages":[{"role":"user","content":"hi"}]})"},
      {"tools",
       R"({"model":"m1","messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function","cache_control":null,"function":{"name":"f","strict":null,"description":null,"parameters":{"enum":[null],"default":null}}}]})",
       R"({"model":"m1","messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"enum":[null],"default":null}}}]})"},
      {"response format",
       R"({"model":"m1","messages":[{"role":"user","content":"hi"}],"response_format":{"type":"json_schema","json_schema":{"name":"n","strict":null,"schema":{"default":null}}}})",
       R"({"model":"m1","messages":[{"role":"user","content":"hi"}],"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"default":null}}}})"},
  });
}

TEST(WriteRequest, NormalisesMessages) {
  expect_all({
      {"developer", messages(R"({"role":"developer","content":"d"},{"role":"user","content":"hi"})"),
       messages(R"({"role":"system","content":"d"},{"role":"user","content":"hi"})")},
      {"bare text", messages(R"({"role":"user","content":["a\n", {"text":"b"},{"image_url":{"url":"u"}}]})"),
       messages(
           R"({"role":"user","content":[{"type":"text","text":"a\n"}, {"text":"b","type":"text"},{"image_url":{"url":"u"},"type":"image_url"}]})")},
      {"null user content", messages(R"({"role":"user","content":null})"), messages(R"({"role":"user","content":""})")},
      {"null content beside calls stays",
       messages(
           R"({"role":"assistant","content":null,"tool_calls":[{"id":"x","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"x","content":null})"),
       messages(
           R"({"role":"assistant","content":null,"tool_calls":[{"id":"x","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"x","content":""})")},
      {"null content beside a refusal stays", messages(R"({"role":"assistant","content":null,"refusal":"no"})"),
       messages(R"({"role":"assistant","content":null,"refusal":"no"})")},
      {"arguments as an object and no type",
       messages(
           R"({"role":"assistant","content":null,"tool_calls":[{"id":"x","function":{"name":"f","arguments":{"a":"b\n", "n":1.0}}}]},{"role":"tool","tool_call_id":"x","content":"1"})"),
       messages(
           R"({"role":"assistant","content":null,"tool_calls":[{"id":"x","function":{"name":"f","arguments":"{\"a\":\"b\\n\", \"n\":1.0}"},"type":"function"}]},{"role":"tool","tool_call_id":"x","content":"1"})")},
      {"no arguments",
       messages(
           R"({"role":"assistant","tool_calls":[{"id":"x","type":"function","function":{"name":"f"}},{"id":"y","type":"function","function":{"name":"f","arguments":null}}]})"),
       messages(
           R"({"role":"assistant","tool_calls":[{"id":"x","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"y","type":"function","function":{"name":"f","arguments":"{}"}}]})")},
      {"result without content", messages(R"({"role":"tool","tool_call_id":"x"})"),
       messages(R"({"role":"tool","tool_call_id":"x","content":""})")},
  });
}

TEST(WriteRequest, PairsCallsAndResults) {
  expect_all({
      {"call takes the id of its result",
       messages(
           R"({"role":"assistant","tool_calls":[{"type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"x","content":"1"})"),
       messages(
           R"({"role":"assistant","tool_calls":[{"type":"function","function":{"name":"f","arguments":"{}"},"id":"x"}]},{"role":"tool","tool_call_id":"x","content":"1"})")},
      {"result takes the id of its call",
       messages(
           R"({"role":"assistant","tool_calls":[{"id":"x","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","content":"1"})"),
       messages(
           R"({"role":"assistant","tool_calls":[{"id":"x","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","content":"1","tool_call_id":"x"})")},
      {"by name, then in order",
       messages(
           R"({"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"b","type":"function","function":{"name":"g","arguments":"{}"}}]},{"role":"tool","name":"g","content":"1"},{"role":"tool","content":"2"})"),
       messages(
           R"({"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"b","type":"function","function":{"name":"g","arguments":"{}"}}]},{"role":"tool","name":"g","content":"1","tool_call_id":"b"},{"role":"tool","content":"2","tool_call_id":"a"})")},
  });
}

TEST(WriteRequest, MintsIdsWhereBothSidesLackThem) {
  std::string text = messages(
      R"({"role":"user","content":"q"},{"role":"assistant","tool_calls":[{"type":"function","id":"","function":{"name":"f","arguments":"{}"}},{"type":"function","id":null,"function":{"name":"f","arguments":"{}"}}]},{"role":"tool","content":"1","tool_call_id":null},{"role":"tool","content":"2"})");
  auto out = write(text);
  EXPECT_EQ(out.body, write(text).body) << "the same ids each time";
  json::Document document;
  ASSERT_TRUE(document.reparse(out.body));
  json::Value message = document.root()["messages"].first().next();
  json::Value calls = message["tool_calls"];
  auto first = calls.first()["id"].string();
  auto second = calls.first().next()["id"].string();
  ASSERT_TRUE(first && first->starts_with("call_") && first->size() > 10);
  EXPECT_NE(first, second);
  EXPECT_EQ(message.next()["tool_call_id"].string(), first);
  EXPECT_EQ(message.next().next()["tool_call_id"].string(), second);
}

TEST(WriteRequest, TranslatesTheOldFunctionForm) {
  auto out = write(
      R"({"model":"m1","functions":[{"name":"f","parameters":{ "type":"object"}},{"name":"g"}],"function_call":{"name":"f"},"messages":[{"role":"user","content":"q"},{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{\"a\":1}"}},{"role":"function","name":"f","content":"42"}]})");
  json::Document document;
  ASSERT_TRUE(document.reparse(out.body)) << out.body;
  json::Value root = document.root();
  EXPECT_EQ(
      root["tools"].raw(),
      R"([{"type":"function","function":{"name":"f","parameters":{ "type":"object"}}},{"type":"function","function":{"name":"g"}}])");
  EXPECT_EQ(root["tool_choice"].raw(), R"({"type":"function","function":{"name":"f"}})");
  EXPECT_FALSE(root["functions"]);
  EXPECT_FALSE(root["function_call"]);
  json::Value asked = root["messages"].first().next();
  json::Value call = asked["tool_calls"].first();
  EXPECT_EQ(call["function"].raw(), R"({"name":"f","arguments":"{\"a\":1}"})");
  EXPECT_TRUE(call["type"].equals("function"));
  EXPECT_FALSE(asked["function_call"]);
  json::Value result = asked.next();
  EXPECT_TRUE(result["role"].equals("tool"));
  EXPECT_EQ(result["tool_call_id"].string(), call["id"].string());
  EXPECT_FALSE(result["name"]);
  EXPECT_THAT(out.dropped, IsEmpty());
  EXPECT_EQ(
      write(R"({"model":"m1","functions":[{"name":"f"}],"function_call":"auto","messages":[{"role":"user","content":"q"}]})")
          .body,
      R"({"model":"m1","tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"auto","messages":[{"role":"user","content":"q"}]})");
}

TEST(WriteRequest, AsksForUsageOnStreams) {
  std::string hi = R"("messages":[{"role":"user","content":"hi"}]})";
  expect_all({
      {"added", R"({"model":"m1","stream":true,)" + hi,
       R"({"model":"m1","stream":true,"messages":[{"role":"user","content":"hi"}],"stream_options":{"include_usage":true}})"},
      {"null", R"({"model":"m1","stream":true,"stream_options":null,)" + hi,
       R"({"model":"m1","stream":true,"messages":[{"role":"user","content":"hi"}],"stream_options":{"include_usage":true}})"},
      {"beside others", R"({"model":"m1","stream":true,"stream_options":{"include_obfuscation":false},)" + hi,
       R"({"model":"m1","stream":true,"stream_options":{"include_obfuscation":false,"include_usage":true},)" + hi},
      {"false", R"({"model":"m1","stream":true,"stream_options":{"include_usage":false},)" + hi,
       R"({"model":"m1","stream":true,"stream_options":{"include_usage":true},)" + hi},
      {"there", R"({"model":"m1","stream":true,"stream_options":{ "include_usage" : true },)" + hi,
       R"({"model":"m1","stream":true,"stream_options":{ "include_usage" : true },)" + hi},
      {"not streamed", R"({"model":"m1","stream":false,)" + hi, R"({"model":"m1","stream":false,)" + hi},
  });
  EXPECT_EQ(write(R"({"model":"m1","stream":true,)" + hi).fields.find("accept"), "text/event-stream");
  catalog::Quirks picky;
  picky.stream_options = false;
  expect_all(
      {
          {"absent", R"({"model":"m1","stream":true,)" + hi, R"({"model":"m1","stream":true,)" + hi},
          {"usage is ours to answer", R"({"model":"m1","stream":true,"stream_options":{"include_usage":true},)" + hi,
           R"({"model":"m1","stream":true,)" + hi},
          {"others are lost",
           R"({"model":"m1","stream":true,"stream_options":{"include_obfuscation":false},)" + hi,
           R"({"model":"m1","stream":true,)" + hi,
           {"stream_options"}},
      },
      picky);
}

TEST(WriteRequest, LeavesOutWhatTheProviderRejectsAndSaysSo) {
  catalog::Quirks quirks;
  quirks.drop = {"logit_bias", "top_k", "messages[].name"};
  quirks.rename = {{"max_tokens", "max_completion_tokens"}, {"seed", "random_seed"}};
  quirks.parallel_tool_calls = false;
  quirks.strict_schema = false;
  auto out = write(
      R"({"model":"m1","logit_bias":{"1":2},"max_tokens":5,"seed":1.0,"parallel_tool_calls":true,"top_k":null,"messages":[{"role":"user","name":"n","content":"hi"}],"tools":[{"type":"function","function":{"name":"f","strict":true}}],"response_format":{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":{"strict":1}}}})",
      quirks);
  EXPECT_EQ(
      out.body,
      R"({"model":"m1","max_completion_tokens":5,"random_seed":1.0,"messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function","function":{"name":"f"}}],"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"strict":1}}}})");
  EXPECT_THAT(out.dropped, ElementsAre("logit_bias", "parallel_tool_calls", "messages[].name", "tools[].function.strict",
                                       "response_format.json_schema.strict"));
  EXPECT_THAT(
      write(R"({"model":"m1","max_tokens":5,"max_completion_tokens":6,"messages":[{"role":"user","content":"hi"}]})", quirks)
          .dropped,
      ElementsAre("max_tokens"));
}

TEST(WriteRequest, JoinsTextPartsForProvidersThatWantAString) {
  catalog::Quirks quirks;
  quirks.text_parts = false;
  auto out = write(
      messages(
          R"({"role":"user","content":[{"type":"text","text":"a\u0041","cache_control":{}},"b"]},{"role":"assistant","content":null,"tool_calls":[{"id":"x","type":"function","function":{"name":"f","arguments":"{}"}}]})"),
      quirks);
  EXPECT_EQ(
      out.body,
      messages(
          R"({"role":"user","content":"aA\nb"},{"role":"assistant","content":"","tool_calls":[{"id":"x","type":"function","function":{"name":"f","arguments":"{}"}}]})"));
  EXPECT_THAT(out.dropped, ElementsAre("messages[].content[].cache_control"));
}

TEST(WriteRequest, FitsIdsToAPickyProvider) {
  catalog::Quirks quirks;
  quirks.tool_id_length = 9;
  auto out = write(
      messages(
          R"({"role":"assistant","tool_calls":[{"id":"call_very_long_id","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"abcDEF123","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"abcDEF123","content":"1"},{"role":"tool","tool_call_id":"call_very_long_id","content":"2"})"),
      quirks);
  json::Document document;
  ASSERT_TRUE(document.reparse(out.body));
  json::Value message = document.root()["messages"].first();
  std::string fitted = message["tool_calls"].first()["id"].string().value();
  EXPECT_EQ(fitted.size(), 9u);
  EXPECT_EQ(fitted.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"), std::string::npos);
  EXPECT_EQ(fitted, fit_call_id("call_very_long_id", 9));
  EXPECT_TRUE(message["tool_calls"].first().next()["id"].equals("abcDEF123"));
  EXPECT_TRUE(message.next()["tool_call_id"].equals("abcDEF123"));
  EXPECT_EQ(message.next().next()["tool_call_id"].string(), fitted);
}

TEST(WriteRequest, AuthorizesWithAKeyOnly) {
  Outgoing outgoing;
  catalog::Provider provider;
  catalog::Key key;
  authorize(outgoing, provider.auth, key);
  EXPECT_FALSE(outgoing.fields.find("authorization"));
  key.secret = Secret("k1");
  authorize(outgoing, provider.auth, key);
  EXPECT_EQ(outgoing.fields.find("authorization"), "Bearer k1");
}

TEST(WriteRequest, ShowsTheKeyWhereTheProviderLooks) {
  catalog::Provider provider;
  catalog::Key key;
  key.secret = Secret("k&1");
  Outgoing outgoing;
  provider.auth = {catalog::Auth::Way::header, "x-api-key"};
  authorize(outgoing, provider.auth, key);
  EXPECT_EQ(outgoing.fields.find("x-api-key"), "k&1");
  EXPECT_FALSE(outgoing.fields.find("authorization"));
  outgoing = {};
  outgoing.path = "/chat/completions?v=2";
  provider.auth = {catalog::Auth::Way::query, "key"};
  authorize(outgoing, provider.auth, key);
  EXPECT_EQ(outgoing.path, "/chat/completions?v=2&key=k%261");
  EXPECT_FALSE(outgoing.fields.find("authorization"));
}

TEST(WriteRequest, AddsTheProvidersOwnPathAndFields) {
  catalog::Provider provider;
  provider.chat_path = "/chat";
  provider.headers = {{"x-api-version", "2"}, {"Accept", "application/vnd+json"}};
  auto request = testing::decode(R"({"model":"m","messages":[{"role":"user","content":"hi"}]})");
  auto out = dialect().write_request(*request, provider, catalog::Model{});
  ASSERT_TRUE(out);
  EXPECT_EQ(out->path, "/chat");
  EXPECT_EQ(out->fields.find("x-api-version"), "2");
  EXPECT_EQ(out->fields.find("accept"), "application/vnd+json");
}

TEST(Dialect, IsFoundByName) {
  EXPECT_NE(find("openai"), nullptr);
  EXPECT_EQ(find("klingon"), nullptr);
}

}  // namespace
}  // namespace freeway::dialect::openai
