#include "app/console.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "base/file.h"
#include "base/text.h"

namespace freeway::app {

namespace {

// The controlling terminal, whatever standard input and output are.
class Tty {
 public:
  Tty() : descriptor_(::open("/dev/tty", O_RDWR | O_CLOEXEC)) {}
  Tty(const Tty&) = delete;
  Tty& operator=(const Tty&) = delete;
  ~Tty() {
    show();
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  bool there() const { return descriptor_ >= 0; }
  void say(std::string_view text) const { write_all(descriptor_, text); }
  void hide() {
    termios mode{};
    if (::tcgetattr(descriptor_, &mode) != 0) return;
    before_ = mode;
    mode.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(descriptor_, TCSAFLUSH, &mode);
  }
  void show() {
    if (before_) ::tcsetattr(descriptor_, TCSAFLUSH, &*before_);
    before_.reset();
  }
  std::string line() const {
    std::string text;
    char c = 0;
    while (text.size() < 64UL * 1024) {
      ssize_t got = ::read(descriptor_, &c, 1);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0 || c == '\n') break;
      text += c;
    }
    return std::string(trim(text));
  }

 private:
  int descriptor_;
  std::optional<termios> before_;
};

Result<Secret> ask_secret(const std::string& question) {
  Tty tty;
  if (!tty.there()) return fail(ErrorKind::io, "there is no terminal to ask on");
  tty.hide();
  tty.say(question);
  std::string answer = tty.line();
  tty.say("\n");
  return Secret(std::move(answer));
}

bool confirm(const std::string& question) {
  Tty tty;
  if (!tty.there()) return false;
  tty.say(question + " [y/N] ");
  std::string answer = tty.line();
  return iequals(answer, "y") || iequals(answer, "yes");
}

Result<std::string> read_input() {
  constexpr std::size_t kMost = 16UL * 1024 * 1024;
  std::string text;
  std::array<char, 16 * 1024> piece{};
  for (;;) {
    ssize_t got = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(ErrorKind::io, std::string("can't read standard input: ") + std::strerror(errno));
    if (got == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(got));
    if (text.size() > kMost) return fail(ErrorKind::too_large, "standard input holds more than 16 MiB");
  }
}

}  // namespace

Console real_console() {
  Console made;
  made.input_is_terminal = ::isatty(STDIN_FILENO) == 1;
  made.output_is_terminal = ::isatty(STDOUT_FILENO) == 1;
  made.ask_secret = ask_secret;
  made.confirm = confirm;
  made.read_input = read_input;
  return made;
}

}  // namespace freeway::app
