#include "farm/wire_test.h"

namespace freeway::farm {
namespace {

class AiHordeTest : public WireTest {
 protected:
  void SetUp() override { start("wire = \"aihorde\"\nmodels = [\"m\"]\nlatency = \"10s\"\n"); }
  Heard call(std::string_view method, std::string_view path, std::string_view body = "") {
    http::Fields fields;
    fields.add("apikey", "k");
    return send(method, fmt::format("/api/v2/generate/text/{}", path), body, std::move(fields));
  }
  Heard ask(std::string_view body = R"({"prompt":"hello","params":{"max_length":16},"models":["m"]})") {
    return call("POST", "async", body);
  }
  // The name of a job that was taken up.
  std::string take() {
    const auto heard = ask();
    EXPECT_EQ(heard.status, 202) << heard.body;
    auto id = at(heard.body, "id");
    return id.size() > 2 ? id.substr(1, id.size() - 2) : id;
  }
  Heard look(const std::string& id) { return call("GET", "status/" + id); }
  std::string count(std::string_view name) { return at(world_->stats(), "providers", "u", "later", name); }
  void pass(Duration time) { clock_.advance(time); }
};

TEST_F(AiHordeTest, AnAnswerTakesItsTime) {
  const auto id = take();
  auto told = look(id).body;
  EXPECT_EQ(at(told, "done"), "false");
  EXPECT_EQ(at(told, "waiting"), "1");
  EXPECT_EQ(at(told, "queue_position"), "1");
  EXPECT_EQ(at(told, "wait_time"), "10");
  EXPECT_EQ(at(told, "generations"), "[]");
  pass(std::chrono::seconds(6));
  told = look(id).body;
  EXPECT_EQ(at(told, "processing"), "1");
  EXPECT_EQ(at(told, "queue_position"), "0");
  pass(std::chrono::seconds(4));
  told = look(id).body;
  EXPECT_EQ(at(told, "done"), "true");
  EXPECT_EQ(at(told, "generations", "0", "state"), "\"ok\"");
  EXPECT_EQ(at(told, "generations", "0", "model"), "\"m\"");
  EXPECT_EQ(at(told, "generations", "0", "text"), "\"w0 w1 w2 w3 w4 w5 w6 w7\"");
  EXPECT_EQ(count("taken"), "1");
  EXPECT_EQ(count("asked"), "3");
  EXPECT_EQ(count("fetched"), "1");
}

TEST_F(AiHordeTest, OthersAreAhead) {
  const auto first = take();
  const auto second = take();
  EXPECT_EQ(at(look(second).body, "queue_position"), "2");
  EXPECT_EQ(call("DELETE", "status/" + first).status, 200);
  pass(std::chrono::seconds(1));
  EXPECT_EQ(at(look(second).body, "queue_position"), "1");
}

TEST_F(AiHordeTest, MayNotBeAskedMoreThanOnceASecond) {
  const auto id = take();
  EXPECT_EQ(look(id).status, 200);
  pass(std::chrono::milliseconds(999));
  const auto heard = look(id);
  EXPECT_EQ(heard.status, 429);
  EXPECT_EQ(at(heard.body, "rc"), "\"RequestRateLimit\"");
  pass(std::chrono::seconds(1));
  EXPECT_EQ(look(id).status, 200);
  EXPECT_EQ(count("too_soon"), "1");
}

TEST_F(AiHordeTest, IsCalledOff) {
  const auto id = take();
  EXPECT_EQ(call("DELETE", "status/" + id).status, 200);
  EXPECT_EQ(count("dropped"), "1");
  EXPECT_EQ(at(world_->stats(), "providers", "u", "aborted"), "1");
  EXPECT_EQ(at(world_->stats(), "providers", "u", "ok"), "0");
  pass(std::chrono::seconds(20));
  EXPECT_EQ(at(look(id).body, "generations"), "[]");
  EXPECT_EQ(count("fetched"), "0");
  EXPECT_EQ(call("DELETE", "status/none").status, 404);
  EXPECT_EQ(look("none").status, 404);
}

TEST_F(AiHordeTest, JobsThatComeToNothing) {
  script("faulted");
  auto id = take();
  pass(std::chrono::seconds(10));
  EXPECT_EQ(at(look(id).body, "faulted"), "true");
  EXPECT_EQ(at(look(id).body, "generations"), "");
  script("impossible");
  EXPECT_EQ(at(look(take()).body, "is_possible"), "false");
  script("censored");
  id = take();
  pass(std::chrono::seconds(10));
  EXPECT_EQ(at(look(id).body, "generations", "0", "state"), "\"censored\"");
  script("503 times=1");
  EXPECT_EQ(ask().status, 503);
}

TEST_F(AiHordeTest, RefusesWhatBreaksItsGrammar) {
  for (std::string_view body :
       {R"({"prompt":"x","models":["m"],"tools":[]})", R"({"prompt":"x","models":["m"],"params":{"seed":1}})",
        R"({"prompt":"x","models":["m"],"params":{"max_length":15}})", R"({"prompt":"","models":["m"]})",
        R"({"prompt":"x","models":["m"],"params":{"stop_sequence":"x"}})",
        R"({"prompt":"x","models":["m"],"params":{"max_length":900,"max_context_length":800}})"})
    EXPECT_EQ(ask(body).status, 400) << body;
  http::Fields none;
  EXPECT_EQ(send("POST", "/api/v2/generate/text/async", R"({"prompt":"x","models":["m"]})", none).status, 401);
  EXPECT_EQ(call("GET", "async").status, 405);
}

TEST_F(AiHordeTest, AHostThatPutsOffWhatTakesLong) {
  start("style = \"nvidia\"\nlater = true\nlatency = \"3s\"\nmodels = [\"m\", { id = \"a/p\", kind = \"image\" }]\n");
  const auto say = [&](std::string_view method, std::string_view path, std::string_view body = "") {
    http::Fields fields;
    fields.add("authorization", "Bearer k");
    return send(method, path, body, std::move(fields));
  };
  for (auto [path, body, member] :
       {std::tuple("/v1/chat/completions", R"({"model":"m","stream":true,"messages":[{"role":"user","content":"x"}]})",
                   "choices"),
        std::tuple("/v1/genai/a/p", R"({"prompt":"x"})", "artifacts")}) {
    const auto taken = say("POST", path, body);
    EXPECT_EQ(taken.status, 202);
    EXPECT_EQ(taken.body, "");
    const auto name = taken.head.find("NVCF-REQID: ");
    ASSERT_NE(name, std::string::npos) << taken.head;
    const auto id = taken.head.substr(name + 12, taken.head.find("\r\n", name) - name - 12);
    const auto status = "/v2/nvcf/pexec/status/" + id;
    EXPECT_EQ(say("GET", status).status, 202);
    pass(std::chrono::seconds(3));
    const auto heard = say("GET", status);
    EXPECT_EQ(heard.status, 200);
    EXPECT_NE(at(heard.body, member), "") << heard.body;
    EXPECT_EQ(say("DELETE", status).status, 405);
  }
}

}  // namespace
}  // namespace freeway::farm
