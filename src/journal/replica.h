// Somebody's state as the records tell it. A start and every compaction make one anew and give it all records in order, so
// that both run the same code. One thread; no failure: what makes no sense is passed over.
#pragma once

#include "journal/record.h"

namespace freeway::journal {

class Replica {
 public:
  virtual ~Replica() = default;
  // Kinds of others are passed over.
  virtual void apply(const Record& record) = 0;
  // The process that wrote the records is gone. `shift` is to be added to every instant they told: not zero after a reboot.
  virtual void restart(Moment at, Duration shift) = 0;
  // Writes records from which the state comes back, without what has expired. May forget that too.
  virtual void write(Draft& draft, Moment at) = 0;
};

}  // namespace freeway::journal
