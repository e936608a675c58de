#include <gmock/gmock.h>

#include "dialect/openai/openai_test.h"

namespace freeway::dialect::openai {
namespace {
using testing::chunk;
using testing::decode;
using testing::dialect;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::model;
using testing::read;
using testing::sse;
using ::testing::StartsWith;

using Lines = std::vector<std::string>;

const std::string kPlain = R"({"stream":true,"messages":[{"role":"user","content":"hi"}]})";
const std::string kAsks =
    R"({"stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"hi"}]})";
const std::string kSchema =
    R"({"stream":true,"messages":[{"role":"user","content":"hi"}],"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object","required":["a"]}}}})";

const std::string kRole = chunk(R"({"role":"assistant","content":""})");
const std::string kStop = chunk("{}", "\"stop\"");
const std::string kUsageFrame =
    R"({"id":"c","object":"chat.completion.chunk","created":1,"model":"m1","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}})";
constexpr std::string_view kBundled = R"(,"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5})";

std::string text(std::string_view escaped) { return chunk(R"({"content":")" + std::string(escaped) + "\"}"); }
std::string reasoning(std::string_view escaped) { return chunk(R"({"reasoning_content":")" + std::string(escaped) + "\"}"); }

testing::Told run(const std::string& request, const std::vector<std::string>& documents) {
  return read(*decode(request), sse(documents));
}

TEST(ReadStream, PassesASoundStreamByteForByte) {
  std::string odd =
      R"({ "id":"c", "model":"m1", "x":[1.0,null], "choices" : [ {"index":0,"delta":{"content":"\u00e9 <think>"},"logprobs":null,"finish_reason":null} ] })";
  auto told = run(kPlain, {kRole, text("hel"), odd, text("lo"), kStop, kUsageFrame, "[DONE]"});
  EXPECT_EQ(told.lines, (Lines{"piece " + kRole, "piece+content " + text("hel"), "piece+content " + odd,
                               "piece+content " + text("lo"), "piece+finish " + kStop, "usage " + kUsageFrame, "done"}));
  EXPECT_EQ(told.end, "ok");
  EXPECT_TRUE(told.finished);
  EXPECT_EQ(told.usage.total_tokens, 5u);
  EXPECT_FALSE(told.usage.estimated);
}

TEST(ReadStream, CountsWhatWasSaidWhereNobodyTold) {
  auto told = run(kPlain, {kRole, text("hel"), text("lo"), text(" wor"), text("ld"), kStop, "[DONE]"});
  EXPECT_TRUE(told.usage.estimated);
  EXPECT_EQ(told.usage.prompt_tokens, 3u + 4 + 1);
  EXPECT_EQ(told.usage.completion_tokens, 2u);
  EXPECT_EQ(told.usage.total_tokens, 10u);
  EXPECT_EQ(run(kPlain, {reasoning("hello world"), text(R"(\u0068ello)"), kStop, "[DONE]"}).usage.completion_tokens, 3u);
  auto call =
      chunk(R"({"tool_calls":[{"index":0,"id":"1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]})");
  EXPECT_EQ(run(kPlain, {kRole, call, chunk("{}", "\"tool_calls\""), "[DONE]"}).usage.completion_tokens, 6u);
}

TEST(ReadStream, TellsRoughlyHowMuchCameWhileItComes) {
  auto request = decode(kPlain);
  auto reader = dialect().read_stream(*request, model());
  EXPECT_EQ(reader->tokens_so_far(), 0u);
  chat::Event event;
  auto feed = [&](const std::string& document) {
    ASSERT_TRUE(reader->feed(sse({document})));
    while (*reader->next(event)) {
    }
  };
  feed(kRole);
  feed(text("four and four more, "));
  EXPECT_EQ(reader->tokens_so_far(), 5u);
  feed(text("and so on."));
  EXPECT_EQ(reader->tokens_so_far(), 8u);
  feed(R"({"id":"c","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":7,"total_tokens":16}})");
  EXPECT_EQ(reader->tokens_so_far(), 7u) << "the provider knows better";
}

