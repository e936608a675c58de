// Google's speech: an answer of its chat models that is spoken. It comes as plain samples, which freeway puts into a WAV
// file. Source: ai.google.dev/gemini-api/docs/speech-generation.
#include <algorithm>

#include "crypto/seal.h"
#include "dialect/audio.h"
#include "dialect/compose.h"
#include "dialect/gemini/codecs.h"
#include "dialect/openai/audio.h"
#include "dialect/openai/members.h"
#include "json/writer.h"

namespace freeway::dialect::gemini {

namespace {

constexpr std::uint32_t kRate = 24000;
constexpr std::string_view kUsualVoice = "Kore";

class Speech final : public DocumentCodec {
 public:
  Result<Outgoing> write_request(const chat::Request& request, const catalog::Provider& provider,
                                 const catalog::Model& model) const override {
    if (!request.format.empty() && request.format != "wav" && request.format != "pcm")
      return fail(ErrorKind::unsupported, "it speaks in the formats wav and pcm alone");
    Outgoing out = json_request(provider, "/models/" + model.id + ":generateContent");
    json::Value root = request.document.root();
    std::string voice = openai::text_of(root["voice"]);
    json::Writer writer(out.body);
    writer.begin_object().key("contents").begin_array().begin_object().member("role", "user");
    writer.key("parts").begin_array().begin_object().member_raw("text", root["input"].raw()).end_object().end_array();
    writer.end_object().end_array().key("generationConfig").begin_object();
    writer.key("responseModalities").begin_array().string("AUDIO").end_array();
    writer.key("speechConfig").begin_object().key("voiceConfig").begin_object().key("prebuiltVoiceConfig").begin_object();
    // Google's voices have names with a capital letter, OpenAI's have none.
    bool own = !voice.empty() && voice[0] >= 'A' && voice[0] <= 'Z';
    writer.member("voiceName", own ? std::string_view(voice) : kUsualVoice);
    writer.end_object().end_object().end_object().end_object().end_object();
    if (!own && !voice.empty()) out.drop("voice");
    drop_others(request, {"model", "input", "voice", "response_format"}, out);
    return out;
  }

 protected:
  Result<WholeAnswer> read_document(const chat::Request& request, const catalog::Model&, json::Value root) const override {
    std::string samples;
    for (json::Value part : root["candidates"].first()["content"]["parts"]) {
      auto bytes = crypto::from_base64(part["inlineData"]["data"].escaped());
      if (!bytes) return fail(ErrorKind::malformed, "the provider's sound is no base64");
      samples += *bytes;
    }
    if (samples.empty()) return fail(ErrorKind::closed, "empty answer: the provider sent no sound");
    bool pcm = request.format == "pcm";
    auto answer =
        openai::compose_sound(request, pcm ? "audio/pcm" : "audio/wav", pcm ? std::move(samples) : wav_file(samples, kRate));
    json::Value told = root["usageMetadata"];
    auto prompt = told["promptTokenCount"].integer(), spoken = told["candidatesTokenCount"].integer();
    if (answer && prompt && *prompt >= 0) {
      answer->usage.estimated = false;
      answer->usage.prompt_tokens = static_cast<std::uint64_t>(*prompt);
      answer->usage.completion_tokens = static_cast<std::uint64_t>(std::max<std::int64_t>(spoken.value_or(0), 0));
      answer->usage.total_tokens = answer->usage.prompt_tokens + answer->usage.completion_tokens;
    }
    return answer;
  }
};

}  // namespace

const Codec& speech_codec() {
  static const Speech kSpeech;
  return kSpeech;
}

}  // namespace freeway::dialect::gemini
