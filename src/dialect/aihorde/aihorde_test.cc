#include <gmock/gmock.h>

#include "dialect/foreign_test.h"

namespace freeway::dialect::aihorde {
namespace {

using dialect::testing::decode;
using dialect::testing::kHi;
using dialect::testing::kHiStreamed;
using dialect::testing::Speaker;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const Speaker kModel("aihorde", "koboldcpp/m");

std::string with(std::string_view members) {
  return R"({"messages":[{"role":"user","content":"hi"}],)" + std::string(members) + "}";
}

std::string asked(std::string_view messages) { return R"({"messages":[)" + std::string(messages) + "]}"; }

// --- the request

TEST(AiHordeRequest, IsAPromptWithAnOpenTurn) {
  auto out = kModel.write(asked(
      R"({"role":"system","content":"Be brief."},{"role":"user","content":"hi"},)"
      R"({"role":"assistant","content":"ho"},{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]})"));
  EXPECT_EQ(out.method, "POST");
  EXPECT_EQ(out.path, "/generate/text/async");
  EXPECT_THAT(
      out.body,
      StartsWith(
          R"({"prompt":"### System:\nBe brief.\n\n### Instruction:\nhi\n\n### Response:\nho\n\n### Instruction:\na\nb\n\n)"
          R"(### Response:\n","params":{)"));
  EXPECT_THAT(out.body, HasSubstr(R"("models":["koboldcpp/m"]})"));
  EXPECT_TRUE(out.dropped.empty());
}

TEST(AiHordeRequest, ContinuesWhatTheAssistantBegan) {
  auto out = kModel.write(asked(R"({"role":"user","content":"hi"},{"role":"assistant","content":"{\"a\":"})"));
  EXPECT_THAT(out.body, StartsWith(R"({"prompt":"### Instruction:\nhi\n\n### Response:\n{\"a\":","params")"));
}

TEST(AiHordeRequest, SaysWhoAsks) {
  auto out = kModel.write(kHi);
  EXPECT_THAT(std::string(out.fields.find("client-agent").value_or("")), ::testing::MatchesRegex("freeway:.+:.+"));
  EXPECT_EQ(out.fields.find("apikey"), "0000000000");
  EXPECT_EQ(out.fields.find("accept"), "application/json");
  catalog::Auth auth{catalog::Auth::Way::header, "apikey"};
  authorize(out, auth, catalog::Key{"", Secret("mine"), "", "", "", ""});
  EXPECT_EQ(out.fields.find("apikey"), "mine");
  EXPECT_EQ(out.fields.count("apikey"), 1U);
}

TEST(AiHordeRequest, ParametersUnderTheirNames) {
  auto out = kModel.write(
      with(R"("max_tokens":100,"temperature":0.50,"top_p":0.9,"top_k":40,"repetition_penalty":1.1,"stop":"END","n":2)"));
  EXPECT_THAT(
      out.body,
      HasSubstr(
          R"("params":{"n":2,"max_length":100,"max_context_length":2048,"temperature":0.50,"top_p":0.9,"top_k":40,"rep_pen":1.1,)"
          R"("stop_sequence":["### Instruction:","### Response:","### System:","END"]})"));
  EXPECT_TRUE(out.dropped.empty());
}

TEST(AiHordeRequest, LengthsStayWithinWhatItTakes) {
  EXPECT_THAT(kModel.write(kHi).body, HasSubstr(R"("max_length":512)"));
  auto shorter = kModel.write(with(R"("max_tokens":1)"));
  EXPECT_THAT(shorter.body, HasSubstr(R"("max_length":16)"));
  EXPECT_THAT(shorter.dropped, ElementsAre("max_tokens"));
  auto longer = kModel.write(with(R"("max_completion_tokens":9000)"));
  EXPECT_THAT(longer.body, HasSubstr(R"("max_length":1024)"));
  EXPECT_THAT(longer.dropped, ElementsAre("max_completion_tokens"));
}

TEST(AiHordeRequest, AsksForAsMuchContextAsThePromptNeeds) {
  auto request = decode(asked(R"({"role":"user","content":")" + std::string(40'000, 'a') + R"("})"));
  auto out = kModel.ask(*request);
  ASSERT_TRUE(out);
  auto body = json::Document::parse(out->body);
  ASSERT_TRUE(body);
  auto given = body->root()["params"]["max_context_length"].integer().value_or(0);
  auto needed = static_cast<std::int64_t>(request->prompt_tokens) * 5 / 4 + 512;
  EXPECT_GE(given, needed);
  EXPECT_LT(given, needed + 2048);
  Speaker small("aihorde", "m");
  small.model.context = 1500;
  EXPECT_THAT(small.write(kHi).body, HasSubstr(R"("max_context_length":1500)"));
}

TEST(AiHordeRequest, TellsWhatItDrops) {
  auto out = kModel.write(
      R"({"messages":[{"role":"user","name":"ann","content":"hi"}],"seed":1,"reasoning_effort":"low","logit_bias":{},"user":null})");
  EXPECT_THAT(out.dropped, ElementsAre("messages[].name", "seed", "reasoning_effort", "logit_bias"));
  EXPECT_THAT(
      kModel.write(asked(R"({"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}]})"))
          .dropped,
      ElementsAre("messages[].content[].cache_control"));
}

TEST(AiHordeRequest, RefusesWhatItCantCarry) {
  for (
      const std::string& text : {
          with(R"("tools":[{"type":"function","function":{"name":"look"}}])"),
          with(R"("response_format":{"type":"json_object"})"),
          with(R"("response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"}}})"),
          asked(R"({"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]})"),
          asked(
              R"({"role":"user","content":"x"},{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},)"
              R"({"role":"tool","tool_call_id":"c","content":"found"})"),
      })
    EXPECT_THAT(kModel.refusal(text), StartsWith("unsupported ")) << text;
  EXPECT_THAT(kModel.refusal(with(R"("response_format":{"type":"text"})")), StartsWith("written: "));
}

// --- the job

struct Job {
  std::optional<FollowUp> ask(int status, std::string_view body, const FollowUp* before = nullptr) const {
    return kModel.spoken().follow_up(Received{status, fields, body}, kModel.provider, before);
  }
  FollowUp taken() const {
    auto next = ask(202, R"({"id":"0b1c-22","kudos":3.5})");
    EXPECT_TRUE(next);
    return next ? std::move(*next) : FollowUp();
  }
  http::Fields fields;
};

std::string status(std::string_view members) {
  return R"({"finished":0,"processing":0,"restarted":0,"waiting":1,"done":false,"faulted":false,"wait_time":0,"queue_position":4,)"
         R"("kudos":1,"is_possible":true,"generations":[])" +
         std::string(members) + "}";
}

TEST(AiHordeJob, IsAskedForByItsNameAndCanBeCalledOff) {
  FollowUp next = Job().taken();
  EXPECT_EQ(next.job, "0b1c-22");
  EXPECT_EQ(next.after, std::chrono::seconds(1));
  EXPECT_EQ(next.base, "");
  EXPECT_EQ(next.ask.method, "GET");
  EXPECT_EQ(next.ask.path, "/generate/text/status/0b1c-22");
  EXPECT_EQ(next.ask.body, "");
  EXPECT_TRUE(next.ask.fields.find("client-agent"));
  ASSERT_TRUE(next.cancel);
  EXPECT_EQ(next.cancel->method, "DELETE");
  EXPECT_EQ(next.cancel->path, next.ask.path);
  EXPECT_EQ(next.cancel->fields.find("apikey"), "0000000000");
}

TEST(AiHordeJob, OneWithoutAGoodNameIsNone) {
  EXPECT_FALSE(Job().ask(202, R"({"kudos":3})"));
  EXPECT_FALSE(Job().ask(202, R"({"id":"../find_user"})"));
  EXPECT_FALSE(Job().ask(202, "<html>"));
  EXPECT_FALSE(Job().ask(429, R"({"id":"1"})"));
}

TEST(AiHordeJob, GoesOnUntilItIsDone) {
  FollowUp before = Job().taken();
  auto next = Job().ask(200, status(""), &before);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->job, "0b1c-22");
  EXPECT_EQ(next->after, std::chrono::seconds(1));
  ASSERT_TRUE(next->cancel);
  EXPECT_EQ(Job().ask(200, status(R"(,"wait_time":30)"), &before)->after, std::chrono::seconds(3));
  EXPECT_EQ(Job().ask(200, status(R"(,"wait_time":900)"), &before)->after, std::chrono::seconds(5));
  EXPECT_FALSE(Job().ask(200, status(R"(,"done":true)"), &before));
  EXPECT_FALSE(Job().ask(200, status(R"(,"faulted":true)"), &before));
  EXPECT_FALSE(Job().ask(200, status(R"(,"is_possible":false)"), &before));
  EXPECT_TRUE(Job().ask(200, status(R"(,"is_possible":false,"processing":1)"), &before)) << "a machine has it already";
  EXPECT_FALSE(Job().ask(200, R"({"message":"gone"})", &before));
  EXPECT_FALSE(Job().ask(404, R"({"message":"no such job","rc":"RequestNotFound"})", &before));
}

TEST(AiHordeJob, ARefusedQuestionIsNoAnswer) {
  FollowUp before = Job().taken();
  auto next = Job().ask(429, R"({"message":"2 per 1 second","rc":"RequestRateLimit"})", &before);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->after, std::chrono::seconds(2));
  EXPECT_EQ(Job().ask(503, "", &*next)->after, std::chrono::seconds(4));
  Job told;
  told.fields.add("retry-after", "7");
  EXPECT_EQ(told.ask(429, "", &before)->after, std::chrono::seconds(7));
}

// --- the answer

std::string done(std::string_view generations) {
  return R"({"finished":1,"processing":0,"waiting":0,"done":true,"faulted":false,"is_possible":true,"generations":[)" +
         std::string(generations) + "]}";
}
std::string said(std::string_view text) {
  return R"({"text":")" + std::string(text) + R"(","model":"koboldcpp/m","worker_name":"w","seed":0,"state":"ok"})";
}

TEST(AiHordeAnswer, IsACompletionWithEstimatedUsage) {
  std::optional<chat::Fault> fault;
  auto read = kModel.answer(*decode(kHi), done(said(" hello there\\n")), fault);
  ASSERT_TRUE(read);
  EXPECT_THAT(read->body, HasSubstr(R"("message":{"role":"assistant","content":"hello there"},"finish_reason":"stop")"));
  EXPECT_THAT(read->body, HasSubstr(R"("model":"koboldcpp/m")"));
  EXPECT_TRUE(read->usage.estimated);
  EXPECT_EQ(read->usage.completion_tokens, 2U);
}

TEST(AiHordeAnswer, EndsBeforeTheNextSpeaker) {
  for (std::string_view text : {"hello\\n\\n### Instruction:\\nand now?",
                                "hello ### System:", "hello\\n### Response:\\nmore", "hello\\n### Inst", "hello\\n\\n###"})
    EXPECT_THAT(kModel.answered(*decode(kHi), done(said(text))), HasSubstr(R"("content":"hello"},"finish_reason":"stop")"))
        << text;
  EXPECT_THAT(kModel.answered(*decode(kHi), done(said("## hello\\n### Insects"))), HasSubstr(R"("## hello\n### Insects")"));
}

TEST(AiHordeAnswer, EndsBeforeTheClientsOwnStop) {
  for (std::string_view stop : {R"("stop":"END")", R"("stop":["x","END"])"})
    EXPECT_THAT(kModel.answered(*decode(with(stop)), done(said("hello END more"))),
                HasSubstr(R"("content":"hello"},"finish_reason":"stop")"));
}

TEST(AiHordeAnswer, ThatIsAsLongAsItMayBeWasCut) {
  const std::string text(64, 'a');
  EXPECT_THAT(kModel.answered(*decode(with(R"("max_tokens":16)")), done(said(text))),
              HasSubstr(R"("finish_reason":"length")"));
  EXPECT_THAT(kModel.answered(*decode(with(R"("max_tokens":17)")), done(said(text))),
              HasSubstr(R"("finish_reason":"stop")"));
  EXPECT_THAT(kModel.answered(*decode(with(R"("max_tokens":16)")), done(said(text + "### System:"))),
              HasSubstr(R"("finish_reason":"stop")"));
}

TEST(AiHordeAnswer, EachGenerationIsAChoice) {
  const std::string read = kModel.answered(*decode(with(R"("n":2)")), done(said("one") + "," + said("two")));
  EXPECT_THAT(read, HasSubstr(R"("index":0,"message":{"role":"assistant","content":"one"})"));
  EXPECT_THAT(read, HasSubstr(R"("index":1,"message":{"role":"assistant","content":"two"})"));
  EXPECT_THAT(kModel.answered(*decode(with(R"("n":2)")), done(said("one"))), StartsWith("fail malformed"));
}

chat::Fault fault_of(const std::string& body) {
  std::optional<chat::Fault> fault;
  EXPECT_FALSE(kModel.answer(*decode(kHi), body, fault));
  return fault.value_or(chat::Fault());
}

TEST(AiHordeAnswer, FailedJobsAreFaults) {
  EXPECT_EQ(fault_of(status(R"(,"faulted":true)")).code, "faulted");
  EXPECT_EQ(fault_of(status(R"(,"faulted":true)")).type, "server_error");
  EXPECT_EQ(fault_of(status(R"(,"is_possible":false)")).code, "not_possible");
  EXPECT_EQ(fault_of(status(R"(,"is_possible":false)")).type, "not_found");
  EXPECT_EQ(fault_of(done(R"({"text":"…","state":"censored"})")).type, "content_filter");
  EXPECT_EQ(fault_of(R"({"message":"Too many","rc":"TooManyPrompts"})").code, "TooManyPrompts");
  EXPECT_THAT(kModel.answered(*decode(kHi), done("")), StartsWith("fail malformed"));
  EXPECT_THAT(kModel.answered(*decode(kHi), done(said(""))), StartsWith("fail closed"));
}

TEST(AiHordeAnswer, IsReplayedToWhoAskedForAStream) {
  auto request = decode(kHiStreamed);
  auto told = openai::testing::run(*kModel.spoken().replay(*request, kModel.model), done(said("hello there")), 7);
  EXPECT_EQ(told.end, "ok");
  ASSERT_EQ(told.lines.size(), 2U);
  EXPECT_THAT(told.lines[0], HasSubstr(R"("content":"hello there")"));
  EXPECT_THAT(told.lines[1], HasSubstr(R"("finish_reason":"stop")"));
  EXPECT_TRUE(told.usage.estimated);
}

// --- NVIDIA, whose answers come later now and then

TEST(NvidiaJob, IsAskedForAtAnAddressOfItsOwn) {
  catalog::Provider provider;
  const Dialect& nvidia = *find("nvidia");
  http::Fields fields;
  fields.add("NVCF-REQID", "4f-1");
  EXPECT_FALSE(nvidia.follow_up({202, fields, ""}, provider, nullptr)) << "there is no address";
  provider.follow_up_url = "https://jobs.example/v2";
  EXPECT_FALSE(nvidia.follow_up({200, fields, ""}, provider, nullptr)) << "that is the answer";
  EXPECT_FALSE(nvidia.follow_up({202, http::Fields(), ""}, provider, nullptr)) << "it has no name";
  auto next = nvidia.follow_up({202, fields, ""}, provider, nullptr);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->base, "https://jobs.example/v2");
  EXPECT_EQ(next->ask.method + " " + next->ask.path, "GET /pexec/status/4f-1");
  EXPECT_FALSE(next->cancel);
  auto again = nvidia.follow_up({202, http::Fields(), ""}, provider, &*next);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->job, "4f-1");
  EXPECT_TRUE(nvidia.follow_up({429, http::Fields(), ""}, provider, &*next));
  EXPECT_FALSE(nvidia.follow_up({429, fields, ""}, provider, nullptr)) << "the request itself was refused";
  EXPECT_FALSE(nvidia.follow_up({500, fields, ""}, provider, &*next));
  for (chat::Kind kind : {chat::Kind::image, chat::Kind::rerank, chat::Kind::embedding})
    EXPECT_TRUE(nvidia.codec(kind)->follow_up({202, fields, ""}, provider, nullptr));
}

}  // namespace
}  // namespace freeway::dialect::aihorde
