// A form that a client uploads, read as it comes; the bytes of its files go to a spool.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/envelope.h"
#include "chat/form.h"
#include "dialect/form.h"
#include "http/fields.h"
#include "http/gzip.h"
#include "net/loop.h"
#include "server/server.h"
#include "store/spools.h"

namespace freeway::api {

class Upload final : public server::Intake {
 public:
  // `limit`: of bytes, as they come and unpacked. The wake-up is rung while the form comes.
  Upload(const http::Fields& fields, std::uint64_t limit, store::Spools& spools, net::Wakeup& wakeup);

  std::uint64_t limit() const override { return limit_; }
  void take(std::string_view bytes) override;
  bool ready() const override;

  // Once all has come: the form, and the spool that its files lie in. The problem is that of the server: a body that can't
  // be unpacked, or not be kept; a form that is none is the result within.
  std::expected<Result<chat::Form>, Problem> finish();

 private:
  void unpack();
  void read(std::string_view bytes);
  void give_up(int status, std::string message, std::string code = "");
  void tell_failure(const Error& error);

  std::uint64_t limit_;
  std::unique_ptr<store::FileSpool> spool_;  // null once nothing more is kept
  Result<dialect::FormReader> reader_;
  std::optional<http::Inflater> inflater_;
  std::string packed_;  // that waits until the spool takes more
  std::string plain_;   // unpacked, of one piece
  std::string files_;   // of one piece, what goes to the spool
  std::optional<Problem> problem_;
};

// Comes a form to this path?
bool takes_upload(std::string_view path);

}  // namespace freeway::api
