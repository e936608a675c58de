#include "chat/signatures.h"

#include <gtest/gtest.h>

namespace freeway::chat {
namespace {

TEST(Signatures, TheNewestOfAKeyCounts) {
  Signatures signatures;
  EXPECT_EQ(signatures.find("a"), "");
  signatures.keep("a", "1");
  signatures.keep("a", "2");
  EXPECT_EQ(signatures.find("a"), "2");
}

TEST(Signatures, TheOldestGoFirst) {
  Signatures signatures(3200);
  for (int i = 0; i < 40; ++i) signatures.keep("key" + std::to_string(100 + i), std::string(94, 'x'));
  EXPECT_EQ(signatures.find("key107"), "") << "32 of 100 bytes fit";
  EXPECT_NE(signatures.find("key108"), "");
  EXPECT_NE(signatures.find("key139"), "");
}

TEST(Signatures, AHugeOneIsNotKept) {
  Signatures signatures(3200);
  signatures.keep("small", "x");
  signatures.keep("huge", std::string(3000, 'x'));
  EXPECT_EQ(signatures.find("huge"), "");
  EXPECT_EQ(signatures.find("small"), "x");
}

}  // namespace
}  // namespace freeway::chat
