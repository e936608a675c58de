// Every secret in force, from all who know one, as one SecretSet for whoever writes something that leaves.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/published.h"
#include "base/secret.h"
#include "base/secret_set.h"

namespace freeway::vault {

// Thread-safe. `set` may take milliseconds with thousands of secrets.
class Secrets {
 public:
  // What this source ("configuration", "vault") knows now, instead of what it knew before. Hidden in the log from here on.
  void set(const std::string& source, std::vector<Secret> values);

  std::shared_ptr<const SecretSet> load() const { return set_.load(); }  // never null
  const Published<SecretSet>& published() const { return set_; }

 private:
  std::mutex mutex_;
  std::map<std::string, std::vector<Secret>> sources_;
  Published<SecretSet> set_{std::make_shared<SecretSet>()};
};

// The parts of "socks5h://user:password@host:1080" that must not leave: all of it, the password, and the password as it is
// without percent-encoding. Nothing for a proxy without a password.
std::vector<Secret> proxy_secrets(const Secret& proxy);

}  // namespace freeway::vault
