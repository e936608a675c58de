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
#include "http/fields.h"

namespace freeway::dialect {

// A provider's request, ready to be sent.
struct Outgoing {
  std::string method = "POST";
  std::string path;     // appended to the base address: "/chat/completions"
  http::Fields fields;  // content type, accept; authentication is written by `authorize`
  std::string body;
  std::vector<std::string> dropped;  // parameters left out, for x-freeway-dropped: "logit_bias"
};

// A whole answer that was read and found to be one.
struct WholeAnswer {
  std::string body;                   // in the client's dialect, repaired; the provider's bytes where nothing was
  chat::Usage usage;                  // the provider's, or our estimate (then `usage.estimated`)
  std::vector<std::string> reported;  // repairs worth telling, for logs
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
};

class Dialect {
 public:
  virtual ~Dialect() = default;

  // Writes the request for this model, with exactly the edits that the contract lists.
  virtual Result<Outgoing> write_request(const chat::Request& request, const catalog::Provider& provider,
                                         const catalog::Model& model) const = 0;
  virtual void authorize(http::Fields& fields, const catalog::Key& key) const = 0;

  // A 2xx answer to a request that was not streamed. Fails with malformed ("the provider answered HTML"), closed ("empty
  // answer": no content, no tool call, no refusal and no reasoning), invalid ("schema: …": not the structure that was asked
  // for), or, for an error object inside a 200, through `fault`.
  virtual Result<WholeAnswer> read_answer(const chat::Request& request, const catalog::Model& model,
                                          std::string_view content_type, std::string body,
                                          std::optional<chat::Fault>& fault) const = 0;
  virtual std::unique_ptr<StreamReader> read_stream(const chat::Request& request, const catalog::Model& model) const = 0;
  // A whole answer to a request that asked for a stream: feed its bytes, call `finish` (which judges like read_answer), take
  // the events.
  virtual std::unique_ptr<StreamReader> replay(const chat::Request& request, const catalog::Model& model) const = 0;

  // An answer that is no 2xx. Never fails: what can't be read leaves fields empty.
  virtual chat::Fault read_fault(int status, const http::Fields& fields, std::string_view body, WallTime now) const = 0;
};

// The dialect of a configured name, or null.
const Dialect* find(std::string_view name);

}  // namespace freeway::dialect
