// Every secret that must not leave, and a quick search for any of them in a text.
//
// Immutable once built; swapped whole (Published), read on any thread. Costs next to nothing on text that holds none,
// however many secrets there are: a few hundred nanoseconds a kilobyte. Values are matched as they are, percent-encoded (as
// in a URL) and escaped (as in JSON, also by number: \u002b); values shorter than 8 bytes are not searched for, as they
// would hit ordinary words. A text that comes in parts is for redacted_text.h.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace freeway {

class SecretSet {
 public:
  static constexpr std::size_t kShortest = 8;
  static constexpr std::size_t kBeginning = 4;  // fewer bytes than that are no beginning of anything
  static constexpr std::string_view kMark = "[redacted]";

  SecretSet() = default;
  explicit SecretSet(const std::vector<std::string_view>& values);

  bool empty() const { return values_.empty(); }
  // Does any value occur in the text?
  bool found(std::string_view text) const;
  // Puts kMark in the place of every occurrence; overlapping ones become one mark. True if something was replaced.
  bool redact(std::string& text) const;

  struct Place {
    std::size_t begin;
    std::size_t end;
  };
  // Every occurrence, in order; overlapping ones as one.
  std::vector<Place> places(std::string_view text) const;
  // As redact, of a text in which "…" stands where something was cut off: also what a value begins with, right before it.
  void redact_excerpts(std::string& text) const;
  // How many bytes at the end of the text are the beginning of a value and may become the whole of it: as many as possible,
  // and none where they are fewer than kBeginning.
  std::size_t begun(std::string_view text) const;
  // Is this half of a value or more, from its beginning?
  bool gives_away(std::string_view beginning) const;
  std::size_t longest() const { return longest_; }  // bytes of a value
  // May a value begin as the text does? Never said of fewer than kBeginning bytes, and now and then wrong.
  bool may_begin(std::string_view text) const;

 private:
  // Four bytes of a value.
  struct Piece {
    std::uint32_t bytes;
    std::uint32_t value;   // index
    std::uint32_t offset;  // in the value
  };
  // Values of similar length, found by their last `window` bytes: wherever they stand in a text, exactly one piece of them
  // stands at a multiple of `stride`, so only the text's pieces at those places are looked up.
  struct Group {
    std::size_t window = 0;
    std::size_t stride = 0;
    int filter_shift = 32;
    int bucket_shift = 32;
    std::vector<std::uint64_t> filter;   // a bit a hash: may this be a piece of a value's?
    std::vector<Piece> pieces;           // by hash
    std::vector<std::uint32_t> buckets;  // where a hash's run in `pieces` begins; one more at the end

    void build(const std::vector<std::string>& values, const std::vector<std::uint32_t>& members);
    bool may_hold(std::uint32_t bytes) const;
  };

  // Calls `found(Place)` for every occurrence until it returns false.
  template <class Found>
  void search(std::string_view text, Found found) const;
  // The same, also in what the text spells by number.
  template <class Found>
  void search_spelled(std::string_view text, Found found) const;

  std::size_t begun_plainly(std::string_view text) const;
  // In order, those that overlap as one.
  static std::vector<Place> apart(std::vector<Place> all);
  static bool hide(std::string& text, const std::vector<Place>& hidden);

  std::vector<std::string> values_;  // sorted, no two alike
  std::vector<Group> groups_;
  std::bitset<4096> beginnings_;  // a bit a hash: may a value begin with these four bytes?
  std::size_t longest_ = 0;
};

}  // namespace freeway
