// Other kinds than chat, as OpenAI and those who copy it speak of them: the client's document goes on with the edits that a
// provider needs, and the answer comes back with what it lacks.
#pragma once

#include "dialect/dialect.h"

namespace freeway::dialect::openai {

// Null for chat, and for kinds that have no address in this protocol.
const Codec* codec(chat::Kind kind);

// The client's document for a provider, to be posted as JSON to `path`.
Outgoing post_document(const chat::Request& request, const catalog::Provider& provider, const catalog::Model& model,
                       std::string path);

}  // namespace freeway::dialect::openai
