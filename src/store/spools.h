// Spools in memory and, where that is too little, in files without a name, read and written on threads of their own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/spool.h"

namespace freeway::store {

class FileSpool;

// Thread-safe. Must end before the loops that its spools post to; spools may outlive it.
class Spools {
 public:
  struct Options {
    std::string folder;               // of the files
    bool nameless = true;             // files without a name are made where the file system knows such
    std::size_t memory = 256 * 1024;  // bytes of a spool that are held
    std::size_t threads = 2;
    std::size_t waiting = 1024;                                       // reads and writes that may wait for a thread
    std::uint64_t space = std::numeric_limits<std::uint64_t>::max();  // bytes that all files may hold together
  };
  // Runs work on the loop that a spool belongs to, soon; callable on any thread.
  using Home = std::function<void(std::move_only_function<void()>)>;

  // Removes a file that a crash has left, where the file system knows no files without a name.
  explicit Spools(Options options);
  ~Spools();
  Spools(const Spools&) = delete;
  Spools& operator=(const Spools&) = delete;

  // An empty one. `changed` is called on its loop whenever it has become idle.
  std::unique_ptr<FileSpool> open(Home home, std::function<void()> changed);

  // From now on; what lies there already stays.
  void set_space(std::uint64_t bytes);
  // What all files hold, or are about to. A file counts until it is freed.
  std::uint64_t on_disk() const;

  struct Shared;

 private:
  std::shared_ptr<Shared> shared_;
};

// One spool. It is filled by who owns it; then it is one like any other. Destroying it frees the file.
class FileSpool final : public Spool {
 public:
  struct State;
  explicit FileSpool(std::shared_ptr<State> state);
  ~FileSpool() override;

  // Only while idle and without a failure. More than the memory takes is written to the file.
  void append(std::string_view bytes);
  // Nothing is being written. Only then may it be read.
  bool idle() const;
  // What broke, once: too_large (all spools together would pass their space), exhausted (the disk has none), io (the folder,
  // or too much waits). The spool holds nothing then.
  const std::optional<Error>& failure() const;

  std::uint64_t size() const override;
  std::string_view held(std::uint64_t from) const override;
  void fetch(std::uint64_t from, std::size_t count, Taken taken) const override;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace freeway::store
