#include "api/assets.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace freeway::api {
namespace {

http::RequestHead head_with(const std::vector<std::string>& tags) {
  http::RequestHead head;
  for (const auto& tag : tags) head.fields.add("If-None-Match", tag);
  return head;
}

const Asset& page() { return *find_asset("/docs"); }

TEST(Assets, AreFoundByTheirWholePathAlone) {
  EXPECT_EQ(page().type, "text/html; charset=utf-8");
  EXPECT_TRUE(page().bytes.starts_with("<!doctype html>"));
  EXPECT_TRUE(page().bytes.ends_with("</html>\n"));
  EXPECT_EQ(find_asset("/v1/openapi.json")->type, "application/json");
  for (std::string_view path : {"", "/assets", "/assets/", "/index.html", "/docs/", "/docs/docs", "/v1/openapi.jsonx", "docs"})
    EXPECT_EQ(find_asset(path), nullptr) << path;
}

TEST(Assets, TellDifferentBytesApart) {
  std::set<std::string_view> paths;
  std::set<std::string_view> tags;
  for (const Asset& one : assets()) {
    paths.insert(one.path);
    tags.insert(one.etag);
    EXPECT_TRUE(one.etag.starts_with('"') && one.etag.ends_with('"') && one.etag.size() == 34) << one.etag;
    EXPECT_FALSE(one.bytes.empty()) << one.path;
  }
  EXPECT_EQ(paths.size(), assets().size());
  EXPECT_EQ(tags.size(), assets().size());
}

TEST(Assets, GoOutWholeToWhoHasThemNotYet) {
  for (const auto& tags : std::vector<std::vector<std::string>>{{}, {"\"another\""}, {"W/\"a\", \"b\""}, {""}}) {
    auto answer = answer_asset(page(), head_with(tags));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, page().bytes);
    EXPECT_EQ(answer.fields.find("content-type"), page().type);
    EXPECT_EQ(answer.fields.find("etag"), page().etag);
    EXPECT_EQ(answer.fields.find("cache-control"), "no-cache");
  }
}

TEST(Assets, AreNotSentAgain) {
  std::string tag(page().etag);
  for (const auto& tags :
       std::vector<std::vector<std::string>>{{tag}, {"W/" + tag}, {"\"another\", " + tag}, {"\"another\"", tag}, {"*"}}) {
    auto answer = answer_asset(page(), head_with(tags));
    EXPECT_EQ(answer.status, 304) << tags[0];
    EXPECT_EQ(answer.body, "");
    EXPECT_EQ(answer.fields.find("etag"), page().etag);
    EXPECT_EQ(answer.fields.find("cache-control"), "no-cache");
  }
}

TEST(Assets, MayLoadFromHereAlone) {
  for (const Asset& one : assets()) {
    auto answer = answer_asset(one, head_with({}));
    EXPECT_EQ(answer.fields.find("content-security-policy"),
              "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri "
              "'none'; frame-ancestors 'none'; form-action 'none'");
    EXPECT_EQ(answer.fields.find("x-content-type-options"), "nosniff");
    EXPECT_EQ(answer.fields.find("referrer-policy"), "no-referrer");
  }
}

TEST(Assets, ThePageIsSmallAndAllOfItIsBuiltIn) {
  std::size_t size = 0;
  for (const Asset& one : assets())
    if (one.path.starts_with("/docs")) size += one.bytes.size();
  EXPECT_LT(size, 15'000U);
  for (std::string_view sign : {"://", " style=", "<style", " onclick", "javascript:"})
    EXPECT_EQ(page().bytes.find(sign), std::string_view::npos) << sign;
  for (std::string_view part : {"\"docs/docs.css\"", "\"docs/docs.js\"></script>"})
    EXPECT_NE(page().bytes.find(part), std::string_view::npos) << part;
}

TEST(Assets, TheDashboardIsBuiltInAndNamesOnlyItsOwnFiles) {
  ASSERT_NE(find_asset("/"), nullptr);
  std::string_view dashboard = find_asset("/")->bytes;
  EXPECT_TRUE(dashboard.starts_with("<!doctype html>"));
  for (std::string_view sign : {"://", " style=", "<style", " onclick", "javascript:"})
    EXPECT_EQ(dashboard.find(sign), std::string_view::npos) << sign;
  for (std::string_view part : {"/assets/app.js", "/assets/app.css"}) {
    EXPECT_NE(dashboard.find(part), std::string_view::npos) << part;
    EXPECT_NE(find_asset(part), nullptr) << part;
  }
}

}  // namespace
}  // namespace freeway::api
