// One provider while the farm runs: its true state (windows, scripts, counts) and its decision about each request.
// Not thread-safe: the world's lock is held around every call.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "farm/play.h"
#include "farm/scenario.h"
#include "farm/ticket.h"
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

class Provider {
 public:
  Provider(ProviderSpec spec, std::uint64_t seed);

  struct Decision {
    Scene scene;
    Ticket ticket;
    std::string model;
    std::string_view kind = "";  // of what was asked
    std::size_t inputs = 0;      // of a job
    bool stream = false;
    std::string_view outcome;
    int status = 200;
  };
  // `key`: what the request carries, or nothing. `now` is the moment its last byte was read.
  Decision decide(const Moment& now, std::optional<std::string_view> key, std::string_view body, std::uint64_t serial,
                  const Route& route = {});
  // What is asked of a model of another kind than chat.
  Decision decide_job(const Moment& now, std::optional<std::string_view> key, std::string_view body, std::uint64_t serial,
                      const Route& route);
  // An answer that was put off: asked for, or no longer wanted.
  Decision fetch(const Moment& now, std::string_view id);
  Decision drop(const Moment& now, std::string_view id);
  Decision list_models(std::optional<std::string_view> key, std::string_view query = {});
  // For an address where there is nothing, or not with this method.
  Decision nothing_here(std::string_view path, int status) const;

  // The answer has ended: calls at once do, and what is charged for good answers alone is given back if this was none.
  void release(const Moment& now, const Ticket& ticket, bool good);
  void count_ok(const Ticket& ticket, int by);
  void count_aborted(const Ticket& ticket);

  void reset();  // counts, windows and scripts as at the start
  void write_stats(const Moment& now, json::Writer& out);

  // Changes its behaviour: members of a control request. Of the model that `model` names, else of the provider.
  void change(Table& table);

  const ProviderSpec& spec() const { return spec_; }
  bool up() const { return spec_.up; }
  void set_up(bool up) { spec_.up = up; }
  std::uint64_t connections_opened = 0;
  std::uint64_t connections_open = 0;

 private:
  struct Cell {
    std::vector<std::string> names;  // of its limits
    std::vector<Charge> charges;
    std::vector<Pool> pools;
    Tally tally;
    std::uint64_t in_flight = 0;
    std::uint64_t most_in_flight = 0;
  };
  struct KeyState {
    Cell all;
    std::vector<Cell> models;
    std::optional<Instant> foreign_due;  // the next request of somebody else
  };
  // The instances of a general pool: one for each key, account, model or family, or a single one for the address.
  struct Allowance {
    std::vector<std::string> names;  // whose each instance is
    std::vector<Pool> pools;
    std::vector<std::size_t> of;  // the instance of a key or a model, as the scope goes
  };
  // An answer that was put off.
  struct Deferred {
    std::string id;
    Ticket ticket;
    std::string model;
    Answer answer;
    std::string body;  // where the wire does not write it anew each time
    FaultKind fate = FaultKind::ok;
    Instant begun{};
    Instant ready{};
    std::optional<Instant> asked;  // last
    bool fetched = false;
    bool dropped = false;
  };
  void put_off(Decision& decision, const Moment& now, std::uint64_t serial);
  Deferred* find_deferred(std::string_view id);
  Decision no_such_answer(std::string_view id) const;
  Decision progress(const Moment& now, Deferred& deferred);
  void write_deferred(json::Writer& out) const;
  static Cell make_cell(const LimitSpec& limits, bool narrow);
  Allowance make_allowance(const PoolSpec& spec) const;
  std::vector<Draw> draws_for(std::size_t key, std::size_t model, const Usage& usage, const Usage& most);
  static std::optional<Refusal> check(const Moment& now, const std::vector<Draw>& draws);
  void admit_foreign(const Moment& now, std::size_t key);
  void use_foreign(const Moment& now);
  static std::vector<Level> levels(const Moment& now, const std::vector<Draw>& draws);
  static void write_cell(json::Writer& out, const Cell& cell);
  void write_allowances(const Moment& now, json::Writer& out);
  std::optional<std::size_t> key_index(std::optional<std::string_view> key) const;
  std::optional<std::size_t> model_index(std::string_view id) const;
  Decision turn_away(int status, std::string_view message, std::string_view code, std::string_view outcome) const;
  Decision turn_away(Occasion occasion, std::string_view model, const Moment& now, std::string_view outcome) const;
  Decision wrong_request(const Error& error, const Ask& ask, const Demands& demands) const;
  Decision no_such_model(std::string_view model, const Moment& now);
  Decision wrong_kind(const ModelSpec& model, std::string_view asked);
  Decision decide_known(const Moment& now, std::size_t key, std::string_view body, std::uint64_t serial, const Route& route,
                        const Endpoint& endpoint);
  std::optional<Decision> refuse_job(const Job& job, const ModelSpec& model, const Endpoint& endpoint,
                                     std::string_view body) const;
  Decision begin(std::size_t key, std::size_t model, const Ask& ask) const;
  void serve(Decision& decision, const Moment& now, const Ask& ask, std::string_view body, std::uint64_t serial);
  void serve_job(Decision& decision, const Moment& now, Job& job, const Endpoint& endpoint, std::uint64_t serial);
  void meet_limits(Decision& decision, const Moment& now, const Ask& ask);
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
  std::vector<Allowance> allowances_;               // as spec_.pools
  std::vector<std::vector<std::size_t>> drawn_by_;  // which of them a model draws on
  std::uint64_t foreign_admitted_ = 0;
  std::uint64_t foreign_refused_ = 0;
  std::deque<Deferred> deferred_;  // the latest
  std::uint64_t deferred_in_all_ = 0;
  std::uint64_t asked_ = 0;  // for answers that were put off
  std::uint64_t asked_too_soon_ = 0;
  std::uint64_t fetched_ = 0;
  std::uint64_t dropped_ = 0;
  std::uint64_t unauthorized_ = 0;
  std::uint64_t invalid_ = 0;
  std::uint64_t lists_ = 0;
};

}  // namespace freeway::farm
