#include "catalog/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/duration.h"
#include "catalog/calendar.h"

namespace freeway::catalog {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

WallTime utc(int year, unsigned month, unsigned day, int hour = 0, int minute = 0, int second = 0) {
  auto date = std::chrono::sys_days(std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day));
  return WallTime(date.time_since_epoch()) + hours(hour) + minutes(minute) + seconds(second);
}

Zone zone(const std::string& name) {
  auto found = Zone::find(name);
  EXPECT_TRUE(found.has_value()) << name;
  return found.value_or(Zone());
}

TEST(Zone, DaysOfUtc) {
  EXPECT_EQ(Zone().next_day(utc(2026, 3, 1, 12)), utc(2026, 3, 2));
  EXPECT_EQ(Zone().next_day(utc(2026, 3, 1)), utc(2026, 3, 2)) << "strictly after";
  EXPECT_EQ(Zone().next_day(utc(2026, 3, 2) - Duration(1)), utc(2026, 3, 2));
  EXPECT_EQ(zone("UTC").next_day(utc(2026, 12, 31, 23, 59, 59)), utc(2027, 1, 1));
}

TEST(Zone, DaysWithDaylightSaving) {
  Zone pacific = zone("America/Los_Angeles");
  // 2026-03-08 has 23 hours, 2026-11-01 has 25.
  EXPECT_EQ(pacific.next_day(utc(2026, 3, 8, 7, 59)), utc(2026, 3, 8, 8));
  EXPECT_EQ(pacific.next_day(utc(2026, 3, 8, 8)), utc(2026, 3, 9, 7));
  EXPECT_EQ(pacific.next_day(utc(2026, 11, 1, 6, 59)), utc(2026, 11, 1, 7));
  EXPECT_EQ(pacific.next_day(utc(2026, 11, 1, 7)), utc(2026, 11, 2, 8));
  // Both readings of 01:30 lead to the same end of the day.
  EXPECT_EQ(pacific.next_day(utc(2026, 11, 1, 8, 30)), utc(2026, 11, 2, 8));
  EXPECT_EQ(pacific.next_day(utc(2026, 11, 1, 9, 30)), utc(2026, 11, 2, 8));
}

TEST(Zone, MidnightThatTheClocksSkip) {
  // Cairo, 2026-04-24: 00:00 becomes 01:00.
  EXPECT_EQ(zone("Africa/Cairo").next_day(utc(2026, 4, 23, 12)), utc(2026, 4, 23, 22));
  EXPECT_EQ(zone("Africa/Cairo").next_day(utc(2026, 4, 23, 22)), utc(2026, 4, 24, 21));
}

TEST(Zone, Months) {
  EXPECT_EQ(Zone().next_month(utc(2026, 1, 31, 5)), utc(2026, 2, 1));
  EXPECT_EQ(Zone().next_month(utc(2026, 12, 1)), utc(2027, 1, 1)) << "strictly after";
  EXPECT_EQ(Zone().next_month(utc(2026, 2, 16), 17), utc(2026, 2, 17));
  EXPECT_EQ(Zone().next_month(utc(2026, 2, 17), 17), utc(2026, 3, 17));
  EXPECT_EQ(Zone().next_month(utc(2028, 2, 28), 28), utc(2028, 3, 28));
  EXPECT_EQ(zone("Asia/Shanghai").next_month(utc(2026, 1, 31, 17)), utc(2026, 2, 28, 16));
}

TEST(Zone, UnknownNames) {
  EXPECT_FALSE(Zone::find("Mars/Olympus").has_value());
  EXPECT_FALSE(Zone::find("").has_value());
  EXPECT_FALSE(Zone::find("../../../../etc/passwd").has_value());
}

TEST(Window, EverySpelling) {
  auto sliding = Window::parse("sliding 60s");
  ASSERT_TRUE(sliding.has_value());
  EXPECT_EQ(sliding->kind, Window::Kind::sliding);
  EXPECT_EQ(sliding->length, seconds(60));
  EXPECT_EQ(Window::parse("fixed 1h")->kind, Window::Kind::fixed);
  EXPECT_EQ(Window::parse("fixed 1h")->length, hours(1));
  EXPECT_EQ(Window::parse(" bucket  500ms ")->kind, Window::Kind::bucket);
  EXPECT_EQ(Window::parse("bucket 500ms")->length, std::chrono::milliseconds(500));
  EXPECT_EQ(Window::parse("day America/Los_Angeles")->kind, Window::Kind::day);
  EXPECT_EQ(Window::parse("day America/Los_Angeles")->zone, "America/Los_Angeles");
  EXPECT_EQ(Window::parse("month UTC")->kind, Window::Kind::month);
  EXPECT_EQ(Window::parse("month UTC")->zone, "UTC");
  EXPECT_EQ(Window::parse("month since 17")->kind, Window::Kind::month_since);
  EXPECT_EQ(Window::parse("month since 17")->day, 17);
  EXPECT_EQ(Window::parse("once")->kind, Window::Kind::once);
  EXPECT_EQ(Window::parse("day")->zone, "") << "the provider's clock";
}

