#include "store/sqlite/segment.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include "store/sqlite/varint.h"

namespace freeway::store::sqlite {

namespace {

constexpr char kVersion = 2;
constexpr char kOldest = 1;  // that is read

// The two lowest bits of a record's flags are how it ended.
constexpr std::uint64_t kEnd = 3;
constexpr std::uint64_t kStreamed = 4;
constexpr std::uint64_t kEstimated = 8;
constexpr std::uint64_t kWaited = 16;
constexpr std::uint64_t kTtft = 32;
constexpr std::uint64_t kReasoning = 64;
constexpr std::uint64_t kPlain = 128;
constexpr std::uint64_t kError = 256;

// An attempt's.
constexpr std::uint64_t kAttemptEstimated = 1;
constexpr std::uint64_t kAttemptReasoning = 2;
constexpr std::uint64_t kAttemptEvidence = 4;

constexpr std::string_view kAnswered = "answered";

std::int64_t microseconds(Duration length) { return length.count() / 1000; }

// Times in a damaged segment may be any number; on the clock they must not overflow.
Duration duration_of(std::int64_t microseconds) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / 1000;
  return Duration(std::clamp(microseconds, -kMost, kMost) * 1000);
}

std::int64_t plus(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

std::uint64_t status_number(int status) { return static_cast<std::uint32_t>(std::max(status, 0)); }
int status_of(std::uint64_t number) { return static_cast<int>(std::min<std::uint64_t>(number, 1'000'000)); }

bool plain(const RequestRecord& record) {
  if (record.attempts.size() != 1) return false;
  const AttemptRecord& attempt = record.attempts.front();
  return attempt.outcome == kAnswered && attempt.status == record.status && attempt.tokens == record.tokens &&
         attempt.estimated == record.estimated && attempt.evidence.empty() && attempt.provider == record.provider &&
         attempt.model == record.model && attempt.key == record.key;
}

std::uint64_t flags_of(const RequestRecord& record) {
  auto flags = static_cast<std::uint64_t>(record.end) & kEnd;
  if (record.streamed) flags |= kStreamed;
  if (record.estimated) flags |= kEstimated;
  if (record.waited != Duration::zero()) flags |= kWaited;
  if (record.ttft) flags |= kTtft;
  if (record.tokens.reasoning != 0) flags |= kReasoning;
  if (plain(record)) flags |= kPlain;
  if (!record.error_code.empty() || !record.error.empty()) flags |= kError;
  return flags;
}

char* put_tokens(char* at, const Tokens& tokens) {
  at = put_varint(at, tokens.prompt);
  at = put_varint(at, tokens.completion);
  return tokens.reasoning != 0 ? put_varint(at, tokens.reasoning) : at;
}

Tokens take_tokens(Reader& from, bool reasoning) {
  Tokens tokens;
  tokens.prompt = from.number();
  tokens.completion = from.number();
  if (reasoning) tokens.reasoning = from.number();
  return tokens;
}

Duration take_duration(Reader& from) { return duration_of(from.signed_number()); }

}  // namespace

std::uint32_t Names::number(std::string_view text) {
  std::size_t slot = text.size();
  if (!text.empty()) {
    slot += static_cast<unsigned char>(text.front()) * 7U + static_cast<unsigned char>(text.back()) * 31U +
            static_cast<unsigned char>(text[text.size() / 2]) * 13U;
  }
  std::uint32_t& recent = recent_[slot % kSlots];
  if (recent != 0 && views_[recent - 1] == text) return recent - 1;
  auto known = numbers_.find(text);
  if (known == numbers_.end()) {
    auto number = static_cast<std::uint32_t>(views_.size());
    views_.push_back(texts_.emplace_back(text));
    bytes_ += text.size();
    known = numbers_.emplace(views_.back(), number).first;
  }
  recent = known->second + 1;
  return known->second;
}

void Names::clear() {
  numbers_.clear();
  views_.clear();
  texts_.clear();
  bytes_ = 0;
  recent_.fill(0);
}

SegmentDraft::Added SegmentDraft::add(const RequestRecord& record) {
  std::int64_t time = microseconds(record.time.time_since_epoch());
  if (count_ == 0) base_ = newest_ = time;
  newest_ = std::max(newest_, time);
  std::size_t begin = records_.size();
  std::uint64_t flags = flags_of(record);
  char head[18 * kVarintMost];
  char* at = put_varint(head, flags);
  at = put_signed(at, time - base_);
  Added added{names_.number(record.client), names_.number(record.provider), names_.number(record.model),
              names_.number(record.key), (flags & kPlain) != 0};
  at = put_varint(at, added.client);
  at = put_varint(at, names_.number(record.surface));
  at = put_varint(at, names_.number(record.asked));
  at = put_varint(at, names_.number(record.strategy));
  at = put_varint(at, added.provider);
  at = put_varint(at, added.model);
  at = put_varint(at, added.key);
  at = put_varint(at, status_number(record.status));
  at = put_signed(at, microseconds(record.total));
  if ((flags & kWaited) != 0) at = put_signed(at, microseconds(record.waited));
  if (record.ttft) at = put_signed(at, microseconds(*record.ttft));
  at = put_tokens(at, record.tokens);
  if ((flags & kError) != 0) {
    at = put_varint(at, names_.number(record.error_code));
    at = put_varint(at, names_.number(record.error));
  }
  append_text(records_, record.id);
  records_.append(head, static_cast<std::size_t>(at - head));
  if (added.plain) {
    at = put_signed(head, microseconds(record.attempts.front().started));
    at = put_signed(at, microseconds(record.attempts.front().duration));
    records_.append(head, static_cast<std::size_t>(at - head));
  } else {
    add_attempts(record);
  }
  append_varint(sizes_, records_.size() - begin);
  ++count_;
  return added;
}

void SegmentDraft::add_attempts(const RequestRecord& record) {
  append_varint(records_, record.attempts.size());
  for (const auto& attempt : record.attempts) {
    char bytes[12 * kVarintMost];
    char* at = bytes;
    for (const std::string* name : {&attempt.provider, &attempt.model, &attempt.key, &attempt.outcome}) {
      at = put_varint(at, names_.number(*name));
    }
    std::uint64_t flags = attempt.estimated ? kAttemptEstimated : 0;
    if (attempt.tokens.reasoning != 0) flags |= kAttemptReasoning;
    if (!attempt.evidence.empty()) flags |= kAttemptEvidence;
    at = put_varint(at, flags);
    at = put_signed(at, microseconds(attempt.started));
    at = put_signed(at, microseconds(attempt.duration));
    at = put_varint(at, status_number(attempt.status));
    at = put_tokens(at, attempt.tokens);
    records_.append(bytes, static_cast<std::size_t>(at - bytes));
    if (!attempt.evidence.empty()) append_text(records_, attempt.evidence);
  }
}

std::string SegmentDraft::bytes() const {
  std::string names;
  append_varint(names, names_.size());
  for (std::uint32_t i = 0; i < names_.size(); ++i) append_text(names, names_.text(i));
  std::string segment;
  segment.reserve(1 + 2 * kVarintMost + names.size() + sizes_.size() + records_.size());
  segment += kVersion;
  append_varint(segment, zigzag(base_));
  append_text(segment, names);
  segment += sizes_;
  segment += records_;
  return segment;
}

void SegmentDraft::clear() {
  names_.clear();
  sizes_.clear();
  records_.clear();
  count_ = 0;
}

bool SegmentView::open(std::string_view bytes, std::size_t count) {
  names_known_ = false;
  ends_.clear();
  if (bytes.empty() || bytes.front() < kOldest || bytes.front() > kVersion || count > bytes.size()) return false;
  Reader from(bytes.substr(1));
  base_ = from.signed_number();
  coded_names_ = from.text();
  std::size_t end = 0;
  for (std::size_t i = 0; i < count && from.good(); ++i) {
    std::uint64_t size = from.number();
    if (size > from.left()) return ends_.clear(), false;
    ends_.push_back(end += static_cast<std::size_t>(size));
  }
  records_ = from.rest();
  if (from.good() && end == records_.size()) return true;
  ends_.clear();
  return false;
}

bool SegmentView::know_names() {
  if (names_known_) return true;
  names_.clear();
  Reader from(coded_names_);
  std::uint64_t count = from.number();
  if (count > from.left()) return false;
  for (std::uint64_t i = 0; i < count; ++i) names_.push_back(from.text());
  return names_known_ = from.good();
}

std::string_view SegmentView::bytes_of(std::size_t index) const {
  std::size_t begin = index == 0 ? 0 : ends_[index - 1];
  return records_.substr(begin, ends_[index] - begin);
}

std::optional<std::string_view> SegmentView::id(std::size_t index) const {
  Reader from(bytes_of(index));
  std::string_view found = from.text();
  if (!from.good()) return std::nullopt;
  return found;
}

std::optional<RecordView> SegmentView::head(std::size_t index) {
  if (!know_names()) return std::nullopt;
  Reader from(bytes_of(index));
  RecordView head;
  head.id = from.text();
  std::uint64_t flags = from.number();
  head.time = plus(base_, from.signed_number());
  auto take_name = [&](std::string_view& name) {
    std::uint64_t number = from.number();
    if (number >= names_.size()) return false;
    name = names_[number];
    return true;
  };
  for (std::string_view* name :
       {&head.client, &head.surface, &head.asked, &head.strategy, &head.provider, &head.model, &head.key}) {
    if (!take_name(*name)) return std::nullopt;
  }
  head.status = status_of(from.number());
  head.end = static_cast<End>(flags & kEnd);
  head.streamed = (flags & kStreamed) != 0;
  head.estimated = (flags & kEstimated) != 0;
  head.plain = (flags & kPlain) != 0;
  head.total = take_duration(from);
  if ((flags & kWaited) != 0) head.waited = take_duration(from);
  if ((flags & kTtft) != 0) head.ttft = take_duration(from);
  head.tokens = take_tokens(from, (flags & kReasoning) != 0);
  if ((flags & kError) != 0 && !(take_name(head.error_code) && take_name(head.error))) return std::nullopt;
  head.attempts = from.rest();
  if (!from.good()) return std::nullopt;
  return head;
}

std::optional<std::vector<AttemptRecord>> SegmentView::attempts(const RecordView& head) {
  Reader from(head.attempts);
  constexpr std::size_t kLeast = 10;  // bytes of an attempt
  std::uint64_t count = head.plain ? 1 : from.number();
  if (!head.plain && count > from.left() / kLeast) return std::nullopt;
  std::vector<AttemptRecord> attempts(static_cast<std::size_t>(count));
  for (auto& attempt : attempts) {
    std::string_view names[] = {head.provider, head.model, head.key, kAnswered};
    std::uint64_t flags = head.estimated ? kAttemptEstimated : 0;
    if (!head.plain) {
      for (auto& name : names) {
        std::uint64_t number = from.number();
        if (number >= names_.size()) return std::nullopt;
        name = names_[number];
      }
      flags = from.number();
    }
    attempt.provider = names[0];
    attempt.model = names[1];
    attempt.key = names[2];
    attempt.outcome = names[3];
    attempt.estimated = (flags & kAttemptEstimated) != 0;
    attempt.started = take_duration(from);
    attempt.duration = take_duration(from);
    attempt.status = head.plain ? head.status : status_of(from.number());
    attempt.tokens = head.plain ? head.tokens : take_tokens(from, (flags & kAttemptReasoning) != 0);
    if (!head.plain && (flags & kAttemptEvidence) != 0) attempt.evidence = from.text();
  }
  if (!from.good() || from.left() != 0) return std::nullopt;
  return attempts;
}

RequestRecord SegmentView::record(const RecordView& head) {
  RequestRecord record;
  record.time = WallTime(duration_of(head.time));
  record.id = head.id;
  record.client = head.client;
  record.surface = head.surface;
  record.asked = head.asked;
  record.provider = head.provider;
  record.model = head.model;
  record.key = head.key;
  record.status = head.status;
  record.end = head.end;
  record.error_code = head.error_code;
  record.error = head.error;
  record.streamed = head.streamed;
  record.waited = head.waited;
  record.ttft = head.ttft;
  record.total = head.total;
  record.tokens = head.tokens;
  record.estimated = head.estimated;
  record.strategy = head.strategy;
  return record;
}

}  // namespace freeway::store::sqlite
