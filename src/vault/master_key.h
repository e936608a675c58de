// The key that seals all others: 32 bytes in FREEWAY_MASTER_KEY, else in `master.key` in the data directory.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/secret.h"

namespace freeway::vault {

struct MasterKey {
  Secret bytes;    // 32; none: there is no key yet
  std::string id;  // 16 hex digits of a digest: names the key in envelopes and messages, tells nothing about it

  static MasterKey generate();
  // 64 hex digits or base64 (either alphabet, padding optional) of 32 bytes, blanks at the ends ignored. Fails with invalid;
  // the message does not repeat the text.
  static Result<MasterKey> parse(std::string_view text);
  Secret text() const;  // lower-case hex, which `parse` reads
  bool empty() const { return bytes.empty(); }
};

// Where the master key comes from. Blocking, one thread.
//
// A file changes in three steps, each on the disk before the next: `stage` writes the next key beside the present one, the
// vault then seals everything with it in one transaction, and `promote` renames it into place. Which of the two files a
// start takes is told by the id in the store's check value, so that a process killed between any two steps loses nothing.
struct MasterKeySource {
  std::string directory;              // where master.key lives
  std::optional<Secret> environment;  // FREEWAY_MASTER_KEY, if set and not empty: then no file is read or written

  std::string path() const { return directory + "/master.key"; }
  std::string next_path() const { return directory + "/master.key.next"; }
  std::string name() const;  // "FREEWAY_MASTER_KEY" or the path, for messages

  // The key whose id is `wanted`, finishing a change that was interrupted; without `wanted`, whatever is there. An empty key
  // if there is none at all. Fails with denied for another key than the one wanted, or a file that others may read.
  Result<MasterKey> load(const std::optional<std::string>& wanted) const;
  Result<void> stage(const MasterKey& next) const;
  Result<void> promote() const;
  void unstage() const;
};

}  // namespace freeway::vault
