// One allowance of a simulated provider: what it counts, of whom, over which window, and what it charges; its enforcement
// and its oracle. Plain values; the caller holds the lock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "farm/audit.h"
#include "farm/window.h"

namespace freeway::farm {

enum class Unit : std::uint8_t { requests, tokens, input_tokens, output_tokens, concurrent, neurons, audio_seconds, credit };
enum class Scope : std::uint8_t { key, account, model, family, address };
enum class Charge : std::uint8_t {
  attempt,            // one for each request that was let in
  success,            // held while in flight, given back if no good answer came of it
  tokens,             // what is used
  prompt_max_tokens,  // the prompt and all that may be answered, never given back
};
std::string_view to_string(Unit unit);
std::string_view to_string(Scope scope);

// Amounts are whole; of neurons and credit they are millionths.
inline constexpr double kMillion = 1e6;
inline bool in_millionths(Unit unit) { return unit == Unit::neurons || unit == Unit::credit; }
inline double shown(Unit unit, std::uint64_t amount) {
  return in_millionths(unit) ? static_cast<double>(amount) / kMillion : static_cast<double>(amount);
}

// Tokens of one request, and how long the recording plays that came with it.
struct Usage {
  std::uint64_t input = 0;
  std::uint64_t output = 0;
  std::uint64_t audio_seconds = 0;
};

// Of a million tokens.
struct Price {
  double input = 0;
  double output = 0;
  std::uint64_t of(const Usage& usage) const;  // in millionths, rounded up
};

struct Prices {
  Price neurons;
  Price credit;
};

std::uint64_t amount_in(Unit unit, const Usage& usage, const Prices& prices);

struct PoolSpec {
  std::string name;
  Scope scope = Scope::key;
  Unit unit = Unit::requests;
  std::uint64_t limit = 0;  // in amounts; 0: counted but not limited
  WindowSpec window;        // meaningless for concurrent
  Charge charge = Charge::attempt;
  std::vector<std::string> models{"*"};
  bool hidden = false;  // enforced, and not told: neither in headers nor in the words of a refusal
  bool headers = true;  // false: in no header
  bool narrow = false;  // of one model: told by header names of their own, where a style has them

  bool covers(std::string_view model) const;
};

struct Refusal {
  Unit unit = Unit::requests;
  Period period = Period::minute;
  std::uint64_t limit = 0;  // amounts
  std::uint64_t used = 0;
  std::uint64_t requested = 0;
  Duration wait{};     // until there is room
  bool never = false;  // more than the whole limit at once, or nothing is left for good
  bool hidden = false;
};
// Of two reasons the one that lasts longer; calls at once only where there is no other.
bool outlasts(const Refusal& one, const Refusal& other);

// What a provider's headers tell of a pool.
struct Level {
  Unit unit = Unit::requests;
  Period period = Period::minute;
  bool narrow = false;
  std::uint64_t limit = 0;
  std::uint64_t remaining = 0;
  std::uint64_t charged = 0;  // to this request
  Duration reset{};           // until all of it is there again; where nothing is left, until something is
};

class Pool {
 public:
  explicit Pool(const PoolSpec& spec)
      : unit_(spec.unit),
        hidden_(spec.hidden),
        told_(spec.headers && !spec.hidden && spec.limit > 0),
        narrow_(spec.narrow),
        window_(spec.window, spec.limit),
        audit_(spec.window, spec.limit) {}

  // Why a request of this amount may not come in now.
  std::optional<Refusal> check(const Moment& now, std::uint64_t amount);
  // Tells the oracle of a request that was turned away, by this pool or another.
  void refuse(const Moment& now, std::uint64_t amount, bool by_this);

  struct Hold {
    std::uint64_t amount = 0;
    std::uint64_t event = 0;  // serials: of the window,
    std::uint64_t entry = 0;  // and of the oracle
  };
  Hold admit(const Moment& now, std::uint64_t amount);
  // The request is over: a call at once ends.
  void leave(const Hold& hold);
  // The request was for nothing; its window forgets it.
  void give_back(const Moment& now, const Hold& hold);

  Level level(const Moment& now);
  bool told() const { return told_; }
  Unit unit() const { return unit_; }
  std::uint64_t limit() const { return window_.limit(); }
  std::uint64_t used(const Moment& now) { return unit_ == Unit::concurrent ? in_use_ : window_.used(now); }
  Audit::Peak peak() const { return unit_ == Unit::concurrent ? attendance_.peak() : audit_.peak(); }
  std::uint64_t admitted() const { return unit_ == Unit::concurrent ? entered_ : audit_.admitted(); }
  std::uint64_t refused() const { return refused_; }

 private:
  Unit unit_;
  bool hidden_;
  bool told_;
  bool narrow_;
  Window window_;
  Audit audit_;
  Attendance attendance_;
  std::uint64_t in_use_ = 0;
  std::uint64_t entered_ = 0;
  std::uint64_t refused_ = 0;
};

// Does the pattern match the whole text? '*' stands for any run of characters.
bool matches_pattern(std::string_view pattern, std::string_view text);

}  // namespace freeway::farm
