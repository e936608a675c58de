#include "crypto/seal.h"

#include <gtest/gtest.h>

namespace freeway::crypto {
namespace {

TEST(Seal, OpensWhatItSealed) {
  std::string key = random_bytes(kKeyBytes);
  for (const std::string& plain :
       {std::string(), std::string("sk-1"), std::string(100'000, 'x'), std::string("\0\xff\0", 3)}) {
    std::string sealed = seal(key, "row 1", plain);
    EXPECT_EQ(sealed.size(), plain.size() + 28);
    EXPECT_EQ(open(key, "row 1", sealed), plain);
  }
}

TEST(Seal, NoticesEveryChangedBitAndEveryCut) {
  std::string key = random_bytes(kKeyBytes);
  std::string sealed = seal(key, "row 1", "secret");
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::string changed = sealed;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(open(key, "row 1", changed)) << bit;
  }
  for (std::size_t size = 0; size < sealed.size(); ++size) EXPECT_FALSE(open(key, "row 1", sealed.substr(0, size)));
  EXPECT_FALSE(open(key, "row 2", sealed));
  EXPECT_FALSE(open(key, "", sealed));
  EXPECT_FALSE(open(random_bytes(kKeyBytes), "row 1", sealed));
  EXPECT_FALSE(open("short", "row 1", sealed));
}

TEST(Seal, NeverGivesTheSameTwice) {
  std::string key = random_bytes(kKeyBytes);
  EXPECT_NE(seal(key, "", "secret"), seal(key, "", "secret"));
}

// A published AES-256-GCM vector (test case 16 of the GCM specification), nonce first and tag last.
TEST(Seal, ReadsThePublishedFormat) {
  auto key = from_hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
  auto associated = from_hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
  auto sealed = from_hex(
      "cafebabefacedbaddecaf888"
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f"
      "662"
      "76fc6ece0f4e1768cddf8853bb2d551b");
  auto plain = from_hex(
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637"
      "b39");
  EXPECT_EQ(open(*key, *associated, *sealed), plain);
}

TEST(Scrypt, DependsOnEverything) {
  auto key = scrypt("pass", "salt", 1024);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->size(), kKeyBytes);
  EXPECT_EQ(key, scrypt("pass", "salt", 1024));
  EXPECT_NE(key, scrypt("pasS", "salt", 1024));
  EXPECT_NE(key, scrypt("pass", "salT", 1024));
  EXPECT_NE(key, scrypt("pass", "salt", 2048));
  EXPECT_FALSE(scrypt("pass", "salt", 1000));
  EXPECT_FALSE(scrypt("pass", "salt", 0));
  EXPECT_FALSE(scrypt("pass", "salt", std::uint64_t{1} << 40));
}

// RFC 7914's third vector: N = 16384, r = 8, p = 1, the first half of its 64 bytes.
TEST(Scrypt, MatchesThePublishedVector) {
  EXPECT_EQ(to_hex(*scrypt("pleaseletmein", "SodiumChloride", 16384)),
            "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2");
}

TEST(Text, HexAndBase64GoThereAndBack) {
  for (std::size_t size = 0; size < 50; ++size) {
    std::string bytes = random_bytes(size);
    EXPECT_EQ(from_hex(to_hex(bytes)), bytes);
    EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
  }
  EXPECT_EQ(to_base64("\xfb\xff"), "+/8=");
  EXPECT_EQ(from_base64("-_8"), "\xfb\xff");
  EXPECT_EQ(to_hex("\x01\xAB"), "01ab");
  EXPECT_EQ(from_hex("01AB"), "\x01\xab");
  EXPECT_FALSE(from_hex("0"));
  EXPECT_FALSE(from_hex("0g"));
  EXPECT_FALSE(from_base64("a"));
  EXPECT_FALSE(from_base64("ab c"));
  EXPECT_FALSE(from_base64("ab==="));
}

}  // namespace
}  // namespace freeway::crypto
