// Forms that are held whole, for tests.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include "dialect/form.h"

namespace freeway::dialect {

class HeldSpool final : public Spool {
 public:
  // `shown`: that much of its end counts as held; what is before must be fetched, which happens at once.
  explicit HeldSpool(std::string bytes, std::size_t shown = SIZE_MAX) : bytes_(std::move(bytes)), shown_(shown) {}
  std::uint64_t size() const override { return bytes_.size(); }
  std::string_view held(std::uint64_t from) const override {
    std::string_view rest = std::string_view(bytes_).substr(from);
    return rest.size() <= shown_ ? rest : std::string_view();
  }
  void fetch(std::uint64_t from, std::size_t count, Taken taken) const override { taken(bytes_.substr(from, count)); }

 private:
  std::string bytes_;
  std::size_t shown_;
};

// Fed in pieces of so many bytes.
inline Result<chat::Form> read_form(std::string_view content_type, std::string_view body, std::size_t step = SIZE_MAX,
                                    std::size_t shown = SIZE_MAX) {
  auto reader = FormReader::open(content_type);
  if (!reader) return std::unexpected(reader.error());
  std::string files;
  while (!body.empty()) {
    std::string_view piece = body.substr(0, step);
    body.remove_prefix(piece.size());
    if (auto fed = reader->feed(piece, files); !fed) return std::unexpected(fed.error());
  }
  return reader->finish(std::make_shared<HeldSpool>(std::move(files), shown));
}

inline std::string bytes_of(const chat::Form& form, const chat::FormPart& part) {
  if (!part.file) return part.data;
  std::string bytes;
  form.spool->fetch(part.from, part.count, [&bytes](Result<std::string> got) { bytes = std::move(*got); });
  return bytes;
}

// All of a request's body, in pieces of an odd size.
inline std::string whole_body(const Outgoing& out) {
  std::string body = out.body;
  for (const http::Piece& piece : out.pieces) {
    body += piece.text;
    for (std::uint64_t at = 0; piece.spool && at < piece.count;) {
      std::size_t count = std::min<std::uint64_t>(piece.count - at, 7);
      piece.spool->fetch(piece.from + at, count, [&body](Result<std::string> got) { body += *got; });
      at += count;
    }
  }
  return body;
}

}  // namespace freeway::dialect
