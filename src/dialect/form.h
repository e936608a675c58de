// multipart/form-data, as uploads come and go. No sockets, no files.
// Source: RFC 7578, RFC 2046.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "chat/form.h"
#include "dialect/audio.h"
#include "dialect/dialect.h"

namespace freeway::dialect {

// Reads a form as it comes. A part with a file's name, or called "file", is a file: its bytes are given out, and nothing of
// them is kept. Of everything else no more than 256 KiB are taken. One thread.
class FormReader {
 public:
  // Fails with malformed: no form, or no boundary of 1 to 70 characters.
  static Result<FormReader> open(std::string_view content_type);

  // Appends to `files` what belongs to files, one behind the other. Fails with malformed: a part without a name, more than
  // 64 parts, fields that are too long together, a line that is half a boundary; from then on every call fails.
  Result<void> feed(std::string_view bytes, std::string& files);
  // All has come. Fails with malformed also for a form that is cut short. `spool`: where all that was given out lies.
  Result<chat::Form> finish(std::shared_ptr<const Spool> spool);

 private:
  enum class Stage : unsigned char { preamble, head, data, epilogue };

  explicit FormReader(std::string boundary);
  Result<bool> step(std::string& files);
  Result<bool> read_preamble();
  Result<bool> read_part_head();
  Result<bool> read_data(std::string& files);
  Result<std::size_t> find_boundary() const;
  Result<void> give(std::size_t count, std::string& files);
  Result<void> broken(std::string message);

  chat::Form form_;
  std::string mark_;      // "\n--" and the boundary
  std::string pending_;   // bytes that nothing was made of yet
  std::size_t skip_ = 0;  // of `pending_`, at its front: the end of a part's head, which may begin a boundary's line as well
  std::size_t field_bytes_ = 0;
  std::uint64_t given_ = 0;
  Stage stage_ = Stage::preamble;
  AudioLength length_;
  std::string broken_;  // why nothing more is read
};

// Puts a file behind what the request holds: a copy if it is held, else a piece.
void add_file(const chat::Form& form, const chat::FormPart& part, Outgoing& out);

// A form of some parts of another one, into the body of a request and its pieces. Files that are held whole are copied.
void write_form(const chat::Form& form, const std::vector<const chat::FormPart*>& parts, Outgoing& out);

}  // namespace freeway::dialect
