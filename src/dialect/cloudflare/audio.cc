// Cloudflare's speech and transcription.
#include "dialect/openai/audio.h"
#include "base/text.h"
#include "crypto/seal.h"
#include "dialect/base64_spool.h"
#include "dialect/cloudflare/codecs.h"
#include "dialect/compose.h"
#include "dialect/form.h"
#include "json/writer.h"

namespace freeway::dialect::cloudflare {

namespace {

// Deepgram's voices take a `text` and answer with the sound as it is; MeloTTS takes a `prompt` and answers in base64.
class Speech final : public DocumentCodec {
 public:
  Result<Outgoing> write_request(const chat::Request& request, const catalog::Provider& provider,
                                 const catalog::Model& model) const override {
    Outgoing out = run_request(provider, model);
    out.fields.set("accept", "*/*");
    json::Value root = request.document.root();
    bool deepgram = model.id.contains("/deepgram/");
    json::Writer writer(out.body);
    writer.begin_object().member_raw(deepgram ? "text" : "prompt", root["input"].raw());
    if (deepgram && root["voice"].is(json::Type::string)) writer.member_raw("speaker", root["voice"].raw());
    if (!deepgram && root["lang"].given()) writer.member_raw("lang", root["lang"].raw());
    writer.end_object();
    if (deepgram) {
      drop_others(request, {"model", "input", "voice"}, out);
    } else {
      drop_others(request, {"model", "input", "lang"}, out);
    }
    return out;
  }
  Result<WholeAnswer> read_answer(const chat::Request& request, const catalog::Model& model, std::string_view content_type,
                                  std::string body, std::optional<chat::Fault>& fault) const override {
    if (istarts_with(content_type, "audio/")) return openai::compose_sound(request, content_type, std::move(body));
    return DocumentCodec::read_answer(request, model, content_type, std::move(body), fault);
  }

 protected:
  Result<WholeAnswer> read_document(const chat::Request& request, const catalog::Model&, json::Value root) const override {
    auto bytes = crypto::from_base64(root["result"]["audio"].escaped());
    if (!bytes) return fail(ErrorKind::malformed, "the provider's sound is no base64");
    std::string_view type = bytes->starts_with("RIFF") ? "audio/wav" : "audio/mpeg";
    return openai::compose_sound(request, type, std::move(*bytes));
  }
};

// {"audio":"…" and then what `rest`, an object, holds.
void write_recording(const chat::Form& form, const chat::FormPart& file, std::string_view rest, Outgoing& out) {
  out.body = R"({"audio":")";
  std::string end = R"(",)";
  end += rest.substr(1);
  std::string_view held = form.spool->held(file.from).substr(0, file.count);
  if (held.size() == file.count) {
    out.body.append(crypto::to_base64(held)).append(end);
    return;
  }
  auto spool = std::make_shared<const Base64Spool>(form.spool, file.from, file.count);
  http::Piece audio, text;
  audio.count = spool->size();
  audio.spool = std::move(spool);
  text.text = std::move(end);
  out.pieces.push_back(std::move(audio));
  out.pieces.push_back(std::move(text));
}

// Whisper and Nova take the recording as it is, the large Whisper as base64 in a document.
class Transcription final : public DocumentCodec {
 public:
  Result<Outgoing> write_request(const chat::Request& request, const catalog::Provider& provider,
                                 const catalog::Model& model) const override {
    Outgoing out = run_request(provider, model);
    bool document = model.id.contains("whisper-large");
    if (request.kind == chat::Kind::translation && !document)
      return fail(ErrorKind::unsupported, "it writes down what is said, and translates nothing");
    const chat::FormPart* file = nullptr;
    std::string language, prompt;
    for (const chat::FormPart& part : request.form.parts) {
      if (part.name == "file") file = &part;
      if (part.name == "language") language = part.data;
      if (part.name == "prompt") prompt = part.data;
      bool known = part.name == "file" || part.name == "model" || part.name == "response_format" || part.name == "stream";
      bool carried = document && (part.name == "language" || part.name == "prompt");
      if (!known && !carried) out.drop(part.name);
    }
    if (!file) return fail(ErrorKind::unsupported, "there is no recording");
    if (!document) {
      out.fields.set("content-type", file->content_type.empty() ? "application/octet-stream" : file->content_type);
      add_file(request.form, *file, out);
      return out;
    }
    std::string rest;
    json::Writer writer(rest);
    writer.begin_object().member("task", request.kind == chat::Kind::translation ? "translate" : "transcribe");
    if (!language.empty()) writer.member("language", language);
    if (!prompt.empty()) writer.member("initial_prompt", prompt);
    writer.end_object();
    write_recording(request.form, *file, rest, out);
    return out;
  }

 protected:
  Result<WholeAnswer> read_document(const chat::Request& request, const catalog::Model&, json::Value root) const override {
    json::Value result = root["result"];
    json::Value heard = result["results"]["channels"].first()["alternatives"].first()["transcript"];  // Nova's
    if (!heard.given()) return openai::compose_transcript(request, result);
    std::string text = std::string(R"({"text":)").append(heard.raw()).append("}");
    auto document = json::Document::parse(text);
    if (!document) return std::unexpected(document.error());
    return openai::compose_transcript(request, document->root());
  }
};

}  // namespace

const Codec& speech_codec() {
  static const Speech kSpeech;
  return kSpeech;
}

const Codec& transcription_codec() {
  static const Transcription kTranscription;
  return kTranscription;
}

}  // namespace freeway::dialect::cloudflare
