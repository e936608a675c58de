// Wire transcripts as values. See README.md for the format.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"

namespace freeway::wire {

struct Step {
  int line = 0;
  std::string actor;               // "client", "client2", "u1", "" for advance
  std::string verb;                // "posts", "sends", "gets", "gets so far", …
  std::string argument;            // a path, a duration
  std::vector<std::string> block;  // without the leading "| ", escapes not yet resolved
};

struct Case {
  std::string file;
  int line = 0;
  std::string name;
  std::string config;
  std::vector<Step> steps;
};

// Fails with malformed, naming file and line.
Result<std::vector<Case>> read_transcript(const std::string& path);

// Joins a block's lines with `line_end`, resolving escapes.
std::string join(const std::vector<std::string>& block, std::string_view line_end);
std::string resolve_escapes(std::string_view line, bool& joins_next);

}  // namespace freeway::wire
