// What is asked in several calls and answered as one: the reply that a part gets, a part's job, and the receipt of all.
#pragma once

#include <memory>

#include "relay/relay.h"

namespace freeway::api {

// Keeps the whole answer that the client would get.
class Kept final : public server::Reply {
 public:
  explicit Kept(server::Reply& client) : client_(client) {}
  bool gone() const override { return client_.gone(); }
  bool ending() const override { return client_.ending(); }
  net::Wakeup& wakeup() override { return client_.wakeup(); }
  net::Task<bool> send(server::Answer answer) override;
  // What is kept was not asked as a stream.
  void begin(int, http::Fields) override {}
  net::Task<bool> write(std::string_view) override { co_return false; }
  net::Task<bool> end(std::string_view, http::Fields) override { co_return false; }
  bool begun() const override { return false; }
  void close_after() override { client_.close_after(); }

  server::Answer& answer() { return answer_; }

 private:
  server::Reply& client_;
  server::Answer answer_;
};

// One of several streams that the client sees as one: it begins once, and ends when it is told that this is the last.
class Joined final : public server::Reply {
 public:
  explicit Joined(server::Reply& client) : client_(client) {}
  void last() { last_ = true; }
  bool gone() const override { return client_.gone(); }
  bool ending() const override { return client_.ending(); }
  net::Wakeup& wakeup() override { return client_.wakeup(); }
  net::Task<bool> send(server::Answer answer) override { return client_.send(std::move(answer)); }
  void begin(int status, http::Fields fields) override { client_.begin(status, std::move(fields)); }
  net::Task<bool> write(std::string_view bytes) override { return client_.write(bytes); }
  net::Task<bool> end(std::string_view last_bytes, http::Fields trailers) override;
  bool begun() const override { return client_.begun(); }
  Duration stalled() const override { return client_.stalled(); }
  // Something broke: this is the end, whatever was to follow.
  void close_after() override;

 private:
  server::Reply& client_;
  bool last_ = false;
};

// Everything of the whole job but its request.
relay::Job part_of(const relay::Job& whole, std::unique_ptr<chat::Request> request);
// The receipt of one more part, after parts that were answered.
void add_part(relay::Receipt& all, relay::Receipt one);
// In the head of an answer to all parts.
void tell_trail(server::Answer& answer, const relay::Receipt& receipt);

}  // namespace freeway::api
