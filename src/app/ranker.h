// Keeps the ranks of models up to date: a thread of its own that works them out once a second, so that no request does.
#pragma once

#include <memory>

#include "api/settings.h"
#include "base/clock.h"
#include "base/published.h"
#include "ledger/ledger.h"
#include "router/measures.h"

namespace freeway::app {

class Ranker {
 public:
  // Everything must outlive it. The thread runs until the destructor.
  Ranker(const Published<api::Settings>& settings, const ledger::Ledger& ledger, const router::Measures& measures,
         const Clock& clock);
  ~Ranker();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace freeway::app
