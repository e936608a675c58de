// How commands talk to the server that runs on a data directory: a request and its answer over the directory's Unix socket.
// Blocking; for commands, never on a loop's thread. Whoever may open the socket needs no key.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "http/head.h"

namespace freeway::app {

// "<data>/freeway.sock"
std::string control_socket(const std::string& data_directory);

class ControlClient {
 public:
  struct Options {
    Duration connect = std::chrono::seconds(2);
    Duration silence = std::chrono::seconds(60);  // the server may say nothing for so long
  };
  struct Answer {
    int status = 0;
    http::Fields fields;
    std::string body;

    bool ok() const { return status >= 200 && status < 300; }
    // A refusal as an error for people: the text of its envelope, else the status.
    Error error() const;
  };

  explicit ControlClient(std::string data_directory) : ControlClient(std::move(data_directory), Options()) {}
  ControlClient(std::string data_directory, Options options);

  // Any status is an answer. `body`: JSON, or "" for none. Fails with not_found if no server runs on the data directory (it
  // never did, stopped, or died; then the caller may open the store itself, under the directory's lock), denied if it is
  // another user's, timeout, closed if the server went away before its answer was whole, or protocol.
  Result<Answer> call(std::string_view method, std::string_view target, std::string_view body = {});
  // The same, but a 2xx answer's body is handed over line by line as it comes, without line ends, until the server ends it
  // or `on_line` returns false. The body of the answer that is returned is a refusal's alone.
  Result<Answer> follow(std::string_view method, std::string_view target, std::string_view body,
                        const std::function<bool(std::string_view line)>& on_line);

 private:
  Result<Answer> exchange(std::string_view method, std::string_view target, std::string_view body,
                          const std::function<bool(std::string_view line)>* on_line);

  std::string data_directory_;
  Options options_;
};

}  // namespace freeway::app