TEST(ReadStream, CountsALongAnswerInProportion) {
  std::string words;
  for (int i = 0; i < 5000; ++i) words += " hello";
  auto request = decode(kPlain);
  auto reader = dialect().read_stream(*request, model());
  ASSERT_TRUE(reader->feed(sse({kRole, text(words), text(words), text(words), kStop, "[DONE]"})));
  chat::Event event;
  while (*reader->next(event)) {
  }
  EXPECT_NEAR(static_cast<double>(reader->usage().completion_tokens), 15000, 30);
}

TEST(ReadStream, GivesViewsOfTheFramesThemselves) {
  auto request = decode(kPlain);
  auto reader = dialect().read_stream(*request, model());
  ASSERT_TRUE(reader->feed(sse({kRole, text("a"), text("b")})));
  chat::Event event;
  ASSERT_TRUE(*reader->next(event));
  ASSERT_TRUE(*reader->next(event));
  EXPECT_EQ(event.json, text("a"));
  ASSERT_TRUE(*reader->next(event));
  EXPECT_EQ(event.json, text("b"));
  EXPECT_FALSE(*reader->next(event));
}

TEST(ReadStream, KnowsWhatContentIs) {
  for (std::string_view delta :
       {R"({"content":"x"})", R"({"reasoning_content":"x"})", R"({"reasoning":"x"})", R"({"refusal":"x"})",
        R"({"tool_calls":[{"index":0,"id":"i","type":"function","function":{"name":"f","arguments":""}}]})",
        R"({"function_call":{"name":"f"}})", R"({"audio":{"data":"x"}})",
        R"({"content":[{"type":"image_url","image_url":{}}]})"}) {
    auto told = run(kPlain, {chunk(delta)});
    ASSERT_EQ(told.lines.size(), 1u);
    EXPECT_EQ(told.lines[0], "piece+content " + chunk(delta));
  }
  for (std::string_view delta : {R"({})", R"({"role":"assistant"})", R"({"role":"assistant","content":""})",
                                 R"({"content":null,"reasoning":""})", R"({"tool_calls":[]})"}) {
    EXPECT_EQ(run(kPlain, {chunk(delta)}).lines, Lines{"piece " + chunk(delta)});
  }
}

TEST(ReadStream, TakesAFinishReasonForAnEndWithoutAMark) {
  auto told = run(kPlain, {text("x"), kStop});
  EXPECT_EQ(told.lines, (Lines{"piece+content " + text("x"), "piece+finish " + kStop}));
  EXPECT_EQ(told.end, "ok");
  auto request = decode(kPlain);
  std::string cut = sse({text("x"), kStop});
  cut.resize(cut.size() - 2);
  EXPECT_EQ(read(*request, cut).lines, told.lines) << "no empty line at the end";
}

TEST(ReadStream, EndsBadlyWithoutAFinishReason) {
  EXPECT_THAT(run(kPlain, {}).end, StartsWith("fail closed empty answer"));
  EXPECT_THAT(run(kPlain, {"[DONE]"}).end, StartsWith("fail closed empty answer"));
  EXPECT_THAT(run(kPlain, {text("x")}).end, "fail closed the stream ended without a finish reason");
  auto told = run(kPlain, {text("x"), "[DONE]"});
  EXPECT_EQ(told.lines, Lines{"piece+content " + text("x")}) << "no end mark is given out";
  EXPECT_EQ(told.end, "fail closed the stream ended without a finish reason");
  EXPECT_EQ(run(kPlain, {kRole, kStop, "[DONE]"}).end, "fail closed empty answer");
  EXPECT_EQ(run(kPlain, {kRole, kStop}).lines, Lines{"piece " + kRole});
  EXPECT_EQ(run(kPlain, {kRole, chunk("{}", "\"length\"")}).end, "ok");
}

