#include "router/switched_off.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freeway::router {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

catalog::Provider provider(const std::string& id, const std::vector<std::string>& models) {
  catalog::Provider made;
  made.id = id;
  made.base_url = "http://127.0.0.1:1/v1";
  made.keys.resize(1);
  for (const auto& model : models) {
    made.models.emplace_back();
    made.models.back().id = model;
  }
  return made;
}

class SwitchedOffTest : public testing::Test {
 protected:
  SwitchedOffTest() {
    std::vector<catalog::Provider> providers = {provider("u1", {"m1", "m2"}), provider("u2", {"m1", "e1", "m3"})};
    providers[0].models[0].family = "giant";
    for (auto* model : {&providers[0].models[0], &providers[1].models[0], &providers[1].models[1]}) {
      model->enabled = false;
      model->status = kSwitchedOff;
    }
    providers[1].models[1].kind = catalog::Kind::embedding;
    providers[1].models[2].enabled = false;
    providers[1].models[2].status = "it is not free any more";
    snapshot_.catalog = std::make_shared<catalog::Catalog>(catalog::Catalog::build(std::move(providers)).value());
    snapshot_.policy.profiles["coding"] = {"m2", "u2/m1"};
  }
  std::vector<std::string> off(std::string_view name, std::optional<catalog::Kind> kind = catalog::Kind::chat) {
    std::vector<std::string> names;
    for (const SwitchedOff& one : switched_off(snapshot_, resolve(snapshot_, name, kind), kind))
      names.push_back(one.provider->id + "/" + one.model->id);
    return names;
  }
  Snapshot snapshot_;
};

TEST_F(SwitchedOffTest, IsToldOfWhatTheNameWouldMean) {
  EXPECT_THAT(off("auto"), ElementsAre("u1/m1", "u2/m1"));
  EXPECT_THAT(off("auto:fast"), ElementsAre("u1/m1", "u2/m1"));
  EXPECT_THAT(off("auto:coding"), ElementsAre("u2/m1"));
  EXPECT_THAT(off("u1/m1"), ElementsAre("u1/m1"));
  EXPECT_THAT(off("m1"), ElementsAre("u1/m1", "u2/m1"));
  EXPECT_THAT(off("giant"), ElementsAre("u1/m1"));
  EXPECT_THAT(off("e1", catalog::Kind::embedding), ElementsAre("u2/e1"));
  EXPECT_THAT(off("auto", std::nullopt), ElementsAre("u1/m1", "u2/m1", "u2/e1"));
}

TEST_F(SwitchedOffTest, IsSilentOfAllElse) {
  EXPECT_THAT(off("u1/m2"), IsEmpty());
  EXPECT_THAT(off("u2/m3"), IsEmpty()) << "off by the catalog, with its own reason";
  EXPECT_THAT(off("auto:nothing"), IsEmpty());
  EXPECT_THAT(off("nothing"), IsEmpty());
  EXPECT_THAT(off("u1"), IsEmpty());
}

}  // namespace
}  // namespace freeway::router
