// What went wrong, as a value.
//
// Every fallible function returns Result<T>. A message is one sentence for the person who reads it: what happened, where,
// and what to do; it never holds a secret. Kinds are flat and few: they say what a caller may do about it, not where it came
// from.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace freeway {

enum class ErrorKind {
  invalid,      // the caller's input is wrong
  malformed,    // bytes that do not follow their grammar
  too_large,    // a stated limit was passed
  unsupported,  // understood, but not done here
  not_found,
  denied,       // no right to do this
  refused,      // the peer's host answered that nobody listens
  unreachable,  // no way to the peer, or its name does not resolve
  tls,          // handshake or certificate
  proxy,        // the outbound proxy is not there or does not let us through; the peer was not reached
  timeout,
  closed,     // the peer ended the connection
  protocol,   // the peer broke its protocol
  cancelled,  // nobody waits for this any more
  exhausted,  // a resource of ours is used up
  io,         // files and devices
};

// The kind's name in logs and tests: "too_large".
std::string_view to_string(ErrorKind kind);

struct Error {
  ErrorKind kind = ErrorKind::invalid;
  std::string message;
};

template <class T>
using Result = std::expected<T, Error>;

// `return fail(ErrorKind::closed, "the provider closed the connection");`
inline std::unexpected<Error> fail(ErrorKind kind, std::string message) {
  return std::unexpected<Error>(Error{kind, std::move(message)});
}

}  // namespace freeway
