// Whether a provider read less of a conversation than it was sent. Servers clip what is longer than their context without a
// word, so all there is to go by is how many tokens they report.
#pragma once

#include <optional>
#include <string>

#include "catalog/catalog.h"
#include "chat/request.h"
#include "chat/usage.h"

namespace freeway::dialect {

// How the answer is bad then: "1900 of the prompt's 8000 tokens were read". Nothing unless it is beyond doubt, since an
// answer that seems bad is lost: the vocabulary is the model's own, the texts of the messages alone are more than 2,000
// tokens, and the provider reports less than three fifths of these, none of them from a cache. Calls, tools, reasoning and
// media, which providers render and count each in their own way, play no part. Costs nothing where the report is near the
// estimate, else a count of the texts.
std::optional<std::string> clipped(const chat::Request& request, const catalog::Model& model, const chat::Usage& usage);

}  // namespace freeway::dialect
