#include "store/sqlite/writer.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace freeway::store::sqlite {

namespace {

constexpr std::size_t kBatch = 1'000;                   // records that wake the writer at once
constexpr auto kForgetEvery = std::chrono::minutes(1);  // on an idle gateway
constexpr auto kCalm = std::chrono::minutes(10);        // after saying that the disk refuses
constexpr auto kSilence = std::chrono::minutes(1);      // after saying that records are dropped
constexpr std::uint64_t kForgetAfter = 10'000;          // records, on a busy one

std::uint64_t file_size(const std::string& path) {
  struct stat facts{};
  return ::stat(path.c_str(), &facts) == 0 ? static_cast<std::uint64_t>(facts.st_size) : 0;
}

// The texts that strangers wrote.
void hide_secrets(RequestRecord& record, const SecretSet& secrets) {
  secrets.redact(record.id);
  secrets.redact(record.asked);
  secrets.redact(record.error_code);
  secrets.redact(record.error);
  for (auto& attempt : record.attempts) secrets.redact(attempt.evidence);
}

bool tells_secrets(const RequestRecord& record, const SecretSet& secrets) {
  if (secrets.found(record.id) || secrets.found(record.asked)) return true;
  if (!record.error.empty() && secrets.found(record.error)) return true;
  if (!record.error_code.empty() && secrets.found(record.error_code)) return true;
  for (const auto& attempt : record.attempts) {
    if (!attempt.evidence.empty() && secrets.found(attempt.evidence)) return true;
  }
  return false;
}

}  // namespace

Writer::Writer(Database database, const Clock& clock, const SqliteOptions& options)
    : database_(std::move(database)), clock_(clock), options_(options), thread_([this] { serve(); }) {}

Writer::~Writer() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

Result<void> Writer::run(Job job) {
  Waiting waiting;
  waiting.job = std::move(job);
  std::unique_lock lock(mutex_);
  jobs_.push_back(&waiting);
  wake_.notify_one();
  finished_.wait(lock, [&waiting] { return waiting.done; });
  return std::move(waiting.result);
}

void Writer::log(const RequestRecord& record) {
  auto secrets = options_.secrets != nullptr ? options_.secrets->load() : nullptr;
  if (secrets && tells_secrets(record, *secrets)) {
    RequestRecord redacted = record;
    hide_secrets(redacted, *secrets);
    add(redacted);
  } else {
    add(record);
  }
}

void Writer::add(const RequestRecord& record) {
  std::unique_lock lock(mutex_);
  std::size_t before = waiting();
  if (before >= options_.queue) {
    ++dropped_;
    Instant now = clock_.now();
    bool say = now >= silent_until_;
    if (say) silent_until_ = now + kSilence;
    lock.unlock();
    if (say) log::warn("the request log can't keep up; some requests will be missing in it");
    return;
  }
  if (batches_.empty() || batches_.back().segment.full()) {
    batches_.push_back(spare_ ? std::move(*spare_) : Batch());
    spare_.reset();
  }
  batches_.back().add(record);
  ++accepted_;
  // Under load the writer wakes when a batch is full or by the clock: never for a single record, but for the first one after
  // a pause.
  bool wake = std::exchange(idle_, false) || before + 1 == std::min(kBatch, options_.queue);
  lock.unlock();
  if (wake) wake_.notify_one();
}

void Writer::flush() {
  std::unique_lock lock(mutex_);
  std::uint64_t until = accepted_;
  if (settled_ >= until) return;
  ++flushing_;
  wake_.notify_one();
  finished_.wait(lock, [this, until] { return settled_ >= until; });
  --flushing_;
}

StoreStatus Writer::status() const {
  StoreStatus status;
  {
    std::lock_guard lock(mutex_);
    status.logged = written_;
    status.dropped = dropped_;
    status.waiting = accepted_ - settled_;
    status.trouble = trouble_;
  }
  status.bytes = file_size(database_.path()) + file_size(database_.path() + "-wal");
  return status;
}

