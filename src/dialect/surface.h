// The client's side of a wire protocol: how one request's answer, its stream and its errors are told to who asked.
//
// All requests for chat take one road: a surface decodes its own form into that of chat completions (chat::Request), and
// tells the answer, which comes in that form too, in its own. No sockets, no clock.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "chat/event.h"
#include "chat/request.h"
#include "chat/usage.h"

namespace freeway::dialect {

struct WholeAnswer;

// A refusal of a request's own content, with the fields of the envelope.
struct RequestError {
  int status = 400;
  std::string message;
  std::string param;   // "" = null
  std::string code;    // "" = null
  std::string quoted;  // what of the message the request's body said, which no log keeps; "" = nothing
};

// What a client is told of an error. Words are OpenAI's; other surfaces derive theirs from the status and the code.
struct Trouble {
  int status = 500;
  std::string_view message, type;
  std::string_view param, code;  // "" = null
  std::string_view request_id;
  std::uint64_t tokens = 0,
                token_limit = 0;  // of a prompt that is too long: what it needs, and the most there is; 0: untold
};

// Writes one streamed answer as the client's stream. One thread; each attempt that may serve has its own.
class StreamWriter {
 public:
  virtual ~StreamWriter() = default;
  // Appends what the event means to the client, which may be nothing. Of kinds piece and usage alone.
  virtual void write(std::string& out, const chat::Event& event) = 0;
  // The good end.
  virtual void finish(std::string& out, const chat::Usage& usage) = 0;
  // The bad end: an error that a client can see, and no end mark. Also as the first and only thing that is written.
  virtual void fail(std::string& out, const Trouble& trouble) = 0;
  // Bytes of the answer that it keeps.
  virtual std::size_t held() const = 0;
  // Gives back the memory that events written needed.
  virtual void shrink() = 0;
};

// One request's, or shared by all that need nothing of their own; then thread-safe.
class Surface {
 public:
  virtual ~Surface() = default;
  virtual std::unique_ptr<StreamWriter> stream(const chat::Request& request) const = 0;
  // Makes a whole answer the client's. Called once, when it is about to leave.
  virtual void tell(const chat::Request& request, WholeAnswer& answer) const = 0;
  virtual std::string error_body(const Trouble& trouble) const = 0;
  // What a stream says between two of its events while nothing comes: a comment.
  virtual void beat(std::string& out) const;
};

// A client's request, and who tells it what came of it.
struct Asked {
  std::unique_ptr<chat::Request> request;
  std::shared_ptr<const Surface> surface;
  std::vector<std::unique_ptr<chat::Request>> further;  // that came with it, each to be asked for itself
};

}  // namespace freeway::dialect
