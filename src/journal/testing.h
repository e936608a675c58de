// What tests of the journal share: a folder that goes with the test, and a kill, which is a copy of the files at a moment.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

namespace freeway::journal::testing {

class Folder {
 public:
  Folder() {
    // In memory where the system has such a place: nothing here is about the disk.
    std::filesystem::path parent = "/dev/shm";
    if (!std::filesystem::is_directory(parent)) parent = std::filesystem::temp_directory_path();
    std::string name = (parent / "freeway-journal-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string path(const std::string& name = "journal") const { return (path_ / name).string(); }

  // What a process that dies at this moment leaves. The new file first, because it may be renamed over the other meanwhile.
  void kill_into(const Folder& other) const {
    for (const char* name : {"journal.new", "journal"}) {
      std::error_code missing;
      std::filesystem::remove(other.path(name), missing);
      std::filesystem::copy_file(path(name), other.path(name), missing);
    }
  }

 private:
  std::filesystem::path path_;
};

}  // namespace freeway::journal::testing
