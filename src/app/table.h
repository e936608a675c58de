// Text in columns, for terminals.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace freeway::app {

// How wide the text stands on a terminal: a code point each, two for East Asian ones and emoji, none for combining marks.
std::size_t width_of(std::string_view text);

// For a terminal and for one line: control characters (also those that change colours or move the cursor) become "\x1b".
std::string printable(std::string_view text);

// Rows of cells, the first the titles; columns two blanks apart, no blanks at the end of a line. Cells are made printable.
std::string table(const std::vector<std::vector<std::string>>& rows);

// "1,000"
std::string with_commas(std::uint64_t number);

}  // namespace freeway::app
