#include "net/resolve.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <map>
#include <thread>
#include <utility>

namespace freeway::net {

namespace {

constexpr std::size_t kThreads = 4;
constexpr std::size_t kCachedNames = 4096;

Result<std::vector<std::string>> ask_system(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  errno = 0;
  const int failure = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (failure != 0) {
    if (failure == EAI_MEMORY || errno == EMFILE || errno == ENFILE)
      return fail(ErrorKind::exhausted, fmt::format("freeway's machine has no file or memory left to resolve {}", host));
    return fail(ErrorKind::unreachable, fmt::format("the name {} does not resolve: {}", host, ::gai_strerror(failure)));
  }
  std::vector<std::string> addresses;
  for (const addrinfo* row = found; row != nullptr; row = row->ai_next) {
    char text[NI_MAXHOST];
    if (::getnameinfo(row->ai_addr, row->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0) {
      addresses.emplace_back(text);
    }
  }
  ::freeaddrinfo(found);
  return addresses;
}

Result<Addresses> parse(const std::string& host, Result<std::vector<std::string>> found) {
  if (!found) return std::unexpected(std::move(found.error()));
  Addresses addresses;
  for (const std::string& text : *found) {
    ErrorCode code;
    const auto address = asio::ip::make_address(text, code);
    if (!code) addresses.push_back(address);
  }
  if (addresses.empty()) return fail(ErrorKind::unreachable, fmt::format("the name {} has no address", host));
  return addresses;
}

void answer_to(const std::shared_ptr<Lookup>& lookup, Result<Addresses> answer) {
  lookup->answer = std::move(answer);
  lookup->done = true;
  if (lookup->wakeup != nullptr) lookup->wakeup->ring();
}

}  // namespace

struct Resolver::State {
  struct Waiting {
    std::shared_ptr<Door> door;
    std::shared_ptr<Lookup> lookup;
    const Clock* clock;
  };
  struct Name {
    Result<Addresses> answer;
    Instant good_until{};  // of the answer
    bool asking = false;
    std::vector<Waiting> waiting;
  };

  void work();
  void forget_old(Instant now);

  Find find;
  Duration ttl;
  Duration failure_ttl;
  std::mutex mutex;
  std::condition_variable asked;
  std::map<std::string, Name> names;
  std::deque<std::string> questions;
  std::size_t threads = 0;
  bool stopping = false;
};

Resolver::Resolver(Find find, Duration ttl, Duration failure_ttl) : state_(std::make_shared<State>()) {
  state_->find = find ? std::move(find) : Find(ask_system);
  state_->ttl = ttl;
  state_->failure_ttl = failure_ttl;
}

Resolver::~Resolver() {
  {
    std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->asked.notify_all();
}

std::shared_ptr<Lookup> Resolver::look_up(Loop& loop, const std::string& host, Wakeup& wakeup) {
  auto lookup = std::make_shared<Lookup>();
  lookup->wakeup = &wakeup;
  ErrorCode not_numeric;
  const auto numeric = asio::ip::make_address(host, not_numeric);
  if (!not_numeric) {
    lookup->answer = Addresses{numeric};
    lookup->done = true;
    return lookup;
  }
  const Instant now = loop.now();
  std::lock_guard lock(state_->mutex);
  state_->forget_old(now);
  State::Name& name = state_->names[host];
  if (!name.asking && now < name.good_until) {
    lookup->answer = name.answer;
    lookup->done = true;
    return lookup;
  }
  name.waiting.push_back({loop.core().door, lookup, &loop.clock()});
  if (name.asking) return lookup;
  name.asking = true;
  state_->questions.push_back(host);
  if (state_->threads < kThreads) {
    ++state_->threads;
    std::thread([state = state_] { state->work(); }).detach();
  }
  state_->asked.notify_one();
  return lookup;
}

void Resolver::State::forget_old(Instant now) {
  if (names.size() < kCachedNames) return;
  std::erase_if(names, [&](const auto& row) { return !row.second.asking && row.second.good_until <= now; });
}

void Resolver::State::work() {
  std::unique_lock lock(mutex);
  for (;;) {
    asked.wait(lock, [this] { return stopping || !questions.empty(); });
    if (stopping) return;
    const std::string host = std::move(questions.front());
    questions.pop_front();
    lock.unlock();
    Result<Addresses> answer = parse(host, find(host));
    lock.lock();
    Name& name = names[host];
    name.asking = false;
    name.answer = answer;
    const std::vector<Waiting> waiting = std::exchange(name.waiting, {});
    // By the clock of the loop that asked; nothing is remembered if it is gone, since its clock may be gone too.
    name.good_until = Instant{};
    for (const Waiting& one : waiting) {
      const Duration good_for = answer ? ttl : failure_ttl;
      std::lock_guard door(one.door->mutex);
      if (one.door->loop == nullptr) continue;
      name.good_until = std::max(name.good_until, one.clock->now() + good_for);
      one.door->loop->post([lookup = one.lookup, answer] { answer_to(lookup, answer); });
    }
  }
}

Addresses interleave(const Addresses& addresses) {
  Addresses first;
  Addresses second;
  for (const auto& address : addresses) {
    (address.is_v6() == addresses.front().is_v6() ? first : second).push_back(address);
  }
  Addresses mixed;
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) mixed.push_back(first[i]);
    if (i < second.size()) mixed.push_back(second[i]);
  }
  return mixed;
}

}  // namespace freeway::net
