#include "crypto/password.h"

#include <gtest/gtest.h>

namespace freeway::crypto {
namespace {

constexpr PasswordCost kCheap{8UL * 1024, 1};

TEST(Password, MatchesItsOwnHashAlone) {
  auto hash = hash_password("correct horse", kCheap);
  ASSERT_TRUE(hash);
  EXPECT_TRUE(hash->starts_with("$argon2id$v=19$m=8,t=1,p=1$")) << *hash;
  EXPECT_TRUE(password_matches(*hash, "correct horse"));
  for (const char* wrong : {"", "correct hors", "correct horse ", "Correct horse"})
    EXPECT_FALSE(password_matches(*hash, wrong));
}

TEST(Password, IsSaltedAnew) { EXPECT_NE(*hash_password("same", kCheap), *hash_password("same", kCheap)); }

TEST(Password, MayHoldAnyByte) {
  std::string odd("a\0b\xff", 4);
  auto hash = hash_password(odd, kCheap);
  EXPECT_TRUE(password_matches(*hash, odd));
  EXPECT_FALSE(password_matches(*hash, "a"));
}

TEST(Password, OfNobodyIsAHashOfTheSameCostThatNothingMatches) {
  auto nothing = hash_of_nothing(kCheap);
  auto real = hash_password("x", kCheap);
  EXPECT_EQ(nothing.size(), real->size());
  EXPECT_EQ(nothing.substr(0, nothing.find("p=1$")), real->substr(0, real->find("p=1$")));
  for (const char* any : {"", "x", "admin"}) EXPECT_FALSE(password_matches(nothing, any));
}

TEST(Password, BadHashesMatchNothing) {
  for (const std::string& bad :
       {std::string(), std::string("x"), std::string("$argon2id$v=19$m=8,t=1,p=1$"), std::string(500, 'a')})
    EXPECT_FALSE(password_matches(bad, "")) << bad;
}

TEST(Password, ImpossibleCostsAreToldNotTaken) { EXPECT_FALSE(hash_password("x", {1024, 1})); }

}  // namespace
}  // namespace freeway::crypto
