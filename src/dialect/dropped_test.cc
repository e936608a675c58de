#include "dialect/dropped.h"

#include <gtest/gtest.h>

#include "dialect/dialect.h"

namespace freeway::dialect {
namespace {

// An object of so many members that nobody knows.
std::string strange(std::size_t count, const std::string& name = "x") {
  std::string text = R"({"role":"user")";
  for (std::size_t i = 0; i < count; ++i) text += ",\"" + name + std::to_string(i) + "\":1";
  return text + "}";
}

TEST(Dropped, UnknownMembersAreToldByTheirPlace) {
  auto document = json::Document::parse(R"({"role":"user","cache_control":{"type":"ephemeral"},"extra":[],"none":null})");
  Outgoing out;
  out.drop_unknown("messages[].", document->root(), {"role"});
  out.drop_unknown("messages[].", document->root(), {"role"});
  EXPECT_EQ(out.dropped, std::vector<std::string>{"messages[].cache_control"});
}

TEST(Dropped, NoMoreThanAHeaderCanTell) {
  const std::string many = strange(1000);
  auto document = json::Document::parse(many);
  Outgoing out;
  out.drop_unknown("messages[].", document->root(), {"role"});
  EXPECT_EQ(out.dropped.size(), kMostDropped);
  out.drop("logit_bias");
  EXPECT_EQ(out.dropped.size(), kMostDropped);
  const std::string one = strange(1, std::string(5000, 'y'));
  auto longer = json::Document::parse(one);
  Outgoing other;
  other.drop_unknown("messages[].", longer->root(), {"role"});
  ASSERT_EQ(other.dropped.size(), 1U);
  EXPECT_LT(other.dropped.front().size(), 100U);
}

}  // namespace
}  // namespace freeway::dialect
