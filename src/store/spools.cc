#include "store/spools.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <utility>

#include "store/worker.h"

namespace freeway::store {

struct Spools::Shared {
  explicit Shared(Options given) : options(std::move(given)), space(options.space) {}

  // False, and the job is gone, if too many wait or the threads have ended.
  bool post(std::move_only_function<void()> job) {
    std::lock_guard lock(mutex);
    return worker && worker->post(std::move(job));
  }

  // False: there is no room for so many bytes more.
  bool hold(std::uint64_t bytes) {
    std::uint64_t held = on_disk;
    do {
      std::uint64_t most = space;
      if (held > most || bytes > most - held) return false;
    } while (!on_disk.compare_exchange_weak(held, held + bytes));
    return true;
  }

  const Options options;
  std::atomic<std::uint64_t> space;
  std::atomic<std::uint64_t> on_disk{0};
  std::mutex mutex;
  std::unique_ptr<Worker> worker;
};

namespace {

// The one name that a file has for a moment, where it can't be made without.
std::string brief_name(const std::string& folder) { return folder + "/upload.tmp"; }

std::optional<Error> trouble(std::string_view what, int code) {
  bool full = code == ENOSPC || code == EDQUOT || code == EFBIG;
  return Error{full ? ErrorKind::exhausted : ErrorKind::io,
               fmt::format("{} failed: {}", what, std::generic_category().message(code))};
}

// A file without a name: nobody else sees it, and it is gone with its last descriptor, however the process ends.
int open_nameless(const std::string& folder, bool may_be_made_so) {
  constexpr mode_t kMine = 0600;
  int descriptor = -1;
  if (may_be_made_so) {
    descriptor = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, kMine);
    bool unknown = descriptor < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL);
    if (!unknown) return descriptor;
  }
  // Whoever finds the name taken may remove it: only the descriptor matters to whoever made it.
  std::string name = brief_name(folder);
  for (int i = 0; i < 100 && descriptor < 0; ++i) {
    descriptor = ::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, kMine);
    bool taken = descriptor < 0 && errno == EEXIST;
    if (descriptor < 0 && !taken) return descriptor;
    ::unlink(name.c_str());
  }
  return descriptor;
}

// Opened by the first write. Used by one job at a time while it is written, by any number once it is.
struct File {
  explicit File(std::shared_ptr<Spools::Shared> of) : shared(std::move(of)) {}
  ~File() {
    auto free = [of = shared, at = descriptor, bytes = held] {
      if (at >= 0) ::close(at);
      of->on_disk -= bytes;
    };
    // To free a large file takes time.
    if (descriptor < 0 || !shared->post(free)) free();
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  std::optional<Error> write(std::string_view bytes, std::uint64_t at) {
    if (descriptor < 0) descriptor = open_nameless(shared->options.folder, shared->options.nameless);
    if (descriptor < 0) return trouble("making a file for an upload in " + shared->options.folder, errno);
    while (!bytes.empty()) {
      ssize_t written = ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(at));
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return trouble("writing an upload's file in " + shared->options.folder, written < 0 ? errno : EIO);
      bytes.remove_prefix(static_cast<std::size_t>(written));
      at += static_cast<std::uint64_t>(written);
    }
    return std::nullopt;
  }

  Result<std::string> read(std::uint64_t at, std::size_t count) const {
    std::string bytes(count, '\0');
    std::size_t got = 0;
    while (got < count) {
      ssize_t read = ::pread(descriptor, bytes.data() + got, count - got, static_cast<off_t>(at + got));
      if (read < 0 && errno == EINTR) continue;
      if (read <= 0) return fail(ErrorKind::io, trouble("reading an upload's file", read < 0 ? errno : EIO)->message);
      got += static_cast<std::size_t>(read);
    }
    return bytes;
  }

  const std::shared_ptr<Spools::Shared> shared;
  int descriptor = -1;
  std::uint64_t held = 0;  // of the space of all files; changed by the spool's owner alone
};

}  // namespace

struct FileSpool::State : std::enable_shared_from_this<FileSpool::State> {
  State(std::shared_ptr<Spools::Shared> of, Spools::Home where, std::function<void()> told)
      : shared(std::move(of)), home(std::move(where)), changed(std::move(told)), file(std::make_shared<File>(shared)) {}

