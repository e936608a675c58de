// The request log's own coding: a segment holds the records of one commit, as bytes of one row of table `log`.
//
//   segment   version (one byte, 2), base, size of `names` in bytes, names, sizes, records
//   base      signed: the first record's time in microseconds since 1970 UTC
//   names     count, then texts
//   sizes     one for each record: its bytes
//   record    text id; flags; signed time since `base`; names client, surface, asked, strategy, provider, model, key;
//             status; signed total, [waited], [ttft]; prompt, completion, [reasoning] tokens; [names error code, error];
//             attempts
//   attempts  plain: signed started and duration of the one attempt, which was answered with the record's route, status and
//             tokens. Else: count, and for each: names provider, model, key, outcome; flags; signed started, duration;
//             status; prompt, completion, [reasoning] tokens; [text evidence]
//
// Numbers are varints: seven bits a byte, the lowest first, all but the last byte with the high bit set; signed ones are
// zigzag coded. A text is its size and its bytes; a name is the place of its text in `names`. Durations are microseconds.
// What stands in brackets is there if its flag is. The table knows how many records there are. Segments of version 1, which
// are read as well, have no errors.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "store/rows.h"

namespace freeway::store::sqlite {

// Texts by small numbers, counted from 0 in the order of their first use.
class Names {
 public:
  Names() = default;
  Names(Names&&) noexcept = default;  // a copy's views would look into the original
  Names& operator=(Names&&) noexcept = default;
  std::uint32_t number(std::string_view text);
  std::string_view text(std::uint32_t number) const { return views_[number]; }
  std::size_t size() const { return views_.size(); }
  std::size_t bytes() const { return bytes_; }  // of all texts
  void clear();

 private:
  static constexpr std::size_t kSlots = 128;
  std::deque<std::string> texts_;  // do not move
  std::vector<std::string_view> views_;
  std::unordered_map<std::string_view, std::uint32_t> numbers_;
  std::size_t bytes_ = 0;
  std::array<std::uint32_t, kSlots> recent_{};  // number + 1 of a text that fell into the slot
};

// A segment in the making. Adding a record to one that knows its names allocates nothing.
class SegmentDraft {
 public:
  static constexpr std::size_t kMostRecords = 1'000;
  static constexpr std::size_t kMostBytes = std::size_t{256} << 10;  // one record may go past it

  // The numbers of a record's names, for those that go on with it.
  struct Added {
    std::uint32_t client = 0;
    std::uint32_t provider = 0;
    std::uint32_t model = 0;
    std::uint32_t key = 0;
    bool plain = false;  // its one attempt was answered on this route
  };
  Added add(const RequestRecord& record);
  bool full() const { return size() >= kMostRecords || records_.size() + names_.bytes() >= kMostBytes; }
  std::size_t size() const { return count_; }
  std::int64_t newest() const { return newest_; }  // microseconds since 1970 UTC
  Names& names() { return names_; }
  const Names& names() const { return names_; }
  std::string bytes() const;
  void clear();

 private:
  void add_attempts(const RequestRecord& record);

  Names names_;
  std::string sizes_;
  std::string records_;
  std::size_t count_ = 0;
  std::int64_t base_ = 0;
  std::int64_t newest_ = 0;
};

// A record's head inside its segment's bytes.
struct RecordView {
  std::string_view id;
  std::int64_t time = 0;  // microseconds since 1970 UTC
  std::string_view client;
  std::string_view surface;
  std::string_view asked;
  std::string_view strategy;
  std::string_view provider;
  std::string_view model;
  std::string_view key;
  int status = 0;
  End end = End::answered;
  bool streamed = false;
  bool estimated = false;
  bool plain = false;
  Duration waited{};
  std::optional<Duration> ttft;
  Duration total{};
  Tokens tokens;
  std::string_view error_code;
  std::string_view error;
  std::string_view attempts;  // coded
};

// Reads any bytes: what is no segment says so, and nothing is read outside. The bytes must live as long.
class SegmentView {
 public:
  // False if these are not the bytes of that many records. An object may be opened again and again.
  bool open(std::string_view bytes, std::size_t count);
  std::size_t size() const { return ends_.size(); }

  // These say nothing where a record is damaged. Records count from 0, the oldest.
  std::optional<std::string_view> id(std::size_t index) const;
  std::optional<RecordView> head(std::size_t index);
  std::optional<std::vector<AttemptRecord>> attempts(const RecordView& head);
  // Without its attempts and its row.
  static RequestRecord record(const RecordView& head);

 private:
  bool know_names();
  std::string_view bytes_of(std::size_t index) const;

  std::string_view coded_names_;
  bool names_known_ = false;
  std::vector<std::string_view> names_;
  std::string_view records_;
  std::vector<std::size_t> ends_;
  std::int64_t base_ = 0;
};

}  // namespace freeway::store::sqlite
