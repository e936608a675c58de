#include "vault/envelope.h"

#include <fmt/format.h>

#include "crypto/seal.h"

namespace freeway::vault {

namespace {

constexpr char kVersion = 1;
constexpr std::size_t kIdBytes = 8;
constexpr std::size_t kHeadBytes = 1 + kIdBytes;

// The provider stands last, as it alone may hold any character.
std::string associated(const MasterKey& master, const Place& place) {
  return fmt::format("freeway envelope {:d}\n{}\n{}\n{}\n{}\n{}", kVersion, master.id, place.table, place.row, place.field,
                     place.provider);
}

}  // namespace

std::string seal(const MasterKey& master, const Place& place, const Secret& value) {
  std::string envelope(1, kVersion);
  envelope += crypto::from_hex(master.id).value_or("");
  envelope += crypto::seal(master.bytes.reveal(), associated(master, place), value.reveal());
  return envelope;
}

Result<std::string> sealed_by(std::string_view envelope) {
  if (envelope.size() < kHeadBytes || envelope[0] != kVersion) {
    return fail(ErrorKind::malformed, "it is not a sealed value of this version");
  }
  return crypto::to_hex(envelope.substr(1, kIdBytes));
}

Result<Secret> open(const MasterKey& master, const Place& place, std::string_view envelope) {
  auto id = sealed_by(envelope);
  if (!id) return std::unexpected(id.error());
  if (*id != master.id) return fail(ErrorKind::denied, fmt::format("it was sealed with another master key ({})", *id));
  auto value = crypto::open(master.bytes.reveal(), associated(master, place), envelope.substr(kHeadBytes));
  if (!value) return fail(ErrorKind::malformed, "it was changed, or belongs to another row");
  return Secret(std::move(*value));
}

}  // namespace freeway::vault
