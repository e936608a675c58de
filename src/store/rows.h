// What a store keeps, as plain data. Times are the wall's, to the microsecond; durations count in microseconds when kept.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace freeway::store {

// A provider's key. The store sees envelopes of the vault, never a secret.
struct KeyRow {
  std::int64_t id = 0;  // from Store::reserve_key_ids; never used again once the row is gone
  std::string provider;
  std::string name;          // unique within its provider
  std::string sealed;        // the vault's envelope
  std::string account;       // keys of one provider with the same account share its pools; "" = the provider's only account
  std::string account_id;    // for providers whose addresses hold one
  std::string sealed_proxy;  // envelope of this key's outbound proxy; "" = the provider's
  WallTime created{};
  bool disabled = false;
  std::string disabled_reason;
  std::string check;  // what the last check said, "" = never checked; changed by Store::note_key_check only
  std::optional<WallTime> checked;
};

// A client's key, by digest.
struct ClientRow {
  std::string name;                 // unique, also among revoked ones
  std::string digest;               // SHA-256 of the key, lower-case hex
  std::vector<std::string> models;  // allow-list; empty: everything
  std::optional<std::uint64_t> rpm;
  std::optional<std::uint64_t> tpd;
  std::string privacy = "any";      // level of the privacy policy, by name
  std::optional<WallTime> expires;  // its key is refused from then on
  WallTime created{};
  std::optional<WallTime> revoked;
  std::optional<WallTime> used;  // when it asked last, to within a minute; changed by Store::log only
};

struct Tokens {
  std::uint64_t prompt = 0;
  std::uint64_t completion = 0;
  std::uint64_t reasoning = 0;  // of the completion's
  bool operator==(const Tokens&) const = default;
};

// One upstream call of a request.
struct AttemptRecord {
  std::string provider;
  std::string model;
  std::string key;      // the key's name, never its value
  std::string outcome;  // "answered", else the verdict's reason: "rate_limited"
  Duration started{};   // since the request came
  Duration duration{};
  int status = 0;        // HTTP, 0 = none came
  std::string evidence;  // what the verdict rests on, redacted by who logs; "" if answered
  Tokens tokens;         // what the provider charged for this call, as far as known
  bool estimated = false;
};

enum class End {
  answered,   // the whole answer was delivered
  failed,     // the client got an error
  broken,     // a stream ended in an error after its first content
  cancelled,  // the client left
};
// "answered", …; and back, nothing for any other text.
std::string_view to_string(End end);
std::optional<End> parse_end(std::string_view text);

// One request of a client, written when it ended.
struct RequestRecord {
  std::int64_t row = 0;  // place in the log, for paging; given by the store
  WallTime time{};       // when it came
  std::string id;        // x-request-id
  std::string client;    // its key's name
  std::string surface;   // "chat_completions"
  std::string asked;     // the model as the client named it
  std::string provider;  // the route that served; empty if none did
  std::string model;
  std::string key;
  int status = 0;  // told to the client; 0 = it left before
  End end = End::answered;
  std::string error_code;  // of the error that the client was told; "" = none
  std::string error;       // its sentence, without what others wrote in it; bounded by who logs, "" = none
  bool streamed = false;
  Duration waited{};             // in line, all waits together
  std::optional<Duration> ttft;  // to the first content; none if there was none
  Duration total{};
  Tokens tokens;           // as the client was told
  bool estimated = false;  // these tokens are not the provider's own count
  std::string strategy;
  std::vector<AttemptRecord> attempts;  // in order
};

}  // namespace freeway::store
