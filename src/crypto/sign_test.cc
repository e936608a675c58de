#include "crypto/sign.h"

#include <gtest/gtest.h>

#include "crypto/seal.h"

namespace freeway::crypto {
namespace {

struct Vector {
  std::string_view private_key, public_key, message, signature;
};

// RFC 8032, section 7.1: TEST 1, 2, 3 and SHA(abc).
constexpr Vector kVectors[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141"
     "438e"
     "7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d29"
     "1612"
     "bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027be"
     "ceea"
     "1ec40a"},
    {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac9"
     "4fa5"
     "4ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1"
     "1773"
     "31a704"},
};

std::string bytes(std::string_view hex) { return from_hex(hex).value_or("not hex"); }

TEST(Sign, AgreesWithTheVectorsOfItsStandard) {
  for (const Vector& vector : kVectors) {
    std::string message = bytes(vector.message);
    EXPECT_EQ(to_hex(public_key_of(bytes(vector.private_key)).value_or("")), vector.public_key);
    EXPECT_EQ(to_hex(sign(bytes(vector.private_key), message).value_or("")), vector.signature);
    EXPECT_TRUE(verify(bytes(vector.public_key), message, bytes(vector.signature)));
  }
}

TEST(Sign, AnyOtherBitIsNoSignature) {
  std::string key = random_bytes(kSigningKeyBytes);
  std::string public_key = *public_key_of(key);
  std::string message = "some words";
  std::string signature = *sign(key, message);
  ASSERT_TRUE(verify(public_key, message, signature));
  auto flipped = [](std::string text, std::size_t at) {
    text[at] = static_cast<char>(text[at] ^ 1);
    return text;
  };
  for (std::size_t i = 0; i < signature.size(); ++i) EXPECT_FALSE(verify(public_key, message, flipped(signature, i))) << i;
  for (std::size_t i = 0; i < message.size(); ++i) EXPECT_FALSE(verify(public_key, flipped(message, i), signature)) << i;
  EXPECT_FALSE(verify(*public_key_of(random_bytes(kSigningKeyBytes)), message, signature));
}

TEST(Sign, RefusesWhatIsNoKey) {
  EXPECT_FALSE(public_key_of("short"));
  EXPECT_FALSE(sign(random_bytes(31), "m"));
  EXPECT_FALSE(verify("", "m", random_bytes(kSignatureBytes)));
  std::string key = random_bytes(kSigningKeyBytes);
  EXPECT_FALSE(verify(*public_key_of(key), "m", sign(key, "m")->substr(1)));
}

}  // namespace
}  // namespace freeway::crypto
