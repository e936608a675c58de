// What Google's models do beside chat.
#pragma once

#include "dialect/dialect.h"

namespace freeway::dialect::gemini {

const Codec& embedding_codec();
const Codec& speech_codec();

}  // namespace freeway::dialect::gemini
