#include "api/plan_book.h"

#include <gmock/gmock.h>

namespace freeway::api {
namespace {

using testing::HasSubstr;

TEST(PlanBook, KeepsTheNewestAndOneOfEachRequest) {
  PlanBook book;
  book.keep("a", "1");
  book.keep("b", "2");
  book.keep("a", "3");
  EXPECT_EQ(book.find("a"), "3");
  EXPECT_EQ(book.find("b"), "2");
  EXPECT_EQ(book.find("c"), "");
  for (std::size_t i = 0; i < PlanBook::kMost - 1; ++i) book.keep(std::to_string(i), "x");
  EXPECT_EQ(book.find("a"), "");
  EXPECT_EQ(book.find("b"), "2");
}

TEST(PlanBook, WritesRoutesWithTheirReasonsAndThoseLeftOut) {
  catalog::Provider provider;
  provider.id = "u1";
  provider.base_url = "http://127.0.0.1:1/v1";
  provider.keys.resize(40);
  for (const char* id : {"m1", "m2"}) provider.models.emplace_back().id = id;
  auto catalog = catalog::Catalog::build({provider}).value();
  ManualClock clock;
  router::Query query;
  query.strategy = router::Strategy::smart;
  query.at = {clock.now(), clock.wall()};
  query.session_model = "u1/m1";
  router::Plan plan;
  plan.order = {0, 40};
  plan.chosen = {{0, 0, 0, {{"rank", "rank {rank}", {{"rank", "80"}}}, {"unmeasured", "not measured lately"}}},
                 {40, 0, 0, {}}};
  plan.left_out.resize(2);
  plan.left_out[0] = {41,    router::LeftOut::Why::quota,
                      {},    clock.now() + std::chrono::seconds(5),
                      false, {"used_up", "{pool} is used up", {{"pool", "rpm"}}},
                      {}};
  plan.left_out[1] = {
      42, router::LeftOut::Why::capability, router::Missing::tools, kNever, false, Clause::quoted("it has no tools"), {}};
  std::string text = write_plan(catalog, query, plan);
  EXPECT_EQ(
      text,
      R"({"strategy":"smart","routes":[{"route":"u1/m1 key#1","provider":"u1","model":"m1","key":"key#1","place":1,)"
      R"("reasons":[{"text":"the conversation stays with this model","code":"conversation","values":{}},)"
      R"({"text":"rank 80","code":"rank","values":{"rank":"80"}},)"
      R"({"text":"not measured lately","code":"unmeasured","values":{}}]},)"
      R"({"route":"u1/m2 key#1","provider":"u1","model":"m2","key":"key#1","place":2,)"
      R"("reasons":[{"text":"nothing speaks against it","code":"nothing_against","values":{}}]}],)"
      R"("left_out":[{"route":"u1/m2 key#2","provider":"u1","model":"m2","key":"key#2","why":"quota",)"
      R"("reason":"rpm is used up","reason_code":"used_up","reason_values":{"pool":"rpm"},"until":"2026-01-01T00:00:05.000Z"},)"
      R"({"route":"u1/m2 key#3","provider":"u1","model":"m2","key":"key#3","why":"capability",)"
      R"("reason":"it has no tools","reason_code":null,"reason_values":{},"until":null}],"more_routes":0,"more_left_out":0})");
  query.strategy = router::Strategy::priority;
  plan.order.clear();
  for (catalog::RouteId route = 0; route < 80; ++route) plan.order.push_back(route);
  text = write_plan(catalog, query, plan);
  EXPECT_THAT(text, HasSubstr(R"("code":"conversation","values":{}}]}],"left_out")"));
  EXPECT_THAT(text, HasSubstr(R"("more_routes":48,)"));
}

}  // namespace
}  // namespace freeway::api
