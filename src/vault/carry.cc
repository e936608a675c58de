#include "vault/carry.h"

#include <fmt/format.h>

#include <charconv>
#include <vector>

#include "crypto/seal.h"
#include "vault/envelope.h"

namespace freeway::vault {

namespace {

constexpr std::string_view kMark = "freeway-master-key-1";
constexpr std::size_t kSaltBytes = 16;

std::string associated(std::string_view cost, std::string_view salt) { return fmt::format("{}:{}:{}", kMark, cost, salt); }

std::vector<std::string_view> parts(std::string_view text) {
  std::vector<std::string_view> all;
  for (;;) {
    std::size_t colon = text.find(':');
    all.push_back(text.substr(0, colon));
    if (colon == std::string_view::npos) return all;
    text.remove_prefix(colon + 1);
  }
}

}  // namespace

// "freeway-master-key-1:<cost>:<salt, hex>:<sealed, hex>"
Result<std::string> carry(const MasterKey& master, const Secret& passphrase) {
  if (passphrase.reveal().size() < kShortestPassphrase) {
    return fail(ErrorKind::invalid,
                fmt::format("a passphrase for the master key needs at least {} characters", kShortestPassphrase));
  }
  std::string cost = fmt::format("{}", crypto::kScryptCost);
  std::string salt = crypto::random_bytes(kSaltBytes);
  auto key = crypto::scrypt(passphrase.reveal(), salt, crypto::kScryptCost);
  if (!key) return fail(ErrorKind::unsupported, "no key can be made of a passphrase here");
  std::string head = associated(cost, crypto::to_hex(salt));
  return fmt::format("{}:{}", head, crypto::to_hex(crypto::seal(*key, head, master.bytes.reveal())));
}

Result<MasterKey> unpack(std::string_view carried, const Secret& passphrase) {
  auto malformed = [] { return fail(ErrorKind::malformed, "the backup's master key is damaged; take another backup"); };
  auto all = parts(carried);
  if (all.size() != 4 || all[0] != kMark) return malformed();
  std::uint64_t cost = 0;
  auto number = std::from_chars(all[1].data(), all[1].data() + all[1].size(), cost);
  auto salt = crypto::from_hex(all[2]);
  auto sealed = crypto::from_hex(all[3]);
  if (number.ec != std::errc() || number.ptr != all[1].data() + all[1].size() || !salt || !sealed) return malformed();
  auto key = crypto::scrypt(passphrase.reveal(), *salt, cost);
  if (!key) return malformed();
  auto bytes = crypto::open(*key, associated(all[1], all[2]), *sealed);
  if (!bytes) return fail(ErrorKind::denied, "wrong passphrase for the backup's master key");
  return MasterKey::parse(crypto::to_hex(*bytes));
}

std::optional<std::string> sealing_key(const std::map<std::string, std::string>& facts) {
  auto check = facts.find(std::string(kCheckFact));
  if (check == facts.end()) return {};
  auto id = sealed_by(crypto::from_hex(check->second).value_or(""));
  if (!id) return {};
  return *id;
}

}  // namespace freeway::vault