  // What is in memory goes behind what is in the file.
  void write() {
    if (!shared->hold(memory.size())) {
      fail_with({ErrorKind::too_large,
                 fmt::format("the files of all uploads would take more than {} bytes", shared->space.load())});
      return;
    }
    file->held += memory.size();
    std::string bytes = std::exchange(memory, std::string());
    writing = true;
    std::uint64_t at = in_file;
    in_file += bytes.size();
    bool posted = shared->post([file = file, home = home, self = weak_from_this(), bytes = std::move(bytes), at] {
      std::optional<Error> broken = file->write(bytes, at);
      home([self, broken = std::move(broken)]() mutable {
        if (auto state = self.lock()) state->written(std::move(broken));
      });
    });
    if (posted) return;
    writing = false;
    fail_with({ErrorKind::io, "too many uploads wait for the disk"});
  }

  void written(std::optional<Error> broken) {
    writing = false;
    if (broken) fail_with(std::move(*broken));
    changed();
  }

  void fail_with(Error why) {
    failure = std::move(why);
    file.reset();
    in_file = 0;
    std::string().swap(memory);
  }

  const std::shared_ptr<Spools::Shared> shared;
  const Spools::Home home;
  const std::function<void()> changed;
  std::shared_ptr<File> file;
  std::uint64_t in_file = 0;
  std::string memory;  // behind what is in the file
  bool writing = false;
  std::optional<Error> failure;
};

Spools::Spools(Options options) : shared_(std::make_shared<Shared>(std::move(options))) {
  ::unlink(brief_name(shared_->options.folder).c_str());
  shared_->worker = std::make_unique<Worker>(Worker::Options{shared_->options.threads, shared_->options.waiting});
}

Spools::~Spools() {
  std::unique_ptr<Worker> ending;
  {
    std::lock_guard lock(shared_->mutex);
    ending = std::move(shared_->worker);
  }
}

std::unique_ptr<FileSpool> Spools::open(Home home, std::function<void()> changed) {
  return std::make_unique<FileSpool>(std::make_shared<FileSpool::State>(shared_, std::move(home), std::move(changed)));
}

void Spools::set_space(std::uint64_t bytes) { shared_->space = bytes; }

std::uint64_t Spools::on_disk() const { return shared_->on_disk; }

FileSpool::FileSpool(std::shared_ptr<State> state) : state_(std::move(state)) {}

FileSpool::~FileSpool() = default;

void FileSpool::append(std::string_view bytes) {
  state_->memory += bytes;
  if (state_->memory.size() > state_->shared->options.memory) state_->write();
}

bool FileSpool::idle() const { return !state_->writing; }

const std::optional<Error>& FileSpool::failure() const { return state_->failure; }

std::uint64_t FileSpool::size() const { return state_->in_file + state_->memory.size(); }

std::string_view FileSpool::held(std::uint64_t from) const {
  if (from < state_->in_file) return {};
  return std::string_view(state_->memory).substr(static_cast<std::size_t>(from - state_->in_file));
}

void FileSpool::fetch(std::uint64_t from, std::size_t count, Taken taken) const {
  const State& state = *state_;
  std::uint64_t end = from + count;
  std::uint64_t begin_held = std::max(from, state.in_file);
  std::string rest;
  if (end > begin_held) rest = held(begin_held).substr(0, static_cast<std::size_t>(end - begin_held));
  if (from >= state.in_file) {
    state.home([rest = std::move(rest), taken = std::move(taken)]() mutable { taken(std::move(rest)); });
    return;
  }
  auto pending = std::make_shared<Taken>(std::move(taken));
  std::size_t of_file = count - rest.size();
  bool posted =
      state.shared->post([file = state.file, home = state.home, from, of_file, rest = std::move(rest), pending]() mutable {
        Result<std::string> bytes = file->read(from, of_file);
        if (bytes) *bytes += rest;
        home([bytes = std::move(bytes), pending = std::move(pending)]() mutable { (*pending)(std::move(bytes)); });
      });
  if (posted) return;
  state.home([pending] { (*pending)(fail(ErrorKind::io, "too many uploads wait for the disk")); });
}

}  // namespace freeway::store
