#include "ledger/ledger.h"

#include <gtest/gtest.h>

#include "ledger/testing.h"

namespace freeway::ledger {
namespace {

using namespace testing;
using catalog::Charge;
using catalog::Scope;
using catalog::Unit;

chat::Usage usage(std::uint64_t prompt, std::uint64_t completion) {
  return {prompt, completion, prompt + completion, false};
}

TEST(Sliding, FreesEachPlaceByItself) {
  Bench bench(pool("rpm", 2, "sliding 60s"));
  EXPECT_TRUE(bench.call());
  bench.clock.advance(seconds(10));
  EXPECT_TRUE(bench.call());
  auto refusal = bench.look();
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->pool, "u1/key#1/rpm");
  EXPECT_EQ(refusal->limit, 2u);
  EXPECT_EQ(refusal->used, 2u);
  EXPECT_FALSE(refusal->too_large);
  EXPECT_FALSE(refusal->concurrent);
  EXPECT_EQ(refusal->until - bench.clock.now(), seconds(50) + milliseconds(300));
  bench.clock.advance(seconds(50) + milliseconds(299));
  EXPECT_FALSE(bench.call());
  bench.clock.advance(milliseconds(1));
  EXPECT_EQ(bench.calls(5), 1);
  EXPECT_EQ(bench.look()->until - bench.clock.now(), seconds(10));
}

TEST(G4Sliding, CountsFromDispatchNotFromReserve) {
  Bench bench(pool("rpm", 1, "sliding 60s"));
  auto reservation = bench.reserve();
  ASSERT_TRUE(reservation.has_value());
  bench.clock.advance(seconds(300));
  auto refusal = bench.look();
  ASSERT_TRUE(refusal.has_value()) << "a held place does not expire";
  EXPECT_EQ(refusal->until - bench.clock.now(), seconds(60) + milliseconds(300)) << "the earliest that can be";
  bench.ledger.dispatched(*reservation, bench.at());
  bench.clock.advance(seconds(60));
  EXPECT_TRUE(bench.look().has_value());
  bench.clock.advance(milliseconds(300));
  EXPECT_FALSE(bench.look().has_value()) << "freed although the answer still runs";
  bench.ledger.settle(std::move(*reservation), {true, {}}, bench.at());
  EXPECT_FALSE(bench.look().has_value());
}

TEST(Reservation, GivenBackUnlessDispatched) {
  Bench bench(pool("rpm", 1, "sliding 60s"));
  int opened = 0;
  bench.ledger.on_release([&] { ++opened; });
  {
    auto reservation = bench.reserve();
  }
  EXPECT_EQ(opened, 1);
  EXPECT_EQ(bench.level("u1/key#1/rpm").used, 0u);
  {
    auto reservation = bench.reserve();
    ASSERT_TRUE(reservation.has_value());
    bench.ledger.dispatched(*reservation, bench.at());
  }
  EXPECT_EQ(opened, 1) << "the provider may have counted it";
  EXPECT_EQ(bench.level("u1/key#1/rpm").used, 1u);
  EXPECT_EQ(bench.level("u1/key#1/rpm").in_flight, 0u);
}

TEST(Reservation, MovesAndAssigns) {
  Bench bench(pool("rpm", 2, "sliding 60s"));
  auto one = bench.reserve();
  auto two = bench.reserve();
  ASSERT_TRUE(one && two);
  EXPECT_EQ(bench.level("u1/key#1/rpm").in_flight, 2u);
  Reservation moved = std::move(*one);
  EXPECT_TRUE(static_cast<bool>(moved));
  EXPECT_FALSE(static_cast<bool>(*one));
  moved = std::move(*two);
  EXPECT_EQ(bench.level("u1/key#1/rpm").in_flight, 1u) << "what stood there was given back";
  moved = Reservation();
  EXPECT_EQ(bench.level("u1/key#1/rpm").in_flight, 0u);
  bench.ledger.settle(std::move(moved), {}, bench.at());
}

TEST(Again, ALostCallStandsAndTheNextNeedsRoomOfItsOwn) {
  Bench bench(
      provider({pool("rpm", 3, "sliding 60s"), pool("tpm", 100, "sliding 60s", Unit::tokens, Charge::tokens),
                pool("won", 1, "sliding 60s", Unit::requests, Charge::success), pool("open", 1, "once", Unit::concurrent)}));
  Demand demand;
  demand.prompt_tokens = 80;
  auto reservation = bench.reserve(0, demand);
  ASSERT_TRUE(reservation);
  EXPECT_TRUE(bench.ledger.again(*reservation, bench.at()));  // not dispatched: nothing to repeat
  EXPECT_EQ(bench.level("u1/key#1/rpm").in_flight, 1U);
  bench.ledger.dispatched(*reservation, bench.at());
  bench.clock.advance(seconds(10));
  ASSERT_TRUE(bench.ledger.again(*reservation, bench.at()));
  EXPECT_EQ(bench.level("u1/key#1/rpm").used, 1U);
  EXPECT_EQ(bench.level("u1/key#1/rpm").in_flight, 1U);
  EXPECT_EQ(bench.level("u1/key#1/tpm").used, 0U);
  EXPECT_EQ(bench.level("u1/key#1/tpm").in_flight, 80U);
  EXPECT_EQ(bench.level("u1/key#1/won").in_flight, 1U);
  EXPECT_EQ(bench.level("u1/key#1/open").in_flight, 1U);
  bench.ledger.dispatched(*reservation, bench.at());
  bench.ledger.settle(std::move(*reservation), Outcome{true, {}}, bench.at());
  EXPECT_EQ(bench.level("u1/key#1/rpm").used, 2U);
  EXPECT_EQ(bench.level("u1/key#1/won").used, 1U);
  bench.clock.advance(seconds(51));  // the first call has left its window, the second has not
  EXPECT_EQ(bench.level("u1/key#1/rpm").used, 1U);
  EXPECT_EQ(bench.level("u1/key#1/tpm").used, 80U);
}

TEST(Again, ChangesNothingWhereThereIsNoRoom) {
  Bench bench(provider({pool("rpm", 1, "sliding 60s"), pool("tpm", 100, "sliding 60s", Unit::tokens, Charge::tokens)}));
  Demand demand;
  demand.prompt_tokens = 80;
  auto reservation = bench.reserve(0, demand);
  ASSERT_TRUE(reservation);
  bench.ledger.dispatched(*reservation, bench.at());
  EXPECT_FALSE(bench.ledger.again(*reservation, bench.at()));
  EXPECT_EQ(bench.level("u1/key#1/rpm").used, 1U);
  EXPECT_EQ(bench.level("u1/key#1/rpm").in_flight, 0U);
  EXPECT_EQ(bench.level("u1/key#1/tpm").used, 80U);
}

TEST(G2Charge, AttemptStandsWhateverBecomesOfIt) {
  Bench bench(pool("rpm", 5, "sliding 60s"));
  for (bool success : {true, false}) {
    auto reservation = bench.reserve();
    bench.ledger.dispatched(*reservation, bench.at());
    bench.ledger.settle(std::move(*reservation), {success, chat::Usage{}}, bench.at());
  }
  EXPECT_EQ(bench.level("u1/key#1/rpm").used, 2u);
}

TEST(Charge, SuccessIsGivenBackOnFailure) {
  Bench bench(pool("ok", 1, "sliding 60s", Unit::requests, Charge::success));
  int opened = 0;
  bench.ledger.on_release([&] { ++opened; });
  auto reservation = bench.reserve();
  bench.ledger.dispatched(*reservation, bench.at());
  bench.clock.advance(seconds(90));
  EXPECT_TRUE(bench.look().has_value()) << "held while in flight";
  bench.ledger.settle(std::move(*reservation), {false, {}}, bench.at());
  EXPECT_EQ(opened, 1);
  EXPECT_FALSE(bench.look().has_value());
  EXPECT_TRUE(bench.call());
  EXPECT_TRUE(bench.look().has_value());
  bench.clock.advance(seconds(60) + milliseconds(300));
  EXPECT_FALSE(bench.look().has_value());
}

TEST(Charge, TokensSettleToWhatWasUsed) {
  Bench bench(pool("tpm", 1000, "sliding 60s", Unit::tokens, Charge::tokens));
  int opened = 0;
  bench.ledger.on_release([&] { ++opened; });
  auto reservation = bench.reserve(0, {400, 500, 8000});
  ASSERT_TRUE(reservation.has_value());
  EXPECT_TRUE(bench.look(0, {101, 0, 0}).has_value());
  EXPECT_FALSE(bench.look(0, {100, 0, 0}).has_value());
  bench.ledger.dispatched(*reservation, bench.at());
  bench.ledger.settle(std::move(*reservation), {true, usage(420, 30)}, bench.at());
  EXPECT_EQ(opened, 1);
  EXPECT_EQ(bench.level("u1/key#1/tpm").used, 450u);
  EXPECT_FALSE(bench.look(0, {550, 0, 0}).has_value());
  EXPECT_TRUE(bench.look(0, {551, 0, 0}).has_value());
}

TEST(Charge, TokensWithoutUsageStandAsReserved) {
  Bench bench(pool("tpm", 1000, "sliding 60s", Unit::tokens, Charge::tokens));
  auto reservation = bench.reserve(0, {400, 500, 8000});
  bench.ledger.settle(std::move(*reservation), {false, {}}, bench.at());
  EXPECT_EQ(bench.level("u1/key#1/tpm").used, 900u);
  reservation = bench.reserve(0, {50, 0, 0});
  bench.ledger.settle(std::move(*reservation), {false, chat::Usage{}}, bench.at());
  EXPECT_EQ(bench.level("u1/key#1/tpm").used, 900u) << "nothing used, told by the caller";
}

TEST(Charge, MoreTokensThanReservedCountToo) {
  Bench bench(pool("tpm", 1000, "sliding 60s", Unit::tokens, Charge::tokens));
  auto reservation = bench.reserve(0, {100, 100, 100});
  bench.ledger.dispatched(*reservation, bench.at());
  bench.ledger.settle(std::move(*reservation), {true, usage(100, 1500)}, bench.at());
  EXPECT_EQ(bench.level("u1/key#1/tpm").used, 1600u);
  EXPECT_TRUE(bench.look(0, {1, 0, 0}).has_value());
}

TEST(Charge, PromptAndMaxTokensAreNeverGivenBack) {
  Bench bench(pool("tpd", 10000, "day UTC", Unit::tokens, Charge::prompt_max_tokens));
  auto reservation = bench.reserve(0, {400, 500, 8000});
  bench.ledger.dispatched(*reservation, bench.at());
  bench.ledger.settle(std::move(*reservation), {true, usage(400, 3)}, bench.at());
  EXPECT_EQ(bench.level("u1/key#1/tpd").used, 8400u);
}

TEST(Charge, InputAndOutputTokens) {
  Bench bench(provider({pool("in", 1000, "sliding 60s", Unit::input_tokens, Charge::tokens),
                        pool("out", 1000, "sliding 60s", Unit::output_tokens, Charge::tokens)}));
  auto reservation = bench.reserve(0, {300, 200, 8000});
  EXPECT_EQ(bench.level("u1/key#1/in").in_flight, 300u);
  EXPECT_EQ(bench.level("u1/key#1/out").in_flight, 200u);
  bench.ledger.settle(std::move(*reservation), {true, usage(310, 20)}, bench.at());
  EXPECT_EQ(bench.level("u1/key#1/in").used, 310u);
  EXPECT_EQ(bench.level("u1/key#1/out").used, 20u);
}

TEST(Refusal, MoreThanTheWholeLimitIsTooLarge) {
  Bench bench(pool("tpm", 1000, "sliding 60s", Unit::tokens, Charge::tokens));
  auto refusal = bench.look(0, {600, 401, 0});
  ASSERT_TRUE(refusal.has_value());
  EXPECT_TRUE(refusal->too_large);
  EXPECT_EQ(refusal->until, kNever);
  EXPECT_FALSE(bench.look(0, {600, 400, 0}).has_value());
  EXPECT_TRUE(bench.look(0, {~0ULL, ~0ULL, ~0ULL})->too_large) << "no overflow";
}

TEST(Refusal, AGuessAloneIsNotTooLarge) {
  Bench bench(pool("tpm", 1000, "sliding 60s", Unit::tokens, Charge::tokens));
  Demand guessed{600, 8000, 8000};
  guessed.output_guessed = true;
  auto reservation = bench.reserve(0, guessed);
  ASSERT_TRUE(reservation.has_value());
  EXPECT_EQ(bench.level("u1/key#1/tpm").in_flight, 1000u) << "all that there is";
  auto refusal = bench.look(0, guessed);
  ASSERT_TRUE(refusal.has_value());
  EXPECT_FALSE(refusal->too_large);
  guessed.prompt_tokens = 1001;
  EXPECT_TRUE(bench.look(0, guessed)->too_large) << "the prompt is no guess";
}

TEST(Refusal, TheLastPoolToOpenDecides) {
  Bench bench(provider({pool("rpm", 1, "sliding 60s"), pool("rpd", 1, "sliding 1h")}));
  EXPECT_TRUE(bench.call());
  auto refusal = bench.look();
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->pool, "u1/key#1/rpd");
  EXPECT_EQ(refusal->until - bench.clock.now(), hours(1) + milliseconds(300));
}

