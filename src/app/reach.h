// How a command gets at a data directory: through the server that runs on it, or by opening it where none runs.
#pragma once

#include <memory>
#include <string>

#include "api/admin/operations.h"
#include "app/control_client.h"
#include "app/holdings.h"
#include "app/operations.h"

namespace freeway::app {

// One thread; blocking.
class Reach {
 public:
  struct Options {
    std::string data_directory;
    SituationSources sources;
  };
  // Fails in a sentence: see Holdings::open; with invalid if no server runs and the configuration has mistakes.
  static Result<Reach> open(const Options& options, const Outside& outside, const Clock& clock);

  const api::admin::Operations& operations() const { return operations_; }
  bool running() const { return client_ != nullptr; }
  ControlClient* client() const { return client_.get(); }          // null: no server runs
  const Situation* situation() const { return situation_.get(); }  // null: the server's is not ours to see

 private:
  std::unique_ptr<ControlClient> client_;
  std::unique_ptr<Holdings> holdings_;
  std::unique_ptr<Keeper> keeper_;
  std::shared_ptr<const Situation> situation_;
  api::admin::Operations operations_;
};

// The operations of a running server, over its socket. Refers to the client.
api::admin::Operations remote_operations(ControlClient& client);

}  // namespace freeway::app
