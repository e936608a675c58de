#include "api/throttle.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <vector>

namespace freeway::api {
namespace {

using std::chrono::seconds;

net::Address at(std::string_view text) { return *net::Address::parse(text); }
Instant second(int n) { return Instant(seconds(1000 + n)); }

TEST(WrongKeys, HearsTwentyInAMinuteAndThenNone) {
  WrongKeys keys;
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(keys.wrong(at("10.0.0.1"), second(i))) << i;
  EXPECT_EQ(keys.wrong(at("10.0.0.1"), second(20)), Duration(seconds(40)));
  EXPECT_EQ(keys.wrong(at("10.0.0.1"), second(59)), Duration(seconds(1)));
  EXPECT_FALSE(keys.wrong(at("10.0.0.1"), second(60)));
}

TEST(WrongKeys, TellsAddressesApart) {
  WrongKeys keys;
  for (int i = 0; i < 1000; ++i) keys.wrong(at("10.0.0.1"), second(0));
  EXPECT_TRUE(keys.wrong(at("10.0.0.1"), second(1)));
  EXPECT_FALSE(keys.wrong(at("10.0.0.2"), second(1)));
  EXPECT_FALSE(keys.wrong(at("2001:db8::1"), second(1)));
}

TEST(WrongKeys, TakesAnIpv6SiteForOne) {
  WrongKeys keys;
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(keys.wrong(at(fmt::format("2001:db8:0:1::{:x}", i + 1)), second(0)));
  EXPECT_TRUE(keys.wrong(at("2001:db8:0:1:ffff::1"), second(0)));
  EXPECT_FALSE(keys.wrong(at("2001:db8:0:2::1"), second(0)));
}

TEST(WrongKeys, ForgetsTheOldestOfTooMany) {
  WrongKeys::Options options;
  options.most = 1;
  options.addresses = 3;
  WrongKeys keys(options);
  for (const char* one : {"10.0.0.1", "10.0.0.2", "10.0.0.3"}) EXPECT_FALSE(keys.wrong(at(one), second(0)));
  EXPECT_TRUE(keys.wrong(at("10.0.0.1"), second(1)));
  EXPECT_FALSE(keys.wrong(at("10.0.0.4"), second(1)));  // in the place of 10.0.0.1
  EXPECT_TRUE(keys.wrong(at("10.0.0.3"), second(1)));
  EXPECT_FALSE(keys.wrong(at("10.0.0.1"), second(1)));
}

TEST(WrongKeys, CountsNotWhatWasNoneAfterAll) {
  WrongKeys::Options options;
  options.most = 2;
  WrongKeys keys(options);
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(keys.wrong(at("10.0.0.1"), second(0)));
    keys.take_back(at("10.0.0.1"));
  }
  EXPECT_FALSE(keys.wrong(at("10.0.0.1"), second(0)));
  EXPECT_FALSE(keys.wrong(at("10.0.0.1"), second(0)));
  EXPECT_TRUE(keys.wrong(at("10.0.0.1"), second(0)));
  keys.forgive(at("10.0.0.1"));
  keys.forgive(at("10.0.0.9"));
  keys.take_back(at("10.0.0.9"));
  EXPECT_FALSE(keys.wrong(at("10.0.0.1"), second(0)));
  EXPECT_FALSE(keys.wrong(at("10.0.0.1"), second(0)));
  EXPECT_TRUE(keys.wrong(at("10.0.0.1"), second(0)));
}

using Forwarded = std::vector<std::string>;

// What `judge` makes of it, by name.
std::string told(decltype(&source_of) judge, std::string_view peer, const Forwarded& forwarded,
                 const std::vector<std::string>& trusted) {
  http::RequestHead head;
  head.fields.add("Host", "x");
  for (const auto& one : forwarded) head.fields.add("X-Forwarded-For", one);
  std::vector<net::Network> networks;
  for (const auto& one : trusted) networks.push_back(*net::Network::parse(one));
  auto found = judge(peer, head, networks);
  if (!found) return "none";
  for (const char* name : {"10.0.0.1", "10.0.0.2", "192.0.2.7", "192.0.2.8", "203.0.113.5"})
    if (*found == at(name)) return name;
  return "other";
}

std::string source(std::string_view peer, const Forwarded& forwarded, const std::vector<std::string>& trusted) {
  return told(source_of, peer, forwarded, trusted);
}

std::string asked(std::string_view peer, const Forwarded& forwarded, const std::vector<std::string>& trusted) {
  return told(asked_for, peer, forwarded, trusted);
}

TEST(SourceOf, BelievesOnlyTrustedProxies) {
  EXPECT_EQ(source("10.0.0.1", {"192.0.2.7"}, {}), "10.0.0.1");
  EXPECT_EQ(source("10.0.0.1", {"192.0.2.7"}, {"10.0.0.2"}), "10.0.0.1");
  EXPECT_EQ(source("10.0.0.1", {"192.0.2.7"}, {"10.0.0.0/8"}), "192.0.2.7");
  EXPECT_EQ(source("10.0.0.1", {"203.0.113.5, 192.0.2.7, 10.0.0.2"}, {"10.0.0.0/8"}), "192.0.2.7");
  EXPECT_EQ(source("10.0.0.1", {"203.0.113.5", "192.0.2.7"}, {"10.0.0.0/8"}), "192.0.2.7");
  EXPECT_EQ(source("10.0.0.1", {"10.0.0.2"}, {"10.0.0.0/8"}), "10.0.0.2");
}

TEST(SourceOf, StopsAtWhatIsNoAddress) {
  EXPECT_EQ(source("10.0.0.1", {}, {"10.0.0.0/8"}), "10.0.0.1");
  EXPECT_EQ(source("10.0.0.1", {"192.0.2.7, unknown"}, {"10.0.0.0/8"}), "10.0.0.1");
  EXPECT_EQ(source("10.0.0.1", {"192.0.2.8, bad, 10.0.0.2"}, {"10.0.0.0/8"}), "10.0.0.2");
  EXPECT_EQ(source("", {"192.0.2.7"}, {"10.0.0.0/8"}), "none");
  EXPECT_EQ(source("unix", {"192.0.2.7"}, {}), "none");
}

TEST(AskedFor, IsWhomTrustedProxiesName) {
  EXPECT_EQ(asked("10.0.0.1", {"192.0.2.7"}, {"10.0.0.0/8"}), "192.0.2.7");
  EXPECT_EQ(asked("10.0.0.1", {"203.0.113.5, 192.0.2.7, 10.0.0.2"}, {"10.0.0.0/8"}), "192.0.2.7");
  EXPECT_EQ(asked("10.0.0.1", {"10.0.0.2"}, {"10.0.0.0/8"}), "10.0.0.2");
  EXPECT_EQ(asked("10.0.0.1", {"bad, 192.0.2.7"}, {"10.0.0.0/8"}), "192.0.2.7");
}

TEST(AskedFor, IsNobodyWhereTheChainBreaks) {
  EXPECT_EQ(asked("10.0.0.1", {"192.0.2.7"}, {}), "none");
  EXPECT_EQ(asked("10.0.0.1", {"192.0.2.7"}, {"10.0.0.2"}), "none");
  EXPECT_EQ(asked("10.0.0.1", {}, {"10.0.0.0/8"}), "none");
  EXPECT_EQ(asked("10.0.0.1", {""}, {"10.0.0.0/8"}), "none");
  EXPECT_EQ(asked("10.0.0.1", {"unknown"}, {"10.0.0.0/8"}), "none");
  EXPECT_EQ(asked("10.0.0.1", {"unknown, 10.0.0.2"}, {"10.0.0.0/8"}), "none");
  EXPECT_EQ(asked("unix", {"192.0.2.7"}, {"10.0.0.0/8"}), "none");
}

}  // namespace
}  // namespace freeway::api
