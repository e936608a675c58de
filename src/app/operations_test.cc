// What a person does through the admin API, on a store on the disk: keys as one text, preferences, clients' rights.
#include "app/operations.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "app/holdings.h"
#include "app/settings_list.h"
#include "app/test_outside.h"
#include "store/testing.h"

namespace freeway::app {
namespace {

using namespace api::admin;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kConfig = R"([[client_keys]]
name = "laptop"
key = "fw-0123456789abcdef"
[[providers]]
id = "groq"
keys = [{ env = "FILE_KEY", name = "file" }]
[[providers]]
id = "own"
base_url = "http://h/v1"
keys = ["ownkey-0123456789abcdef"]
models = [{ id = "m1" }, { id = "m2" }]
)";
constexpr const char* kGroq1 = "gsk_1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1";
constexpr const char* kGroq2 = "gsk_2bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb2";

class OperationsTest : public testing::Test {
 protected:
  OperationsTest() : view_(outside_.outside()) {
    outside_.files = {{"/c.toml", kConfig}};
    outside_.variables = {{"FILE_KEY", kGroq1}};
    open();
  }
  void open() {
    keeper_.reset();
    holdings_.reset();
    holdings_ = std::make_unique<Holdings>(std::move(Holdings::open(folder_ / "data", {}, view_, clock_).value()));
    Keeper::Options options;
    options.sources.config_path = "/c.toml";
    Keeper::Parts parts{*holdings_->store, *holdings_->vault, *holdings_->secrets, clock_, view_};
    keeper_ = std::make_unique<Keeper>(parts, options);
    std::vector<Mistake> mistakes;
    ASSERT_TRUE(keeper_->load(mistakes)) << describe(mistakes);
    does_ = keeper_->operations();
  }
  std::vector<std::string> stored() {
    std::vector<std::string> all;
    for (auto keys = holdings_->vault->keys(); const auto& key : *keys)
      all.push_back(key.provider + ":" + std::string(key.value.reveal()));
    return all;
  }

  store::TestFolder folder_;
  ManualClock clock_;
  TestOutside outside_;
  Outside view_;
  std::unique_ptr<Holdings> holdings_;
  std::unique_ptr<Keeper> keeper_;
  Operations does_;
};

std::string as_text(const KeysFound& found) {
  std::string text;
  for (const KeyFound& row : found.rows) {
    text += std::to_string(row.line) + " " + std::to_string(static_cast<int>(row.state)) + " " + row.provider + " " +
            row.name + " " + row.hint + " " + row.message + "\n";
  }
  return text;
}

TEST_F(OperationsTest, APreviewTellsEachLineApart) {
  std::string text = std::string("GROQ_API_KEY=") + kGroq1 + "\nGROQ_API_KEY_2=" + kGroq2 +
                     "\nDATABASE_URL=postgres://h/x\nMYSTERY_API_KEY=zz-0123456789abcdefghijkl\nGROQ_API_KEY_3=\"\n";
  auto found = does_.preview_keys(text);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->format, "env");
  using State = KeyFound::State;
  ASSERT_EQ(found->rows.size(), 4U) << as_text(*found);
  EXPECT_EQ(found->rows[0].state, State::known) << "the environment has it";
  EXPECT_THAT(found->rows[0].message, HasSubstr("which is there already"));
  EXPECT_EQ(found->rows[1].state, State::fresh);
  EXPECT_EQ(found->rows[1].provider, "groq");
  EXPECT_EQ(found->rows[1].hint, "…bbb2");
  EXPECT_THAT(found->rows[1].unlocks, testing::Contains(testing::StartsWith("groq/")));
  EXPECT_EQ(found->rows[2].state, State::unknown);
  EXPECT_EQ(found->rows[2].name, "MYSTERY_API_KEY");
  EXPECT_EQ(found->rows[2].hint, "…ijkl");
  EXPECT_EQ(found->rows[3].state, State::bad);
  ASSERT_EQ(found->passed_over.size(), 1U);
  EXPECT_EQ(found->passed_over[0].line, 3U);
  for (const char* secret : {kGroq1, kGroq2, "zz-0123456789"}) EXPECT_THAT(as_text(*found), Not(HasSubstr(secret)));
  EXPECT_THAT(stored(), IsEmpty());
}

