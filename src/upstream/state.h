// The insides of a client and of an exchange. Included inside this room only. One loop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "http/gzip.h"
#include "http/parser.h"
#include "upstream/client.h"
#include "upstream/connection.h"

namespace freeway::upstream {

struct Client::State {
  State(net::Loop& on, net::Dialer& with, Options given)
      : loop(on), dialer(with), options(std::move(given)), pool(on, options.idle_per_origin, options.idle_for) {}

  static net::Task<> see_to(std::shared_ptr<State> client, Call call, Instant until);
  void seen_to();

  net::Loop& loop;
  net::Dialer& dialer;
  Options options;
  Pool pool;
  std::size_t sent_off = 0;  // requests whose answer nobody waits for, under way
  std::move_only_function<void()> settled;
};

// Coroutines that dial or send hold it too, so it may outlive its exchange; then `wakeup` is null and it does nothing.
struct Exchange::State final : Reader, std::enable_shared_from_this<Exchange::State> {
  State(std::shared_ptr<Client::State> of, Call&& what, net::Wakeup& rung);

  void start();
  void abandon();
  std::string_view held() const { return std::string_view(body).substr(taken); }
  void consume(std::size_t n);
  void compact();
  void go_on_reading();

  void on_bytes(std::string_view bytes) override;
  void on_end(const Error& why) override;

  std::shared_ptr<Client::State> client;
  Call call;
  net::Wakeup* wakeup;
  net::Afterwards departure;  // over a connection that is there, with what else leaves then
  std::string origin;         // and the proxy: which kept connections will do
  std::string request_head;   // as sent

  std::unique_ptr<Connection> connection;
  std::shared_ptr<net::DialTicket> ticket;  // while dialling
  bool retried = false;
  bool sent = false;  // wholly, on the present connection
  bool touched = false;
  std::optional<Instant> dispatched_at;

  http::ResponseParser parser;
  bool answered = false;  // a byte of the answer came
  bool head_complete = false;
  std::optional<http::ResponseHead> decoded_head;  // in place of the parser's, where the body is decoded here
  std::optional<http::Inflater> inflater;
  bool compressed_any = false;
  std::string compressed;  // of one read
  std::string body;
  std::size_t taken = 0;  // of body, by the consumer
  bool collecting = false;
  bool complete = false;
  std::optional<Error> failure;

 private:
  static net::Task<> connect(std::shared_ptr<State> self);
  static net::Task<> send_rest(std::shared_ptr<State> self, std::size_t already, bool on_retry);
  static net::Task<bool> send_spooled(std::shared_ptr<State> self, const http::Piece& piece, bool on_retry);
  static net::Task<bool> send_bytes(std::shared_ptr<State> self, std::span<const std::string_view> pieces, bool on_retry);

  // The sending that began then still goes on.
  bool sending(bool on_retry) const { return connection && retried == on_retry; }
  void let_go();
  bool gave_up_waiting() const;
  bool resend();
  void write_head();
  void adopt(std::unique_ptr<Connection> with);
  void send();
  void all_sent();
  void on_head();
  // False if the exchange has ended.
  bool take(std::string_view& bytes);
  bool inflate();
  void finish(bool surplus);
  void fail_with(Error why);
  void ring();
};

}  // namespace freeway::upstream
