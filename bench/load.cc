// freeway-load: an HTTP/1.1 client that keeps a server of this machine busy and prints what it saw as one line of JSON.
//
//   freeway-load --port P --path PATH --key KEY --body FILE --connections N --requests M [--rate R] [--hold]
//
// N connections stay open and share M requests. Without a rate each sends its next request when it has its answer; with
// one, R requests a second leave at even distances, and latency counts from the moment when a request was due. With --hold
// every connection sends one request; when all have their first event, {"open":N} is printed, and the rest is swallowed
// until standard input ends. Answers must have status 200; the lines of them that begin with "data:" are counted as events.
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void die(std::string_view message) {
  fmt::print(stderr, "freeway-load: {}\n", message);
  std::exit(1);
}

// One answer, fed in any pieces.
class Answer {
 public:
  void reset() { *this = Answer(); }
  // Returns true at its end. Sets `broken` on what is no answer.
  bool feed(std::string_view bytes);
  int status = 0;
  bool broken = false;
  std::size_t events = 0;
  std::size_t body_bytes = 0;

 private:
  enum class At { head, length, size, data, data_end, trailer };
  void read_head();
  void body(char c);

  At at_ = At::head;
  std::string head_;  // and the line of a chunk's size
  std::size_t left_ = 0;
  std::size_t matched_ = 0;
};

void Answer::read_head() {
  status = head_.size() > 12 ? std::atoi(head_.c_str() + 9) : 0;
  for (char& c : head_) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  auto length = head_.find("\r\ncontent-length:");
  if (head_.find("\r\ntransfer-encoding: chunked") != std::string::npos) {
    at_ = At::size;
  } else if (length != std::string::npos) {
    at_ = At::length;
    left_ = std::strtoull(head_.c_str() + length + 17, nullptr, 10);
  } else {
    broken = true;
  }
  head_.clear();
}

void Answer::body(char c) {
  static constexpr std::string_view kEvent = "data:";
  ++body_bytes;
  if (c == kEvent[matched_]) {
    if (++matched_ < kEvent.size()) return;
    ++events;
    matched_ = 0;
  } else {
    matched_ = c == kEvent[0] ? 1 : 0;
  }
}

bool Answer::feed(std::string_view bytes) {
  for (char c : bytes) {
    switch (at_) {
      case At::head:
        head_ += c;
        if (head_.ends_with("\r\n\r\n")) {
          read_head();
          if (broken || (at_ == At::length && left_ == 0)) return true;
        }
        break;
      case At::length:
        body(c);
        if (--left_ == 0) return true;
        break;
      case At::size:
        if (c != '\n') {
          head_ += c;
          break;
        }
        left_ = std::strtoull(head_.c_str(), nullptr, 16);
        head_.clear();
        at_ = left_ == 0 ? At::trailer : At::data;
        break;
      case At::data:
        body(c);
        if (--left_ == 0) at_ = At::data_end;
        break;
      case At::data_end:
        if (c == '\n') at_ = At::size;
        break;
      case At::trailer:
        if (c != '\n') {
          head_ += c;
        } else if (head_ == "\r") {
          return true;
        } else {
          head_.clear();
        }
        break;
    }
  }
  return false;
}

struct Connection {
  int descriptor = -1;
  bool busy = false;
  Clock::time_point due;
  Answer answer;
};

struct Settings {
  int port = 0;
  std::size_t connections = 1;
  std::size_t requests = 1;
  double rate = 0;
  bool hold = false;
  std::string request;
};

class Load {
 public:
  explicit Load(Settings settings) : settings_(std::move(settings)), epoll_(epoll_create1(0)) {}
  void run();

 private:
  void open(Connection& connection);
  void send(Connection& connection, Clock::time_point due);
  void receive(Connection& connection);
  void finish(Connection& connection, bool good);
  void keep_pace();
  void report();

  Settings settings_;
  int epoll_;
  int timer_ = -1;
  std::vector<Connection> connections_;
  std::vector<Connection*> free_;
  std::vector<double> latencies_;  // microseconds
  std::size_t sent_ = 0, done_ = 0, failed_ = 0, events_ = 0, bytes_ = 0, open_ = 0;
  Clock::time_point start_;
};