TEST(ReadStream, RefusesCorruptFrames) {
  for (std::string_view bad :
       {R"({"choices":[{"index":0,"delta":{"content":"x)", "hello", "[]", "7", R"({"choices":[7]})"}) {
    auto told = run(kPlain, {text("a"), std::string(bad), kStop});
    EXPECT_EQ(told.lines, Lines{"piece+content " + text("a")}) << bad;
    EXPECT_THAT(told.end, StartsWith("fail malformed")) << bad;
  }
  auto request = decode(kPlain);
  EXPECT_THAT(read(*request, sse({text("a")}) + "data: {\"choices\":[{\"ind").end, StartsWith("fail malformed"));
  EXPECT_THAT(read(*request, "<html><title>Login</title></html>").end,
              StartsWith("fail malformed the provider answered HTML"));
}

TEST(ReadStream, ReportsErrorsInsideTheStream) {
  auto told = run(kPlain, {text("a"), R"({"error":{"message":"slow down, try again in 2s","code":429,"type":"rate"}})"});
  EXPECT_EQ(told.lines, (Lines{"piece+content " + text("a"), "error 429|slow down, try again in 2s"}));
  auto request = decode(kPlain);
  EXPECT_EQ(read(*request, "event: error\ndata: {\"message\":\"overloaded\",\"code\":\"x\"}\n\n").lines,
            Lines{"error x|overloaded"});
  EXPECT_EQ(read(*request, "event: error\ndata: overloaded\n\n").lines, Lines{"error |overloaded"});
  EXPECT_EQ(run(kPlain, {R"({"detail":"gone"})"}).lines, Lines{"error |gone"});
  EXPECT_EQ(
      run(kPlain,
          {R"({"id":"c","error":{"message":"m","code":502},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]})"})
          .lines,
      Lines{"error 502|m"});
  EXPECT_EQ(run(kPlain, {R"([{"error":{"message":"m","code":503}}])"}).lines, Lines{"error 503|m"});
  EXPECT_THAT(run(kPlain, {text("a"), chunk("{}", "\"network_error\"")}).end, StartsWith("fail malformed"));
  EXPECT_EQ(run(kPlain, {chunk(R"({"content":"x"})", "null", R"(,"error":null)")}).lines.size(), 1u);
}

TEST(ReadStream, FillsAFaultFromTheStream) {
  auto request = decode(kPlain);
  auto reader = dialect().read_stream(*request, model());
  ASSERT_TRUE(reader->feed(sse({R"({"error":{"message":"try again in 2s","code":429,"type":"rate","param":"p"}})"})));
  chat::Event event;
  ASSERT_TRUE(*reader->next(event));
  EXPECT_EQ(event.fault.status, 429);
  EXPECT_EQ(event.fault.type, "rate");
  EXPECT_EQ(event.fault.param, "p");
  EXPECT_EQ(event.fault.retry_after, std::chrono::seconds(2));
  EXPECT_TRUE(event.fault.structured);
}

TEST(ReadStream, PassesOverCommentsAndEmptyFrames) {
  auto told = read(*decode(kPlain),
                   ": OPENROUTER PROCESSING\n\ndata: \n\n" + sse({text("x")}) + ": hi\n\n" + sse({kStop, "[DONE]", "junk"}));
  EXPECT_EQ(told.lines, (Lines{"piece+content " + text("x"), "piece+finish " + kStop, "done"}));
  EXPECT_EQ(told.end, "ok");
}

TEST(ReadStream, PassesFramesWithoutChoicesOn) {
  std::string azure = R"({"choices":[],"prompt_filter_results":[{"x":1}],"model":""})";
  auto told = run(kPlain, {azure, text("x"), kStop});
  EXPECT_EQ(told.lines[0], "piece " + azure);
}

