#include "farm/play.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "farm/sha256.h"

namespace freeway::farm {
namespace {

struct Shown {
  std::string bytes;
  Then then = Then::more;
  std::vector<Duration> pauses;
  std::size_t steps = 0;
};

Shown show(Play& play, std::size_t most = 500) {
  Shown shown;
  Step step;
  while (shown.then == Then::more && shown.steps < most) {
    play.next(step);
    ++shown.steps;
    shown.bytes += step.bytes;
    shown.then = step.then;
    shown.pauses.push_back(step.pause);
  }
  return shown;
}

struct Stage {
  AnswerSpec spec;
  Ask ask;
  Scene scene;
  Stage() {
    spec.tokens = 4;
    ask.model = "m1";
    ask.prompt_tokens = 9;
  }
  Play play(std::string_view line = "ok") {
    SeededRandom random(1);
    spec.finish();
    scene.fault = parse_strike(line)->fault;
    scene.stream = ask.stream;
    scene.answer = compose(std::make_shared<const AnswerSpec>(spec), ask, R"({"the":"body"})", {}, 1, 1000, random);
    spoil(scene.answer, scene.fault, ask);
    return Play(scene);
  }
  Shown run(std::string_view line = "ok") {
    auto made = play(line);
    return show(made);
  }
};

// What a client reads: the body without chunks; "" and a failure if the chunks are wrong. `cut` if they do not end.
std::string body_of(const std::string& bytes, bool* cut = nullptr) {
  const auto head_end = bytes.find("\r\n\r\n") + 4;
  std::string_view rest = std::string_view(bytes).substr(head_end);
  if (bytes.find("transfer-encoding: chunked") == std::string::npos) return std::string(rest);
  std::string body;
  while (!rest.empty()) {
    const auto size = std::stoul(std::string(rest.substr(0, rest.find('\r'))), nullptr, 16);
    rest.remove_prefix(rest.find('\n') + 1);
    body += rest.substr(0, size);
    EXPECT_EQ(rest.substr(size, 2), "\r\n");
    rest.remove_prefix(size + 2);
    if (size == 0) return body;
  }
  if (cut != nullptr) *cut = true;
  return body;
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) ++found;
  return found;
}

std::string unpacked(const std::string& packed) {
  z_stream stream{};
  inflateInit2(&stream, 15 + 16);
  std::string out(100'000, '\0');
  stream.next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<unsigned>(packed.size());
  stream.next_out = reinterpret_cast<unsigned char*>(out.data());
  stream.avail_out = static_cast<unsigned>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  inflateEnd(&stream);
  return out;
}

TEST(Play, WholeAnswer) {
  Stage stage;
  const auto shown = stage.run();
  EXPECT_EQ(shown.steps, 1U);
  EXPECT_EQ(shown.then, Then::complete);
  EXPECT_EQ(
      shown.bytes,
      "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 265\r\n\r\n"
      R"({"id":"chatcmpl-farm-1","object":"chat.completion","created":1000,"model":"m1","choices":[{"index":0,"message":)"
      R"({"role":"assistant","content":"w0 w1 w2 w3"},"logprobs":null,"finish_reason":"stop"}],)"
      R"("usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13}})");
}

TEST(Play, StreamedAnswer) {
  Stage stage;
  stage.ask.stream = true;
  stage.spec.token_rate = 10;
  stage.scene.latency = std::chrono::milliseconds(30);
  const auto shown = stage.run();
  EXPECT_EQ(shown.then, Then::complete);
  EXPECT_EQ(shown.pauses.at(0), std::chrono::milliseconds(30));
  EXPECT_EQ(shown.pauses.at(1), Duration::zero());
  EXPECT_EQ(shown.pauses.at(2), std::chrono::milliseconds(100));
  const auto body = body_of(shown.bytes);
  EXPECT_EQ(count(body, "data: "), 7U);
  EXPECT_EQ(count(body, R"("role":"assistant")"), 1U);
  EXPECT_EQ(count(body, R"("finish_reason":"stop")"), 1U);
  EXPECT_EQ(count(body, "usage"), 0U);
  EXPECT_TRUE(body.ends_with("data: [DONE]\n\n"));
  EXPECT_NE(body.find(R"({"index":0,"delta":{"content":"w1 "},"finish_reason":null})"), std::string::npos);
}

TEST(Play, UsageAsAskedAndAsOrdered) {
  Stage stage;
  stage.ask.stream = true;
  EXPECT_EQ(count(body_of(stage.run("ok usage=separate").bytes), R"("choices":[],"usage":{)"), 1U);
  const auto bundled = body_of(stage.run("ok usage=bundled").bytes);
  EXPECT_EQ(count(bundled, R"("finish_reason":"stop"}],"usage":{"prompt_tokens":9)"), 1U);
  stage.ask.include_usage = true;
  EXPECT_EQ(count(body_of(stage.run("ok").bytes), R"("choices":[],"usage":{)"), 1U);
  EXPECT_EQ(count(body_of(stage.run("ok usage=none").bytes), "prompt_tokens"), 0U);
  stage.ask.stream = false;
  EXPECT_EQ(count(stage.run("ok usage=none").bytes, "usage"), 0U);
}

