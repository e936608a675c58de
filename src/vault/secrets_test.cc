#include "vault/secrets.h"

#include <gtest/gtest.h>

#include "base/log.h"

namespace freeway::vault {
namespace {

TEST(Secrets, HidesWhatAnySourceKnows) {
  Secrets secrets;
  EXPECT_FALSE(secrets.load()->found("nothing is known yet"));
  secrets.set("configuration", {Secret("configured-1")});
  secrets.set("vault", {Secret("stored-0001"), Secret("stored-0002")});
  EXPECT_TRUE(secrets.load()->found("<configured-1>"));
  EXPECT_TRUE(secrets.load()->found("<stored-0002>"));
  secrets.set("vault", {Secret("stored-0003")});
  EXPECT_FALSE(secrets.load()->found("<stored-0002>")) << "no longer in force";
  EXPECT_TRUE(secrets.load()->found("<configured-1>"));
  testing::internal::CaptureStderr();
  log::warn("it said stored-0003 {}", 1);
  log::hide(nullptr);
  log::configure(log::Level::info, false);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("it said [redacted] 1"), std::string::npos);
}

TEST(Secrets, TakesPasswordsOutOfProxies) {
  auto texts = [](const char* proxy) {
    std::vector<std::string> all;
    for (const auto& part : proxy_secrets(Secret(proxy))) all.emplace_back(part.reveal());
    return all;
  };
  using Texts = std::vector<std::string>;
  EXPECT_EQ(texts("socks5h://me:p%40ss@h:1080"), (Texts{"socks5h://me:p%40ss@h:1080", "p%40ss", "p@ss"}));
  EXPECT_EQ(texts("http://h:8080"), Texts{});
  EXPECT_EQ(texts("http://me@h:8080"), Texts{});
  EXPECT_EQ(texts("http://h:8080/a:b@c"), Texts{});
  EXPECT_EQ(texts(""), Texts{});
}

}  // namespace
}  // namespace freeway::vault
