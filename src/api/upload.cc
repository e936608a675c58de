#include "api/upload.h"

#include <fmt/format.h>

#include "api/job.h"
#include "base/log.h"

namespace freeway::api {

namespace {

// Packed bytes at a time: what they come to when unpacked, a thousand times as much at most, stays small.
constexpr std::size_t kPackedBytes = 256;
// Who holds the space that another upload needs is done after about the time of an answer.
constexpr std::int64_t kSpaceFreesAfter = 5;

store::Spools::Home home_of(net::Loop& loop) {
  return [&loop](std::move_only_function<void()> work) { loop.post(std::move(work)); };
}

}  // namespace

bool takes_upload(std::string_view path) { return path == "/v1/audio/transcriptions" || path == "/v1/audio/translations"; }

Upload::Upload(const http::Fields& fields, std::uint64_t limit, store::Spools& spools, net::Wakeup& wakeup)
    : limit_(limit),
      spool_(spools.open(home_of(wakeup.loop()),
                         [this, &wakeup] {
                           unpack();
                           wakeup.ring();
                         })),
      reader_(dialect::FormReader::open(fields.find("content-type").value_or(std::string_view()))) {
  auto packed = is_packed(fields);
  if (!packed) {
    give_up(415, std::move(packed.error().message));
  } else if (*packed) {
    inflater_.emplace(limit);
  }
}

// The rest of the body is read and forgotten, so that the client gets its answer.
void Upload::give_up(int status, std::string message, std::string code) {
  problem_.emplace();
  problem_->status = status;
  problem_->message = std::move(message);
  problem_->code = std::move(code);
  spool_.reset();
}

bool Upload::ready() const { return packed_.empty() && (!spool_ || spool_->idle()); }

void Upload::take(std::string_view bytes) {
  if (!inflater_) return read(bytes);
  packed_ += bytes;
  unpack();
}

// As much as the spool takes at once.
void Upload::unpack() {
  std::size_t done = 0;
  while (done < packed_.size() && !problem_ && (!spool_ || spool_->idle())) {
    std::string_view piece = std::string_view(packed_).substr(done, kPackedBytes);
    done += piece.size();
    auto fed = inflater_->feed(piece, plain_);
    if (fed) {
      read(plain_);
    } else if (fed.error().kind == ErrorKind::too_large) {
      give_up(
          413,
          fmt::format("the unpacked body passes the limit of {} bytes (server.upload_limit, by default server.body_limit)",
                      limit_),
          "request_too_large");
    } else {
      give_up(400, std::move(fed.error().message));
    }
    plain_.clear();
  }
  packed_.erase(0, problem_ ? packed_.size() : done);
}

void Upload::read(std::string_view bytes) {
  if (!spool_) return;
  bool good = !spool_->failure() && reader_ && reader_->feed(bytes, files_);
  if (good && !files_.empty()) spool_->append(files_);
  files_.clear();
  // Why it is no form, the reader tells in the end.
  if (!good && !spool_->failure()) spool_.reset();
}

// `error` ends with the spool.
void Upload::tell_failure(const Error& error) {
  constexpr const char* kCode = "upload_not_kept";
  log::warn("an upload was refused: {}", error.message);
  if (error.kind == ErrorKind::too_large) {
    give_up(503,
            "The uploads that this server has in hand take all the disk space that they may (server.upload_space); "
            "send the file again in a moment.",
            kCode);
    problem_->retry_after = kSpaceFreesAfter;
  } else if (error.kind == ErrorKind::exhausted) {
    give_up(507,
            "The disk of this server has no room for the file; free some in its data directory, or send a smaller file.",
            kCode);
  } else {
    give_up(503, "This server can't write the file to its data directory; its log tells why.", kCode);
  }
}

std::expected<Result<chat::Form>, Problem> Upload::finish() {
  if (!problem_ && inflater_ && !inflater_->complete()) give_up(400, "the gzipped body is cut short");
  if (spool_ && spool_->failure()) tell_failure(*spool_->failure());
  if (problem_) return std::unexpected(std::move(*problem_));
  if (!reader_) return Result<chat::Form>(std::unexpected(reader_.error()));
  return reader_->finish(std::move(spool_));
}

}  // namespace freeway::api
