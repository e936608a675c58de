// An uploaded form: its fields, and its files, whose bytes lie in a spool.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/spool.h"

namespace freeway::chat {

struct FormPart {
  std::string name;
  std::string filename;       // of a file
  std::string content_type;   // of a file; may be empty
  std::string data;           // of a field
  bool file = false;          // its bytes lie in the form's spool
  std::uint64_t from = 0;     // there
  std::uint64_t count = 0;    // of bytes there
  std::uint64_t seconds = 0;  // that it plays at most, if it is a recording
};

struct Form {
  std::string boundary;  // that the client chose: "--" and it begin no line of any part
  std::vector<FormPart> parts;
  std::shared_ptr<const Spool> spool;  // of all files, one behind the other; null: there is none
};

}  // namespace freeway::chat
