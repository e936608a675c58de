#include "net/address.h"

#include <gtest/gtest.h>

namespace freeway::net {
namespace {

TEST(Address, ReadsBothFamiliesWithAndWithoutPort) {
  auto four = Address::parse("10.1.2.3");
  ASSERT_TRUE(four);
  EXPECT_TRUE(four->v4());
  EXPECT_EQ(Address::parse("10.1.2.3:8080"), four);
  EXPECT_EQ(Address::parse("::ffff:10.1.2.3"), four);
  auto six = Address::parse("2001:db8::1");
  ASSERT_TRUE(six);
  EXPECT_FALSE(six->v4());
  EXPECT_EQ(Address::parse("[2001:db8::1]"), six);
  EXPECT_EQ(Address::parse("[2001:db8::1]:443"), six);
  EXPECT_NE(six, Address::parse("2001:db8::2"));
}

TEST(Address, RefusesWhatIsNone) {
  for (const char* text : {"", "localhost", "10.1.2", "10.1.2.3.4", "10.1.2.3:", "10.1.2.3:x", "[::1", "[::1]x", "::g",
                           "unknown", "10.1.2.3 ", "_hidden"})
    EXPECT_FALSE(Address::parse(text)) << text;
  EXPECT_FALSE(Address::parse(std::string(10'000, '1')));
}

TEST(Network, HoldsWhatItsPrefixCovers) {
  auto ten = Network::parse("10.1.2.3/8");
  ASSERT_TRUE(ten);
  EXPECT_TRUE(ten->holds(*Address::parse("10.255.0.1")));
  EXPECT_FALSE(ten->holds(*Address::parse("11.0.0.1")));
  EXPECT_FALSE(ten->holds(*Address::parse("::1")));
  auto odd = Network::parse("192.168.4.0/22");
  ASSERT_TRUE(odd);
  EXPECT_TRUE(odd->holds(*Address::parse("192.168.7.255")));
  EXPECT_FALSE(odd->holds(*Address::parse("192.168.8.0")));
  auto local = Network::parse("fd00::/8");
  ASSERT_TRUE(local);
  EXPECT_TRUE(local->holds(*Address::parse("fdff::1")));
  EXPECT_FALSE(local->holds(*Address::parse("fe80::1")));
  auto one = Network::parse("::1");
  ASSERT_TRUE(one);
  EXPECT_TRUE(one->holds(*Address::parse("::1")));
  EXPECT_FALSE(one->holds(*Address::parse("::2")));
}

TEST(Network, RefusesWhatIsNone) {
  for (const char* text :
       {"", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "::/129", "example.org", "[::1]/128"})
    EXPECT_FALSE(Network::parse(text)) << text;
}

}  // namespace
}  // namespace freeway::net
