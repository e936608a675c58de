// The folder where a running gateway keeps what it must remember; one server at a time may use it.
#pragma once

#include <optional>
#include <string>

#include "api/client_keys.h"
#include "app/config.h"
#include "base/error.h"
#include "base/secret.h"

namespace freeway::app {

// FREEWAY_DATA, else $XDG_DATA_HOME/freeway, else ~/.local/share/freeway.
std::string default_data_directory(const Outside& outside);

// The client key that freeway made for itself.
struct GeneratedKey {
  api::ClientKey client;        // by digest alone; named "default"
  std::optional<Secret> fresh;  // the key itself, at the one start that made it
};

// Holds the lock until it is destroyed. One thread; blocking calls, for start-up only.
class DataDirectory {
 public:
  // Creates the folder (0700) where it is missing and locks it. Fails with exhausted, naming the folder and the process that
  // holds it, or with io.
  static Result<DataDirectory> open(const std::string& path);

  DataDirectory(DataDirectory&& other) noexcept;
  DataDirectory& operator=(DataDirectory&& other) noexcept;
  ~DataDirectory();

  const std::string& path() const { return path_; }

  // The generated key: read, or made now. Only the digest is kept, in client_keys.json (0600), and it is on the disk before
  // the key is given out. Fails with malformed on a file that is not ours to overwrite, or with io.
  Result<GeneratedKey> client_key() const;

 private:
  DataDirectory(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::string path_;
  int lock_ = -1;
};

}  // namespace freeway::app
