#include "dialect/openai/audio.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "dialect/form.h"
#include "dialect/openai/answer.h"
#include "dialect/openai/document.h"
#include "dialect/openai/kinds.h"
#include "dialect/openai/members.h"
#include "json/edit.h"
#include "json/writer.h"

namespace freeway::dialect::openai {

namespace {

// "00:01:02,500"; srt has a comma before the thousandths, vtt a point.
std::string timestamp(double seconds, char point) {
  auto millis = static_cast<std::int64_t>(std::llround(std::clamp(seconds, 0.0, 1e9) * 1000));
  return fmt::format("{:02}:{:02}:{:02}{}{:03}", millis / 3'600'000, millis / 60'000 % 60, millis / 1000 % 60, point,
                     millis % 1000);
}

Result<std::string> subtitles(json::Value segments, bool vtt) {
  if (segments.size() == 0) return fail(ErrorKind::malformed, "the provider's transcript tells no times");
  std::string out = vtt ? "WEBVTT\n\n" : "";
  int number = 0;
  for (json::Value segment : segments) {
    auto start = segment["start"].number();
    auto end = segment["end"].number();
    if (!start || !end || !segment["text"].is(json::Type::string))
      return fail(ErrorKind::malformed, "the provider's transcript holds a segment without its times or its text");
    if (!vtt) out += fmt::format("{}\n", ++number);
    char point = vtt ? '.' : ',';
    std::string text = text_of(segment["text"]);
    out += fmt::format("{} --> {}\n{}\n\n", timestamp(*start, point), timestamp(*end, point), trim(text));
  }
  return out;
}

bool wants_subtitles(const chat::Request& request) { return request.format == "srt" || request.format == "vtt"; }

chat::Usage usage_of(const chat::Request& request, json::Value root) {
  auto counted = read_usage(root["usage"]);
  chat::Usage usage = counted ? *counted : estimated_usage(request);
  json::Value seconds = root["usage"]["seconds"].given() ? root["usage"]["seconds"] : root["duration"];
  // Some tell a number, some its text.
  if (auto told = seconds.number(); told && *told > 0) usage.audio_seconds = static_cast<std::uint64_t>(std::ceil(*told));
  return usage;
}

class Transcription final : public Codec {
 public:
  Result<Outgoing> write_request(const chat::Request& request, const catalog::Provider& provider,
                                 const catalog::Model& model) const override {
    Outgoing out;
    out.path = request.kind == chat::Kind::translation ? "/audio/translations" : "/audio/transcriptions";
    // Few providers write subtitles; from the times of the segments they follow.
    bool subtitled = wants_subtitles(request);
    chat::FormPart named, format;
    named.name = "model";
    named.data = model.id;
    format.name = "response_format";
    format.data = "verbose_json";
    std::vector<const chat::FormPart*> parts = {&named};
    if (subtitled) parts.push_back(&format);
    for (const chat::FormPart& part : request.form.parts) {
      bool own = part.name == "model" || part.name == "stream" || (subtitled && part.name == "response_format");
      if (own) continue;
      const auto& drop = provider.quirks.drop;
      if (part.name != "file" && std::find(drop.begin(), drop.end(), part.name) != drop.end()) {
        out.drop(part.name);
      } else {
        parts.push_back(&part);
      }
    }
    write_form(request.form, parts, out);
    out.fields.add("accept", "*/*");
    for (const auto& [name, value] : provider.headers) out.fields.set(name, value);
    return out;
  }

