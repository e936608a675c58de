// One client's connection: message after message until either side has had enough. Private to this room.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/inbox.h"
#include "server/server.h"

namespace freeway::server {

// Shared by the connections of one loop.
struct Shared {
  net::Loop& loop;
  Handler& handler;
  Options options;
  bool draining = false;
  bool ending = false;             // the drain took too long
  std::chrono::seconds dated{-1};  // since 1970; the second that `date` spells
  std::string date;

  // For the Date field: written anew once a second.
  std::string_view http_date();
};

class Connection final : private Reply {
 public:
  Connection(Shared& shared, std::unique_ptr<net::Stream> stream);

  // Serves until the connection ends. The caller keeps the connection alive meanwhile.
  net::Task<> run();
  // Answers 503 and closes: there are too many connections.
  net::Task<> turn_away();
  // The server drains: an idle connection closes now, a busy one after its answer.
  void drain();
  void hurry() { wakeup_.ring(); }
  void close() { stream_->close(); }

 private:
  enum class Step : unsigned char { more, done, closed };

  // Reading.
  net::Task<Step> read_head();
  net::Task<Step> read_body();
  net::Task<Step> put_away();
  net::Task<Step> serve_one();
  net::Task<Step> refuse(int status, Error error);
  net::Task<Step> refuse_at_the_end();
  net::Task<bool> send_continue();
  net::Task<> linger();
  Result<http::Parsed> parse();

  // Writing.
  net::Task<bool> leave(std::span<std::string_view> pieces);
  void depart();
  bool taken_at_once();
  net::Task<bool> transmit(std::span<const std::string_view> pieces);
  net::Task<bool> transmit_slices(std::span<const std::string_view> pieces);
  net::Task<bool> transmit_now(std::span<const std::string_view> pieces);
  void write_answer_head(std::string& out, int status, const http::Fields& fields, std::optional<std::size_t> length);
  bool body_allowed(int status) const;

  // Reply.
  bool gone() const override;
  bool ending() const override { return shared_.ending; }
  net::Wakeup& wakeup() override { return wakeup_; }
  net::Task<bool> send(Answer answer) override;
  void begin(int status, http::Fields fields) override;
  net::Task<bool> write(std::string_view bytes) override;
  net::Task<bool> end(std::string_view last_bytes, http::Fields trailers) override;
  bool begun() const override { return begun_; }
  Duration stalled() const override { return stalled_; }
  void close_after() override { keep_alive_ = false; }

  Shared& shared_;
  std::unique_ptr<net::Stream> stream_;
  net::Wakeup wakeup_;
  net::Inbox inbox_;
  net::Timer write_timer_;
  // What is sent next, and later what the kernel did not take of it.
  std::span<std::string_view> leaving_;
  bool all_left_ = false;
  Duration stalled_{};  // since there is this connection
  net::Afterwards departure_;
  net::Wakeup departed_;
  http::RequestParser parser_;
  const Peer peer_;

  // Of the message in hand.
  std::string body_;                // with an intake, of one read
  std::unique_ptr<Intake> intake_;  // takes the body, if there is one
  std::string head_out_;            // an answer's head that waits for its first piece
  std::string framing_;             // chunk sizes
  bool keep_alive_ = true;          // this connection may carry another message
  int minor_version_ = 1;           // of the message's HTTP
  bool bodiless_ = false;           // HEAD
  bool takes_trailers_ = false;
  bool unread_ = false;     // the client may still be sending what nobody will read
  bool body_read_ = false;  // the message was read to its end
  bool begun_ = false;      // an answer's head is fixed
  bool answered_ = false;   // an answer is complete
  bool chunked_ = false;    // the streamed answer uses chunked coding
  bool idle_ = true;        // between messages
  bool broken_ = false;     // writing failed
};

}  // namespace freeway::server