TEST_F(OperationsTest, AnImportAddsWhatIsGoodAndTellsTheRest) {
  std::string text = std::string("GROQ_API_KEY=") + kGroq1 + "\nGROQ_API_KEY_2=" + kGroq2 +
                     "\nDATABASE_URL=postgres://h/x\nMYSTERY_API_KEY=zz-0123456789abcdefghijkl\n";
  ImportOrder order;
  order.text = text;
  order.skip = {2};
  auto done = does_.import_keys(order);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(done->added, IsEmpty()) << "one is known, one is to be skipped, one is nobody's";
  ASSERT_EQ(done->refused.size(), 1U);
  EXPECT_EQ(done->refused[0].line, 4U);
  order.skip = {};
  order.provider = "own";
  done = does_.import_keys(order);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(done->refused, IsEmpty());
  ASSERT_EQ(done->added.size(), 2U);
  EXPECT_THAT(stored(), ElementsAre(std::string("groq:") + kGroq2, "own:zz-0123456789abcdefghijkl"));
  done = does_.import_keys(order);
  ASSERT_TRUE(done);
  EXPECT_THAT(done->added, IsEmpty()) << "all are here by now";
  order.provider = "grok-typo";
  EXPECT_EQ(does_.import_keys(order).error().kind, ErrorKind::invalid);
}

TEST_F(OperationsTest, AnExportIsAnImportElsewhere) {
  ImportOrder order;
  order.text = kGroq2;
  ASSERT_EQ(does_.import_keys(order)->added.size(), 1U);
  for (const char* format : {"env", "json", "csv", "text"}) {
    auto text = does_.export_keys(format);
    ASSERT_TRUE(text) << format;
    auto found = does_.preview_keys(*text);
    ASSERT_EQ(found->rows.size(), 1U) << *text;
    EXPECT_EQ(found->rows[0].state, KeyFound::State::known) << format;
  }
  EXPECT_EQ(does_.export_keys("xml").error().kind, ErrorKind::invalid);
}

TEST_F(OperationsTest, PreferencesHoldAtOnceAndAfterAStart) {
  std::vector<std::string> published;
  keeper_->publish_through([&](const Situation& next) -> Result<void> {
    published = next.config.policy.order;
    return {};
  });
  auto set = does_.set_preferences({{"own/m2"}, {"own/m1"}, {}});
  ASSERT_TRUE(set) << set.error().message;
  EXPECT_THAT(published, ElementsAre("own/m2"));
  EXPECT_THAT(set->order, ElementsAre("own/m2"));
  auto refused = does_.set_preferences({{"own/m3"}, {}, {}});
  EXPECT_EQ(refused.error().kind, ErrorKind::invalid);
  EXPECT_THAT(refused.error().message, HasSubstr("\"own/m3\""));
  open();
  EXPECT_THAT(does_.preferences()->own.order, ElementsAre("own/m2"));
  EXPECT_THAT(keeper_->situation()->config.policy.order, ElementsAre("own/m2"));
  outside_.files["/c.toml"] = "half written [";
  ASSERT_TRUE(does_.set_preferences({{"own/m1"}, {}, {}}));
  EXPECT_THAT(keeper_->situation()->config.policy.order, ElementsAre("own/m1")) << "a broken file holds nobody up";
}

TEST_F(OperationsTest, AClientIsChangedWhereItIsStored) {
  NewClient wanted;
  wanted.name = "phone";
  wanted.expires = clock_.wall() + std::chrono::hours(1);
  ASSERT_TRUE(does_.add_client(wanted));
  auto of_situation = [&](const std::string& name) {
    for (const api::ClientKey& key : keeper_->situation()->config.client_keys)
      if (key.name == name) return key;
    return api::ClientKey();
  };
  EXPECT_EQ(of_situation("phone").expires, wanted.expires);
  ClientChange change;
  change.rpm = 5;
  change.expires = clock_.wall() + std::chrono::hours(2);
  auto changed = does_.change_client("phone", change);
  ASSERT_TRUE(changed) << changed.error().message;
  EXPECT_EQ(changed->rpm, 5U);
  EXPECT_EQ(of_situation("phone").rpm, 5U);
  EXPECT_EQ(of_situation("phone").expires, *change.expires);
  EXPECT_EQ(does_.change_client("laptop", change).error().kind, ErrorKind::unsupported) << "the file's";
  EXPECT_EQ(does_.change_client("nobody", change).error().kind, ErrorKind::not_found);
  outside_.files["/c.toml"] = "half written [";
  change.rpm = 6;
  ASSERT_TRUE(does_.change_client("phone", change));
  EXPECT_EQ(of_situation("phone").rpm, 6U);
  EXPECT_EQ(of_situation("laptop").name, "laptop");
  wanted.name = "dashboard";
  EXPECT_EQ(does_.add_client(wanted).error().kind, ErrorKind::exhausted);
}

