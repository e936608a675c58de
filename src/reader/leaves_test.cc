#include "reader/leaves.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freeway::reader {
namespace {

std::vector<std::string> lines_of(std::string_view text) {
  Report report("a.toml");
  auto table = parse_toml(text, report);
  EXPECT_TRUE(table);
  std::vector<std::string> lines;
  if (!table) return lines;
  for (const Leaf& leaf : leaves(*table)) {
    lines.push_back(fmt::format("{}[{}].{} = {}", leaf.list, leaf.element, leaf.member, leaf.value));
  }
  return lines;
}

TEST(Leaves, AreNamedByWhatTellsElementsApart) {
  EXPECT_THAT(lines_of(R"(id = "p"
data_use = { note = "a\nb", as_of = "2026-11" }
[[models]]
id = "org/m1"
limits = { rpm = 3, models = ["x"] }
[[pools]]
name = "day"
limit = 5
)"),
              testing::UnorderedElementsAre(R"([].id = "p")", R"([].data_use.note = "a\nb")",
                                            R"([].data_use.as_of = "2026-11")", R"(models[org/m1].id = "org/m1")",
                                            "models[org/m1].limits.rpm = 3", R"(models[org/m1].limits.models = [ "x" ])",
                                            R"(pools[day].name = "day")", "pools[day].limit = 5"));
}

TEST(Leaves, WhatHasNoNameIsOneValueInOneLine) {
  auto lines =
      lines_of("[[errors]]\nstatus = 400\ncode = \"a long text so that the array needs lines\"\n[[errors]]\nstatus = 500\n");
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0], testing::StartsWith("[].errors = ["));
  EXPECT_THAT(lines[0], testing::AllOf(testing::HasSubstr("400"), testing::HasSubstr("500")));
  EXPECT_EQ(lines[0].find('\n'), std::string::npos);
}

}  // namespace
}  // namespace freeway::reader
