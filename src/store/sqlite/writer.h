// The one thread that writes. Callers' jobs that wait at the same time are committed together and synced; log records are
// coded by who logs them, gathered for a moment and committed without waiting for the disk, so a power loss may cost the
// last of them, a crash of the process nothing that was committed.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "store/query.h"
#include "store/rows.h"
#include "store/sqlite/database.h"
#include "store/sqlite/records.h"
#include "store/sqlite/retention.h"
#include "store/sqlite/sqlite.h"

namespace freeway::store::sqlite {

// Thread-safe. Destroying it writes what waits.
class Writer {
 public:
  using Job = std::move_only_function<Result<void>(Database&)>;

  // The clock must outlive the writer.
  Writer(Database database, const Clock& clock, const SqliteOptions& options);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Runs the job inside a transaction of this thread; returns after it is committed and on the disk, or undone.
  Result<void> run(Job job);

  void log(const RequestRecord& record);  // see Store::log
  void flush();
  StoreStatus status() const;

 private:
  struct Waiting {
    Job job;
    Result<void> result;
    bool done = false;
  };
  struct Round {
    std::vector<Waiting*> jobs;
    std::vector<Batch> batches;
    bool last = false;
  };

  void add(const RequestRecord& record);
  void serve();
  Round gather(bool more_to_forget);
  void run_jobs(std::vector<Waiting*>& jobs);
  Result<void> run_job(Waiting& waiting);
  void write_records(std::vector<Batch>& batches);
  Result<void> insert(const std::vector<Batch>& batches);
  std::size_t waiting() const { return accepted_ - settled_ - taken_; }  // records that no round has taken; locked
  bool forget();
  void trouble(const Error& error, std::size_t lost);
  void recovered();

  Database database_;
  const Clock& clock_;
  const SqliteOptions options_;
  PatientWall wall_;  // of the writing thread

  mutable std::mutex mutex_;
  std::condition_variable wake_;      // the writing thread
  std::condition_variable finished_;  // its callers
  std::vector<Waiting*> jobs_;
  std::vector<Batch> batches_;  // all but the last are full
  std::optional<Batch> spare_;  // empty, with room
  bool idle_ = false;           // the writing thread sleeps until something comes
  std::uint64_t accepted_ = 0;  // records, since the start
  std::uint64_t settled_ = 0;   // of them written or dropped
  std::uint64_t taken_ = 0;     // of them being written
  std::uint64_t written_ = 0;
  std::uint64_t dropped_ = 0;
  std::size_t flushing_ = 0;
  bool ending_ = false;
  std::string trouble_;
  bool told_ = false;  // that the disk refuses
  Instant calm_until_{};
  std::uint64_t lost_ = 0;  // records, since it was told last that all is well
  Instant silent_until_{};
  std::thread thread_;
};

}  // namespace freeway::store::sqlite