TEST(Reserve, AllPoolsOrNone) {
  Bench bench(provider({pool("rpm", 5, "sliding 60s"), pool("rpd", 1, "day UTC")}));
  EXPECT_EQ(bench.calls(3), 1);
  EXPECT_EQ(bench.level("u1/key#1/rpm").used, 1u);
  EXPECT_EQ(bench.level("u1/key#1/rpm").in_flight, 0u);
}

TEST(Concurrent, OpensWhenARequestEnds) {
  Bench bench(pool("concurrency", 2, "once", Unit::concurrent));
  int opened = 0;
  bench.ledger.on_release([&] { ++opened; });
  auto one = bench.reserve();
  auto two = bench.reserve();
  bench.ledger.dispatched(*one, bench.at());
  bench.clock.advance(hours(1));
  auto refusal = bench.look();
  ASSERT_TRUE(refusal.has_value());
  EXPECT_TRUE(refusal->concurrent);
  EXPECT_EQ(refusal->until, kNever);
  EXPECT_EQ(bench.level("u1/key#1/concurrency").in_flight, 2u);
  bench.ledger.settle(std::move(*one), {true, {}}, bench.at());
  EXPECT_EQ(opened, 1);
  EXPECT_FALSE(bench.look().has_value());
  bench.ledger.dispatched(*two, bench.at());
  two = std::unexpected(Refusal{});
  EXPECT_EQ(opened, 2) << "destroyed without settlement";
  EXPECT_EQ(bench.level("u1/key#1/concurrency").in_flight, 0u);
}