void Load::open(Connection& connection) {
  connection.descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(settings_.port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(connection.descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) die("cannot connect");
  const int on = 1;
  setsockopt(connection.descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  fcntl(connection.descriptor, F_SETFL, O_NONBLOCK);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = &connection;
  epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.descriptor, &event);
}

void Load::send(Connection& connection, Clock::time_point due) {
  connection.busy = true;
  connection.due = due;
  connection.answer.reset();
  ++sent_;
  const std::string& request = settings_.request;
  if (::send(connection.descriptor, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
    die("the request was not taken in one piece");
}

void Load::finish(Connection& connection, bool good) {
  ++done_;
  if (!good) ++failed_;
  events_ += connection.answer.events;
  bytes_ += connection.answer.body_bytes;
  latencies_.push_back(std::chrono::duration<double, std::micro>(Clock::now() - connection.due).count());
  connection.busy = false;
  if (settings_.rate > 0) {
    free_.push_back(&connection);
    keep_pace();
  } else if (sent_ < settings_.requests && !settings_.hold) {
    send(connection, Clock::now());
  }
}

void Load::receive(Connection& connection) {
  std::array<char, 65536> buffer;
  const ssize_t got = recv(connection.descriptor, buffer.data(), buffer.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    close(connection.descriptor);
    open(connection);
    if (connection.busy) finish(connection, false);
    return;
  }
  if (!connection.busy) die("bytes that nobody asked for");
  const bool first = connection.answer.events == 0;
  const bool over = connection.answer.feed(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
  if (settings_.hold && first && connection.answer.events > 0 && ++open_ == settings_.connections) {
    fmt::print("{{\"open\":{}}}\n", open_);
    std::fflush(stdout);
  }
  if (over) finish(connection, connection.answer.status == 200 && !connection.answer.broken);
}

// Sends what is due, and sets the timer to the next.
void Load::keep_pace() {
  while (sent_ < settings_.requests && !free_.empty()) {
    const auto offset = std::chrono::duration<double>(static_cast<double>(sent_) / settings_.rate);
    const auto due = start_ + std::chrono::duration_cast<Clock::duration>(offset);
    if (due > Clock::now()) {
      const auto at = due.time_since_epoch();
      const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(at);
      itimerspec when{};
      when.it_value.tv_sec = seconds.count();
      when.it_value.tv_nsec = (at - seconds).count();
      timerfd_settime(timer_, TFD_TIMER_ABSTIME, &when, nullptr);
      return;
    }
    Connection& connection = *free_.back();
    free_.pop_back();
    send(connection, due);
  }
}

void Load::run() {
  connections_.resize(settings_.connections);
  for (Connection& connection : connections_) open(connection);
  start_ = Clock::now();
  if (settings_.rate > 0) {
    timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    epoll_event event{};
    event.events = EPOLLIN;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, timer_, &event);
    for (Connection& connection : connections_) free_.push_back(&connection);
    keep_pace();
  } else {
    for (Connection& connection : connections_)
      if (sent_ < settings_.requests || settings_.hold) send(connection, Clock::now());
  }
  if (settings_.hold) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = this;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, STDIN_FILENO, &event) != 0) die("--hold needs a pipe as standard input");
  }
  std::array<epoll_event, 256> ready;
  while (settings_.hold || done_ < settings_.requests) {
    const int count = epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), 30'000);
    if (count == 0) die("nothing happened for 30 s");
    for (int i = 0; i < count; ++i) {
      void* who = ready[static_cast<std::size_t>(i)].data.ptr;
      if (who == this) return report();
      if (who == nullptr) {
        std::uint64_t times = 0;
        [[maybe_unused]] const ssize_t taken = read(timer_, &times, sizeof times);
        keep_pace();
      } else {
        receive(*static_cast<Connection*>(who));
      }
    }
  }
  report();
}

void Load::report() {
  std::sort(latencies_.begin(), latencies_.end());
  auto quantile = [&](double q) {
    if (latencies_.empty()) return 0.0;
    return latencies_[static_cast<std::size_t>(q * static_cast<double>(latencies_.size() - 1))];
  };
  const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
  fmt::print(
      "{{\"requests\":{},\"failed\":{},\"events\":{},\"bytes\":{},\"seconds\":{:.3f},\"p50_us\":{:.1f},\"p99_us\":{:.1f},"
      "\"max_us\":{:.1f}}}\n",
      done_, failed_, events_, bytes_, seconds, quantile(0.5), quantile(0.99), quantile(1));
}

Settings read_settings(int argc, char** argv) {
  std::map<std::string, std::string> given;
  Settings settings;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--hold") {
      settings.hold = true;
    } else if (i + 1 < argc) {
      given[name] = argv[++i];
    } else {
      die(name + " needs a value");
    }
  }
  std::ifstream file(given["--body"]);
  if (!file) die("cannot read --body");
  const std::string body((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  settings.port = std::atoi(given["--port"].c_str());
  settings.connections = std::max(1UL, std::strtoul(given["--connections"].c_str(), nullptr, 10));
  settings.requests = std::strtoul(given["--requests"].c_str(), nullptr, 10);
  settings.rate = std::strtod(given["--rate"].c_str(), nullptr);
  settings.request = fmt::format(
      "POST {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n"
      "Accept: application/json\r\nUser-Agent: OpenAI/JS 5.0.0\r\nContent-Length: {}\r\n\r\n{}",
      given["--path"], settings.port, given["--key"], body.size(), body);
  return settings;
}

}  // namespace

int main(int argc, char** argv) {
  Load load(read_settings(argc, argv));
  load.run();
  return 0;
}
