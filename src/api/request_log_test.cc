// What the log keeps of the errors that clients were told.
#include "api/request_log.h"

#include "api/admin/nouns.h"
#include "api/admin/testing.h"
#include "json/document.h"

namespace freeway::api {
namespace {

class RequestLogTest : public admin::AdminTest {
 protected:
  Asked asked(std::string_view id) {
    Asked made;
    made.area = Area::chat_completions;
    made.request_id = id;
    made.client = "laptop";
    made.model = "auto";
    made.arrival = clock_.now();
    return made;
  }
  store::RequestRecord kept(const std::string& id) {
    store_->flush();
    auto record = store_->request(id);
    EXPECT_TRUE(record && *record) << id;
    return record && *record ? **record : store::RequestRecord();
  }
  store::RequestRecord refuse(const std::string& id, const Problem& problem) {
    log_.refused(asked(id), problem);
    return kept(id);
  }
  store::RequestRecord fail(const std::string& id, relay::Failure failure, relay::Receipt::End end = End::failed) {
    relay::Receipt receipt;
    receipt.end = end;
    receipt.status = failure.status;
    receipt.failure = std::move(failure);
    receipt.snapshot = routing_;
    log_.ended(asked(id), receipt);
    return kept(id);
  }

  using End = relay::Receipt::End;
  net::Loop loop_{clock_};
  RequestLog log_{loop_, office_, office_.metrics.tally(0)};
};

TEST_F(RequestLogTest, KeepsCodeAndSentenceOfARefusal) {
  Problem problem;
  problem.status = 404;
  problem.code = "model_not_found";
  problem.message = "The model 'gpt-9' does not exist here; GET /v1/models lists what does.";
  auto record = refuse("a", problem);
  EXPECT_EQ(record.status, 404);
  EXPECT_EQ(record.error_code, "model_not_found");
  EXPECT_EQ(record.error, problem.message);
  problem.code = "";
  problem.message = "`input[0].type` is 'words of a prompt', which no chat model that freeway knows can be told.";
  problem.quoted = "'words of a prompt'";
  record = refuse("b", problem);
  EXPECT_EQ(record.error_code, "");
  EXPECT_EQ(record.error, "`input[0].type` is …, which no chat model that freeway knows can be told.");
}

TEST_F(RequestLogTest, KeepsNoWordOfAProvider) {
  relay::Failure failure;
  failure.code = "all_routes_failed";
  failure.message = "No provider could answer this request. One route was tried: u1/m1 main: 500 You said hi (server_error)";
  failure.quoted = ": 500 You said hi";
  auto record = fail("a", failure);
  EXPECT_EQ(record.error_code, "all_routes_failed");
  EXPECT_EQ(record.error, "No provider could answer this request. One route was tried: u1/m1 main… (server_error)");
  failure.message = failure.quoted = "You said hi";
  failure.code = "invalid_prompt";
  record = fail("b", failure);
  EXPECT_EQ(record.error_code, "invalid_prompt");
  EXPECT_EQ(record.error, "") << "nothing of it is ours";
  failure.code = "you said: hi";
  EXPECT_EQ(fail("c", failure).error_code, "") << "that is no code";
  failure.code = std::string(65, 'x');
  EXPECT_EQ(fail("d", failure).error_code, "");
}

TEST_F(RequestLogTest, KeepsABoundedPartWithoutSecrets) {
  Problem problem;
  problem.message = std::string(498, 'x') + "€ and more";
  EXPECT_EQ(refuse("a", problem).error, std::string(498, 'x'));
  problem.message = std::string(490, 'x') + kSecret;
  EXPECT_EQ(refuse("b", problem).error, std::string(490, 'x') + "[redacted]") << "not half of it either";
}

TEST_F(RequestLogTest, TellsNoErrorOfTheRequestBefore) {
  relay::Failure failure;
  failure.status = 499;
  failure.code = "cancelled_by_admin";
  failure.message = "This request was cancelled.";
  EXPECT_EQ(fail("a", failure, End::cancelled).error_code, "cancelled_by_admin");
  relay::Receipt receipt;
  receipt.end = End::cancelled;
  receipt.snapshot = routing_;
  log_.ended(asked("b"), receipt);
  EXPECT_EQ(kept("b").error_code + kept("b").error, "");

  auto answer = admin::get_requests(gate_, call("requests"));
  auto page = json::Document::parse(answer.body);
  ASSERT_TRUE(page);
  json::Value rows = page->root()["requests"];
  json::Value newest = rows.first();
  EXPECT_TRUE(newest["error_code"].is(json::Type::null));
  EXPECT_TRUE(newest["error"].is(json::Type::null));
  EXPECT_EQ(newest.next()["error_code"].string(), "cancelled_by_admin");
  answer = admin::get_request(gate_, call("requests/a"));
  auto one = json::Document::parse(answer.body);
  ASSERT_TRUE(one);
  EXPECT_EQ(one->root()["error"].string(), "This request was cancelled.");
}

TEST_F(RequestLogTest, EventsTellTheError) {
  net::Wakeup wakeup(loop_);
  auto reader = office_.feed.listen(wakeup);
  Problem problem;
  problem.status = 403;
  problem.code = "privacy_policy";
  problem.message = "Forbidden.";
  refuse("a", problem);
  std::uint64_t lost = 0;
  auto events = reader->take(lost);
  ASSERT_EQ(events.size(), 1U);
  std::string_view told = R"("status":403,"error_code":"privacy_policy","error":"Forbidden.")";
  EXPECT_NE(events[0]->data.find(told), std::string::npos) << events[0]->data;
}

}  // namespace
}  // namespace freeway::api
