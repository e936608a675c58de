// A wire protocol, as the provider side needs it: how a request is written, how an answer is read. No sockets, no clock.
//
// A Dialect object is stateless and shared by all threads; what has state (a stream's reader) it makes one a request.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "catalog/catalog.h"
#include "chat/event.h"
#include "chat/fault.h"
#include "chat/request.h"
#include "chat/usage.h"
#include "dialect/dropped.h"
#include "http/fields.h"
#include "http/pieces.h"

namespace freeway::dialect {

// A provider's request, ready to be sent.
struct Outgoing {
  std::string method = "POST";
  std::string path;     // appended to the base address: "/chat/completions"
  http::Fields fields;  // content type, accept; authentication is written by `authorize`
  std::string body;
  std::vector<http::Piece> pieces = {};  // behind the body, for one that is not held whole
  std::vector<std::string> dropped;      // parameters left out, for x-freeway-dropped: "logit_bias"

  void drop(std::string name);  // each is told once
  // Members of an object that this protocol has no place for (dropped.h).
  void drop_unknown(std::string_view where, json::Value object, Known known);
};

// What was done to an answer beyond what may be done unsaid, each told once.
struct Mended {
  std::vector<std::string> repaired;  // without which the answer would be a bad one, for x-freeway-repaired: "code_fence"
  std::vector<std::string> dropped;   // what the form that was asked for has no room for, for x-freeway-dropped

  void repair(std::string_view name);
  void drop(std::string_view name);
  void add(const Mended& more);
};

// A whole answer that was read and found to be one.
struct WholeAnswer {
  std::string content_type = "application/json";
  std::string body;   // in the client's dialect, repaired; the provider's bytes where nothing was
  chat::Usage usage;  // the provider's, or our estimate (then `usage.estimated`)
  Mended mended = {};
};

// An answer as it came, all of it.
struct Received {
  int status = 0;
  const http::Fields& fields;
  std::string_view body;
};

// What a provider gives where there is no answer yet: it has made the request a job, and is asked for the answer later, as
// often as it takes. None of these requests is a call of its own: they draw on no pool.
struct FollowUp {
  std::string job;                 // as the provider names it
  Outgoing ask;                    // its answer is the answer, or puts it off once more
  Duration after{};                // from now until then
  std::optional<Outgoing> cancel;  // tells the provider that nobody waits any more; what it says to that plays no part
  std::string base;                // the address below which both are; empty: where the request went
};

// Reads one streamed answer. One thread; views given out hold until the next call.
class StreamReader {
 public:
  virtual ~StreamReader() = default;
  // Fails with malformed (corrupt frame) or too_large: the answer is bad from here on.
  virtual Result<void> feed(std::string_view bytes) = 0;
  // The next event; false: feed more. May hold events back while it can't know yet what they are (a beginning "<think>").
  // Fails, with the frame that shows it kept back, with malformed (corrupt frame, tool arguments that are no JSON), closed
  // (empty answer, an end mark without a finish reason) or invalid ("schema: …", not what the client asked for).
  virtual Result<bool> next(chat::Event& event) = 0;
  // The provider closed. Gives out (through `next`, which then never fails) what was held, and judges: fails as `next` does,
  // with closed if there was no finish reason. An error event among what is left is no failure of `finish`.
  virtual Result<void> finish() = 0;
  virtual bool finished() const = 0;  // every choice has its finish reason
  // Usage: the provider's last word, else an estimate from what came.
  virtual chat::Usage usage() const = 0;
  // The answer's tokens so far, for who only looks: the provider's word, else a rough guess that costs nothing.
  virtual std::uint64_t tokens_so_far() const = 0;
  // Of what was given out so far.
  virtual Mended mended() const = 0;
  // Bytes of the answer that it keeps: of an event that has not all come, of what it gave out last, and to the end.
  virtual std::size_t held() const = 0;
  // Gives back the memory that events given out needed. Ends the validity of views.
  virtual void shrink() = 0;
};

// What a request cost of which the provider tells nothing: its prompt, by our count of it (count.h).
chat::Usage estimated_usage(const chat::Request& request);

// How one kind of request beside chat is asked of a provider, and its answer read: always as a whole. Like a Dialect
// stateless and shared.
class Codec {
 public:
  virtual ~Codec() = default;
  // Fails with unsupported where this model can't do what is asked, so that another route is better.
  virtual Result<Outgoing> write_request(const chat::Request& request, const catalog::Provider& provider,
                                         const catalog::Model& model) const = 0;
  // As Dialect::read_answer. Fails with malformed also where the answer is not of what was asked: too few vectors, or of
  // another length.
  virtual Result<WholeAnswer> read_answer(const chat::Request& request, const catalog::Model& model,
                                          std::string_view content_type, std::string body,
                                          std::optional<chat::Fault>& fault) const = 0;
  // As Dialect::told_usage: in OpenAI's words, if any.
  virtual std::optional<chat::Usage> told_usage(const chat::Request& request, const catalog::Model& model,
                                                std::string_view body) const;
  // As Dialect::follow_up.
  virtual std::optional<FollowUp> follow_up(const Received& received, const catalog::Provider& provider,
                                            const FollowUp* before) const;
};

class Dialect {
 public:
  virtual ~Dialect() = default;

  // Who speaks of this kind; null for chat, and for what has no place in this protocol.
  virtual const Codec* codec(chat::Kind kind) const;

  // Writes the request for this model, with exactly the edits that the contract lists.
  virtual Result<Outgoing> write_request(const chat::Request& request, const catalog::Provider& provider,
                                         const catalog::Model& model) const = 0;
  // Is an answer of this content type a stream?
  virtual bool streams(std::string_view content_type) const;

  // A 2xx answer to a request that was not streamed. Fails with malformed ("the provider answered HTML"), closed ("empty
  // answer": no content, no tool call, no refusal and no reasoning), invalid ("schema: …": not the structure that was asked
  // for), or, for an error object inside a 200, through `fault`.
  virtual Result<WholeAnswer> read_answer(const chat::Request& request, const catalog::Model& model,
                                          std::string_view content_type, std::string body,
                                          std::optional<chat::Fault>& fault) const = 0;
  // What an answer says that it cost, though read_answer failed; nothing if it says nothing.
  virtual std::optional<chat::Usage> told_usage(const chat::Request& request, const catalog::Model& model,
                                                std::string_view body) const = 0;
  // Asked before a whole answer is read: of every 2xx answer, and of any answer to the follow-up `before`. Absent: there is
  // nothing to wait for, and what came is the answer or a refusal.
  virtual std::optional<FollowUp> follow_up(const Received& received, const catalog::Provider& provider,
                                            const FollowUp* before) const;
  virtual std::unique_ptr<StreamReader> read_stream(const chat::Request& request, const catalog::Model& model) const = 0;
  // A whole answer to a request that asked for a stream: feed its bytes, call `finish` (which judges like read_answer), take
  // the events.
  virtual std::unique_ptr<StreamReader> replay(const chat::Request& request, const catalog::Model& model) const = 0;

  // An answer that is no 2xx. Never fails: what can't be read leaves fields empty.
  virtual chat::Fault read_fault(int status, const http::Fields& fields, std::string_view body, WallTime now) const = 0;
};

// Shows the key as the provider wants it: in a field or in the path's query. Without a key nothing is shown.
void authorize(Outgoing& outgoing, const catalog::Auth& auth, const catalog::Key& key);

// The dialect of a configured name, or null.
const Dialect* find(std::string_view name);

}  // namespace freeway::dialect
