// For tests and fuzzers: feeds bytes to a parser, cut as told, and writes down what came of them. The record must not depend
// on the cuts.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "http/parser.h"
#include "http/sse.h"

namespace freeway::http::replay {

// How many bytes to feed next, of those that are left (at least one).
using Cut = std::function<std::size_t(std::size_t left)>;

inline Cut whole() {
  return [](std::size_t left) { return left; };
}
inline Cut pieces_of(std::size_t size) {
  return [size](std::size_t left) { return std::min(size, left); };
}
// Two pieces: `first` bytes and the rest.
inline Cut split_at(std::size_t first) {
  return [first, given = false](std::size_t left) mutable {
    const std::size_t size = given || first == 0 ? left : std::min(first, left);
    given = true;
    return size;
  };
}

inline std::string describe(const Error& error) {
  return "[" + std::string(to_string(error.kind)) + ": " + error.message + "]";
}

inline std::string describe(const Fields& fields) {
  std::string out;
  for (const Field& field : fields) out += "<" + field.name + "=" + field.value + ">";
  return out;
}
inline std::string describe(const RequestHead& head) {
  return head.method + " " + head.target + " 1." + std::to_string(head.minor_version) + " " + describe(head.fields);
}
inline std::string describe(const ResponseHead& head) {
  return std::to_string(head.status) + " '" + head.reason + "' 1." + std::to_string(head.minor_version) + " " +
         describe(head.fields);
}

// Feeds the whole of `input` as messages in a row. Leaves the parser in the middle of the last if that is cut.
template <class Parser>
std::string messages(Parser& parser, std::string_view input, Cut cut) {
  std::string record;
  std::string body;
  bool head_told = false;
  std::size_t offered = 0;
  std::size_t begin = 0;
  while (begin < input.size()) {
    if (offered <= begin) offered = begin + cut(input.size() - begin);
    auto fed = parser.feed(input.substr(begin, offered - begin), body);
    if (!fed) return record + describe(fed.error());
    begin += fed->consumed;
    if (fed->head_complete && !head_told) record += describe(parser.head());
    head_told = fed->head_complete;
    if (!fed->complete) continue;
    record += "{" + body + "}\n";
    body.clear();
    head_told = false;
    parser.reset();
  }
  if (parser.started()) record += "{" + body + "...";
  return record;
}

inline std::string requests(std::string_view input, Cut cut, ParserLimits limits = {}) {
  RequestParser parser(limits);
  return messages(parser, input, std::move(cut));
}

// Then the connection closes.
inline std::string responses(std::string_view input, Cut cut, ParserLimits limits = {}) {
  ResponseParser parser(limits);
  std::string record = messages(parser, input, std::move(cut));
  if (!parser.started()) return record;
  auto end = parser.finish();
  return record + (end ? "closed}" : describe(end.error()));
}

struct Events {
  std::string before_end;
  std::string at_end;
  std::size_t pending = 0;
  bool cut = false;
  std::size_t comments = 0;
  std::string failure;

  std::string all() const { return before_end + at_end + failure; }
  std::string record() const {
    if (!failure.empty()) return before_end + failure;
    return before_end + " pending " + std::to_string(pending) + (cut ? " cut " : " clean ") + at_end +
           std::to_string(comments) + " comments";
  }
};

inline Events events(std::string_view input, Cut cut, std::size_t limit = 16 * 1024 * 1024) {
  Events found;
  SseReader reader(limit);
  SseEvent event;
  auto drain = [&](std::string& record) {
    while (reader.next(event)) {
      record += "(" + std::string(event.type) + "|" + std::string(event.id) + "|" + std::string(event.data) + ")";
    }
  };
  while (!input.empty()) {
    const std::size_t size = cut(input.size());
    if (auto fed = reader.feed(input.substr(0, size)); !fed) {
      found.failure = describe(fed.error());
      return found;
    }
    input.remove_prefix(size);
    drain(found.before_end);
  }
  found.pending = reader.pending();
  found.cut = reader.finish();
  drain(found.at_end);
  found.comments = reader.comments();
  return found;
}

}  // namespace freeway::http::replay
