// One provider while the farm runs: its true state (windows, scripts, counts) and its decision about each request.
// Not thread-safe: the world's lock is held around every call.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "farm/play.h"
#include "farm/scenario.h"
#include "json/writer.h"

namespace freeway::farm {

struct Tally {
  std::uint64_t received = 0;
  std::uint64_t admitted = 0;
  std::uint64_t refused = 0;  // by the provider's own limits
  std::uint64_t ok = 0;       // a good answer, written to its end
  std::uint64_t aborted = 0;  // the client left before that
  std::uint64_t prompt_tokens = 0;
  std::uint64_t completion_tokens = 0;
  std::array<std::uint64_t, kFaultKinds> faults{};
};

// What became of one request; the connection keeps it while it answers.
struct Ticket {
  bool admitted = false;  // holds places in the two quotas
  bool counted_ok = false;
  std::size_t key = 0;
  std::size_t model = 0;
  std::uint64_t epoch = 0;   // a reset in between makes the places void
  std::uint64_t serial = 0;  // in the journal; 0: none
};

class Provider {
 public:
  Provider(ProviderSpec spec, std::uint64_t seed);

  struct Decision {
    Scene scene;
    Ticket ticket;
    std::string model;
    bool stream = false;
    std::string_view outcome;
    int status = 200;
  };
  // `key`: what the request carries, or nothing. `now` is the moment its last byte was read.
  Decision decide(const Moment& now, std::optional<std::string_view> key, std::string_view body, std::uint64_t serial);
  // GET /v1/models and everything else that is not a chat.
  Decision list_models(std::optional<std::string_view> key);

  void release(const Ticket& ticket);  // the places in the quotas
  void count_ok(const Ticket& ticket, int by);
  void count_aborted(const Ticket& ticket);

  void reset();  // counts, windows and scripts as at the start
  void write_stats(json::Writer& out);

  // Changes its behaviour: members of a control request. Models named by `model`, else the provider.
  void change(Table& table);

  const ProviderSpec& spec() const { return spec_; }
  bool up() const { return spec_.up; }
  void set_up(bool up) { spec_.up = up; }
  std::uint64_t connections_opened = 0;
  std::uint64_t connections_open = 0;

 private:
  struct Cell {
    explicit Cell(const LimitSpec& limits) : quota(limits) {}
    Quota quota;
    Tally tally;
  };
  struct KeyState {
    Cell all;
    std::vector<Cell> models;
  };
  std::optional<std::size_t> key_index(std::optional<std::string_view> key) const;
  std::optional<std::size_t> model_index(std::string_view id) const;
  Decision turn_away(int status, std::string_view message, std::string_view code, std::string_view outcome) const;
  void serve(Decision& decision, const Moment& now, const Ask& ask, std::string_view body, std::uint64_t serial);
  bool refuse(Decision& decision, const Moment& now);
  void admit(Decision& decision, const Moment& now);
  std::shared_ptr<const AnswerSpec> spec_for(const ModelSpec& model, const Ask& ask) const;
  bool choose(Behaviour& behaviour, Decision& decision, const Ask& ask);
  bool applies(Strike& strike, const Decision& decision, const Ask& ask);
  void build_cells();

  ProviderSpec spec_;
  ProviderSpec first_;  // as the scenario had it, for reset
  std::uint64_t seed_;
  std::optional<SeededRandom> random_;
  std::uint64_t epoch_ = 0;
  std::vector<KeyState> keys_;
  std::uint64_t unauthorized_ = 0;
  std::uint64_t invalid_ = 0;
  std::uint64_t lists_ = 0;
};

}  // namespace freeway::farm