TEST(Window, Mistakes) {
  for (const char* text : {"", "sliding", "sliding 60", "sliding 0s", "sliding -5s", "fixed x", "bucket", "day Nowhere/Town",
                           "month since", "month since 0", "month since 29", "month since 1x", "once more", "hour", "60s"}) {
    auto window = Window::parse(text);
    ASSERT_FALSE(window.has_value()) << text;
    EXPECT_EQ(window.error().kind, ErrorKind::invalid) << text;
  }
  EXPECT_THAT(Window::parse("weekly").error().message, HasSubstr("sliding 60s"));
  EXPECT_THAT(Window::parse("day Nowhere/Town").error().message, HasSubstr("Nowhere/Town"));
}

TEST(Pool, Patterns) {
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("*", "any/thing"));
  EXPECT_TRUE(matches("claude-opus-*", "claude-opus-4-1"));
  EXPECT_TRUE(matches("*/llama-*:free", "meta/llama-3:free"));
  EXPECT_TRUE(matches("a*b*c", "abbbcbc"));
  EXPECT_TRUE(matches("m1", "m1"));
  EXPECT_FALSE(matches("m1", "m12"));
  EXPECT_FALSE(matches("a*b", "acbd"));
  EXPECT_FALSE(matches("", "m"));
  EXPECT_FALSE(matches("m.", "m1"));
  PoolSpec pool;
  EXPECT_TRUE(covers(pool, "whatever"));
  pool.models = {"gemma-*", "flash"};
  EXPECT_TRUE(covers(pool, "gemma-3"));
  EXPECT_TRUE(covers(pool, "flash"));
  EXPECT_FALSE(covers(pool, "flash-lite"));
}

Model model(const std::string& id, const std::string& family = "") {
  Model made;
  made.id = id;
  made.family = family;
  return made;
}

Provider provider(const std::string& id, std::vector<Model> models, int keys = 1) {
  Provider made;
  made.id = id;
  made.models = std::move(models);
  for (int i = 0; i < keys; ++i) {
    made.keys.emplace_back();
    made.keys.back().secret = Secret("k" + std::to_string(i));
  }
  return made;
}

TEST(Catalog, RoutesAndNames) {
  auto built = Catalog::build({provider("u1", {model("m1"), model("a/b", "fam")}, 2), provider("u2", {model("x", "fam")})});
  ASSERT_TRUE(built.has_value());
  ASSERT_EQ(built->routes().size(), 5u);
  EXPECT_EQ(built->route_name(0), "u1/m1 key#1");
  EXPECT_EQ(built->route_name(3), "u1/a/b key#2");
  EXPECT_EQ(built->model_name(4), "u2/x");
  EXPECT_THAT(built->by_full_name("u1/a/b"), ElementsAre(2, 3));
  EXPECT_THAT(built->by_family("fam"), ElementsAre(2, 3, 4));
  EXPECT_THAT(built->by_family("m1"), ElementsAre(0, 1));
  EXPECT_THAT(built->by_wire_id("x"), ElementsAre(4));
  EXPECT_TRUE(built->by_family("nobody").empty());
  EXPECT_THAT(built->families(), ElementsAre("m1", "fam"));
  EXPECT_THAT(built->full_names(), ElementsAre("u1/m1", "u1/a/b", "u2/x"));
}

TEST(Catalog, AKeyStandsForItsSecretWhateverItsPlace) {
  auto built = [](std::vector<std::pair<std::string, std::string>> keys) {
    std::vector<Provider> providers(1);
    providers[0].id = "u1";
    for (auto& [secret, account] : keys) {
      providers[0].keys.emplace_back();
      providers[0].keys.back().secret = Secret(secret);
      providers[0].keys.back().account_id = account;
    }
    auto made = Catalog::build(std::move(providers)).value();
    std::vector<std::string> identities;
    for (const auto& key : made.providers()[0].keys) identities.push_back(key.identity);
    return identities;
  };
  auto first = built({{"secret-a", ""}, {"secret-b", ""}});
  auto second = built({{"secret-b", ""}, {"secret-a", ""}, {"secret-a", "account"}});
  EXPECT_EQ(first[0], second[1]);
  EXPECT_EQ(first[1], second[0]);
  EXPECT_NE(first[0], first[1]);
  EXPECT_NE(second[1], second[2]);
  EXPECT_EQ(first[0].size(), 16u);
  EXPECT_EQ(built({{"", ""}})[0], "key#1");
}

