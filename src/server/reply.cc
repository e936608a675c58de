// The writing half of a connection.
#include <fmt/format.h>

#include <algorithm>

#include "base/duration.h"
#include "server/connection.h"

namespace freeway::server {

bool Connection::gone() const { return broken_ || inbox_.end().has_value(); }

namespace {

// Written at once: a client that takes less than this within the limit takes nothing.
constexpr std::size_t kSliceBytes = 256 * 1024;

bool large(std::span<const std::string_view> pieces) {
  return std::any_of(pieces.begin(), pieces.end(), [](std::string_view piece) { return piece.size() > kSliceBytes; });
}

}  // namespace

// Returns when the kernel was given the pieces: what it did not take of them is left in them.
net::Task<bool> Connection::leave(std::span<std::string_view> pieces) {
  leaving_ = pieces;
  departure_.set();
  return departed_.wait(kNever);
}

void Connection::depart() {
  all_left_ = taken_at_once();
  departed_.ring();
}

// True if that was all, as it nearly always is.
bool Connection::taken_at_once() {
  if (broken_) return false;
  auto taken = stream_->write_now(leaving_);
  if (!taken) {
    broken_ = true;
    return false;
  }
  std::size_t left = *taken;
  bool all = true;
  for (std::string_view& piece : leaving_) {
    std::size_t n = std::min(left, piece.size());
    piece.remove_prefix(n);
    left -= n;
    all = all && piece.empty();
  }
  return all;
}

net::Task<bool> Connection::transmit(std::span<const std::string_view> pieces) {
  if (large(pieces)) return transmit_slices(pieces);
  return transmit_now(pieces);
}

net::Task<bool> Connection::transmit_slices(std::span<const std::string_view> pieces) {
  for (std::string_view piece : pieces) {
    while (!piece.empty()) {
      std::array<std::string_view, 1> slice;
      slice[0] = piece.substr(0, kSliceBytes);
      piece.remove_prefix(slice[0].size());
      std::span<const std::string_view> all(slice);
      bool sent = co_await transmit_now(all);
      if (!sent) co_return false;
    }
  }
  co_return true;
}

net::Task<bool> Connection::transmit_now(std::span<const std::string_view> pieces) {
  if (broken_) co_return false;
  const Instant from = shared_.loop.now();
  write_timer_.set(from + shared_.options.write_stall);
  auto written = co_await stream_->write(pieces);
  write_timer_.cancel();
  stalled_ += shared_.loop.now() - from;
  if (!written) broken_ = true;
  co_return !broken_;
}

bool Connection::body_allowed(int status) const { return status != 204 && status != 304 && !bodiless_; }

std::string_view Shared::http_date() {
  const WallTime now = loop.wall();
  const auto second = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch());
  if (second != dated) {
    dated = second;
    date = format_http_date(now);
  }
  return date;
}

// `length`: of the body, if it is known.
void Connection::write_answer_head(std::string& out, int status, const http::Fields& fields,
                                   std::optional<std::size_t> length) {
  http::write_status_line(out, status);
  for (const http::Field& field : fields) http::write_field(out, field.name, field.value);
  if (length) http::write_field(out, "content-length", fmt::format_int(*length).str());
  http::write_field(out, "date", shared_.http_date());
  if (shared_.draining) keep_alive_ = false;
  if (!keep_alive_) {
    http::write_field(out, "connection", "close");
  } else if (minor_version_ == 0) {
    http::write_field(out, "connection", "keep-alive");
  }
  out += "\r\n";
}

net::Task<bool> Connection::send(Answer answer) {
  begun_ = true;
  std::optional<std::size_t> length;
  if (answer.status != 204) length = answer.body.size();
  std::string head;
  write_answer_head(head, answer.status, answer.fields, length);
  std::array<std::string_view, 2> pieces;
  pieces[0] = head;
  pieces[1] = body_allowed(answer.status) ? std::string_view(answer.body) : std::string_view();
  std::span<const std::string_view> all(pieces.data(), pieces[1].empty() ? 1 : 2);
  co_await leave(pieces);
  bool sent = all_left_;
  if (!sent) sent = co_await transmit(all);
  answered_ = sent;
  co_return sent;
}

void Connection::begin(int status, http::Fields fields) {
  begun_ = true;
  chunked_ = minor_version_ >= 1;
  if (chunked_) {
    fields.set("transfer-encoding", "chunked");
  } else {
    keep_alive_ = false;
  }
  head_out_.clear();
  write_answer_head(head_out_, status, fields, std::nullopt);
}

net::Task<bool> Connection::write(std::string_view bytes) {
  std::array<std::string_view, 4> pieces;
  framing_.clear();
  if (chunked_ && !bytes.empty()) {
    fmt::format_to(std::back_inserter(framing_), "{:x}\r\n", bytes.size());
    pieces = {head_out_, framing_, bytes, std::string_view("\r\n")};
  } else {
    pieces = {head_out_, bytes, std::string_view(), std::string_view()};
  }
  std::span<const std::string_view> all(pieces);
  co_await leave(pieces);
  bool sent = all_left_;
  if (!sent) sent = co_await transmit(all);
  head_out_.clear();
  co_return sent;
}

net::Task<bool> Connection::end(std::string_view last_bytes, http::Fields trailers) {
  std::string closing;
  framing_.clear();
  if (chunked_) {
    if (!last_bytes.empty()) {
      fmt::format_to(std::back_inserter(framing_), "{:x}\r\n", last_bytes.size());
      closing = "\r\n";
    }
    closing += "0\r\n";
    if (takes_trailers_) {
      for (const auto& field : trailers) closing += fmt::format("{}: {}\r\n", field.name, field.value);
    }
    closing += "\r\n";
  }
  std::array<std::string_view, 4> pieces;
  pieces = {head_out_, framing_, last_bytes, closing};
  std::span<const std::string_view> all(pieces);
  co_await leave(pieces);
  bool sent = all_left_;
  if (!sent) sent = co_await transmit(all);
  head_out_.clear();
  answered_ = sent;
  co_return sent;
}

}  // namespace freeway::server
