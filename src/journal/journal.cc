#include "journal/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <thread>

#include "base/log.h"
#include "journal/log.h"

namespace freeway::journal {

namespace {

constexpr std::size_t kWord = sizeof(std::uint64_t);
constexpr std::size_t kAhead = (std::size_t{256} << 10) / kWord;    // kept ready for appending
constexpr std::size_t kLastStep = (std::size_t{16} << 10) / kWord;  // copied under the append lock, at most
constexpr int kRetryTicks = 5;
constexpr auto kTick = std::chrono::seconds(1);

std::string kernel_boot() {
  std::array<char, 64> text{};
  std::FILE* file = std::fopen("/proc/sys/kernel/random/boot_id", "re");
  if (!file) return {};
  std::size_t size = std::fread(text.data(), 1, text.size(), file);
  std::fclose(file);
  return {text.data(), size};
}

// Makes a rename last.
void sync_folder(const std::string& path) {
  std::size_t slash = path.rfind('/');
  std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return;
  ::fsync(file);
  ::close(file);
}

using Replicas = std::vector<std::unique_ptr<Replica>>;

// What a reading of records found out about time.
struct Story {
  std::size_t records = 0;
  Instant last;
  Moment pair{};                       // the last with both clocks
  Duration fastest = Duration::min();  // wall - instant, the largest
  bool torn = false;

  Duration shift(Moment at) const {
    if (fastest == Duration::min()) return {};
    Duration passed = at.wall.time_since_epoch() - (last.time_since_epoch() + fastest);
    return at.now - std::max(passed, Duration::zero()) - last;
  }
};

void read(Words words, const Replicas& replicas, Story& story) {
  Cursor cursor(words);
  Record record;
  while (cursor.next(record)) {
    for (const auto& replica : replicas) replica->apply(record);
    ++story.records;
    story.last = std::max(story.last, record.at.now);
    if (record.at.wall == kNoWall) continue;
    story.pair = record.at;
    story.fastest = std::max(story.fastest, record.at.wall.time_since_epoch() - record.at.now.time_since_epoch());
  }
  story.torn = cursor.torn();
}

}  // namespace

struct Journal::State {
  State(Options the_options, std::vector<Make> the_makes)
      : options(std::move(the_options)), makes(std::move(the_makes)), log([this] { ring(); }) {}

  Replicas make() const {
    Replicas made;
    for (const auto& one : makes) made.push_back(one());
    return made;
  }
  std::string draft_path() const { return options.path + ".new"; }

  Replicas recover(Moment at);
  bool finish();
  bool put(const Draft& draft, std::size_t seen);
  bool fill(Region& region, std::size_t& used, std::size_t& seen);
  bool compact();
  void tend(bool write);

  void ring() {
    {
      std::lock_guard lock(mutex);
      rung = true;
    }
    changed.notify_one();
  }
  void live();
  void refuse(const Error& error) {
    if (!refused) log::error("{}; what counts and rests is kept in memory until it works again", error.message);
    refused = true;
  }

  Options options;
  std::vector<Make> makes;
  Header header;
  Log log;
  // Of the first region, with its header.
  std::size_t synced = 0;
  std::size_t seen_end = 0;
  std::size_t ready = 0;
  bool refused = false;
  bool unfinished = false;  // `<path>.new` is the journal, not yet renamed
  int wait_ticks = 0;       // until the next try

