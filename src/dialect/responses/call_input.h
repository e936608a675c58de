// The text inside the arguments of a free-form tool's call, {"input":"…"}, given out while they are still being written.
#pragma once

#include <string>
#include <string_view>

namespace freeway::dialect::responses {

// One call. Arguments of any other shape are not lost: their text as a whole is the input, once they are complete.
class CallInput {
 public:
  // More of the arguments; what is new of the input is appended to `out`.
  void feed(std::string_view piece, std::string& out);
  std::size_t held() const { return arguments_.size(); }
  // No more comes. Appends the rest.
  void finish(std::string& out);

 private:
  enum class State : unsigned char { before, inside, after };

  bool find_begin();
  void unescape(std::string& out);

  State state_ = State::before;
  std::string arguments_;  // all of them
  std::size_t at_ = 0;     // looked at up to here, once inside
};

}  // namespace freeway::dialect::responses