TEST(Once, NeverOpensByWaiting) {
  Bench bench(pool("credit", 2, "once"));
  EXPECT_TRUE(bench.call());
  auto held = bench.reserve();
  EXPECT_TRUE(bench.look()->concurrent) << "unless the held place is given back";
  EXPECT_EQ(bench.look()->until, kNever);
  bench.ledger.dispatched(*held, bench.at());
  bench.clock.advance(hours(24 * 400));
  EXPECT_FALSE(bench.look()->concurrent);
  EXPECT_EQ(bench.look()->until, kNever);
}

TEST(Fixed, FromTheFirstCall) {
  Bench bench(pool("hourly", 2, "fixed 1h"));
  bench.clock.advance(minutes(17));
  EXPECT_TRUE(bench.call());
  bench.clock.advance(minutes(50));
  EXPECT_TRUE(bench.call());
  EXPECT_EQ(bench.look()->until - bench.clock.now(), minutes(10) + milliseconds(300));
  bench.clock.advance(minutes(10) + milliseconds(299));
  EXPECT_FALSE(bench.call());
  bench.clock.advance(milliseconds(1));
  EXPECT_EQ(bench.calls(5), 2);
}

TEST(Bucket, RefillsEvenly) {
  Bench bench(pool("bucket", 60, "bucket 60s"));
  EXPECT_EQ(bench.calls(100), 60) << "the whole capacity at once";
  EXPECT_EQ(bench.look()->until - bench.clock.now(), seconds(1) + milliseconds(300));
  bench.clock.advance(seconds(1) + milliseconds(300));
  EXPECT_EQ(bench.calls(100), 1);
  bench.clock.advance(seconds(10));
  EXPECT_EQ(bench.calls(100), 10);
  bench.clock.advance(minutes(10));
  EXPECT_EQ(bench.calls(100), 60);
}