Writer::Round Writer::gather(bool more_to_forget) {
  std::unique_lock lock(mutex_);
  auto busy = [this] { return ending_ || !jobs_.empty() || flushing_ > 0 || waiting() >= std::min(kBatch, options_.queue); };
  if (!more_to_forget && !busy()) {
    // After a batch the next is awaited by the clock alone; only if none has begun by then, the writer waits to be called.
    bool pause = !wake_.wait_for(lock, options_.linger, busy) && waiting() == 0;
    if (pause) {
      idle_ = true;
      auto any = [this, &busy] { return busy() || waiting() > 0; };
      bool called = wake_.wait_for(lock, kForgetEvery, any);
      idle_ = false;
      if (called && !busy()) wake_.wait_for(lock, options_.linger, busy);
    }
  }
  Round round;
  round.jobs.swap(jobs_);
  round.batches.swap(batches_);
  taken_ = accepted_ - settled_;
  round.last = ending_;
  return round;
}

void Writer::serve() {
  bool more = true;  // a gateway that is started anew every hour forgets as well
  std::uint64_t since = 0;
  Instant checked = clock_.now();
  for (;;) {
    Round round = gather(more);
    if (!round.jobs.empty()) run_jobs(round.jobs);
    for (const auto& batch : round.batches) since += batch.segment.size();
    if (!round.batches.empty()) write_records(round.batches);
    if (round.last) return;
    Instant now = clock_.now();
    if (more || since >= kForgetAfter || now - checked >= kForgetEvery) {
      more = forget();
      since = 0;
      checked = now;
    }
  }
}

void Writer::run_jobs(std::vector<Waiting*>& jobs) {
  Result<void> whole = database_.run("PRAGMA synchronous = FULL; BEGIN IMMEDIATE");
  for (auto* waiting : jobs) {
    if (!whole) break;
    waiting->result = run_job(*waiting);
    // A full disk may end the transaction under way; then none of its jobs is done.
    if (!database_.in_transaction()) whole = waiting->result;
  }
  if (whole) whole = database_.run("COMMIT");
  if (!whole) database_.rollback();
  std::lock_guard lock(mutex_);
  for (auto* waiting : jobs) {
    if (!whole) waiting->result = whole;
    waiting->done = true;
  }
  finished_.notify_all();
}

Result<void> Writer::run_job(Waiting& waiting) {
  if (auto marked = database_.run("SAVEPOINT job"); !marked) return marked;
  auto done = waiting.job(database_);
  if (!database_.in_transaction()) {
    if (done) return fail(ErrorKind::io, database_.path() + " ended a transaction by itself");
    return done;
  }
  auto undone = done ? Result<void>() : database_.run("ROLLBACK TO job");
  if (undone) undone = database_.run("RELEASE job");
  if (done && !undone) return undone;
  return done;
}

Result<void> Writer::insert(const std::vector<Batch>& batches) {
  auto done = database_.run("PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE");
  if (!done) return done;
  for (const auto& batch : batches) {
    if (done = write_batch(database_, batch); !done) return done;
  }
  return database_.run("COMMIT");
}

void Writer::write_records(std::vector<Batch>& batches) {
  std::size_t records = 0;
  for (const auto& batch : batches) records += batch.segment.size();
  auto done = insert(batches);
  if (!done) {
    database_.rollback();
    trouble(done.error(), records);
  } else {
    recovered();
  }
  batches.front().clear();
  std::lock_guard lock(mutex_);
  if (!spare_) spare_ = std::move(batches.front());
  (done ? written_ : dropped_) += records;
  settled_ += records;
  taken_ -= records;
  finished_.notify_all();
}

bool Writer::forget() {
  auto more = forget_step(database_, options_, wall_.read(clock_.now(), clock_.wall()));
  if (!more) trouble(more.error(), 0);
  return more.value_or(false);
}

// A disk that is nearly full takes one batch and refuses the next; that is still told once.
void Writer::trouble(const Error& error, std::size_t lost) {
  std::unique_lock lock(mutex_);
  trouble_ = error.message;
  lost_ += lost;
  Instant now = clock_.now();
  if (now < calm_until_) return;
  calm_until_ = now + kCalm;
  told_ = true;
  lock.unlock();
  log::error("requests are served but not logged: {}", error.message);
}

void Writer::recovered() {
  std::unique_lock lock(mutex_);
  trouble_.clear();
  if (!std::exchange(told_, false)) return;
  std::uint64_t lost = std::exchange(lost_, 0);
  lock.unlock();
  log::info("requests are logged again; {} are missing", lost);
}

}  // namespace freeway::store::sqlite
