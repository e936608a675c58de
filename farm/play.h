// How one answer goes over the wire, step by step: good or spoilt by a fault. Bytes and pauses only, no sockets; whoever
// performs it waits, writes, and ends the connection as told.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "farm/answer.h"
#include "farm/bytes.h"
#include "farm/fault.h"
#include "farm/style.h"
#include "farm/wire.h"

namespace freeway::farm {

// What happens when a step's bytes are written.
enum class Then : std::uint8_t {
  more,      // the next step
  complete,  // the answer is whole; the connection may carry another request
  depart,    // the answer is whole; close after `between` all the same
  close,     // FIN
  reset,     // RST
  hang,      // nothing more, until the client leaves
};

struct Step {
  Duration pause{};  // before the first byte, counted from when the last pause was over
  std::string bytes;
  std::size_t piece = 0;  // bytes a write; 0: all at once
  Duration between{};     // two such writes
  Then then = Then::more;
};

struct Scene {
  Fault fault;
  const Style* style = &openai_style();
  const Wire* wire = &openai_wire();
  bool stream = false;
  Framing framing = Framing::events;
  bool http10 = false;
  bool close = false;  // the client wants the connection closed
  Duration latency{};
  std::vector<http::Field> headers;  // rate limits and the like
  std::optional<Plain> plain;        // said instead of an answer
  std::optional<Product> product;    // of a job
  Answer answer;                     // meaningless with `plain`; of a job its pace and what it takes
};

class Play {
 public:
  explicit Play(Scene scene);
  Play(const Play&) = delete;
  Play& operator=(const Play&) = delete;

  // Fills the step, its string's memory reused. Not to be called after a step that did not say `more`.
  void next(Step& step);
  const Fault& fault() const { return scene_.fault; }

 private:
  void open(Step& step);
  void open_stream(Step& step);
  bool open_unlike(Step& step);
  void play_stream(Step& step);
  void strike(Step& step);
  void finish(Step& step);
  void head(Step& step, int status, std::string_view type, std::optional<std::size_t> length, bool gzip = false);
  void whole(Step& step, int status, std::string_view type, std::string body);
  void completion(Step& step);
  Emit into(Step& step);
  void send(Step& step, std::string_view bytes);
  std::string_view type() const;
  std::string_view whole_type() const { return scene_.product ? scene_.product->content_type : kJson; }
  void pace(Step& step) const;
  void complete(Step& step) const;
  bool cuts() const;
  std::string error_object() const;
  std::string as_said_here(std::string error) const;

  static constexpr std::string_view kJson = "application/json";

  Scene scene_;
  bool opened_ = false;
  bool struck_ = false;
  unsigned said_ = 0;  // pieces of content
  unsigned strike_after_ = 0;
  std::optional<Pieces> pieces_;
  std::unique_ptr<Frames> frames_;
  EventWriter writer_;
  std::optional<Gzip> gzip_;
  std::optional<std::string> pending_;  // a body that goes apart from its head
  Then pending_then_ = Then::complete;
  std::string json_;
  std::string event_;
};

// What a request that meets this fault is charged: nothing where no model ran, its prompt where no answer came, and as much
// of the answer as was said.
std::uint64_t tokens_charged(const Fault& fault, const Answer& answer);

}  // namespace freeway::farm
