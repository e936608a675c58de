// One text that comes in parts, with the secrets in it hidden however it is cut.
//
// What may be the beginning of a secret is held back until it is known to be none; three bytes or fewer are not, so that
// ordinary text, which ends in the first letter of some key all the time, comes out as it came. So of a secret that comes
// letter by letter its first three leave. Belongs to one stream; never fails.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/secret_set.h"

namespace freeway {

class RedactedText {
 public:
  // `secrets` outlive it.
  explicit RedactedText(const SecretSet& secrets) : secrets_(&secrets) {}

  // True: this part comes out as it is, and counts as fed. False: it is to be fed.
  bool passes(std::string_view part);
  // Appends what may leave, now that this part has come.
  void feed(std::string_view part, std::string& out);
  // Nothing is held back any more: gives out what was, or a mark where that gives half of a secret away. Should the rest
  // come after all, it is hidden.
  std::string release();
  bool holds() const { return left_ < tail_.size(); }
  std::size_t size() const { return tail_.size(); }  // bytes it keeps: a few secrets' at most

 private:
  bool gives_away() const;
  void keep_end();

  const SecretSet* secrets_;
  std::string tail_;      // the end of what came: what may be the beginning of a secret, and three bytes at least
  std::size_t left_ = 0;  // so many bytes of it have left
};

}  // namespace freeway