TEST_F(OperationsTest, AClientGetsNoLimitThatNobodyMeets) {
  for (std::optional<std::uint64_t> bad : {std::uint64_t{0}, std::uint64_t{1} << 63U}) {
    for (auto [rpm, tpd] :
         {std::pair(bad, std::optional<std::uint64_t>(1)), std::pair(std::optional<std::uint64_t>(1), bad)}) {
      NewClient wanted;
      wanted.name = "phone";
      wanted.rpm = rpm;
      wanted.tpd = tpd;
      auto made = does_.add_client(wanted);
      ASSERT_FALSE(made);
      EXPECT_EQ(made.error().kind, ErrorKind::invalid);
      EXPECT_THAT(made.error().message, HasSubstr("from 1 to"));
    }
  }
  NewClient wanted;
  wanted.name = "phone";
  wanted.models = {"auto", ""};
  EXPECT_EQ(does_.add_client(wanted).error().kind, ErrorKind::invalid);
  wanted.models = {"auto"};
  wanted.rpm = 1;
  ASSERT_TRUE(does_.add_client(wanted));
  ClientChange change;
  change.tpd = 0;
  EXPECT_EQ(does_.change_client("phone", change).error().kind, ErrorKind::invalid);
  change = {};
  change.models = {""};
  EXPECT_EQ(does_.change_client("phone", change).error().kind, ErrorKind::invalid);
}

TEST_F(OperationsTest, ABrokenFileKeepsNoClientInAndNoneOut) {
  NewClient wanted;
  wanted.name = "thief";
  ASSERT_TRUE(does_.add_client(wanted));
  auto in_force = [&] {
    std::vector<std::string> names;
    for (const api::ClientKey& key : keeper_->situation()->config.client_keys) names.push_back(key.name);
    return names;
  };
  EXPECT_THAT(in_force(), ElementsAre("laptop", "thief"));
  outside_.files["/c.toml"] = std::string(kConfig) + "brokn = ";
  ASSERT_TRUE(does_.revoke_client("thief"));
  EXPECT_THAT(in_force(), ElementsAre("laptop"));
  wanted.name = "fresh";
  ASSERT_TRUE(does_.add_client(wanted));
  EXPECT_THAT(in_force(), ElementsAre("laptop", "fresh"));
}

// Of every setting, something else than its standard.
const std::map<std::string, std::string>& other_values() {
  static const std::map<std::string, std::string> kValues = {
      {"server.listen", "\"127.0.0.1:1\""},
      {"server.admin_token", "\"token-0123456789abcdef\""},
      {"server.threads", "3"},
      {"server.body_limit", "\"1MiB\""},
      {"server.upload_limit", "\"1MiB\""},
      {"server.upload_space", "\"3GiB\""},
      {"server.stream_space", "\"1GiB\""},
      {"server.allowed_hosts", "[\"gw.example\"]"},
      {"server.cors_origins", "[\"https://app.example\"]"},
      {"server.trusted_proxies", "[\"10.0.0.0/8\"]"},
      {"log.keep", "\"1d\""},
      {"log.max_size", "\"1MiB\""},
      {"responses.keep_for", "\"1d\""},
      {"responses.max_bytes", "\"1MiB\""},
      {"catalog.builtin", "false"},
      {"catalog.public_key", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\""},
      {"catalog.discover_every", "\"1h\""},
      {"keys.check_every", "\"1h\""},
      {"images.fetch", "false"},
      {"images.allow", "[\"10.0.0.0/8\"]"},
      {"images.max_size", "\"1MiB\""},
      {"images.max_count", "2"},
      {"images.timeout", "\"1s\""},
      {"privacy.label_age", "\"1d\""},
      {"routing.strategy", "\"fast\""},
      {"routing.order", "[\"own/m2\"]"},
      {"routing.max_attempts", "2"},
      {"routing.deadline", "\"10s\""},
      {"routing.queue_wait", "\"1s\""},
      {"routing.session_ttl", "\"1m\""},
      {"routing.hedge_share", "0.1"},
      {"cache.enabled", "true"},
      {"ollama.enabled", "true"},
      {"timeouts.connect", "\"1s\""},
      {"timeouts.first_token", "\"1s\""},
      {"timeouts.answer", "\"1s\""},
      {"timeouts.idle", "\"1s\""},
  };
  return kValues;
}

TEST_F(OperationsTest, AReloadTellsOfEachSettingThatItCanNotTakeOver) {
  const std::string before =
      "[[providers]]\nid = \"own\"\nbase_url = \"http://h/v1\"\nmodels = [{ id = \"m1\" }, "
      "{ id = \"m2\" }]\n";
  for (const KnownSetting& one : known_settings()) {
    std::string name = fmt::format("{}.{}", one.section, one.key);
    auto value = other_values().find(name);
    ASSERT_NE(value, other_values().end()) << name << " is missing here";
    outside_.files["/c.toml"] = before;
    ASSERT_TRUE(does_.reload());
    outside_.files["/c.toml"] = fmt::format("{}[{}]\n{} = {}\n", before, one.section, one.key, value->second);
    auto done = does_.reload();
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_TRUE(done->changed) << name;
    auto later = testing::Contains(name + " applies from the next start");
    if (one.needs_restart) {
      EXPECT_THAT(done->warnings, later);
    } else {
      EXPECT_THAT(done->warnings, Not(later));
    }
  }
}

}  // namespace
}  // namespace freeway::app