TEST(G3Scope, WhoSharesACounter) {
  auto scoped = [](const std::string& name, Scope scope) {
    auto spec = pool(name, 100, "day UTC");
    spec.scope = scope;
    return spec;
  };
  auto made = provider({scoped("k", Scope::key), scoped("a", Scope::account), scoped("m", Scope::model),
                        scoped("f", Scope::family), scoped("h", Scope::address)},
                       3, 3);
  made.keys[2].account = "other";
  made.models[0].family = made.models[1].family = "twin";
  made.models[0].pools.push_back(pool("own", 100, "day UTC"));
  Bench bench(std::move(made));
  for (catalog::RouteId route = 0; route < 9; ++route) EXPECT_TRUE(bench.call(route));
  EXPECT_EQ(bench.level("u1/key#2/k").used, 3u);
  EXPECT_EQ(bench.level("u1/@account/a").used, 6u);
  EXPECT_EQ(bench.level("u1/@account:other/a").used, 3u);
  EXPECT_EQ(bench.level("u1/@model:m2/m").used, 3u);
  EXPECT_EQ(bench.level("u1/@family:twin/f").used, 6u);
  EXPECT_EQ(bench.level("u1/@family:m3/f").used, 3u);
  EXPECT_EQ(bench.level("u1/@address/h").used, 9u);
  EXPECT_EQ(bench.level("u1/key#1/m1/own").used, 1u);
  EXPECT_EQ(bench.level("u1/key#1/m2/own").name, "");
}