TEST(ReadStream, MakesAFrameOfBundledUsage) {
  std::string last = chunk("{}", "\"stop\"", kBundled);
  for (const std::string& request : {kAsks, kPlain}) {
    auto told = run(request, {text("x"), last, "[DONE]"});
    EXPECT_EQ(told.lines, (Lines{"piece+content " + text("x"), "piece+finish " + kStop, "usage " + kUsageFrame, "done"}));
    EXPECT_EQ(told.usage.total_tokens, 5u);
    EXPECT_FALSE(told.usage.estimated);
  }
  // On every chunk: one frame, of the last.
  auto told =
      run(kAsks, {chunk(R"({"content":"x"})", "null", R"(,"usage":{"prompt_tokens":3,"completion_tokens":1})"), last});
  EXPECT_EQ(told.lines, (Lines{"piece+content " + text("x"), "piece+finish " + kStop, "usage " + kUsageFrame}));
  // On an empty chunk behind the finish reason.
  told = run(kAsks, {text("x"), kStop, chunk(R"({"role":"assistant","content":""})", "null", kBundled), "[DONE]"});
  EXPECT_EQ(told.lines, (Lines{"piece+content " + text("x"), "piece+finish " + kStop, "usage " + kUsageFrame, "done"}));
}

TEST(ReadStream, LeavesNullUsageWhereItWasAskedFor) {
  std::string with = chunk(R"({"content":"x"})", "null", R"(,"usage":null)");
  EXPECT_EQ(run(kAsks, {with}).lines, Lines{"piece+content " + with});
  EXPECT_EQ(run(kPlain, {with}).lines, Lines{"piece+content " + text("x")});
  std::string first = R"({"usage" : null , "id":"c","model":"m","choices":[{"index":0,"delta":{"content":"x"}}]})";
  EXPECT_EQ(run(kPlain, {first}).lines,
            Lines{R"(piece+content { "id":"c","model":"m","choices":[{"index":0,"delta":{"content":"x"}}]})"});
}

TEST(ReadStream, EstimatesUsageThatNeverComes) {
  auto told = run(kAsks, {text("four bytes a token, they say"), kStop, "[DONE]"});
  EXPECT_TRUE(told.usage.estimated);
  EXPECT_EQ(told.usage.completion_tokens, 7u);
  EXPECT_EQ(told.usage.total_tokens, told.usage.prompt_tokens + 7);
  EXPECT_GT(told.usage.prompt_tokens, 0u);
  auto groq =
      run(kPlain, {text("x"), chunk("{}", "\"stop\"", R"(,"x_groq":{"usage":{"prompt_tokens":8,"completion_tokens":1}})")});
  EXPECT_FALSE(groq.usage.estimated);
  EXPECT_EQ(groq.usage.total_tokens, 9u);
  EXPECT_THAT(groq.lines[1], HasSubstr("x_groq"));
}

TEST(ReadStream, MakesAFrameOfUsageWithoutChoices) {
  auto told = run(
      kAsks,
      {text("x"), kStop,
       R"({"id":"c","object":"chat.completion.chunk","created":1,"model":"m1","usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}})"});
  EXPECT_EQ(told.lines[2], "usage " + kUsageFrame);
}

TEST(ReadStream, WaitsForEveryChoice) {
  std::string two = R"({"stream":true,"n":2,"messages":[{"role":"user","content":"hi"}]})";
  auto at = [](int index, std::string_view rest) {
    return R"({"id":"c","model":"m1","choices":[{"index":)" + std::to_string(index) + "," + std::string(rest) + "}]}";
  };
  Lines documents{at(0, R"("delta":{"content":"a"})"), at(1, R"("delta":{"content":"b"})"),
                  at(0, R"("delta":{},"finish_reason":"stop")"), at(1, R"("delta":{},"finish_reason":"stop")")};
  auto told = run(two, documents);
  EXPECT_EQ(told.lines, (Lines{"piece+content " + documents[0], "piece+content " + documents[1], "piece " + documents[2],
                               "piece+finish " + documents[3]}));
  EXPECT_EQ(told.end, "ok");
  EXPECT_THAT(run(two, {documents[0], documents[2], "[DONE]"}).end, HasSubstr("without all the choices"));
  std::string both =
      R"({"id":"c","model":"m1","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"},{"index":1,"delta":{"content":"b"},"finish_reason":"stop"}]})";
  EXPECT_EQ(run(two, {both}).lines, Lines{"piece+content+finish " + both});
}

