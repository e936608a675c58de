// The folder where a running gateway keeps what it must remember; one server at a time may use it.
#pragma once

#include <string>

#include "app/config.h"
#include "base/error.h"

namespace freeway::app {

// FREEWAY_DATA, else $XDG_DATA_HOME/freeway, else ~/.local/share/freeway.
std::string default_data_directory(const Outside& outside);

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

 private:
  DataDirectory(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::string path_;
  int lock_ = -1;
};

}  // namespace freeway::app
