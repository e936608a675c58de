#include "app/roster.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "upstream/provider_test.h"

namespace freeway::app {
namespace {

using net::Task;
using testing::HasSubstr;
using testing::Not;
using upstream::Bench;
using upstream::until;

constexpr std::string_view kSecret = "AIza0123456789abcdefx7Qa";

catalog::Key key() {
  catalog::Key made;
  made.secret = Secret(std::string(kSecret));
  return made;
}

// A provider of Gemini's dialect at the bench, asked on a thread of its own.
std::future<Result<Roster>> ask(Bench& bench, std::size_t bytes = 1 << 20, const std::atomic<bool>* called_off = nullptr) {
  catalog::Provider provider;
  provider.id = "p";
  provider.dialect = "gemini";
  provider.auth = {catalog::Auth::Way::header, "x-goog-api-key"};
  provider.base_url = fmt::format("http://127.0.0.1:{}/v1beta", bench.listener->port());
  return std::async(std::launch::async, [provider, bytes, called_off] {
    SystemClock clock;
    return roster_now(provider, key(), clock, {bytes, std::chrono::seconds(30), called_off});
  });
}

bool is_there(std::future<Result<Roster>>& answer) {
  return answer.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

bool was_asked(Bench& bench, std::size_t peer) { return bench.peers.size() > peer && bench.peers[peer]->has("\r\n\r\n"); }

void reply(Bench& bench, std::size_t peer, std::string_view status, std::string_view body) {
  bench.peers[peer]->send(fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\n\r\n{}", status, body.size(), body));
}

Task<> pages(Bench& bench) {
  std::future<Result<Roster>> answer = ask(bench);
  AWAIT(was_asked(bench, 0));
  EXPECT_TRUE(bench.peers[0]->has("GET /v1beta/models?pageSize=1000 HTTP/1.1"));
  EXPECT_TRUE(bench.peers[0]->has(kSecret));
  reply(bench, 0, "200 OK", R"({"models":[{"name":"models/a"},{"name":"models/b"}],"nextPageToken":"t"})");
  AWAIT(was_asked(bench, 1));
  EXPECT_TRUE(bench.peers[1]->has("GET /v1beta/models?pageSize=1000&pageToken=t HTTP/1.1"));
  reply(bench, 1, "200 OK", R"({"models":[{"name":"models/b"},{"name":"models/c"}]})");
  AWAIT(is_there(answer));
  Result<Roster> roster = answer.get();
  EXPECT_TRUE(roster);
  if (!roster) co_return;
  EXPECT_TRUE(roster->whole);
  EXPECT_EQ(roster->models.size(), 3U) << "each id once";
}
TEST(RosterTest, TakesAllPagesTogether) {
  Bench bench;
  upstream::run(bench, pages);
}

Task<> huge(Bench& bench) {
  std::future<Result<Roster>> answer = ask(bench, 1000);
  AWAIT(was_asked(bench, 0));
  reply(bench, 0, "200 OK", std::string(2000, ' '));
  AWAIT(is_there(answer));
  Result<Roster> roster = answer.get();
  EXPECT_FALSE(roster);
  if (!roster) EXPECT_EQ(roster.error().kind, ErrorKind::too_large);
}
TEST(RosterTest, AHugeListIsNotReadToItsEnd) {
  Bench bench;
  upstream::run(bench, huge);
}

Task<> refused(Bench& bench) {
  std::future<Result<Roster>> answer = ask(bench);
  AWAIT(was_asked(bench, 0));
  reply(bench, 0, "401 Unauthorized", fmt::format("{{\"error\":\"no such key {}\"}}", kSecret));
  AWAIT(is_there(answer));
  Result<Roster> roster = answer.get();
  EXPECT_FALSE(roster);
  if (roster) co_return;
  EXPECT_EQ(roster.error().message, "p answers 401 Unauthorized");
}
TEST(RosterTest, ARefusalIsNoList) {
  Bench bench;
  upstream::run(bench, refused);
}

Task<> nonsense(Bench& bench) {
  std::future<Result<Roster>> answer = ask(bench);
  AWAIT(was_asked(bench, 0));
  reply(bench, 0, "200 OK", fmt::format("<html>{}", kSecret));
  AWAIT(is_there(answer));
  Result<Roster> roster = answer.get();
  EXPECT_FALSE(roster);
  if (roster) co_return;
  EXPECT_THAT(roster.error().message, HasSubstr("no list of models"));
  EXPECT_THAT(roster.error().message, Not(HasSubstr(std::string(kSecret))));
}
TEST(RosterTest, NonsenseIsNoListAndIsNotQuoted) {
  Bench bench;
  upstream::run(bench, nonsense);
}

Task<> called_off(Bench& bench) {
  std::atomic<bool> off{false};
  std::future<Result<Roster>> answer = ask(bench, 1000, &off);
  AWAIT(was_asked(bench, 0));
  off = true;
  AWAIT(is_there(answer));
  Result<Roster> roster = answer.get();
  EXPECT_FALSE(roster);
  if (!roster) EXPECT_EQ(roster.error().kind, ErrorKind::cancelled);
}
TEST(RosterTest, AQuestionThatIsCalledOffWaitsNoLonger) {
  Bench bench;
  upstream::run(bench, called_off);
}

TEST(RosterTest, GoesThroughTheProxyOrNotAtAll) {
  Bench bench;
  catalog::Provider provider;
  provider.id = "p";
  provider.base_url = fmt::format("http://127.0.0.1:{}/v1", bench.listener->port());
  provider.proxy = "http://127.0.0.1:1";
  SystemClock clock;
  auto roster = roster_now(provider, key(), clock, {1000, std::chrono::seconds(5), nullptr});
  ASSERT_FALSE(roster);
  EXPECT_THAT(roster.error().message, HasSubstr("127.0.0.1:1"));
  EXPECT_TRUE(bench.peers.empty());
}

TEST(RosterTest, IdsThatHoldTheKeyAndMoreThanEnoughAreLeftOut) {
  Roster roster;
  dialect::ModelPage page;
  page.models.emplace_back().id = "m-" + std::string(kSecret);
  for (int i = 0; i < 6000; ++i) page.models.emplace_back().id = fmt::format("m{}", i);
  add_page(roster, std::move(page), Secret(std::string(kSecret)));
  EXPECT_EQ(roster.models.size(), 5000U);
  EXPECT_EQ(roster.models[0].id, "m0");
  EXPECT_FALSE(roster.whole);
}

TEST(RosterTest, AnAccountStandsInTheAddress) {
  catalog::Provider provider;
  provider.id = "p";
  provider.list = {catalog::ListShape::cloudflare, "https://api.example/accounts/{account_id}", "/ai/models/search"};
  SystemClock clock;
  auto roster = roster_now(provider, key(), clock, {1000, std::chrono::seconds(5), nullptr});
  ASSERT_FALSE(roster);
  EXPECT_THAT(roster.error().message, HasSubstr("--account-id"));
}

}  // namespace
}  // namespace freeway::app
