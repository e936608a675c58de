// What must outlive the process: pools, benches, sessions. Appending is a memory write into a mapped file, so it survives
// `kill -9` at any moment; the kernel writes the pages. What a loss of power costs: everything since the last second
// (under load, up to a page more), and the state from then on as if that had not happened.
//
// The file: eight words of header, then records (record.h) up to a zero word; the rest is zeros, reserved on the disk.
//   magic · version · boot id (2) · words of records when the file began to count · checksum of these five, stored last · 0
//   · 0
//
// A start reads the file, writes the state as a new one and appends to that; so a torn end is never appended to. When three
// quarters are full, a thread of the journal's own reads it again with the same code, writes what still counts as a new
// file, copies what was appended meanwhile, and switches within one hold of the append lock when less than 16 KiB are left
// to copy. The new file is called `<path>.new` until all of it is on the disk; it gets its checksum under the lock.
// Whichever moment a crash chooses: if `<path>.new` has a good header and all the records it tells of, it is the journal,
// else `<path>`.
//
// Numbers: a request takes three records, 20 words with four pools (160 bytes); appending takes 30 to 60 ns. The default of
// 4 MiB is read again every 20,000 requests. Pages that were written are given back each second, so that about 256 KiB and a
// second's records are resident. A file grows to twice its state where that is more than half of it.
//
// If the disk refuses, that is said once and the journal goes on in memory; it comes back to the disk by itself.
//
// Considered and left: write(2) by a thread (loses what it has not written at a kill), SQLite (a system call and a
// transaction, 10 µs and more), state in place instead of a log (torn updates, no order between pools), two alternating
// files without rename (the same, with a name that people can't guess), a rename under the lock (it may wait for the disk).
//
// Time: instants are the boot clock's. The header tells the boot; under another one all instants are moved so that what has
// passed since the last record is what the wall clock says, by the fastest wall that any record saw. A wall that went back
// counts as no time at all.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "journal/record.h"
#include "journal/replica.h"

namespace freeway::journal {

class Journal {
 public:
  struct Options {
    std::string path;
    std::size_t bytes = std::size_t{4} << 20;
    // What tells one start of the machine from another. Empty: the kernel's.
    std::string boot;
    // A thread of its own. Without, `tend` is to be called now and then; for tests.
    bool thread = true;
  };
  using Make = std::function<std::unique_ptr<Replica>()>;

  // Never fails: what can't be read is left out, what can't be written is kept in memory, and either is said in the log.
  // `makes` are called again at every compaction, on the journal's thread. Blocking; for start-up.
  Journal(Options options, std::vector<Make> makes, Moment at);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // What the file said, once, in the order of `makes`.
  std::vector<std::unique_ptr<Replica>> take() { return std::move(restored_); }

  // Any thread; a lock of its own, held for the copying.
  void append(Kind kind, Moment at, Words payload) noexcept;

  // True while all that was appended is in the file.
  bool on_disk() const;
  // What is kept now, in words. For tests and the doctor.
  std::size_t size() const;
  // The following run on the journal's thread if there is one: then they are not to be called.
  void tend();
  // Writes the state as a new file. False: the disk refuses.
  bool compact();

 private:
  struct State;
  std::vector<std::unique_ptr<Replica>> restored_;
  std::unique_ptr<State> state_;
};

}  // namespace freeway::journal
