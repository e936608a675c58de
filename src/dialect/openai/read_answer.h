// A whole answer, judged and repaired.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "chat/fault.h"
#include "dialect/dialect.h"
#include "dialect/openai/answer.h"

namespace freeway::dialect::openai {

// As Dialect::read_answer; `rules` are those of the request.
Result<WholeAnswer> read_whole(const AnswerRules& rules, std::string body, std::optional<chat::Fault>& fault);

// What a document tells of its cost in the words of chat completions, whatever else it is.
std::optional<chat::Usage> usage_in(std::string_view body);

}  // namespace freeway::dialect::openai
