#include "token/characters.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace freeway::token {

namespace {

// Where runs of one class begin, in ascending order: first character << 4 | class.
constexpr std::uint32_t kRuns[] = {
#include "token/data/character_classes.inc"
};
constexpr std::uint32_t kBlocks = 0x110000 >> 8;

// Of each block of 256 characters the run that its first one is in.
constexpr auto kFirstRun = [] {
  std::array<std::uint16_t, kBlocks + 1> first{};
  std::uint16_t run = 0;
  for (std::uint32_t block = 0; block < kBlocks; ++block) {
    while (run + 1U < std::size(kRuns) && kRuns[run + 1] >> 4 <= block << 8) ++run;
    first[block] = run;
  }
  first[kBlocks] = std::size(kRuns) - 1;
  return first;
}();

constexpr CharacterClass search(std::uint32_t code) {
  const std::uint32_t* from = kRuns + kFirstRun[code >> 8];
  const std::uint32_t* to = kRuns + kFirstRun[(code >> 8) + 1] + 1;
  return static_cast<CharacterClass>(*(std::upper_bound(from, to, code << 4 | 15) - 1) & 15);
}

constexpr auto kAscii = [] {
  std::array<CharacterClass, 128> kinds{};
  for (std::uint32_t code = 0; code < kinds.size(); ++code) kinds[code] = search(code);
  return kinds;
}();

// The least character that needs so many bytes.
constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};

}  // namespace

Character character(std::string_view text, std::size_t at) {
  if (at >= text.size()) return {};
  auto lead = static_cast<std::uint8_t>(text[at]);
  if (lead < 0x80) return {kAscii[lead], 1};
  const Character none{CharacterClass::other, 1};
  std::uint8_t size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (lead < 0xc0 || lead > 0xf7 || text.size() - at < size) return none;
  std::uint32_t code = lead & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    auto byte = static_cast<std::uint8_t>(text[at + i]);
    if ((byte & 0xc0) != 0x80) return none;
    code = code << 6 | (byte & 0x3fU);
  }
  bool surrogate = code >= 0xd800 && code < 0xe000;
  if (code < kLeast[size] || code >= 0x110000 || surrogate) return none;
  return {search(code), size};
}

}  // namespace freeway::token