TEST(Play, EndsInMidStream) {
  Stage stage;
  stage.ask.stream = true;
  bool cut = false;
  const auto closed = stage.run("close_mid_stream after=3");
  const auto body = body_of(closed.bytes, &cut);
  EXPECT_EQ(closed.then, Then::close);
  EXPECT_TRUE(cut);
  EXPECT_EQ(count(body, "\"content\":\"w"), 3U);
  EXPECT_EQ(count(body, "stop"), 0U);
  const auto before = stage.run("close_mid_stream after=0");
  EXPECT_EQ(body_of(before.bytes), "");
  EXPECT_EQ(before.then, Then::close);
  EXPECT_EQ(stage.run("stall_mid_stream").then, Then::hang);
  EXPECT_EQ(stage.run("reset").then, Then::reset);
  EXPECT_EQ(count(stage.run("reset").bytes, "data:"), 0U);
  // More pieces than there are: it still does not end well.
  EXPECT_EQ(stage.run("close_mid_stream after=99").then, Then::close);
}

TEST(Play, MissingEndings) {
  Stage stage;
  stage.ask.stream = true;
  bool cut = false;
  const auto no_done = body_of(stage.run("no_done").bytes, &cut);
  EXPECT_EQ(count(no_done, "[DONE]"), 0U);
  EXPECT_EQ(count(no_done, R"("finish_reason":"stop")"), 1U);
  const auto no_finish = body_of(stage.run("no_finish").bytes, &cut);
  EXPECT_EQ(count(no_finish, "[DONE]"), 0U);
  EXPECT_EQ(count(no_finish, R"("finish_reason":"stop")"), 0U);
  EXPECT_EQ(count(no_finish, "\"content\":\"w"), 4U);
  EXPECT_EQ(count(body_of(stage.run("no_finish after=1").bytes, &cut), "\"content\":\"w"), 1U);
  EXPECT_FALSE(cut);
}

TEST(Play, BrokenInside) {
  Stage stage;
  stage.ask.stream = true;
  const auto corrupt = body_of(stage.run("corrupt_frame after=1").bytes);
  EXPECT_EQ(count(corrupt, "\"content\":\"cor\n\n"), 1U);
  EXPECT_TRUE(corrupt.ends_with("[DONE]\n\n"));
  const auto error = body_of(stage.run("error_in_stream after=1").bytes);
  EXPECT_EQ(count(error, "data: {\"error\":{"), 1U);
  EXPECT_EQ(count(error, "\"content\":\"w"), 1U);
  EXPECT_EQ(count(error, "[DONE]"), 0U);
  const auto arguments = body_of(stage.run("truncated_tool_arguments").bytes);
  EXPECT_EQ(count(arguments, R"("finish_reason":"tool_calls")"), 1U);
  EXPECT_EQ(count(arguments, "}\"}"), 0U);
}

TEST(Play, OtherThings) {
  Stage stage;
  EXPECT_EQ(stage.run("hang").then, Then::hang);
  EXPECT_EQ(stage.run("hang").bytes, "");
  EXPECT_EQ(stage.run("close_before").then, Then::close);
  const auto late = stage.run("429 retry-after=7");
  EXPECT_TRUE(late.bytes.starts_with("HTTP/1.1 429 Too Many Requests\r\n"));
  EXPECT_EQ(count(late.bytes, "\r\nretry-after: 7\r\n"), 1U);
  EXPECT_EQ(count(late.bytes, "rate_limit_exceeded"), 1U);
  EXPECT_TRUE(stage.run("html_200").bytes.find("<html>") != std::string::npos);
  EXPECT_EQ(count(stage.run("html_200").bytes, "content-type: "), 1U);
  EXPECT_EQ(body_of(stage.run("empty_200").bytes), "");
  EXPECT_EQ(count(stage.run("clip_prompt").bytes, R"("usage":{"prompt_tokens":2,)"), 1U);
  EXPECT_EQ(count(stage.run("empty_completion").bytes, R"("content":"")"), 1U);
  EXPECT_EQ(count(stage.run("error_in_200").bytes, "200 OK"), 1U);
  const auto redirect = stage.run("redirect location=http://other/x").bytes;
  EXPECT_TRUE(redirect.starts_with("HTTP/1.1 307 "));
  EXPECT_EQ(count(redirect, "location: http://other/x\r\n"), 1U);
  const auto truncated = stage.run("truncated_content_length");
  EXPECT_EQ(truncated.then, Then::close);
  EXPECT_EQ(count(truncated.bytes, "content-length: 265"), 1U);
  EXPECT_EQ(body_of(truncated.bytes).size(), 132U);
  EXPECT_EQ(stage.run("keepalive_close").then, Then::depart);
  stage.ask.stream = true;
  EXPECT_EQ(count(stage.run("json_for_stream").bytes, "\"object\":\"chat.completion\""), 1U);
  EXPECT_EQ(stage.run("headers_only").then, Then::hang);
  const auto comments = stage.run("comments interval=10ms");
  EXPECT_EQ(comments.then, Then::more);
  EXPECT_EQ(comments.pauses.back(), std::chrono::milliseconds(10));
  EXPECT_EQ(count(comments.bytes, ": keep-alive\n\n"), 499U);
}

