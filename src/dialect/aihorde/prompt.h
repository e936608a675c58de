// A conversation as the one text that a model there continues. Each turn has a label of its own, and the last is open:
//
//   ### System:
//   Be brief.
//
//   ### Instruction:
//   What is a horde?
//
//   ### Response:
//
// Pure functions.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "json/document.h"

namespace freeway::dialect::aihorde {

// Where one of these is written the turn is over: they are stop sequences of every request.
inline constexpr std::array<std::string_view, 3> kLabels = {"### Instruction:", "### Response:", "### System:"};

// Of repaired messages. A conversation that ends with the assistant is continued from there. Fails with unsupported on what
// is no text: calls of tools and their results, images.
Result<std::string> write_prompt(json::Value messages);

struct Cut {
  std::string_view text;
  bool stopped = false;  // at a label or one of the client's texts
};
// What of an answer is the answer: up to the first label or stop, without white space around it, and without the beginning
// of a label at its end.
Cut cut_answer(std::string_view text, std::span<const std::string> stops);

}  // namespace freeway::dialect::aihorde
