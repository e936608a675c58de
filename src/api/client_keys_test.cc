#include "api/client_keys.h"

#include <gtest/gtest.h>

#include "crypto/digest.h"

namespace freeway::api {
namespace {

using std::chrono::hours;

http::RequestHead head_with(const std::string& authorization, const std::string& api_key = "") {
  http::RequestHead head;
  if (!authorization.empty()) head.fields.add("Authorization", "Bearer " + authorization);
  if (!api_key.empty()) head.fields.add("x-api-key", api_key);
  return head;
}

class ClientKeysTest : public testing::Test {
 protected:
  ClientKeysTest() : keys_(3) {
    keys_[0].name = "configured";
    keys_[0].key = Secret("fw-configured");
    keys_[1].name = "stored";
    keys_[1].digest = crypto::sha256_hex("fw-stored");
    keys_[2].name = "short";
    keys_[2].digest = crypto::sha256_hex("fw-short");
    keys_[2].expires = now_ + hours(1);
  }
  std::string name(const http::RequestHead& head) const {
    const ClientKey* key = authenticate(keys_, head, now_);
    return key ? key->name : "";
  }

  ManualClock clock_;
  WallTime now_ = clock_.wall();
  std::vector<ClientKey> keys_;
};

TEST_F(ClientKeysTest, AreFoundByValueOrDigest) {
  EXPECT_EQ(name(head_with("fw-configured")), "configured");
  EXPECT_EQ(name(head_with("fw-stored")), "stored");
  EXPECT_EQ(name(head_with("", "fw-stored")), "stored");
  EXPECT_EQ(name(head_with("fw-wrong", "fw-stored")), "stored") << "the first valid one counts";
  for (const char* wrong : {"fw-wrong", "dashboard", ""}) EXPECT_EQ(name(head_with(wrong)), "") << wrong;
}

TEST_F(ClientKeysTest, StandInTheQueryOnGooglesPathsAlone) {
  auto asks = [](const std::string& target) {
    http::RequestHead head;
    head.target = target;
    return head;
  };
  EXPECT_EQ(name(asks("/v1beta/models/m:generateContent?key=fw-stored")), "stored");
  EXPECT_EQ(name(asks("/v1beta/models/m:streamGenerateContent?alt=sse&key=fw%2Dconfigured")), "configured");
  for (const char* none : {"/v1/models?key=fw-stored", "/v1betas?key=fw-stored", "/v1beta/models?key=", "/v1beta/models?key",
                           "/v1beta/models?akey=fw-stored", "/v1beta/models?key=fw-wrong"})
    EXPECT_EQ(name(asks(none)), "") << none;
  auto both = asks("/v1beta/models?key=fw-stored");
  both.fields.add("x-goog-api-key", "fw-configured");
  EXPECT_EQ(name(both), "configured") << "a field goes before the query";
  both.fields.set("x-goog-api-key", "fw-wrong");
  EXPECT_EQ(name(both), "stored");
}

TEST_F(ClientKeysTest, EndAtTheirTime) {
  auto head = head_with("fw-short");
  EXPECT_EQ(name(head), "short");
  EXPECT_EQ(expired_key(keys_, head, now_), nullptr);
  now_ += hours(1);
  EXPECT_EQ(name(head), "");
  ASSERT_NE(expired_key(keys_, head, now_), nullptr);
  EXPECT_EQ(expired_key(keys_, head, now_)->name, "short");
  EXPECT_EQ(expired_key(keys_, head_with("fw-wrong"), now_), nullptr);
  EXPECT_EQ(name(head_with("fw-short", "fw-stored")), "stored") << "another that is good opens";
}

TEST_F(ClientKeysTest, NothingShowsTheDashboards) {
  keys_.push_back(dashboard_key());
  for (const char* shown : {"dashboard", "", " "}) EXPECT_EQ(name(head_with(shown, shown)), "") << shown;
}

}  // namespace
}  // namespace freeway::api