// Every scope, and a pool of one name on both sides.
TEST(G3Scope, AModelsPoolAndItsProvidersAreTwo) {
  for (Scope scope : {Scope::key, Scope::account, Scope::model, Scope::family, Scope::address}) {
    auto own = pool("rpm", 4, "sliding 60s");
    auto shared = pool("rpm", 20, "sliding 60s");
    own.scope = shared.scope = scope;
    auto made = provider({shared}, 2, 2);
    made.models[0].pools.push_back(own);
    Bench bench(std::move(made));
    EXPECT_EQ(bench.calls(100, 0), 4) << "routes: m1 with both keys, then m2";
    std::uint64_t used = 0;
    for (const auto& level : bench.ledger.levels(bench.at())) used += level.used;
    EXPECT_EQ(used, 8u) << "each counts a call once";
  }
}

TEST(Scope, PoolsCoverByPattern) {
  auto spec = pool("rpd", 100, "day UTC");
  spec.models = {"m1", "x*"};
  Bench bench(provider({spec}, 2));
  EXPECT_TRUE(bench.call(0));
  EXPECT_TRUE(bench.call(1));
  EXPECT_EQ(bench.level("u1/key#1/rpd").used, 1u);
}

TEST(Reload, KeepsCountersAndTakesNewLimits) {
  Bench bench(pool("rpm", 3, "sliding 60s"));
  EXPECT_EQ(bench.calls(2), 2);
  auto running = bench.reserve();
  bench.ledger.dispatched(*running, bench.at());
  int opened = 0;
  bench.ledger.on_release([&] { ++opened; });
  bench.reload(provider({pool("rpm", 2, "sliding 60s")}, 2));
  EXPECT_EQ(opened, 0);
  EXPECT_EQ(bench.look()->used, 3u);
  EXPECT_EQ(bench.look()->limit, 2u);
  bench.reload(provider({pool("rpm", 4, "sliding 60s")}));
  EXPECT_EQ(opened, 1) << "a raised limit wakes who waits";
  EXPECT_EQ(bench.calls(5), 1);
  bench.ledger.settle(std::move(*running), {true, {}}, bench.at());
  EXPECT_EQ(bench.level("u1/key#1/rpm").used, 4u);
}