TEST(Play, WaysOfWriting) {
  Stage stage;
  stage.ask.stream = true;
  EXPECT_EQ(count(body_of(stage.run("crlf").bytes), "\r\n\r\n"), 7U);
  const auto cr = body_of(stage.run("cr").bytes);
  EXPECT_EQ(count(cr, "\r\r"), 7U);
  EXPECT_EQ(count(cr, "\n"), 0U);
  const auto mixed = body_of(stage.run("mixed").bytes);
  EXPECT_GE(count(mixed, ": a comment"), 1U);
  EXPECT_GE(count(mixed, "data:{"), 1U);
  const auto zipped = stage.run("gzip").bytes;
  EXPECT_EQ(count(zipped, "content-encoding: gzip"), 1U);
  EXPECT_EQ(unpacked(body_of(zipped)), body_of(stage.run("ok").bytes));
  stage.ask.stream = false;
  EXPECT_EQ(unpacked(body_of(stage.run("gzip").bytes)), body_of(stage.run("ok").bytes));
  auto drip = stage.play("drip interval=20ms");
  Step step;
  drip.next(step);
  EXPECT_EQ(step.piece, 0U);
  EXPECT_TRUE(step.bytes.ends_with("\r\n\r\n"));
  drip.next(step);
  EXPECT_EQ(step.piece, 1U);
  EXPECT_EQ(step.between, std::chrono::milliseconds(20));
  EXPECT_EQ(step.then, Then::complete);
}

TEST(Play, OldClients) {
  Stage stage;
  stage.ask.stream = true;
  stage.scene.http10 = true;
  const auto shown = stage.run();
  EXPECT_EQ(count(shown.bytes, "chunked"), 0U);
  EXPECT_EQ(count(shown.bytes, "connection: close"), 1U);
  EXPECT_EQ(shown.then, Then::close);
}

TEST(Answer, ToolCallsComeInPieces) {
  Stage stage;
  stage.ask.stream = true;
  stage.ask.first_tool = "weather";
  stage.spec.call_tools = true;
  stage.spec.tool_chunks = 3;
  stage.spec.tool_delay = std::chrono::milliseconds(50);
  const auto shown = stage.run();
  const auto body = body_of(shown.bytes);
  EXPECT_EQ(count(body, R"("name":"weather","arguments":"")"), 1U);
  EXPECT_GE(count(body, R"("tool_calls":[{"index":0,"function":{"arguments":)"), 3U);
  EXPECT_EQ(count(body, R"("finish_reason":"tool_calls")"), 1U);
  EXPECT_EQ(shown.pauses.at(2), std::chrono::milliseconds(50));
  stage.ask.after_tool = true;
  EXPECT_EQ(count(body_of(stage.run().bytes), "tool_calls"), 0U);
}

TEST(Answer, ReasoningEchoesAndLimits) {
  Stage stage;
  stage.spec.reasoning = "because of that";
  EXPECT_EQ(count(stage.run().bytes, R"("reasoning_content":"because of that")"), 1U);
  stage.spec.think = true;
  stage.spec.chunk_bytes = 4;
  stage.ask.stream = true;
  const auto thinking = body_of(stage.run().bytes);
  EXPECT_EQ(count(thinking, R"("content":"<thi")"), 1U);
  EXPECT_EQ(count(thinking, "reasoning"), 0U);
  Stage echo;
  echo.ask.last_user = "héllo \"there\"";
  echo.spec.echo = Echo::last_user;
  EXPECT_EQ(count(echo.run().bytes, R"("content":"héllo \"there\"")"), 1U);
  echo.spec.echo = Echo::digest;
  EXPECT_EQ(count(echo.run().bytes, "sha256:" + sha256_hex(R"({"the":"body"})") + " bytes:14"), 1U);
  Stage cut;
  cut.ask.max_tokens = 2;
  cut.ask.n = 2;
  const auto two = cut.run().bytes;
  EXPECT_EQ(count(two, R"("content":"w0 w1 ")"), 1U);
  EXPECT_EQ(count(two, R"("content":"#1 w0 w1 ")"), 1U);
  EXPECT_EQ(count(two, R"("finish_reason":"length")"), 2U);
  EXPECT_EQ(count(two, R"("completion_tokens":4)"), 1U);
}

TEST(Sha256, KnownValues) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

}  // namespace
}  // namespace freeway::farm
