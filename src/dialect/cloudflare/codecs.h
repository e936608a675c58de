// What Cloudflare's models do beside chat, by `run`.
#pragma once

#include "dialect/dialect.h"

namespace freeway::dialect::cloudflare {

// To a model, with a body still to be written.
Outgoing run_request(const catalog::Provider& provider, const catalog::Model& model);

const Codec& rerank_codec();
const Codec& image_codec();
const Codec& speech_codec();
const Codec& transcription_codec();  // of translations as well

}  // namespace freeway::dialect::cloudflare
