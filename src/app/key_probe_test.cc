#include "app/key_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "upstream/provider_test.h"

namespace freeway::app {

namespace {

using catalog::ProbeResult;
using net::Task;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using upstream::Bench;
using upstream::until;

constexpr std::string_view kSecret = "gsk_0123456789abcdefx7Qa";

catalog::Key key() {
  catalog::Key made;
  made.name = "a";
  made.secret = Secret(std::string(kSecret));
  return made;
}

catalog::Model chat_model(std::string id) {
  catalog::Model made;
  made.id = std::move(id);
  return made;
}

catalog::Provider provider() {
  catalog::Provider made;
  made.id = "p";
  made.base_url = "https://api.example/v1";
  made.models = {chat_model("small"), chat_model("large")};
  catalog::Probe probe;
  probe.paths = {"/key"};
  probe.valid = {{200, ""}};
  probe.invalid = {{401, ""}, {400, "API_KEY_INVALID"}};
  made.probe = probe;
  return made;
}

KeyVerdict judged(int status, std::string_view body) { return judge_answer(provider(), key(), status, {}, body); }

TEST(KeyProbe, AsksWhatTheCatalogSays) {
  catalog::Provider one = provider();
  one.headers = {{"x-title", "freeway"}};
  auto calls = probe_calls(one, key());
  ASSERT_TRUE(calls) << calls.error().message;
  ASSERT_EQ(calls->size(), 1U);
  const upstream::Call& call = calls->front();
  EXPECT_EQ(call.head.method, "GET");
  EXPECT_EQ(call.head.target, "/v1/key");
  EXPECT_EQ(call.head.fields.find("authorization"), "Bearer " + std::string(kSecret));
  EXPECT_EQ(call.head.fields.find("x-title"), "freeway");
  EXPECT_TRUE(call.body.empty());
  EXPECT_EQ(call.proxy, nullptr);
}

TEST(KeyProbe, AccountsPathsAndWaysToShowTheKey) {
  catalog::Provider one = provider();
  one.probe->base = "https://accounts.example/client";
  one.probe->paths = {"/user/verify", "/accounts/{account_id}/verify"};
  catalog::Key with_account = key();
  with_account.account_id = "a/1";
  one.auth = {catalog::Auth::Way::header, "apikey"};
  auto calls = probe_calls(one, with_account);
  ASSERT_TRUE(calls);
  ASSERT_EQ(calls->size(), 2U);
  EXPECT_EQ((*calls)[0].origin.host, "accounts.example");
  EXPECT_EQ((*calls)[0].head.target, "/client/user/verify");
  EXPECT_EQ((*calls)[1].head.target, "/client/accounts/a%2F1/verify");
  EXPECT_EQ((*calls)[1].head.fields.find("apikey"), std::string(kSecret));
  // A question of its own may show the key in a way of its own.
  one.probe->auth = catalog::Auth{catalog::Auth::Way::header, "x-key"};
  calls = probe_calls(one, with_account);
  EXPECT_EQ((*calls)[0].head.fields.find("x-key"), std::string(kSecret));
  EXPECT_FALSE((*calls)[0].head.fields.find("apikey"));
  one.base_url = one.probe->base = "https://api.example/{account_id}/v1";
  EXPECT_THAT(probe_calls(one, key()).error().message, HasSubstr("--account-id"));
}

TEST(KeyProbe, WithoutAKnownWayAChatOfOneToken) {
  catalog::Provider one = provider();
  one.probe.reset();
  one.quirks.rename = {{"max_tokens", "max_completion_tokens"}};
  auto calls = probe_calls(one, key());
  ASSERT_TRUE(calls) << calls.error().message;
  EXPECT_EQ(calls->front().head.method, "POST");
  EXPECT_EQ(calls->front().head.target, "/v1/chat/completions");
  EXPECT_EQ(calls->front().body,
            R"({"model":"small","messages":[{"role":"user","content":"Hi"}],"max_completion_tokens":1})");
  EXPECT_EQ(judge_answer(one, key(), 429, {}, "").result, ProbeResult::valid);
  EXPECT_EQ(judge_answer(one, key(), 402, {}, "").result, ProbeResult::inconclusive);
  EXPECT_EQ(judge_answer(one, key(), 403, {}, "").result, ProbeResult::invalid);
  one.models.clear();
  EXPECT_EQ(probe_calls(one, key()).error().kind, ErrorKind::unsupported);
}

TEST(KeyProbe, NothingToCheckWithoutAKey) {
  EXPECT_EQ(probe_calls(provider(), catalog::Key()).error().kind, ErrorKind::unsupported);
}

TEST(KeyProbe, TheKeysProxyGoesBeforeTheProviders) {
  catalog::Provider one = provider();
  one.proxy = "http://127.0.0.1:3128";
  EXPECT_EQ(probe_calls(one, key())->front().proxy->port, 3128);
  catalog::Key own = key();
  own.proxy = "socks5h://u:p@127.0.0.1:1080";
  EXPECT_EQ(probe_calls(one, own)->front().proxy->port, 1080);
  own.proxy = "ftp://nowhere";
  EXPECT_FALSE(probe_calls(one, own)) << "a proxy that can't be read is no reason to go without";
}

TEST(KeyProbe, SaysWhatTheAnswerMeans) {
  EXPECT_EQ(judged(200, "{}").result, ProbeResult::valid);
  EXPECT_EQ(judged(200, "{}").reason, "p takes this key (200 OK)");
  KeyVerdict refused = judged(401, R"({"error":{"message":"Invalid API Key: gsk_0123456789abcdefx7Qa"}})");
  EXPECT_EQ(refused.result, ProbeResult::invalid);
  EXPECT_EQ(refused.reason, "p refuses this key (401 Unauthorized: Invalid API Key: [redacted])");
  EXPECT_EQ(judged(400, R"({"error":{"message":"bad","details":[{"reason":"API_KEY_INVALID"}]}})").result,
            ProbeResult::invalid);
  EXPECT_EQ(judged(400, R"({"error":{"message":"location not supported"}})").result, ProbeResult::inconclusive);
  for (int status : {302, 404, 429, 500, 503}) EXPECT_EQ(judged(status, "").result, ProbeResult::inconclusive) << status;
  std::string rude = R"({"error":{"message":")" + std::string(500, 'x') + R"(\u001b[31m"}})";
  EXPECT_LT(judged(503, rude).reason.size(), 400U);
  EXPECT_THAT(judged(503, R"({"error":{"message":"\u001b[31mred"}})").reason, Not(HasSubstr("\x1b")));
}

TEST(KeyProbe, SeveralAnswersTogether) {
  KeyVerdict good{ProbeResult::valid, "good"};
  KeyVerdict bad{ProbeResult::invalid, "bad"};
  KeyVerdict open{ProbeResult::inconclusive, "open"};
  EXPECT_EQ(judge_together({bad, good}).reason, "good");
  EXPECT_EQ(judge_together({bad, open}).reason, "open");
  EXPECT_EQ(judge_together({bad, bad}).reason, "bad");
}

// The words of an answer on the wire.
std::string answer(std::string_view status, std::string_view body) {
  return "HTTP/1.1 " + std::string(status) +
         "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

struct Asked {
  bool done = false;
  KeyVerdict verdict;
};

net::Task<> ask(Bench& bench, std::shared_ptr<const catalog::Provider> one, Asked& asked) {
  catalog::Key shown = key();
  net::Task<KeyVerdict> task =
      probe_key(bench.loop, *bench.client, std::move(one), std::move(shown), std::chrono::seconds(5));
  asked.verdict = co_await std::move(task);
  asked.done = true;
}

std::shared_ptr<const catalog::Provider> at_bench(Bench& bench) {
  catalog::Provider one = provider();
  one.base_url = "http://127.0.0.1:" + std::to_string(bench.listener->port()) + "/v1";
  one.probe->paths = {"/key", "/account"};
  return std::make_shared<const catalog::Provider>(std::move(one));
}

net::Task<> second_path(Bench& bench) {
  Asked asked;
  auto one = at_bench(bench);
  net::Task<> task = ask(bench, one, asked);
  bench.loop.spawn(std::move(task));
  AWAIT(!bench.peers.empty() && bench.peers[0]->has("\r\n\r\n"));
  EXPECT_TRUE(bench.peers[0]->has("GET /v1/key HTTP/1.1"));
  bench.peers[0]->take_all();
  bench.peers[0]->send(answer("401 Unauthorized", R"({"error":{"message":"no"}})"));
  AWAIT(bench.peers[0]->has("GET /v1/account HTTP/1.1"));
  bench.peers[0]->send(answer("200 OK", "{}"));
  AWAIT(asked.done);
  EXPECT_EQ(asked.verdict.result, ProbeResult::valid) << asked.verdict.reason;
}
TEST(KeyProbe, AsksTheNextPathWhereTheFirstSaysNo) {
  Bench bench;
  upstream::run(bench, second_path);
}

net::Task<> silence(Bench& bench) {
  Asked asked;
  auto one = at_bench(bench);
  net::Task<> task = ask(bench, one, asked);
  bench.loop.spawn(std::move(task));
  for (std::size_t i = 0; i < 2; ++i) {
    AWAIT(bench.peers.size() > i && bench.peers[i]->has("\r\n\r\n"));
    bench.clock.advance(std::chrono::seconds(6));
    bench.loop.tick();
  }
  AWAIT(asked.done);
  EXPECT_EQ(asked.verdict.result, ProbeResult::inconclusive);
  EXPECT_THAT(asked.verdict.reason, HasSubstr("did not answer in time"));
}
TEST(KeyProbe, SilenceProvesNothing) {
  Bench bench;
  upstream::run(bench, silence);
}

TEST(KeyProbe, ABrokenProxyIsNotGoneAround) {
  Bench bench;
  catalog::Provider one = *at_bench(bench);
  one.proxy = "http://127.0.0.1:1";
  SystemClock clock;
  KeyVerdict verdict = probe_key_now(one, key(), clock, std::chrono::seconds(5));
  EXPECT_EQ(verdict.result, ProbeResult::inconclusive);
  EXPECT_THAT(verdict.reason, HasSubstr("127.0.0.1:1"));
  EXPECT_TRUE(bench.peers.empty());
}

TEST(KeyProbe, TellsWhatAKeyUnlocks) {
  catalog::Provider one = provider();
  one.models.push_back(chat_model("off"));
  one.models.back().enabled = false;
  one.models.push_back(chat_model("embed"));
  one.models.back().kind = catalog::Kind::embedding;
  one.models.push_back(chat_model("nowhere"));
  one.models.back().kind = catalog::Kind::translation;
  catalog::PoolSpec day;
  day.limit = 14400;
  day.window.kind = catalog::Window::Kind::day;
  one.pools = {day};
  day.limit = 1000;
  one.models[1].pools = {day};
  EXPECT_THAT(unlocked_models(one), ElementsAre("p/small", "p/large", "p/embed"));
  catalog::PoolSpec bucket = day;
  bucket.unit = catalog::Unit::tokens;
  bucket.limit = 200000;
  bucket.window.kind = catalog::Window::Kind::bucket;
  bucket.window.length = std::chrono::hours(24);
  one.models[1].pools.push_back(bucket);
  EXPECT_EQ(unlocked_text(one),
            "it unlocks 3 models:\n"
            "MODEL    KIND       CONTEXT  REQUESTS A DAY  TOKENS A DAY\n"
            "p/small  chat       ?        14,400          ?\n"
            "p/large  chat       ?        1,000           200,000\n"
            "p/embed  embedding  ?        14,400          ?\n");
}

}  // namespace

}  // namespace freeway::app
