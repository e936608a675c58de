// What a transcript expects of a message against what came. Empty: all is as expected; else a sentence that says what is
// not.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace freeway::wire {

// Bytes for a reader: their beginning, with carriage returns spelled out.
std::string show(std::string_view bytes);
// Each line occurs in `text`, or with '!' does not.
std::string check_occurrences(const std::vector<std::string>& block, std::string_view text);
// The start line, then "name: value" ('*' for any value), "name", or with '!' a field that must not be there.
std::string check_head(const std::vector<std::string>& lines, std::string_view head);

}  // namespace freeway::wire