TEST(ReadStream, KeepsOneFinishReason) {
  auto told = run(kPlain, {text("x"), kStop, kStop, "[DONE]"});
  EXPECT_EQ(told.lines, (Lines{"piece+content " + text("x"), "piece+finish " + kStop, "piece " + chunk("{}"), "done"}));
}

TEST(ReadStream, NamesTheModelWhereTheProviderDoesNot) {
  EXPECT_EQ(run(kPlain, {R"({"choices":[{"index":0,"delta":{"content":"x"}}]})"}).lines,
            Lines{R"(piece+content {"choices":[{"index":0,"delta":{"content":"x"}}],"model":"m1"})"});
}

TEST(ReadStream, MovesAThinkBlockCutAcrossChunks) {
  std::string block = "<think>plan it</think>\\n\\nHello";
  for (std::size_t step = 1; step <= 32; ++step) {
    Lines documents{kRole};
    std::string plain = "<think>plan it</think>\n\nHello";
    for (std::size_t at = 0; at < plain.size(); at += step) {
      std::string part = plain.substr(at, step);
      for (std::size_t lf; (lf = part.find('\n')) != std::string::npos;) part.replace(lf, 1, "\\n");
      documents.push_back(text(part));
    }
    documents.push_back(kStop);
    auto told = run(kPlain, documents);
    std::string thought, said;
    for (const std::string& line : told.lines) {
      json::Document document;
      ASSERT_TRUE(document.reparse(std::string_view(line).substr(line.find('{')))) << line;
      json::Value delta = document.root()["choices"].first()["delta"];
      thought += delta["reasoning_content"].string().value_or("");
      said += delta["content"].string().value_or("");
    }
    EXPECT_EQ(thought, "plan it") << step;
    EXPECT_EQ(said, "Hello") << step;
    EXPECT_EQ(told.lines.front(), "piece " + kRole);
    EXPECT_EQ(told.lines.back(), "piece+finish " + kStop);
    EXPECT_EQ(told.end, "ok");
  }
}

// As Mistral's reasoning models stream.
TEST(ReadStream, TakesContentInPartsApart) {
  auto told =
      run(kPlain,
          {chunk(R"({"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]}]})"),
           chunk(R"({"content":[{"type":"thinking","thinking":[{"type":"text","text":"!"}]},{"type":"text","text":"a"}]})"),
           text("b"), chunk(R"({"content":[{"type":"reference","reference_ids":[1]}]})"), kStop});
  EXPECT_THAT(told.lines,
              ElementsAre("piece+content " + chunk(R"({"role":"assistant","reasoning_content":"hm"})"),
                          "piece+content " + reasoning("!"), "piece+content " + text("a"), "piece+content " + text("b"),
                          "piece+content " + chunk(R"({"content":[{"type":"reference","reference_ids":[1]}]})"),
                          "piece+finish " + kStop));
  EXPECT_EQ(told.end, "ok");
  EXPECT_THAT(told.mended.repaired, ElementsAre("content_parts"));
}

TEST(ReadStream, HoldsTextBackNoLongerThanItMust) {
  auto told = run(kPlain, {text("<thi"), text("n"), text("g>"), text("<think>"), kStop});
  EXPECT_EQ(told.lines,
            (Lines{"piece+content " + text("<thing>"), "piece+content " + text("<think>"), "piece+finish " + kStop}));
  told = run(kPlain, {text(" "), text("x"), kStop});
  EXPECT_EQ(told.lines, (Lines{"piece+content " + text(" x"), "piece+finish " + kStop}));
  told = run(kPlain, {text("<think>a"), text("b</th"), text("ink>"), text("c"), text("<think>d"), kStop});
  EXPECT_EQ(told.lines, (Lines{"piece+content " + reasoning("a"), "piece+content " + reasoning("b"),
                               "piece+content " + text("c"), "piece+content " + text("<think>d"), "piece+finish " + kStop}));
}