TEST(Reload, AnotherWindowStartsAnew) {
  Bench bench(pool("p", 3, "sliding 60s"));
  EXPECT_EQ(bench.calls(2), 2);
  auto old = bench.reserve();
  bench.ledger.dispatched(*old, bench.at());
  bench.reload(provider({pool("p", 3, "sliding 30s")}));
  EXPECT_EQ(bench.level("u1/key#1/p").used, 3u) << "stamps fit any length";
  bench.reload(provider({pool("p", 3, "day UTC")}));
  EXPECT_EQ(bench.level("u1/key#1/p").used, 0u);
  EXPECT_TRUE(bench.call());
  bench.ledger.settle(std::move(*old), {false, chat::Usage{}}, bench.at());
  EXPECT_EQ(bench.level("u1/key#1/p").used, 1u) << "an old place changes nothing in the new count";
}

TEST(Survey, StandingOfSeveralKeys) {
  Bench bench(provider({pool("rpm", 4, "sliding 60s")}, 1, 3));
  EXPECT_EQ(bench.calls(4, 0), 4);
  EXPECT_EQ(bench.calls(1, 2), 1);
  std::vector<catalog::RouteId> routes = {0, 1, 2};
  std::vector<Standing> out(3);
  bench.ledger.survey(*bench.bindings, routes, {}, bench.at(), out);
  EXPECT_TRUE(out[0].refusal.has_value());
  EXPECT_FALSE(out[1].refusal.has_value());
  EXPECT_EQ(out[0].load, 1000u);
  EXPECT_EQ(out[1].load, 0u);
  EXPECT_EQ(out[2].load, 250u);
  EXPECT_EQ(out[1].last_used, 0u);
  EXPECT_GT(out[2].last_used, out[0].last_used);
}

TEST(Route, WithoutPoolsIsAlwaysOpen) {
  Bench bench(provider({}));
  auto reservation = bench.reserve();
  ASSERT_TRUE(reservation.has_value());
  EXPECT_TRUE(static_cast<bool>(*reservation));
  EXPECT_EQ(bench.calls(1000), 1000);
}

TEST(G1Tokens, KnowWhenAPromptComesNear) {
  Bench bench(provider({pool("rpm", 1, "sliding 60s"), pool("tpm", 1000, "sliding 60s", Unit::tokens, Charge::tokens)}));
  std::array<catalog::RouteId, 1> routes = {0};
  std::array<Standing, 1> standings;
  auto near = [&](const Demand& demand) {
    bench.ledger.survey(*bench.bindings, routes, demand, bench.at(), standings, true);
    return standings[0].near;
  };
  EXPECT_FALSE(near({.prompt_tokens = 450, .output_tokens = 100}));
  EXPECT_TRUE(near({.prompt_tokens = 451, .output_tokens = 100}));
  EXPECT_TRUE(near({.prompt_tokens = 1800, .output_tokens = 100}));
  EXPECT_TRUE(standings[0].refusal.has_value());
  EXPECT_EQ(bench.level("u1/key#1/tpm").today.refused, 0u) << "not before it was counted";
  EXPECT_FALSE(near({.prompt_tokens = 1802, .output_tokens = 100})) << "nothing can help";
  EXPECT_EQ(bench.level("u1/key#1/tpm").today.refused, 1u);
  EXPECT_FALSE(near({.prompt_tokens = 99, .output_tokens = 850})) << "too short to be off by much";
}

}  // namespace
}  // namespace freeway::ledger