  std::mutex mutex;
  std::condition_variable changed;
  bool rung = false;
  bool ending = false;
  std::thread thread;
};

// Is `<path>.new` the journal? Only with all that was in it when it began to count; a loss of power can have eaten that.
bool intact(const Region& region) {
  Header header;
  if (!read_header(region.words(), header) || header.draft > region.words().size() - kHeaderWords) return false;
  Cursor cursor(region.words().subspan(kHeaderWords, header.draft));
  Record record;
  while (cursor.next(record)) {
  }
  return cursor.position() == header.draft;
}

// Gives the file that counts its name, when all of it is on the disk.
bool Journal::State::finish() {
  if (!unfinished) return true;
  std::string draft = draft_path();
  int file = ::open(draft.c_str(), O_RDONLY | O_CLOEXEC);
  unfinished = file < 0 || ::fsync(file) != 0 || std::rename(draft.c_str(), options.path.c_str()) != 0;
  if (unfinished) refuse({ErrorKind::io, fmt::format("can't write {}: {}", draft, std::strerror(errno))});
  if (file >= 0) ::close(file);
  sync_folder(options.path);
  return !unfinished;
}

// The state that the files tell, as of a new process.
Replicas Journal::State::recover(Moment at) {
  if (auto region = Region::read(draft_path()); region && intact(*region)) {
    unfinished = true;
    finish();
  }
  std::string from = unfinished ? draft_path() : options.path;
  Replicas replicas = make();
  auto region = Region::read(from);
  if (!region) {
    if (region.error().kind != ErrorKind::not_found) log::error("{}; pools count from zero", region.error().message);
    return replicas;
  }
  Header old;
  if (!read_header(region->words(), old)) {
    std::string aside = options.path + ".unreadable";
    log::error("{} is no journal that this version can read; it is kept as {}, and pools count from zero", from, aside);
    std::rename(from.c_str(), aside.c_str());
    return replicas;
  }
  Story story;
  read(std::as_const(*region).words().subspan(kHeaderWords), replicas, story);
  if (story.torn) log::warn("{} ends in a torn record; {} records before it stand", from, story.records);
  bool same_boot = old.boot[0] == header.boot[0] && old.boot[1] == header.boot[1] && story.last <= at.now;
  for (const auto& replica : replicas) replica->restart(at, same_boot ? Duration::zero() : story.shift(at));
  return replicas;
}

// Copies what was appended meanwhile, until little is left. False: it does not fit.
bool Journal::State::fill(Region& region, std::size_t& used, std::size_t& seen) {
  auto words = region.words();
  for (;;) {
    auto more = log.view(seen);
    if (more.words > words.size() - used) return false;
    for (Words part : more.parts) {
      std::copy(part.begin(), part.end(), words.begin() + static_cast<std::ptrdiff_t>(used));
      used += part.size();
    }
    seen += more.words;
    if (more.words < kLastStep) return true;
  }
}

// Goes on in a new file that begins with the draft, which stands for the first `seen` words of the log.
bool Journal::State::put(const Draft& draft, std::size_t seen) {
  std::size_t bytes = options.bytes;
  std::size_t behind = log.size() - seen;
  while (bytes / 2 < (kHeaderWords + draft.words().size() + behind) * kWord) bytes *= 2;
  bool disk = finish();
  Result<Region> region = fail(ErrorKind::io, "");
  if (disk) {
    region = Region::create(draft_path(), bytes);
    if (!region) refuse(region.error());
    disk = region.has_value();
  }
  if (!disk) {
    // A file that has room is better than memory.
    bool full = !log.first() || log.ran_over() || log.size() * kWord > options.bytes / 4 * 3;
    if (!full || log.on_disk()) return false;
    region = Region::anonymous(bytes);
    if (!region) return false;
  }
  std::copy(draft.words().begin(), draft.words().end(), region->words().begin() + kHeaderWords);
  std::size_t used = kHeaderWords + draft.words().size();
  std::deque<Region> old;
  for (bool done = false; !done;) {
    if (!fill(*region, used, seen)) {
      if (disk) ::unlink(draft_path().c_str());
      return false;
    }
    region->prepare(used, used + kAhead);
    done = log.replace(*region, header, used, seen, kLastStep, old);
  }
  synced = seen_end = 0;
  ready = used + kAhead;
  unfinished = disk;
  if (!disk) return false;
  if (refused) log::info("{} works again", options.path);
  refused = false;
  return true;
}

bool Journal::State::compact() {
  auto view = log.view();
  auto replicas = make();
  Story story;
  for (Words part : view.parts) read(part, replicas, story);
  Draft draft;
  for (const auto& replica : replicas) replica->write(draft, story.pair);
  replicas.clear();
  return put(draft, view.words) && finish();
}

// `write`: has what came brought to the disk, and its pages given back.
void Journal::State::tend(bool write) {
  finish();
  if (Region* region = log.first()) {
    std::size_t end = std::min(kHeaderWords + log.size(), region->words().size());
    // The page under the cursor stays out of it, because a page that is being written may make a store wait; unless nothing
    // came since the last time.
    std::size_t page = std::size_t{4096} / kWord;
    std::size_t until = end == seen_end ? end : end / page * page;
    if (write && until > synced) {
      region->sync(synced, until);
      region->leave(synced / page * page, until);
      synced = until;
    }
    if (write) seen_end = end;
    if (end + kAhead / 2 > ready) {
      region->prepare(std::max(ready, end), end + kAhead);
      ready = end + kAhead;
    }
  }
  bool full = log.first() && log.size() * kWord > log.first()->words().size_bytes() / 4 * 3;
  bool wanting = full || !log.on_disk();
  if (wanting && --wait_ticks <= 0) wait_ticks = compact() ? 0 : kRetryTicks;
}

// The thread: every second while something happens, and when the log rings, which it does more often under load; what
// came is written once a second all the same, since a file that is replaced before need not be written.
void Journal::State::live() {
  auto written = std::chrono::steady_clock::time_point();
  for (;;) {
    const auto now = std::chrono::steady_clock::now();
    const bool write = now - written >= kTick;
    if (write) written = now;
    tend(write);
    std::size_t size = log.size();
    std::size_t room = log.first() ? log.first()->words().size() : 0;
    bool idle = !refused && log.on_disk() && kHeaderWords + size == synced;
    std::size_t next = std::min(size + kAhead / 2, std::max(room / 4 * 3, size) + 1);
    log.ring_at(idle ? size + 1 : next);
    std::unique_lock lock(mutex);
    auto woken = [this] { return rung || ending; };
    if (idle) {
      changed.wait(lock, woken);
    } else {
      changed.wait_until(lock, written + kTick, woken);
    }
    if (ending) return;
    rung = false;
  }
}

Journal::Journal(Options options, std::vector<Make> makes, Moment at)
    : state_(std::make_unique<State>(std::move(options), std::move(makes))) {
  auto& state = *state_;
  std::string boot = state.options.boot.empty() ? kernel_boot() : state.options.boot;
  state.header.boot[0] = digest(boot);
  state.header.boot[1] = digest(boot + "#");
  restored_ = state.recover(at);
  Draft draft;
  for (const auto& replica : restored_) replica->write(draft, at);
  state.put(draft, 0);
  if (!state.options.thread) state.finish();
  if (state.options.thread) state.thread = std::thread([&state] { state.live(); });
}

Journal::~Journal() {
  if (state_->thread.joinable()) {
    {
      std::lock_guard lock(state_->mutex);
      state_->ending = true;
    }
    state_->changed.notify_one();
    state_->thread.join();
  }
  if (!state_->log.on_disk()) state_->compact();
  state_->finish();
  if (Region* region = state_->log.first()) region->sync(0, kHeaderWords + state_->log.size());
}

void Journal::append(Kind kind, Moment at, Words payload) noexcept { state_->log.append(kind, at, payload); }
bool Journal::on_disk() const { return state_->log.on_disk(); }
std::size_t Journal::size() const { return state_->log.size(); }
void Journal::tend() { state_->tend(true); }
bool Journal::compact() { return state_->compact(); }

}  // namespace freeway::journal
