#include "dialect/surface.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "dialect/responses/responses_test.h"

namespace freeway::dialect::responses {
namespace {

using testing::call_begin;
using testing::call_delta;
using testing::chunk;
using testing::Client;
using testing::context;
using testing::decode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::kCalls;
using testing::kUsage;
using ::testing::Not;
using testing::piece;
using testing::tell;

TEST(Responses, TellsTextInTheWholeGrammar) {
  auto client = tell(R"({"model":"m","stream":true,"input":"x"})",
                     {chunk(R"({"role":"assistant","content":""})"), chunk(R"({"content":"He"})"),
                      chunk(R"({"content":"y \"you\""})"), chunk("{}", "stop")});
  EXPECT_THAT(client.types, ElementsAre("response.created", "response.in_progress", "response.output_item.added",
                                        "response.content_part.added", "response.output_text.delta",
                                        "response.output_text.delta", "response.output_text.done",
                                        "response.content_part.done", "response.output_item.done", "response.completed"));
  EXPECT_EQ(client.items.at(0).text, "Hey \"you\"");
  EXPECT_THAT(client.final, HasSubstr(R"("id":"resp_1","object":"response","created_at":1000,"status":"completed")"));
  EXPECT_THAT(client.final,
              HasSubstr(R"("usage":{"input_tokens":7,"input_tokens_details":{"cached_tokens":0},)"
                        R"("output_tokens":5,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":12})"));
}

TEST(Responses, TellsWhatTheProviderCounted) {
  Asked asked = decode(R"({"stream":true,"input":"x"})", context());
  auto writer = asked.surface->stream(*asked.request);
  std::string out;
  writer->write(out, piece(chunk(R"({"content":"a"})", "stop")));
  writer->write(out,
                piece(R"({"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":5,"total_tokens":12,)"
                      R"("prompt_tokens_details":{"cached_tokens":3},"completion_tokens_details":{"reasoning_tokens":2}}})",
                      chat::Event::Kind::usage));
  writer->finish(out, kUsage);
  EXPECT_THAT(out, HasSubstr(R"("input_tokens_details":{"cached_tokens":3})"));
  EXPECT_THAT(out, HasSubstr(R"("output_tokens_details":{"reasoning_tokens":2})"));
}

TEST(Responses, TellsReasoningAsItWasAskedFor) {
  std::vector<std::string> chunks = {chunk(R"({"reasoning_content":"Hm"})"), chunk(R"({"reasoning":"m."})"),
                                     chunk(R"({"content":"Yes"})", "stop")};
  auto plain = tell(R"({"stream":true,"input":"x"})", chunks);
  EXPECT_THAT(plain.items.at(0).done, HasSubstr(R"("summary":[],"content":[{"type":"reasoning_text","text":"Hmm."}])"));
  EXPECT_THAT(plain.types, ::testing::Contains("response.reasoning_text.delta").Times(2));
  EXPECT_THAT(plain.items.at(0).done, Not(HasSubstr("encrypted_content")));
  auto summary = tell(
      R"({"stream":true,"input":"x","reasoning":{"summary":"auto"},"include":["reasoning.encrypted_content"]})", chunks);
  EXPECT_THAT(summary.items.at(0).done, HasSubstr(R"("summary":[{"type":"summary_text","text":"Hmm."}])"));
  EXPECT_THAT(summary.items.at(0).done, HasSubstr(R"("encrypted_content":"freeway1.SG1tLg==")"));
  EXPECT_THAT(summary.types, ::testing::Contains("response.reasoning_summary_text.delta").Times(2));
  EXPECT_THAT(summary.types, ::testing::Contains("response.reasoning_summary_part.done"));
  EXPECT_EQ(summary.items.at(1).text, "Yes");
}

TEST(Responses, TellsCallsWhileTheyAreWritten) {
  Asked asked = decode(std::string(kCalls), context());
  auto writer = asked.surface->stream(*asked.request);
  Client client;
  auto give = [&](const std::string& delta, std::string_view reason = {}) {
    std::string out;
    writer->write(out, piece(chunk(delta, reason)));
    client.read(out);
  };
  give(call_begin(0, "patch", R"({"input":"a)"));
  EXPECT_EQ(client.items.at(0).text, "a");
  give(call_begin(1, "mail__send", "{\"to\""));
  EXPECT_EQ(client.items.at(1).text, "{\"to\"");
  give(call_delta(0, "", R"(\nb"})"));
  EXPECT_EQ(client.items.at(0).text, "a\nb");
  give(call_delta(1, "", ":1}"), "tool_calls");
  std::string out;
  writer->finish(out, kUsage);
  client.read(out);
  EXPECT_EQ(client.items.at(0).done,
            R"({"id":"ctc_1o00","type":"custom_tool_call","status":"completed","call_id":"call_0","name":"patch",)"
            R"("input":"a\nb"})");
  EXPECT_EQ(client.items.at(1).done,
            R"({"id":"fc_1o01","type":"function_call","status":"completed","call_id":"call_1","name":"send",)"
            R"("namespace":"mail","arguments":"{\"to\":1}"})");
}

TEST(Responses, WaitsForTheNameOfACall) {
  auto client = tell(kCalls, {chunk(call_delta(0, R"("id":"c0",)", "{\"a\"")), chunk(call_delta(0, "", ":")),
                              chunk(R"({"tool_calls":[{"index":0,"function":{"name":"f","arguments":"1}"}}]})"),
                              chunk("{}", "tool_calls")});
  EXPECT_EQ(client.items.at(0).text, R"({"a":1})");
  EXPECT_THAT(client.items.at(0).done, HasSubstr(R"("call_id":"c0","name":"f")"));
}

TEST(Responses, TellsARefusal) {
  auto client = tell(R"({"stream":true,"input":"x"})", {chunk(R"({"content":"I"})"), chunk(R"({"refusal":"No."})", "stop")});
  EXPECT_THAT(client.types, ::testing::Contains("response.refusal.delta"));
  EXPECT_THAT(client.items.at(0).done, HasSubstr(R"({"type":"refusal","refusal":"No."})"));
}

TEST(Responses, SaysWhatCutAnAnswer) {
  for (auto [reason, told] : {std::pair("length", "max_output_tokens"), std::pair("content_filter", "content_filter")}) {
    auto client = tell(R"({"stream":true,"input":"x"})", {chunk(R"({"content":"a"})"), chunk("{}", reason)});
    EXPECT_EQ(client.types.back(), "response.incomplete");
    EXPECT_THAT(client.final, HasSubstr(fmt::format(R"("incomplete_details":{{"reason":"{}"}})", told)));
    EXPECT_THAT(client.items.at(0).done, HasSubstr(R"("status":"incomplete")"));
  }
}

TEST(Responses, FailsWithoutMakingHalfACallWhole) {
  Store store;
  Asked asked = decode(std::string(kCalls), context(&store));
  auto writer = asked.surface->stream(*asked.request);
  std::string out;
  writer->write(out, piece(chunk(R"({"content":"I call."})")));
  writer->write(out, piece(chunk(call_begin(0, "f", "{\"a\":"))));
  Trouble trouble{.status = 502,
                  .message = "It broke.",
                  .type = "server_error",
                  .param = "",
                  .code = "upstream_stream_error",
                  .request_id = ""};
  writer->fail(out, trouble);
  Client client;
  client.read(out);
  EXPECT_EQ(client.types.back(), "response.failed");
  EXPECT_THAT(client.final, HasSubstr(R"("status":"failed","error":{"code":"server_error","message":"It broke."})"));
  EXPECT_NE(client.items.at(0).done, "");
  EXPECT_EQ(client.items.at(1).done, "");
  EXPECT_FALSE(store.find("c", "resp_1", 1000)) << "nothing can go on from it";
}

TEST(Responses, FailsBeforeAnythingWasTold) {
  Asked asked = decode(R"({"stream":true,"input":"x"})", context());
  auto writer = asked.surface->stream(*asked.request);
  std::string out;
  writer->fail(out, {.status = 429, .message = "m", .type = "t", .param = "", .code = "", .request_id = ""});
  EXPECT_EQ(
      out,
      "event: error\ndata: {\"type\":\"error\",\"sequence_number\":0,\"code\":\"rate_limit_exceeded\",\"message\":\"m\","
      "\"param\":null}\n\n");
}

TEST(Responses, PassesChancesOnWhereTheyWereAskedFor) {
  std::string one = R"({"choices":[{"index":0,"delta":{"content":"a"},"logprobs":{"content":[{"token":"a","logprob":-1}]},)"
                    R"("finish_reason":"stop"}]})";
  auto asked = tell(R"({"stream":true,"input":"x","top_logprobs":1})", {one});
  EXPECT_THAT(asked.items.at(0).done, HasSubstr(R"("logprobs":[{"token":"a","logprob":-1}])"));
  auto unasked = tell(R"({"stream":true,"input":"x"})", {one});
  EXPECT_THAT(unasked.items.at(0).done, HasSubstr(R"("logprobs":[])"));
}

TEST(Responses, TellsPicturesAndWhereATextIsFrom) {
  auto client = tell(
      R"({"stream":true,"input":"x"})",
      {chunk(R"({"content":"See"})"),
       chunk(
           R"({"annotations":[{"type":"url_citation","url_citation":{"url":"https://a","title":"A","start_index":0}},{"type":"x"}]})"),
       chunk(R"({"images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]})"),
       chunk(R"({"content":"!"})", "stop")});
  ASSERT_EQ(client.items.size(), 3U);
  EXPECT_THAT(
      client.items[0].done,
      HasSubstr(R"("annotations":[{"type":"url_citation","url":"https://a","title":"A","start_index":0},{"type":"x"}])"));
  EXPECT_THAT(client.last, HasSubstr("\"type\":\"response.completed\""));
  EXPECT_EQ(client.items[1].done, R"({"id":"ig_1o01","type":"image_generation_call","status":"completed","result":"AAAA"})");
  EXPECT_EQ(client.items[2].text, "!");
}

TEST(Responses, TellsAWholeAnswer) {
  Store store;
  Asked asked = decode(
      R"({"model":"m","input":"x","instructions":"I","metadata":{"k":"v"},"temperature":0.50,"tools":[{"type":"custom","name":"p"}]})",
      context(&store));
  WholeAnswer answer;
  answer.usage = kUsage;
  answer.body =
      R"({"model":"w","choices":[{"message":{"role":"assistant","content":"T","reasoning_content":"R","tool_calls":[)"
      R"({"id":"c1","type":"function","function":{"name":"p","arguments":"{\"input\":\"free\"}"}}]},"finish_reason":"tool_calls"}]})";
  asked.surface->tell(*asked.request, answer);
  EXPECT_THAT(answer.body, HasSubstr(R"("status":"completed","error":null,"incomplete_details":null,"model":"w","output":[)"
                                     R"({"id":"rs_1o00","type":"reasoning")"));
  EXPECT_THAT(answer.body,
              HasSubstr(R"("type":"custom_tool_call","status":"completed","call_id":"c1","name":"p","input":"free")"));
  EXPECT_THAT(answer.body, HasSubstr(R"("metadata":{"k":"v"})"));
  EXPECT_THAT(answer.body, HasSubstr(R"("temperature":0.50)"));
  EXPECT_THAT(answer.body, HasSubstr(R"("instructions":"I")"));
  ASSERT_TRUE(store.find("c", "resp_1", 1000));
  EXPECT_EQ(store.find("c", "resp_1", 1000)->object, answer.body);
}