  Result<WholeAnswer> read_answer(const chat::Request& request, const catalog::Model&, std::string_view content_type,
                                  std::string body, std::optional<chat::Fault>& fault) const override {
    bool plain = request.format == "text" && !trim(body).starts_with('{') && !istarts_with(content_type, "text/html");
    if (plain) {
      WholeAnswer answer;
      answer.content_type = "text/plain; charset=utf-8";
      answer.usage = estimated_usage(request);
      answer.body = std::move(body);
      return answer;
    }
    AnswerDocument given;
    if (auto opened = open_answer(std::move(body), given, fault); !opened) return std::unexpected(opened.error());
    json::Value root = given.root();
    if (!root["text"].is(json::Type::string)) return fail(ErrorKind::malformed, "the provider's answer has no text");
    bool as_it_is = request.format.empty() || request.format == "json" || request.format == "verbose_json";
    if (!as_it_is) return compose_transcript(request, root);
    WholeAnswer answer;
    answer.usage = usage_of(request, root);
    answer.body = std::move(given.text);
    return answer;
  }
};

class Speech final : public Codec {
 public:
  Result<Outgoing> write_request(const chat::Request& request, const catalog::Provider& provider,
                                 const catalog::Model& model) const override {
    Outgoing out = post_document(request, provider, model, "/audio/speech");
    out.fields.set("accept", "*/*");
    return out;
  }
  Result<WholeAnswer> read_answer(const chat::Request& request, const catalog::Model&, std::string_view content_type,
                                  std::string body, std::optional<chat::Fault>& fault) const override {
    bool text = istarts_with(content_type, "application/json") || istarts_with(content_type, "text/");
    if (text) {
      AnswerDocument given;
      if (auto opened = open_answer(std::move(body), given, fault); !opened) return std::unexpected(opened.error());
      return fail(ErrorKind::malformed, "the provider answered with a document instead of a sound");
    }
    return compose_sound(request, content_type, std::move(body));
  }
};

}  // namespace

Result<WholeAnswer> compose_transcript(const chat::Request& request, json::Value told) {
  WholeAnswer answer;
  answer.usage = usage_of(request, told);
  if (!told["text"].is(json::Type::string)) return fail(ErrorKind::malformed, "the provider's answer has no text");
  if (wants_subtitles(request)) {
    bool vtt = request.format == "vtt";
    auto written = subtitles(told["segments"], vtt);
    if (!written) return std::unexpected(written.error());
    answer.body = std::move(*written);
    answer.content_type = vtt ? "text/vtt; charset=utf-8" : "application/x-subrip; charset=utf-8";
    return answer;
  }
  if (request.format == "text") {
    answer.body = text_of(told["text"]) + "\n";
    answer.content_type = "text/plain; charset=utf-8";
    return answer;
  }
  json::Writer writer(answer.body);
  writer.begin_object();
  if (request.format == "verbose_json") {
    writer.member("task", request.kind == chat::Kind::translation ? "translate" : "transcribe");
    for (std::string_view name : {"language", "duration"})
      if (told[name].given()) writer.member_raw(name, told[name].raw());
    if (told["segments"].is(json::Type::array)) writer.member_raw("segments", told["segments"].raw());
    if (told["words"].is(json::Type::array)) writer.member_raw("words", told["words"].raw());
  }
  writer.member_raw("text", told["text"].raw()).end_object();
  return answer;
}

Result<WholeAnswer> compose_sound(const chat::Request& request, std::string_view content_type, std::string bytes) {
  if (bytes.empty()) return fail(ErrorKind::closed, "empty answer: the provider sent no sound");
  constexpr std::pair<std::string_view, std::string_view> kTypes[] = {{"mp3", "audio/mpeg"}, {"opus", "audio/ogg"},
                                                                      {"aac", "audio/aac"},  {"flac", "audio/flac"},
                                                                      {"wav", "audio/wav"},  {"pcm", "audio/pcm"}};
  WholeAnswer answer;
  answer.usage = estimated_usage(request);
  answer.body = std::move(bytes);
  if (istarts_with(content_type, "audio/")) {
    answer.content_type = content_type;
    return answer;
  }
  answer.content_type = "audio/mpeg";
  for (const auto& [format, type] : kTypes)
    if (request.format == format) answer.content_type = type;
  return answer;
}

const Codec& speech_codec() {
  static const Speech kSpeech;
  return kSpeech;
}

const Codec& transcription_codec() {
  static const Transcription kTranscription;
  return kTranscription;
}

}  // namespace freeway::dialect::openai
