// A protocol as a simulated provider speaks it: its addresses, the grammar of its requests, and how it spells answers. What
// is no chat is an endpoint of job.h behind an address. One object each, without state, for ever; they are in wire_*.cc.
// Everything else, limits and faults and pace, is the same whatever is spoken.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "farm/answer.h"
#include "farm/ask.h"
#include "farm/bytes.h"
#include "farm/job.h"
#include "http/head.h"

namespace freeway::farm {

// The last two are about an answer that was put off.
enum class Call : std::uint8_t { nothing, wrong_method, chat, list, job, fetch, drop };

// What an address asks for, and what of a chat it says instead of the body.
struct Route {
  Call call = Call::chat;
  std::string model;
  bool stream = false;
  Framing framing = Framing::events;   // of a stream
  const Endpoint* endpoint = nullptr;  // of a job
  // Where the model decides what an address is for; for a chat that finds a model of another kind too. Null: nothing.
  const Endpoint* (*by_kind)(ModelKind kind) = nullptr;
  std::string deferred;      // the name of an answer that was put off
  std::string_view style;    // the address is there in this style alone; "": in any
  std::string content_type;  // of the request
};

// A model in a list of models.
struct Listed {
  std::string_view id;
  ModelKind kind = ModelKind::chat;
  std::uint64_t context = 0;     // 0: as large as they come
  std::uint64_t max_tokens = 0;  // likewise
};

// How far an answer is that was put off.
struct Progress {
  enum class State : std::uint8_t { waiting, processing, done, dropped };
  std::string_view id;
  State state = State::waiting;
  FaultKind fate = FaultKind::ok;  // faulted, impossible, censored, or all is well
  Duration left{};                 // until it is done
  std::size_t ahead = 0;           // others that were there before
  const Answer& answer;
};

// Takes one event of a stream: its name, "" for none, and its JSON.
using Emit = std::function<void(std::string_view name, std::string_view json)>;

// The events of one streamed answer, in order. The answer must outlive it and stay as it is.
class Frames {
 public:
  virtual ~Frames() = default;
  virtual void open(const Emit& emit) = 0;  // what comes before the first piece
  virtual void delta(const Piece& piece, const Emit& emit) = 0;
  virtual void finish(const Emit& emit) = 0;                                        // why it ended, and usage
  virtual void done(const Emit&) {}                                                 // a last word that nothing comes after
  virtual void fail(std::string_view error, const Emit& emit) { emit("", error); }  // an error object, in mid-stream
};

class Wire {
 public:
  virtual ~Wire() = default;
  virtual std::string_view name() const = 0;
  virtual std::string_view base() const = 0;          // of its addresses, behind the provider: "/v1"
  virtual std::string_view usual_style() const = 0;   // of its errors
  virtual Eol eol() const { return Eol::lf; }         // of its streams
  virtual bool whole_calls() const { return false; }  // a tool call is never split

  // `path` is what follows the provider, as sent.
  virtual Route route(std::string_view method, std::string_view path, std::string_view query) const = 0;
  // What the request carries as its key: a bearer token, unless the wire has a place of its own.
  virtual std::optional<std::string> key(const http::RequestHead& head) const;
  // Fails with malformed (no JSON) or invalid (against the grammar), in the provider's words.
  virtual Result<Ask> read(const Route& route, std::string_view body) const = 0;

  // The list of models.
  virtual void write_models(std::string& out, std::span<const Listed> models, std::string_view owner,
                            std::string_view query) const = 0;
  // Makes an answer one that this wire can say.
  virtual void fit(Answer&) const {}
  // An error body of its style as it stands here.
  virtual void fit_error(std::string&) const {}
  virtual void write(std::string& out, const Answer& answer) const = 0;
  // All answers are put off: what is said at first, and whenever somebody asks.
  virtual bool puts_off() const { return false; }
  virtual void write_accepted(std::string&, std::string_view /*id*/) const {}
  virtual void write_progress(std::string&, const Progress&) const {}
  virtual std::unique_ptr<Frames> frames(const Answer& answer) const = 0;
};

const Wire& openai_wire();
const Wire& gemini_wire();
const Wire& cohere_wire();
const Wire& ollama_wire();
const Wire& aihorde_wire();
// Null if there is no such wire.
const Wire* wire_named(std::string_view name);

// chat where the path is `chat`, list where it is `list`, if the method is right.
Call call_at(std::string_view method, std::string_view path, std::string_view chat, std::string_view list);
// A job at this endpoint, if there is one and the method is right.
Route job_at(std::string_view method, const Endpoint* endpoint);
// The value of one parameter of a query, decoded; "" if it is not there.
std::string query_value(std::string_view query, std::string_view name);
// `,"a":1` where the scenario has more top-level members.
void write_extra(std::string& out, const Answer& answer);
// Are these arguments a JSON object?
bool is_object(std::string_view arguments);

}  // namespace freeway::farm
