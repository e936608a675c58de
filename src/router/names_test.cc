#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "router/testing.h"

namespace freeway::router {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

House house(Policy policy = {}) {
  auto embedder = model("embed");
  embedder.kind = catalog::Kind::embedding;
  return House(
      {provider("u1", {model("m1"), model("org/m12", "m12"), embedder}, 2), provider("u2", {model("m12"), model("m1x")})},
      std::move(policy));
}

std::vector<std::string> routes(const House& at, std::string_view name) {
  return at.names(resolve(at.snapshot, name).routes);
}

TEST(Resolve, ExactThenFamilyThenWireId) {
  auto at = house();
  EXPECT_THAT(routes(at, "u1/org/m12"), ElementsAre("u1/org/m12 key#1", "u1/org/m12 key#2"));
  EXPECT_THAT(routes(at, "m12"), ElementsAre("u1/org/m12 key#1", "u1/org/m12 key#2", "u2/m12 key#1"));
  EXPECT_THAT(routes(at, "org/m12"), ElementsAre("u1/org/m12 key#1", "u1/org/m12 key#2"));
  EXPECT_TRUE(resolve(at.snapshot, "m1").pinned);
  EXPECT_FALSE(resolve(at.snapshot, "m").known);
  EXPECT_FALSE(resolve(at.snapshot, "u1/").known);
  EXPECT_FALSE(resolve(at.snapshot, "M1").known);
}

TEST(Resolve, AutoMeansEveryChatModel) {
  auto at = house();
  EXPECT_THAT(routes(at, "auto"), ElementsAre("u1/m1 key#1", "u1/m1 key#2", "u1/org/m12 key#1", "u1/org/m12 key#2",
                                              "u2/m12 key#1", "u2/m1x key#1"));
  EXPECT_FALSE(resolve(at.snapshot, "auto").pinned);
  EXPECT_EQ(routes(at, ""), routes(at, "auto"));
  EXPECT_EQ(routes(at, "auto:smart"), routes(at, "auto"));
  EXPECT_FALSE(resolve(at.snapshot, "auto:nothing").known);
  EXPECT_FALSE(resolve(at.snapshot, "auto:").known);
}

TEST(Resolve, OtherKinds) {
  auto at = house();
  EXPECT_FALSE(resolve(at.snapshot, "embed").known) << "not for chat";
  EXPECT_TRUE(resolve(at.snapshot, "embed", catalog::Kind::embedding).known);
  EXPECT_TRUE(resolve(at.snapshot, "embed", std::nullopt).known);
  EXPECT_EQ(resolve(at.snapshot, "auto", catalog::Kind::embedding).routes.size(), 2u);
}

TEST(Resolve, OrderOfPreference) {
  Policy policy;
  policy.order = {"u2/m12", "m1", "unknown/model"};
  auto at = house(policy);
  EXPECT_THAT(routes(at, "auto"), ElementsAre("u2/m12 key#1", "u1/m1 key#1", "u1/m1 key#2", "u1/org/m12 key#1",
                                              "u1/org/m12 key#2", "u2/m1x key#1"));
  EXPECT_THAT(routes(at, "m12"), ElementsAre("u2/m12 key#1", "u1/org/m12 key#1", "u1/org/m12 key#2"));
  auto before = routes(at, "auto");
  at.measure();
  EXPECT_EQ(routes(at, "auto"), before);
}

TEST(Resolve, Profiles) {
  Policy policy;
  policy.profiles["coding"] = {"u2/m12", "m12", "m1"};
  policy.profiles["fast"] = {"m1"};
  auto at = house(policy);
  EXPECT_THAT(routes(at, "auto:coding"),
              ElementsAre("u2/m12 key#1", "u1/org/m12 key#1", "u1/org/m12 key#2", "u1/m1 key#1", "u1/m1 key#2"));
  EXPECT_FALSE(resolve(at.snapshot, "auto:coding").pinned);
  EXPECT_EQ(routes(at, "auto:fast"), routes(at, "auto")) << "a strategy's name wins";
}

TEST(Resolve, AliasesComeFirst) {
  Policy policy;
  policy.aliases = {
      {"claude-*", "auto:smart"}, {"claude-opus-*", "m1"}, {"claude-opus-4", "u2/m12"}, {"m1x", "m12"}, {"gone", "nowhere"},
      {"loop", "loop"},           {"auto", "m1"}};
  auto at = house(policy);
  EXPECT_THAT(routes(at, "claude-opus-4"), ElementsAre("u2/m12 key#1")) << "an exact pattern before those with a star";
  EXPECT_EQ(resolve(at.snapshot, "claude-opus-5").resolved, "auto:smart") << "then the first in order";
  EXPECT_FALSE(resolve(at.snapshot, "claude-opus-5").pinned);
  EXPECT_EQ(routes(at, "m1x"), routes(at, "m12")) << "an alias hides a model";
  EXPECT_FALSE(resolve(at.snapshot, "gone").known);
  EXPECT_FALSE(resolve(at.snapshot, "loop").known);
  EXPECT_TRUE(resolve(at.snapshot, "auto").pinned) << "aliases come before auto";
}

std::vector<std::string> allowed(const House& at, std::string_view name, const std::vector<std::string>& list) {
  auto result = allow(at.snapshot, resolve(at.snapshot, name), list);
  if (!result.allowed) return {"403"};
  return at.names(result.routes);
}

TEST(Allow, EmptyListAllowsEverything) {
  auto at = house();
  EXPECT_EQ(allowed(at, "auto", {}).size(), 6u);
  EXPECT_EQ(allowed(at, "m1", {}).size(), 2u);
}

TEST(Allow, OnlyListedModels) {
  auto at = house();
  EXPECT_THAT(allowed(at, "m1", {"m1"}), ElementsAre("u1/m1 key#1", "u1/m1 key#2"));
  EXPECT_THAT(allowed(at, "u1/m1", {"m1"}), ElementsAre("u1/m1 key#1", "u1/m1 key#2"));
  EXPECT_THAT(allowed(at, "m12", {"m1"}), ElementsAre("403"));
  EXPECT_THAT(allowed(at, "auto", {"m1"}), ElementsAre("403"));
  EXPECT_THAT(allowed(at, "m12", {"u2/m12"}), ElementsAre("u2/m12 key#1")) << "the part of the family that is listed";
  EXPECT_THAT(allowed(at, "m1", {"nothing"}), ElementsAre("403"));
}

TEST(Allow, AutoOverTheListed) {
  auto at = house();
  EXPECT_THAT(allowed(at, "auto", {"auto", "m1x"}), ElementsAre("u2/m1x key#1"));
  EXPECT_THAT(allowed(at, "auto:fast", {"m1x", "auto"}), ElementsAre("u2/m1x key#1"));
  EXPECT_EQ(allowed(at, "auto", {"auto"}).size(), 6u);
  EXPECT_THAT(allowed(at, "m1", {"auto"}), ElementsAre("403")) << "auto alone pins nothing";
  EXPECT_EQ(allowed(at, "auto:fast", {"auto:fast"}).size(), 6u);
  EXPECT_THAT(allowed(at, "auto", {"auto:fast"}), ElementsAre("403"));
}

TEST(Allow, AnAliasInTheList) {
  Policy policy;
  policy.aliases = {{"small", "u2/m1x"}};
  auto at = house(policy);
  EXPECT_THAT(allowed(at, "small", {"small"}), ElementsAre("u2/m1x key#1"));
  EXPECT_THAT(allowed(at, "small", {"m1"}), ElementsAre("403"));
}

}  // namespace
}  // namespace freeway::router
