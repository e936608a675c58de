// The one pass behind Document: checks the grammar and records where every value stands. Private to this room.
//
// No recursion and no stack: while a container is open, its node's `next` names the container around it and its `end` names
// its newest child.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "json/document.h"

namespace freeway::json {

class Indexer {
  using Node = Value::Node;

 public:
  Indexer(std::string_view text, Limits limits, std::vector<Node>& nodes)
      : begin_(text.data()), end_(text.data() + text.size()), limits_(limits), nodes_(nodes) {}

  Result<void> run();

 private:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  // Each takes the place of the next byte and returns the place behind what it read, or nullptr after fail_at.
  const char* value(const char* at, Node& node);
  const char* child(const char* at);
  const char* member_key(const char* at, Node& node);
  const char* string_rest(const char* at, std::uint8_t& escapes);
  const char* escape_rest(const char* at);
  const char* number(const char* at);
  const char* literal(const char* at, std::string_view word);
  const char* open(const char* at, Node& node, Type type);
  const char* skip_blanks(const char* at) const {
    while (at != end_ && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) ++at;
    return at;
  }

  void close(const char* at);
  const char* fail_at(const char* at, const char* expected);
  const char* too_large(const char* at, const char* what);
  std::uint32_t offset(const char* at) const { return static_cast<std::uint32_t>(at - begin_); }
  Error error() const;

  const char* begin_;
  const char* end_;
  Limits limits_;
  std::vector<Node>& nodes_;
  std::uint32_t open_ = kNone;  // the innermost open container
  std::size_t depth_ = 0;
  const char* failed_at_ = nullptr;
  const char* complaint_ = nullptr;
  ErrorKind kind_ = ErrorKind::malformed;
};

}  // namespace freeway::json
