#include "net/guard.h"

#include <gtest/gtest.h>

namespace freeway::net {
namespace {

Address at(std::string_view text) {
  auto address = Address::parse(text);
  EXPECT_TRUE(address) << text;
  return address.value_or(Address());
}

TEST(Guard, KnowsPublicAddresses) {
  for (const char* text :
       {"1.1.1.1",         "8.8.8.8",           "9.255.255.255",   "11.0.0.0",    "100.63.255.255",  "100.128.0.0",
        "126.255.255.255", "128.0.0.1",         "169.253.255.255", "169.255.0.0", "172.15.255.255",  "172.32.0.0",
        "192.167.255.255", "192.169.0.0",       "198.17.255.255",  "198.20.0.0",  "223.255.255.255", "::ffff:1.1.1.1",
        "2606:4700::1111", "2a00:1450:4001::1", "64:ff9b::8.8.8.8"})
    EXPECT_TRUE(is_public(at(text))) << text;
}

TEST(Guard, KnowsAddressesThatAreNot) {
  for (const char* text : {"0.0.0.0",         "0.1.2.3",         "10.0.0.1",       "10.255.255.255",  "100.64.0.0",
                           "100.100.100.200", "100.127.255.255", "127.0.0.1",      "127.255.255.255", "169.254.169.254",
                           "172.16.0.1",      "172.31.255.255",  "192.0.0.192",    "192.0.2.1",       "192.88.99.1",
                           "192.168.0.1",     "198.18.0.1",      "198.19.255.255", "198.51.100.1",    "203.0.113.1",
                           "224.0.0.1",       "239.255.255.255", "240.0.0.1",      "255.255.255.255", "168.63.129.16"}) {
    EXPECT_FALSE(is_public(at(text))) << text;
    EXPECT_FALSE(is_public(at("::ffff:" + std::string(text)))) << "mapped " << text;
    EXPECT_FALSE(is_public(at("64:ff9b::" + std::string(text)))) << "behind NAT64 " << text;
  }
  for (const char* text : {"::",
                           "::1",
                           "::127.0.0.1",
                           "::8.8.8.8",
                           "64:ff9b:1::1",
                           "100::1",
                           "fc00::1",
                           "fd00:ec2::254",
                           "fe80::1",
                           "febf::1",
                           "fec0::1",
                           "ff02::1",
                           "2001::1",
                           "2001:0:4136:e378::1",
                           "2001:db8::1",
                           "2002:7f00:1::1",
                           "2002:808:808::1",
                           "3fff::1",
                           "4000::1",
                           "1fff::1"})
    EXPECT_FALSE(is_public(at(text))) << text;
}

TEST(Guard, LetsPublicAddressesThroughAtTheUsualPorts) {
  Guard guard;
  EXPECT_TRUE(guard.allows(at("1.1.1.1"), 80));
  EXPECT_TRUE(guard.allows(at("1.1.1.1"), 443));
  EXPECT_FALSE(guard.allows(at("1.1.1.1"), 25));
  EXPECT_FALSE(guard.allows(at("1.1.1.1"), 8080));
  EXPECT_FALSE(guard.allows(at("127.0.0.1"), 80));
  EXPECT_FALSE(guard.trusts("localhost"));
}

TEST(Guard, LetsWhatIsTrustedThroughAtAnyPort) {
  auto guard = Guard::create({"10.1.0.0/16", "fd00::5", "Images.internal"});
  ASSERT_TRUE(guard) << guard.error().message;
  EXPECT_TRUE(guard->allows(at("10.1.2.3"), 9000));
  EXPECT_TRUE(guard->allows(at("::ffff:10.1.2.3"), 9000));
  EXPECT_TRUE(guard->allows(at("64:ff9b::10.1.2.3"), 9000));
  EXPECT_FALSE(guard->allows(at("10.2.0.1"), 80));
  EXPECT_TRUE(guard->allows(at("fd00::5"), 81));
  EXPECT_FALSE(guard->allows(at("fd00::6"), 80));
  EXPECT_FALSE(guard->allows(at("1.1.1.1"), 81)) << "trust in one network says nothing of others";
  EXPECT_TRUE(guard->trusts("images.INTERNAL"));
  EXPECT_FALSE(guard->trusts("x.images.internal"));
}

TEST(Guard, RefusesWhatIsNeitherNetworkNorName) {
  for (const char* text : {"", "10.0.0.0/33", "http://x", "x:80", "*.internal", "a b", "::/129"})
    EXPECT_FALSE(Guard::create({text})) << text;
}

TEST(Guard, TellsItselfApart) {
  EXPECT_EQ(Guard::create({"10.0.0.0/8"})->identity(), Guard::create({"10.0.0.0/8"})->identity());
  EXPECT_NE(Guard::create({"10.0.0.0/8"})->identity(), Guard::create({"10.0.0.0/9"})->identity());
  EXPECT_NE(Guard::create({"10.0.0.0/8"})->identity(), Guard().identity());
}

}  // namespace
}  // namespace freeway::net