TEST(Catalog, OneWireIdAtTwoProviders) {
  auto built = Catalog::build({provider("u1", {model("m")}), provider("u2", {model("m")})});
  ASSERT_TRUE(built.has_value());
  EXPECT_THAT(built->by_wire_id("m"), ElementsAre(0, 1));
  EXPECT_THAT(built->families(), ElementsAre("m"));
}

TEST(Catalog, TwoModelsMayBearOneName) {
  auto built = Catalog::build({provider("u", {model("other"), model("a/m")}), provider("u/a", {model("m"), model("n")})});
  ASSERT_TRUE(built.has_value());
  EXPECT_EQ(built->model_name(1), "u/a/m");
  EXPECT_EQ(built->model_name(2), "u/a/m");
  EXPECT_EQ(built->model_name(3), "u/a/n");
  EXPECT_THAT(built->full_names(), ElementsAre("u/other", "u/a/m", "u/a/n"));
}

TEST(Catalog, KnowsWhereEveryKeyAsks) {
  auto plain = provider("u1", {model("m1"), model("m2")}, 2);
  plain.base_url = "http://one.example:81/v1/";
  auto accounts = provider("u2", {model("m")}, 2);
  accounts.base_url = "https://two.example/{account_id}";
  accounts.keys[0].account_id = "abc";
  auto built = Catalog::build({plain, accounts, provider("u3", {model("m")})});
  ASSERT_TRUE(built.has_value());
  for (RouteId route = 0; route < 4; ++route) {
    const auto& base = built->base(route);
    ASSERT_TRUE(base.has_value());
    EXPECT_EQ(base->origin() + base->path, "http://one.example:81/v1");
  }
  ASSERT_TRUE(built->base(4).has_value());
  EXPECT_EQ(built->base(4)->path, "/abc");
  EXPECT_FALSE(built->base(6).has_value()) << "it has no base URL";
}

TEST(Catalog, FillsInDefaults) {
  auto u1 = provider("u1", {model("m1")}, 0);
  u1.day_clock = "Asia/Shanghai";
  u1.pools.resize(2);
  u1.pools[0].name = u1.pools[1].name = "rpm";
  u1.pools[1].window = Window::parse("month since 3").value();
  auto built = Catalog::build({u1});
  ASSERT_TRUE(built.has_value());
  EXPECT_EQ(built->model(0).family, "m1");
  EXPECT_EQ(built->key(0).name, "key#1");
  EXPECT_TRUE(built->key(0).secret.empty());
  EXPECT_EQ(built->providers()[0].pools[0].name, "rpm");
  EXPECT_EQ(built->providers()[0].pools[1].name, "rpm#2");
  EXPECT_EQ(built->providers()[0].pools[1].window.zone, "Asia/Shanghai");
}

TEST(Catalog, Mistakes) {
  auto wrong = [](std::vector<Provider> providers) {
    auto built = Catalog::build(std::move(providers));
    EXPECT_FALSE(built.has_value());
    return built ? std::string() : built.error().message;
  };
  EXPECT_THAT(wrong({provider("u1", {}), provider("u1", {})}), HasSubstr("u1"));
  EXPECT_THAT(wrong({provider("u1", {model("m"), model("m")})}), HasSubstr("'m'"));
  auto twins = provider("u1", {model("m")}, 2);
  twins.keys[0].name = twins.keys[1].name = "mine";
  EXPECT_THAT(wrong({twins}), HasSubstr("mine"));
  auto lost = provider("u1", {model("m")});
  lost.day_clock = "Mars/Olympus";
  EXPECT_THAT(wrong({lost}), HasSubstr("Mars/Olympus"));
  lost.day_clock = "UTC";
  lost.models[0].pools.resize(1);
  lost.models[0].pools[0].window.kind = Window::Kind::day;
  lost.models[0].pools[0].window.zone = "Nowhere";
  EXPECT_THAT(wrong({lost}), HasSubstr("Nowhere"));
}

TEST(Catalog, SerialsDiffer) {
  auto one = Catalog::build({});
  auto two = Catalog::build({});
  EXPECT_NE(one->serial(), two->serial());
}

}  // namespace
}  // namespace freeway::catalog