TEST(ReadStream, KeepsTheRoleWhenTextIsHeld) {
  auto told = run(kPlain, {chunk(R"({"role":"assistant","content":"<think>"})"), text("a</think>b"), kStop});
  EXPECT_EQ(told.lines, (Lines{"piece " + chunk(R"({"role":"assistant","content":""})"), "piece+content " + reasoning("a"),
                               "piece+content " + text("b"), "piece+finish " + kStop}));
  told = run(kPlain, {chunk(R"({"role":"assistant","content":"<think>a</think>b"})", "\"stop\"")});
  EXPECT_EQ(told.lines, (Lines{"piece+content " + chunk(R"({"role":"assistant","reasoning_content":"a"})"),
                               "piece+content " + text("b"), "piece+finish " + kStop}));
}

TEST(ReadStream, ReleasesHeldTextAtTheEnd) {
  EXPECT_EQ(run(kPlain, {text("<thi"), kStop}).lines, (Lines{"piece+content " + text("<thi"), "piece+finish " + kStop}));
  auto told = run(kPlain, {text("<thi")});
  EXPECT_EQ(told.lines, Lines{"piece+content " + text("<thi")});
  EXPECT_EQ(told.end, "fail closed the stream ended without a finish reason");
}

TEST(ReadStream, ReleasesHeldTextInItsOwnFrameWhenOthersCameBetween) {
  auto told = run(kPlain, {text("<thi"), R"({"id":"other","created":2})", R"({"id":"longer than the first","model":"x"})"});
  EXPECT_EQ(told.lines.back(), "piece+content " + text("<thi"));
}

TEST(ReadStream, TellsWhatItHoldsAndGivesBackWhatItNeedNot) {
  const std::string large(1'000'000, 'x');
  const std::string plain = R"({"stream":true,"tools":[{"type":"function","function":{"name":"f"}}],)"
                            R"("messages":[{"role":"user","content":"hi"}]})";
  auto request = testing::decode(plain);
  auto reader = testing::dialect().read_stream(*request, testing::model());
  chat::Event event;
  auto hold = [&](const std::string& bytes) {
    EXPECT_TRUE(reader->feed(bytes));
    for (auto given = reader->next(event); given && *given; given = reader->next(event)) continue;
    reader->shrink();
    return reader->held();
  };
  const std::string frame = testing::sse({text(large)});
  EXPECT_GE(hold(frame.substr(0, frame.size() - 1)), large.size()) << "an event that has not all come";
  EXPECT_LT(hold("\n"), 1024U);
  EXPECT_LT(hold(testing::sse({text("<tool_call>" + large)})), 1024U * 1024 + 1024) << "may be a call";
  EXPECT_GE(reader->held(), large.size());
  EXPECT_LT(hold(testing::sse({text(large)})), 1024U) << "is none";
  const std::string call = R"({"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":")";
  EXPECT_GE(hold(testing::sse({chunk(call + large + R"("}}]})")})), large.size()) << "is checked at the end";
}

TEST(ReadStream, HoldsAStructuredAnswerToItsSchemaAtTheEnd) {
  auto good = run(kSchema, {text("{\\\"a\\\""), text(":1}"), kStop});
  EXPECT_EQ(good.lines,
            (Lines{"piece+content " + text("{\\\"a\\\""), "piece+content " + text(":1}"), "piece+finish " + kStop}));
  for (std::string_view bad : {"Sure!", "{\\\"b\\\":1}", "```json\\n{\\\"a\\\":1}\\n```"}) {
    auto told = run(kSchema, {text(bad), kStop, "[DONE]"});
    EXPECT_EQ(told.lines, Lines{"piece+content " + text(bad)}) << "not held back, and no finish reason";
    EXPECT_THAT(told.end, StartsWith("fail invalid schema: "));
  }
  EXPECT_EQ(run(kSchema, {text("{\\\"a\\\":"), chunk("{}", "\"length\"")}).end, "ok");
}

}  // namespace
}  // namespace freeway::dialect::openai
