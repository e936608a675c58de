#include "app/catalog_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/test_outside.h"
#include "json/document.h"

namespace freeway::app {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kFile = R"(
[[providers]]
id = "groq"
keys = ["secret-0123456789abcdef"]
proxy = "http://user:password@127.0.0.1:1"
limits = { concurrency = 2 }
  [[providers.models]]
  id = "m1"
  limits = { rpm = 7 }
[[providers]]
id = "other"
base_url = "http://o.example/v1"
keys = ["other-0123456789abcdef"]
models = [{ id = "x" }]
[routing]
order = ["other/x"]
)";

CatalogChange some() {
  TestOutside outside;
  outside.files["/c.toml"] = kFile;
  std::vector<Mistake> mistakes;
  SituationSources sources;
  sources.config_path = "/c.toml";
  auto situation = read_situation(sources, outside.outside(), {}, mistakes);
  EXPECT_TRUE(situation) << describe(mistakes);
  CatalogChange change;
  change.from.version = 3;
  change.from.as_of = "2026-11-01";
  change.version = 4;
  change.as_of = "2026-12-01";
  change.own = own_choices(kFile, *situation);
  change.difference.added = {"newcomer"};
  change.difference.retired = {"gone"};
  catalog::ProviderChange& groq = change.difference.changed.emplace_back();
  groq.id = "groq";
  groq.members = {{"status", "", "'busy\x1b[31m'"}, {"data_use.as_of", "'2026-01'", "'2026-12'"}};
  groq.added = {"m2"};
  groq.retired = {"m0"};
  groq.models = {{"m1", {{"context", "1", "2"}, {"limits.rpm", "30", "20"}}}};
  return change;
}

TEST(CatalogReport, TellsEachMemberAndWhoseValueCounts) {
  EXPECT_EQ(describe_change(some(), false), R"(catalog 4 of 2026-12-01, against 3 of 2026-11-01, built in
added    newcomer
retired  gone
changed  groq
  added    m2
  retired  m0
  status: nothing → 'busy\x1b[31m'
  m1
    context: 1 → 2
    limits.rpm: 30 → 20 (yours counts on: 7)
  1 source read anew
your own choices stay as they are:
  groq: 1 key, limits.concurrency, models[m1].limits.rpm
  routing.order
  all of 1 provider that it does not change
)");
}

TEST(CatalogReport, IsALineAProviderInShort) {
  std::string text = describe_change(some(), true);
  EXPECT_THAT(text,
              HasSubstr("\nchanged  groq: 1 model added, 1 model retired, 1 model changed, 2 members changed\nyour own"));
  EXPECT_THAT(text, Not(HasSubstr("limits.rpm:")));
}

TEST(CatalogReport, SaysThatNothingChanges) {
  CatalogChange change;
  EXPECT_THAT(describe_change(change, false), HasSubstr("the same providers and models"));
  EXPECT_THAT(describe_change(change, false), Not(HasSubstr("your own")));
}

TEST(CatalogReport, IsJsonForPrograms) {
  std::string text = change_json(some());
  auto document = json::Document::parse(text);
  ASSERT_TRUE(document) << text;
  json::Value root = document->root();
  EXPECT_EQ(root["from"]["source"].string(), "built_in");
  EXPECT_EQ(root["to"]["version"].integer(), 4);
  EXPECT_THAT(text, HasSubstr(R"("added":["newcomer"],"retired":["gone"])"));
  EXPECT_THAT(text, HasSubstr(R"({"member":"limits.rpm","before":"30","after":"20","yours":"7"})"));
  EXPECT_THAT(text, HasSubstr(R"("models":{"added":["m2"],"returned":[],"retired":["m0"])"));
  EXPECT_THAT(text, HasSubstr(R"({"id":"groq","keys":1,"members":["limits.concurrency","models[m1].limits.rpm"]})"));
}

TEST(CatalogReport, HoldsNoSecret) {
  for (const std::string& text : {describe_change(some(), false), change_json(some())}) {
    EXPECT_THAT(text, Not(HasSubstr("0123456789abcdef")));
    EXPECT_THAT(text, Not(HasSubstr("password")));
  }
}

TEST(CatalogReport, ASourceIsTold) {
  CatalogInForce catalog;
  catalog.version = 7;
  catalog.as_of = "2026-11-29";
  EXPECT_EQ(catalog_text(catalog), "7 of 2026-11-29, built in");
  catalog.installed = true;
  EXPECT_EQ(catalog_text(catalog), "7 of 2026-11-29, installed");
  catalog.installed_on = "2026-11-30";
  EXPECT_EQ(catalog_text(catalog), "7 of 2026-11-29, installed on 2026-11-30");
}

}  // namespace
}  // namespace freeway::app