TEST(Responses, KeepsSecretsOutOfWhatIsKept) {
  Store store;
  auto asking = context(&store);
  asking.secrets = std::make_shared<const SecretSet>(std::vector<std::string_view>{"sk-planted-secret"});
  Asked asked = decode(R"({"input":"x"})", asking);
  WholeAnswer answer;
  answer.body = R"({"choices":[{"message":{"content":"it is sk-planted-secret"},"finish_reason":"stop"}]})";
  asked.surface->tell(*asked.request, answer);
  EXPECT_THAT(store.find("c", "resp_1", 1000)->object, Not(HasSubstr("planted")));
}

TEST(Responses, GoesOnFromWhatWasSaidAndCalled) {
  Store store;
  std::string first =
      R"({"stream":true,"instructions":"old","input":[{"role":"user","content":"go"}],"tools":[{"type":"custom","name":"patch"}]})";
  tell(first,
       {chunk(R"({"reasoning_content":"R"})"), chunk(call_begin(0, "patch", R"({"input":"p"})")), chunk("{}", "tool_calls")},
       &store);
  std::string second = R"({"previous_response_id":"resp_1","instructions":"new","tools":[{"type":"custom","name":"patch"}],)"
                       R"("input":[{"type":"custom_tool_call_output","call_id":"call_0","output":"done"}]})";
  Asked asked = decode(second, context(&store, "resp_2"));
  ASSERT_TRUE(asked.request);
  EXPECT_THAT(asked.request->text,
              HasSubstr(R"("messages":[{"role":"system","content":"new"},{"role":"user","content":"go"},)"));
  EXPECT_THAT(asked.request->text, HasSubstr(R"("reasoning_content":"R","tool_calls":[{"id":"call_0")"));
  EXPECT_THAT(asked.request->text, HasSubstr(R"({"role":"tool","tool_call_id":"call_0","content":"done"})"));
  EXPECT_FALSE(decode_request(second, context(nullptr, "resp_2")).has_value());
  Asked third =
      decode(R"({"previous_response_id":"resp_1","instructions":"new","input":"other"})", context(&store, "resp_3"));
  EXPECT_TRUE(asked.request->opening);
  EXPECT_EQ(third.request->opening, asked.request->opening) << "one session, whatever comes next";
}

