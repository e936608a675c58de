#include "crypto/seal.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <cstdlib>
#include <memory>

namespace freeway::crypto {

namespace {

constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;

struct Free {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, Free>;

const unsigned char* in(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
unsigned char* out(std::string& bytes, std::size_t at) { return reinterpret_cast<unsigned char*>(bytes.data()) + at; }
int count(std::size_t size) { return static_cast<int>(size); }

// Fails only without memory or without the default provider, as a digest does.
void must(bool done) {
  if (!done) std::abort();
}

int value_of(char c, bool hex) {
  if (c >= '0' && c <= '9') return hex ? c - '0' : c - '0' + 52;
  if (hex) {
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  }
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c == '+' || c == '-') return 62;
  return c == '/' || c == '_' ? 63 : -1;
}

}  // namespace

std::string random_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  must(RAND_bytes(out(bytes, 0), count(size)) == 1);
  return bytes;
}

std::string seal(std::string_view key, std::string_view associated, std::string_view plain) {
  must(key.size() == kKeyBytes);
  std::string sealed = random_bytes(kNonceBytes);
  sealed.resize(kNonceBytes + plain.size() + kTagBytes);
  Context context(EVP_CIPHER_CTX_new());
  int written = 0;
  must(context && EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, in(key), in(sealed)) == 1);
  must(EVP_EncryptUpdate(context.get(), nullptr, &written, in(associated), count(associated.size())) == 1);
  must(EVP_EncryptUpdate(context.get(), out(sealed, kNonceBytes), &written, in(plain), count(plain.size())) == 1);
  must(EVP_EncryptFinal_ex(context.get(), out(sealed, kNonceBytes + plain.size()), &written) == 1);
  must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, count(kTagBytes), out(sealed, kNonceBytes + plain.size())) ==
       1);
  return sealed;
}

std::optional<std::string> open(std::string_view key, std::string_view associated, std::string_view sealed) {
  if (key.size() != kKeyBytes || sealed.size() < kNonceBytes + kTagBytes) return {};
  std::string_view cipher = sealed.substr(kNonceBytes, sealed.size() - kNonceBytes - kTagBytes);
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  std::string plain(cipher.size() + kTagBytes, '\0');
  Context context(EVP_CIPHER_CTX_new());
  int written = 0;
  must(context && EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, in(key), in(sealed)) == 1);
  must(EVP_DecryptUpdate(context.get(), nullptr, &written, in(associated), count(associated.size())) == 1);
  must(EVP_DecryptUpdate(context.get(), out(plain, 0), &written, in(cipher), count(cipher.size())) == 1);
  must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, count(kTagBytes), tag.data()) == 1);
  if (EVP_DecryptFinal_ex(context.get(), out(plain, cipher.size()), &written) != 1) return {};
  plain.resize(cipher.size());
  return plain;
}

std::optional<std::string> scrypt(std::string_view passphrase, std::string_view salt, std::uint64_t cost) {
  constexpr std::uint64_t kMost = 1U << 20;  // a gigabyte
  constexpr std::uint64_t kBlock = 8;
  if (cost < 2 || cost > kMost || (cost & (cost - 1)) != 0) return {};
  std::string key(kKeyBytes, '\0');
  std::uint64_t memory = 2 * 128 * kBlock * cost + (1U << 20);
  must(EVP_PBE_scrypt(passphrase.data(), passphrase.size(), in(salt), salt.size(), cost, kBlock, 1, memory, out(key, 0),
                      key.size()) == 1);
  return key;
}

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (char c : bytes) {
    text += kHex[static_cast<unsigned char>(c) >> 4U];
    text += kHex[static_cast<unsigned char>(c) & 15U];
  }
  return text;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return {};
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    int high = value_of(text[i], true);
    int low = value_of(text[i + 1], true);
    if (high < 0 || low < 0) return {};
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

std::string to_base64(std::string_view bytes) {
  if (bytes.empty()) return {};
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  int size = EVP_EncodeBlock(out(text, 0), in(bytes), count(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
  if (text.size() % 4 == 1) return {};
  std::string bytes;
  unsigned int held = 0;
  int bits = 0;
  for (char c : text) {
    int value = value_of(c, false);
    if (value < 0) return {};
    held = (held << 6U | static_cast<unsigned int>(value)) & 0xffffU;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(held >> static_cast<unsigned int>(bits) & 0xffU);
  }
  return bytes;
}

}  // namespace freeway::crypto
