#include "crypto/sign.h"

#include <openssl/evp.h>

#include <memory>

namespace freeway::crypto {

namespace {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Context = std::unique_ptr<EVP_MD_CTX, Free>;

const unsigned char* in(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
unsigned char* out(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

Key private_half(std::string_view bytes) {
  if (bytes.size() != kSigningKeyBytes) return {};
  return Key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, in(bytes), bytes.size()));
}

}  // namespace

std::optional<std::string> public_key_of(std::string_view private_key) {
  Key key = private_half(private_key);
  std::string bytes(kSigningKeyBytes, '\0');
  std::size_t size = bytes.size();
  if (!key || EVP_PKEY_get_raw_public_key(key.get(), out(bytes), &size) != 1) return {};
  return bytes;
}

std::optional<std::string> sign(std::string_view private_key, std::string_view message) {
  Key key = private_half(private_key);
  Context context(EVP_MD_CTX_new());
  if (!key || !context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1) return {};
  std::string signature(kSignatureBytes, '\0');
  std::size_t size = signature.size();
  if (EVP_DigestSign(context.get(), out(signature), &size, in(message), message.size()) != 1) return {};
  return signature;
}

bool verify(std::string_view public_key, std::string_view message, std::string_view signature) {
  if (public_key.size() != kSigningKeyBytes || signature.size() != kSignatureBytes) return false;
  Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, in(public_key), public_key.size()));
  Context context(EVP_MD_CTX_new());
  if (!key || !context || EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1) return false;
  return EVP_DigestVerify(context.get(), in(signature), signature.size(), in(message), message.size()) == 1;
}

}  // namespace freeway::crypto