TEST(Responses, KeepsNothingWhereThatIsAskedFor) {
  Store store;
  tell(R"({"stream":true,"input":"x","store":false})", {chunk(R"({"content":"a"})", "stop")}, &store);
  EXPECT_EQ(store.bytes(), 0U);
}

TEST(Responses, FindsAnItemThatIsOnlyNamed) {
  Store store;
  tell(R"({"stream":true,"input":"x"})", {chunk(R"({"content":"said"})", "stop")}, &store);
  Asked asked = decode(
      R"({"input":[{"role":"user","content":"x"},{"type":"item_reference","id":"msg_1o00"},{"role":"user","content":"y"}]})",
      context(&store, "resp_2"));
  ASSERT_TRUE(asked.request);
  EXPECT_THAT(asked.request->text, HasSubstr(R"({"role":"assistant","content":"said"})"));
  WholeAnswer answer;
  answer.body = R"({"choices":[{"message":{"content":"z"},"finish_reason":"stop"}]})";
  asked.surface->tell(*asked.request, answer);
  store.erase("c", "resp_1", 1000);
  Asked later = decode(R"({"previous_response_id":"resp_2","input":"on"})", context(&store, "resp_3"));
  ASSERT_TRUE(later.request);
  EXPECT_THAT(later.request->text, HasSubstr(R"({"role":"assistant","content":"said"})"));
}

