#include "catalog/difference.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freeway::catalog {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> spelt(const std::vector<MemberChange>& members) {
  std::vector<std::string> lines;
  for (const MemberChange& one : members) lines.push_back(fmt::format("{}: {} > {}", one.member, one.before, one.after));
  return lines;
}

constexpr std::string_view kBefore = R"(id = "a"
status = "fine"
[[pools]]
name = "day"
limit = 50
[[models]]
id = "org/m1"
limits = { rpm = 30, rpd = 1000 }
[[models]]
id = "m2"
[[models]]
id = "m3"
retired = "2026-01-01"
[[models]]
id = "m4"
)";

TEST(Difference, TellsMembersAndModels) {
  auto found = compare({{"a", kBefore}}, {{"a", R"(# a comment is no change
id = "a"
enabled = false
[[pools]]
name = "day"
limit = 60
[[models]]
id = "m2"
retired = "2026-11-22"
[[models]]
id = "m3"
[[models]]
id = "m5"
[[models]]
id = "org/m1"
limits = { rpd = 1000, rpm = 20, tpm = 5 }
)"}});
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(found->added, IsEmpty());
  EXPECT_THAT(found->retired, IsEmpty());
  ASSERT_EQ(found->changed.size(), 1U);
  const ProviderChange& a = found->changed[0];
  EXPECT_EQ(a.id, "a");
  EXPECT_THAT(spelt(a.members), ElementsAre("enabled:  > false", "pools[day].limit: 50 > 60", "status: \"fine\" > "));
  EXPECT_THAT(a.added, ElementsAre("m5"));
  EXPECT_THAT(a.retired, ElementsAre("m2", "m4"));
  EXPECT_THAT(a.returned, ElementsAre("m3"));
  ASSERT_EQ(a.models.size(), 3U);
  EXPECT_EQ(a.models[2].id, "org/m1");
  EXPECT_THAT(spelt(a.models[2].members), ElementsAre("limits.rpm: 30 > 20", "limits.tpm:  > 5"));
}

TEST(Difference, TellsProvidersThatComeAndGo) {
  auto found = compare({{"a", kBefore}, {"b", "id = \"b\""}}, {{"a", kBefore}, {"c", "id = \"c\""}});
  ASSERT_TRUE(found);
  EXPECT_THAT(found->added, ElementsAre("c"));
  EXPECT_THAT(found->retired, ElementsAre("b"));
  EXPECT_THAT(found->changed, IsEmpty());
}

TEST(Difference, OrderAndCommentsAreNone) {
  auto found = compare({{"a", "id = \"a\"\nname = \"A\"\n"}}, {{"a", "# new\nname = \"A\"\nid = 'a'\n"}});
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->empty());
}

TEST(Difference, NamesTheFileThatIsNone) {
  auto found = compare({{"a", "id = \"a\""}}, {{"a", "id ="}});
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message, testing::StartsWith("a.toml:1"));
}

}  // namespace
}  // namespace freeway::catalog
