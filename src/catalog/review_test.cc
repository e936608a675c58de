#include "catalog/review.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/builtin.h"

namespace freeway::catalog {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Provider good() {
  auto read = read_catalog_file(R"(id = "a"
base_url = "https://a.example/v1"
signup = "https://a.example/keys"
env = ["A_KEY"]
source = "a page"
as_of = "2026-11"
data_use = { trains_on_prompts = "no", source = "a page", as_of = "2026-11" }
probe = { paths = ["/models"], valid = ["200"], invalid = ["401"] }
limits = { rpm = 3 }
[[models]]
id = "m"
rank = 50
limits = { rpd = 5 }
price = { input = 0.5, output = 2, source = "a list of prices", as_of = "2026-11" }
[[models]]
id = "off"
enabled = false
status = "why"
)",
                                "a");
  EXPECT_TRUE(read) << read.error().message;
  return read.value_or(Provider());
}

std::vector<std::string> told(const Provider& provider) {
  std::vector<std::string> messages;
  for (const reader::Mistake& mistake : review(provider)) {
    EXPECT_EQ(mistake.file, "a.toml");
    EXPECT_FALSE(mistake.warning);
    messages.push_back(mistake.message);
  }
  return messages;
}

TEST(Review, HasNothingAgainstAGoodFile) { EXPECT_THAT(told(good()), ElementsAre()); }

TEST(Review, TellsEachThingThatIsMissing) {
  struct Fault {
    void (*make)(Provider&);
    std::string said;
  };
  for (const Fault& fault : {
           Fault{[](Provider& p) { p.source.clear(); }, "a has no source"},
           {[](Provider& p) { p.pools[0].source.clear(); }, "a/rpm is a figure without a source"},
           {[](Provider& p) { p.models[0].pools[0].as_of = "lately"; }, "a/m rpd is a figure without a date"},
           {[](Provider& p) { p.pools[0].limit = 0; }, "limit of nothing"},
           {[](Provider& p) { p.models[0].price->source.clear(); }, "a/m price is a figure without a source"},
           {[](Provider& p) { p.models[0].price->as_of.clear(); }, "a/m price is a figure without a date"},
           {[](Provider& p) { p.models[0].rank.reset(); }, "a/m is a chat model without a rank"},
           {[](Provider& p) { p.models[1].status.clear(); }, "a/off is off"},
           {[](Provider& p) { p.models[0].kind = Kind::embedding; }, "no chat model"},
           {[](Provider& p) { p.data_use.as_of.clear(); }, "data-use"},
           {[](Provider& p) { p.env.clear(); }, "variable"},
           {[](Provider& p) { p.signup = "http://a.example"; }, "sign up"},
           {[](Provider& p) { p.probe.reset(); }, "probe"},
           {[](Provider& p) { p.account_env = "A_ACCOUNT"; }, "{account_id}"},
       }) {
    Provider provider = good();
    fault.make(provider);
    EXPECT_THAT(told(provider), ElementsAre(HasSubstr(fault.said)));
  }
}

TEST(Review, WantsOfWhatIsOffOnlyTheReason) {
  Provider provider = good();
  provider.enabled = false;
  provider.env.clear();
  provider.probe.reset();
  EXPECT_THAT(told(provider), ElementsAre(HasSubstr("expected a status")));
  provider.status = "not free any more";
  EXPECT_THAT(told(provider), ElementsAre());
}

}  // namespace
}  // namespace freeway::catalog