TEST(Responses, ALongItemThatIsOnlyNamedIsWhole) {
  Store store;
  std::string text(5000, 'w');
  tell(R"({"stream":true,"input":[{"type":"message","id":"x","role":"user","content":[{"type":"input_text","text":")" +
           text + R"("}]}]})",
       {chunk(R"({"content":"a"})", "stop")}, &store);
  Asked asked = decode(R"({"input":[{"type":"item_reference","id":"x"}]})", context(&store, "resp_2"));
  ASSERT_TRUE(asked.request);
  EXPECT_THAT(asked.request->text, HasSubstr(text));
  std::string many;
  for (int i = 0; i < 65; ++i) many += R"({"type":"item_reference","id":"x"},)";
  many.back() = ']';
  EXPECT_FALSE(decode_request(R"({"input":[)" + many + "}", context(&store, "resp_3")).has_value());
}

TEST(Responses, ListsWhatWasAskedPageByPage) {
  Store store;
  tell(R"({"stream":true,"input":"one"})", {chunk(R"({"content":"two"})", "stop")}, &store);
  Asked asked = decode(R"({"stream":true,"previous_response_id":"resp_1","input":"three"})", context(&store, "resp_2"));
  auto writer = asked.surface->stream(*asked.request);
  std::string out;
  writer->write(out, piece(chunk(R"({"content":"four"})", "stop")));
  writer->finish(out, kUsage);
  auto entry = store.find("c", "resp_2", 1000);
  ASSERT_TRUE(entry);
  auto ids = [&](const Page& page) {
    auto list = input_items_json(*entry, page);
    if (!list) return std::string("none");
    auto document = json::Document::parse(*list);
    std::string found;
    for (json::Value item : document->root()["data"]) found += openai::text_of(item["id"]) + " ";
    return found + (*document->root()["has_more"].boolean() ? "more" : "end");
  };
  EXPECT_EQ(ids({.limit = 20, .ascending = true, .after = ""}), "msg_1i00 msg_1o00 msg_2i00 end");
  EXPECT_EQ(ids({.limit = 2, .ascending = false, .after = ""}), "msg_2i00 msg_1o00 more");
  EXPECT_EQ(ids({.limit = 2, .ascending = false, .after = "msg_1o00"}), "msg_1i00 end");
  EXPECT_EQ(ids({.limit = 2, .ascending = false, .after = "msg_9"}), "none");
}

}  // namespace
}  // namespace freeway::dialect::responses
