// What a serving process keeps besides the service itself: the data directory's holdings and the keeper of its situation.
#pragma once

#include <memory>
#include <string>

#include "app/greeting.h"
#include "app/holdings.h"
#include "app/operations.h"
#include "app/service.h"
#include "app/wiring.h"

namespace freeway::app {

// Created and used by the main thread; destroyed after the service.
class Running {
 public:
  // The data directory, the store, the vault, the configuration over them, in this order. A first client key is made and
  // printed to standard output where there is none anywhere. Fails in one sentence; mistakes of the file are printed then.
  static Result<std::unique_ptr<Running>> open(const ServeOptions& options, const Outside& outside, const Clock& clock);

  const Config& config() const { return situation_->config; }
  const std::string& data_directory() const { return holdings_.directory.path(); }
  bool generated_key() const { return generated_; }

  // Gives the service its request log and the operations of its admin API, and puts each change in force through it.
  // Before `start`.
  void attach(Service& service);
  // As SIGHUP: says in the log what it did.
  void reload();
  GreetingFacts greeting_facts(std::string address) const;

 private:
  Running(const ServeOptions& options, Holdings holdings) : options_(options), holdings_(std::move(holdings)) {}
  Result<void> make_first_key();

  const ServeOptions options_;
  Holdings holdings_;
  std::unique_ptr<api::admin::Accounts> accounts_;
  std::unique_ptr<Keeper> keeper_;
  std::shared_ptr<const Situation> situation_;  // as of the start
  bool generated_ = false;
};

}  // namespace freeway::app
