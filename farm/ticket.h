// What one request holds at a provider. Values; the world's lock is held around every use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "farm/pool.h"

namespace freeway::farm {

// What a request draws on one pool.
struct Draw {
  Pool* pool = nullptr;
  Charge charge = Charge::attempt;
  std::uint64_t asked = 0;  // that has to fit
  Pool::Hold hold;          // once it was let in
};

// What became of one request; the connection keeps it while it answers.
struct Ticket {
  bool admitted = false;  // holds its draws
  bool counted_ok = false;
  std::size_t key = 0;
  std::size_t model = 0;
  std::uint64_t epoch = 0;   // a reset in between makes the places void
  std::uint64_t serial = 0;  // in the journal; 0: none
  std::vector<Draw> draws;   // their pools live until the next epoch
};

}  // namespace freeway::farm
