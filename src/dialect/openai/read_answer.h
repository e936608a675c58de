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

}  // namespace freeway::dialect::openai
