#include "app/doctor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/test_outside.h"

namespace freeway::app {

namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::vector<std::string> told(const std::vector<Finding>& found, Finding::Weight weight = Finding::Weight::wrong) {
  std::vector<std::string> all;
  for (const Finding& one : found) {
    if (one.weight == weight) all.push_back(one.what + " → " + one.mend);
  }
  return all;
}

Situation situation(const std::string& text, TestOutside& outside) {
  outside.files["/c.toml"] = text;
  std::vector<Mistake> mistakes;
  auto made = read_situation({"/c.toml", true, {}}, outside.outside(), {}, mistakes);
  EXPECT_TRUE(made) << describe(mistakes);
  return std::move(*made);
}

TEST(Doctor, AHealthyMachineHasNothing) {
  MachineFacts facts;
  facts.files = {{"/d", 0700, true}, {"/d/master.key", 0600, true}};
  facts.descriptors = 65536;
  facts.free_bytes = 10ULL << 30;
  facts.disk_bytes = 100ULL << 30;
  facts.clock_ahead = std::chrono::seconds(2);
  facts.port_taken = false;
  EXPECT_THAT(judge_machine(facts), IsEmpty());
}

TEST(Doctor, TellsWhatIsWrongWithAMachineAndHowToMendIt) {
  MachineFacts facts;
  facts.files = {{"/d", 0755, true}, {"/d/master.key", 0640, true}, {"/d/freeway.db", 0600, false}};
  facts.descriptors = 1024;
  facts.free_bytes = 5ULL << 20;
  facts.disk_bytes = 100ULL << 30;
  facts.clock_ahead = -std::chrono::minutes(10);
  facts.port_taken = true;
  facts.unreachable_proxies = {"127.0.0.1:1 does not answer: refused"};
  EXPECT_THAT(told(judge_machine(facts)),
              ElementsAre(HasSubstr("`chmod 700 /d`"), HasSubstr("`chmod 600 /d/master.key`"), HasSubstr("another user"),
                          HasSubstr("5 MiB are left"), HasSubstr("LimitNOFILE"), HasSubstr("10 min behind"),
                          HasSubstr("another program listens"), HasSubstr("127.0.0.1:1 does not answer")));
  facts = {};
  facts.free_bytes = 60ULL << 20;
  facts.disk_bytes = 64ULL << 20;
  EXPECT_THAT(judge_machine(facts), IsEmpty()) << "a small disk that is empty";
}

TEST(Doctor, NothingConfiguredAndNoKey) {
  TestOutside outside;
  Situation nothing = situation("[catalog]\nbuiltin = false\n", outside);
  EXPECT_THAT(told(judge_configuration({}, &nothing)), ElementsAre(HasSubstr("no key that can be used")));
  Situation keyless = situation("", outside);
  EXPECT_THAT(told(judge_configuration({}, &keyless)), IsEmpty());
  EXPECT_THAT(told(judge_configuration({}, &keyless), Finding::Weight::note), Contains(HasSubstr("without a key serve")));
  std::vector<Mistake> mistakes(2);
  mistakes[0].message = "unknown key";
  mistakes[1].message = "short";
  mistakes[1].warning = true;
  EXPECT_THAT(told(judge_configuration(mistakes, nullptr)), ElementsAre(HasSubstr("unknown key")));
}

TEST(Doctor, DeadKeysIdleKeysAndShadowedVariables) {
  TestOutside outside;
  outside.variables = {{"GEMINI_API_KEY", "AIza1"}, {"GOOGLE_API_KEY", "AIza2"}};
  Situation now = situation("", outside);
  api::admin::KeyView dead;
  dead.id = "1";
  dead.provider = "groq";
  dead.name = "a";
  dead.serving = true;
  dead.last_check = "groq refuses this key (401 Unauthorized)";
  api::admin::KeyView idle;
  idle.id = "2";
  idle.provider = "gork";
  idle.name = "b";
  idle.why = Clause::quoted("no provider is called \"gork\" here");
  api::admin::KeyView good;
  good.serving = true;
  good.last_check = "groq takes this key (200 OK)";
  api::admin::KeyView off;
  off.disabled = true;
  off.why = Clause::quoted("by hand");
  std::vector<Finding> found = judge_keys(now, {dead, idle, good, off}, outside.outside());
  EXPECT_THAT(told(found), ElementsAre(HasSubstr("a of groq is dead"), HasSubstr("b of gork is not used")));
  EXPECT_THAT(told(found, Finding::Weight::note),
              ElementsAre(HasSubstr("GOOGLE_API_KEY is set and shadowed by GEMINI_API_KEY")));
  EXPECT_THAT(found.back().mend, Not(HasSubstr("AIza")));
}

TEST(Doctor, TellsWhichCatalogIsInForceAndWhyNotTheInstalledOne) {
  Config config;
  config.catalog.version = 7;
  config.catalog.as_of = "2026-11-22";
  EXPECT_THAT(told(judge_catalog(config), Finding::Weight::good),
              ElementsAre(HasSubstr("the catalog is version 7 of 2026-11-22, built in")));
  config.catalog.trouble = "the installed catalog is not used: damaged";
  EXPECT_THAT(told(judge_catalog(config)), ElementsAre(HasSubstr("damaged")));
  config.catalog_builtin = false;
  EXPECT_THAT(judge_catalog(config), IsEmpty());
}

TEST(Doctor, ReadsARunningServer) {
  EXPECT_THAT(judge_server(R"({"routes":{"total":3,"open":2},"log":{"trouble":null},"journal":{"state":"ok"},)"
                           R"("configuration":{"warnings":[],"last_reload_error":null}})",
                           R"({"benches":[]})"),
              IsEmpty());
  std::vector<Finding> found =
      judge_server(R"({"routes":{"total":3,"open":0},"log":{"trouble":"disk full"},"journal":{"state":"not on the disk"},)"
                   R"("configuration":{"warnings":["w"],"last_reload_error":"bad file"}})",
                   R"({"benches":[{"scope":"u1 key#1","reason":"invalid_key","until":null},)"
                   R"({"scope":"u2","reason":"rate_limited","until":"2026-01-01T00:00:00Z"}]})");
  EXPECT_THAT(told(found), ElementsAre(HasSubstr("disk full"), HasSubstr("not on the disk"), HasSubstr("bad file"),
                                       HasSubstr("none of 3 routes"), HasSubstr("u1 key#1 is benched until it is lifted")));
  EXPECT_THAT(told(found, Finding::Weight::note), ElementsAre(HasSubstr("u2 is benched until 2026")))
      << "what is wrong with the file is told where the file is read";
  EXPECT_THAT(told(judge_server(R"({"routes":{"total":0,"open":0}})", "")), ElementsAre(HasSubstr("no provider is in use")));
}

TEST(Doctor, NotesModelsThatTheirProviderListsNoLonger) {
  api::admin::Discovery told;
  told.provider = "u1";
  told.known = {{"m1", true, {}}, {"m2", false, {}}, {"m3", {}, {}}};
  auto found = judge_lists({told});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].weight, Finding::Weight::note);
  EXPECT_EQ(found[0].what, "u1 does not list m2 any more");
}

}  // namespace

}  // namespace freeway::app
