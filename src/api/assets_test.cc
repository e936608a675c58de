#include "api/assets.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "http/gzip.h"

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
  for (std::string_view path :
       {"", "/assets", "/assets/", "/index.html", "/docs/", "/docs/docs", "/v1/openapi.jsonx", "docs"})
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

http::RequestHead taking(const std::string& codings) {
  http::RequestHead head;
  head.fields.add("Accept-Encoding", codings);
  return head;
}

TEST(Assets, GoOutInGzipToWhoTakesIt) {
  for (const char* codings :
       {"gzip", "GZIP", "br, gzip;q=0.5", "deflate,gzip", "*", "br;q=1, *;q=0.1", "gzip;q=1.0, *;q=0"}) {
    auto answer = answer_asset(page(), taking(codings));
    EXPECT_EQ(answer.fields.find("content-encoding"), "gzip") << codings;
    EXPECT_EQ(answer.fields.find("etag"), page().packed_etag) << codings;
    EXPECT_EQ(answer.fields.find("vary"), "accept-encoding");
    EXPECT_EQ(answer.fields.find("content-type"), page().type);
    http::Inflater inflater(page().bytes.size());
    std::string whole;
    ASSERT_TRUE(inflater.feed(answer.body, whole)) << codings;
    EXPECT_EQ(whole, page().bytes);
  }
  for (const char* codings : {"", "identity", "br", "gzip;q=0", "gzip; q=0.000", "*, gzip;q=0", "gzipped", "xgzip"}) {
    auto answer = answer_asset(page(), taking(codings));
    EXPECT_FALSE(answer.fields.find("content-encoding")) << codings;
    EXPECT_EQ(answer.fields.find("etag"), page().etag);
    EXPECT_EQ(answer.fields.find("vary"), "accept-encoding");
    EXPECT_EQ(answer.body, page().bytes);
  }
}

TEST(Assets, EachCodingHasATagOfItsOwn) {
  auto head = taking("gzip");
  head.fields.add("If-None-Match", std::string(page().packed_etag));
  EXPECT_EQ(answer_asset(page(), head).status, 304);
  head = taking("gzip");
  head.fields.add("If-None-Match", std::string(page().etag));
  EXPECT_EQ(answer_asset(page(), head).status, 200) << "these are the bytes without gzip";
  head = taking("identity");
  head.fields.add("If-None-Match", std::string(page().packed_etag));
  EXPECT_EQ(answer_asset(page(), head).status, 200);
  std::set<std::string_view> tags;
  for (const Asset& one : assets()) {
    EXPECT_TRUE(tags.insert(one.etag).second) << one.path;
    EXPECT_TRUE(one.packed.empty() || tags.insert(one.packed_etag).second) << one.path;
    EXPECT_LT(one.packed.size(), one.bytes.size()) << one.path;
  }
}

TEST(Assets, ThePageGoesToBrowsers) {
  auto accepting = [](const char* types) {
    http::RequestHead head;
    head.fields.add("Accept", types);
    return head;
  };
  for (const char* types : {"text/html", "text/html,application/xhtml+xml,*/*;q=0.8", "application/json, TEXT/HTML;q=0.1"})
    EXPECT_EQ(find_page(accepting(types)), find_asset("/")) << types;
  for (const char* types : {"*/*", "application/json", "text/*", "text/html;q=0", "text/htmlx", ""})
    EXPECT_EQ(find_page(accepting(types)), nullptr) << types;
  EXPECT_EQ(find_page({}), nullptr);
  EXPECT_EQ(answer_asset(*find_asset("/"), {}).fields.find("vary"), "accept, accept-encoding");
}

TEST(Assets, MayLoadFromHereAlone) {
  for (const Asset& one : assets()) {
    auto answer = answer_asset(one, head_with({}));
    EXPECT_EQ(answer.fields.find("content-security-policy"),
              "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: blob:; "
              "base-uri 'none'; frame-ancestors 'none'; form-action 'none'");
    EXPECT_EQ(answer.fields.find("x-content-type-options"), "nosniff");
    EXPECT_EQ(answer.fields.find("referrer-policy"), "no-referrer");
    EXPECT_EQ(answer.fields.find("cross-origin-opener-policy"), "same-origin");
    EXPECT_EQ(answer.fields.find("cross-origin-resource-policy"), "same-origin");
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
