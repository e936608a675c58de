// What a stream over a socket can tell beside what it reads. A stream that can derives from it.
#pragma once

namespace freeway::net {

class HangUp {
 public:
  virtual ~HangUp() = default;
  // The peer has ended its sending side or is gone, though nobody has read all that it sent before.
  virtual bool hung_up() const = 0;
};

// Of a socket. Asks the kernel and never waits.
bool hung_up(int descriptor);

}  // namespace freeway::net
