// A mapped piece of memory, of a file or of none. Move-only; blocking calls, none of them on a loop's thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/error.h"

namespace freeway::journal {

class Region {
 public:
  Region() = default;
  // A new file (0600) in the place of any other, all of it reserved on the disk, so that writing into the mapping can't fail
  // later. Fails with io; then there is no file.
  static Result<Region> create(const std::string& path, std::size_t bytes);
  // Memory alone. Fails with exhausted.
  static Result<Region> anonymous(std::size_t bytes);
  // A file's whole words, for reading. Fails with not_found or io.
  static Result<Region> read(const std::string& path);

  Region(Region&& other) noexcept;
  Region& operator=(Region&& other) noexcept;
  ~Region();

  std::span<std::uint64_t> words() { return words_; }
  std::span<const std::uint64_t> words() const { return words_; }
  bool on_disk() const { return file_ >= 0; }

  // Positions in words; all are bent to pages and to the region's end.
  // Makes the pages present and writable, so that a store into them is only a store.
  void prepare(std::size_t from, std::size_t to);
  // To the disk. False: it refuses.
  bool sync(std::size_t from, std::size_t to);
  // Gives the pages back to the system; of a file, what they hold stays in its cache.
  void leave(std::size_t from, std::size_t to);

 private:
  static Result<Region> map(int file, std::size_t bytes, bool writable);
  std::span<std::uint64_t> words_;
  int file_ = -1;
};

}  // namespace freeway::journal
