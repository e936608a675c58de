// OpenAI's speech, transcriptions and translations.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "farm/ask.h"
#include "farm/job.h"
#include "farm/multipart.h"
#include "farm/output.h"
#include "farm/wire.h"
#include "json/writer.h"

namespace freeway::farm {
namespace {

constexpr std::size_t kLongestSpeech = 4096;  // letters
constexpr std::size_t kLargestFile = 25 * 1024 * 1024;

std::unexpected<Error> invalid(std::string message) { return fail(ErrorKind::invalid, std::move(message)); }

constexpr Member kSpeechMembers[] = {
    {"model"},        {"input"},        {"voice", Kind::any}, {"response_format"}, {"speed", Kind::number},
    {"instructions"}, {"stream_format"}};
constexpr Shape kSpeech{kSpeechMembers, true};

std::size_t letters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

Result<Job> read_speech(const JobRequest& request) {
  const auto document = json::Document::parse(request.body);
  if (!document) return std::unexpected(document.error());
  const auto root = document->root();
  if (auto checked = check_members(root, kSpeech); !checked) return std::unexpected(checked.error());
  Job job;
  job.model = root["model"].string().value_or("");
  if (job.model.empty()) return invalid("you must provide a model parameter");
  auto input = root["input"].string();
  if (!input || input->empty()) return invalid("'input' must be a text that is not empty");
  if (letters(*input) > kLongestSpeech) {
    return invalid(
        fmt::format("Invalid 'input': string too long. Expected a string with maximum length {}.", kLongestSpeech));
  }
  add_input(job, std::move(*input));
  job.voice = root["voice"].string().value_or("");
  if (job.voice.empty()) return invalid("you must provide a voice");
  job.format = root["response_format"].string().value_or("mp3");
  if (audio_type(job.format).empty()) return invalid(fmt::format("Invalid value for 'response_format': {}.", job.format));
  const auto speed = root["speed"].number().value_or(1);
  if (speed < 0.25 || speed > 4) return invalid("Invalid 'speed': it must be from 0.25 to 4");
  if (root["stream_format"].equals("sse")) return invalid("stream_format sse is not supported with this model");
  job.stream = true;
  return job;
}

// A stream of bytes as they are.
class RawFrames final : public Frames {
 public:
  void open(const Emit&) override {}
  void delta(const Piece& piece, const Emit& emit) override { emit("", piece.text); }
  void finish(const Emit&) override {}
  void fail(std::string_view, const Emit&) override {}
};

std::unique_ptr<Frames> raw_frames(const Answer&) { return std::make_unique<RawFrames>(); }

Product answer_speech(const Job& job) {
  constexpr unsigned kPiece = 4096;
  Product product;
  const std::string_view input = job.inputs.empty() ? std::string_view() : job.inputs[0];
  product.body = as_audio(job.format, samples(job.model, job.voice, input));
  product.content_type = audio_type(job.format);
  product.framing = Framing::raw;
  product.pieces = product.body;
  product.piece_bytes = kPiece;
  product.frames = raw_frames;
  return product;
}

bool is_number(const std::string& text) {
  char* end = nullptr;
  const auto value = std::strtod(text.c_str(), &end);
  return !text.empty() && *end == '\0' && std::isfinite(value);
}

// One field of the form besides the file. Those that nobody knows are ignored.
Result<void> read_field(Job& job, const FormPart& part) {
  constexpr std::array<std::string_view, 5> kFormats{"json", "text", "srt", "verbose_json", "vtt"};
  const std::string value(part.data);
  if (part.name == "model") {
    job.model = value;
  } else if (part.name == "language") {
    job.language = value;
  } else if (part.name == "prompt") {
    job.tokens += tokens_in(value.size());
  } else if (part.name == "response_format") {
    if (std::find(kFormats.begin(), kFormats.end(), value) == kFormats.end()) {
      return invalid(fmt::format("Invalid value for 'response_format': {}.", value));
    }
    job.format = value;
  } else if (part.name == "temperature") {
    if (!is_number(value)) return invalid("Invalid type for 'temperature'.");
  } else if (part.name == "stream") {
    if (value != "true" && value != "false") return invalid("Invalid type for 'stream'.");
    job.stream = value == "true";
  } else if (part.name == "timestamp_granularities[]") {
    if (value != "word" && value != "segment") return invalid("Invalid value for 'timestamp_granularities'.");
    job.words = job.words || value == "word";
  }
  return {};
}

Result<Job> read_audio(const JobRequest& request) {
  const auto form = read_form(request.content_type, request.body);
  if (!form) return std::unexpected(form.error());
  Job job;
  job.format = "json";
  for (const auto& part : *form) {
    if (part.name == "file") {
      if (!part.filename || part.filename->empty()) return invalid("'file' must have a name");
      if (part.data.empty()) return invalid("Audio file is too short. Minimum audio length is 0.1 seconds.");
      if (part.data.size() > kLargestFile)
        return fail(ErrorKind::too_large, "Maximum content size limit (26214400) exceeded");
      if (!job.inputs.empty()) return invalid("there is more than one 'file'");
      job.inputs.emplace_back(part.data);
    } else if (auto read = read_field(job, part); !read) {
      return std::unexpected(read.error());
    }
  }
  if (job.model.empty()) return invalid("you must provide a model parameter");
  if (job.inputs.empty()) return invalid("you must provide a file");
  if (job.words && job.format != "verbose_json") {
    return invalid("timestamp_granularities are for response_format verbose_json alone");
  }
  job.said = heard_in(job.inputs[0]);
  // Whisper tells all at once, whatever it is asked.
  if (job.model.find("whisper") != std::string::npos) job.stream = false;
  if (job.stream && job.format != "json" && job.format != "text") return invalid("stream is for json and text alone");
  return job;
}

Result<Job> read_transcription(const JobRequest& request) { return read_audio(request); }

Result<Job> read_translation(const JobRequest& request) {
  auto job = read_audio(request);
  if (!job) return job;
  if (!job->language.empty()) return invalid("Unrecognized request argument supplied: language");
  job->translates = true;
  job->said = "In English: " + job->said;
  return job;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

// "00:00:01,250": a second is 32,000 bytes, as of 16 kHz with 16 bits.
std::string clock(double seconds, char point) {
  const auto all = static_cast<std::int64_t>(seconds * 1000);
  return fmt::format("{:02}:{:02}:{:02}{}{:03}", all / 3'600'000, all / 60'000 % 60, all / 1000 % 60, point, all % 1000);
}

std::string verbose(const Job& job, double seconds) {
  std::string body;
  json::Writer out(body);
  out.begin_object().member("task", job.translates ? "translate" : "transcribe");
  out.member("language", job.language.empty() || job.translates ? "english" : job.language);
  out.key("duration").number(seconds).member("text", job.said);
  out.key("segments").begin_array().begin_object().member("id", 0).member("seek", 0).key("start").number(0);
  out.key("end").number(seconds).member("text", job.said).key("tokens").begin_array().end_array();
  out.key("temperature").number(0).key("avg_logprob").number(-0.25).key("compression_ratio").number(1.5);
  out.key("no_speech_prob").number(0.01).end_object().end_array();
  if (job.words) {
    const auto words = words_of(job.said);
    out.key("words").begin_array();
    for (std::size_t i = 0; i < words.size(); ++i) {
      const auto at = [&](std::size_t index) {
        return seconds * static_cast<double>(index) / static_cast<double>(words.size());
      };
      out.begin_object().member("word", words[i]).key("start").number(at(i)).key("end").number(at(i + 1)).end_object();
    }
    out.end_array();
  }
  if (job.tells_usage) {
    out.key("usage").begin_object().member("type", "duration").key("seconds").number(std::ceil(seconds)).end_object();
  }
  out.end_object();
  return body;
}

// `"usage":{…}` of a transcript that is counted in tokens.
void write_usage(json::Writer& out, std::uint64_t read, std::uint64_t said) {
  out.key("usage").begin_object().member("type", "tokens").member("input_tokens", read);
  out.member("output_tokens", said).member("total_tokens", read + said).end_object();
}

class TranscriptFrames final : public Frames {
 public:
  explicit TranscriptFrames(const Answer& answer) : answer_(answer) {}
  void open(const Emit&) override {}
  void delta(const Piece& piece, const Emit& emit) override {
    std::string json;
    json::Writer(json).begin_object().member("type", "transcript.text.delta").member("delta", piece.text).end_object();
    emit("", json);
  }
  void finish(const Emit& emit) override {
    std::string json;
    json::Writer out(json);
    out.begin_object().member("type", "transcript.text.done").member("text", answer_.content());
    if (answer_.usage != UsageMode::none) write_usage(out, answer_.prompt_tokens, answer_.completion_tokens);
    out.end_object();
    emit("", json);
  }

 private:
  const Answer& answer_;
};

std::unique_ptr<Frames> transcript_frames(const Answer& answer) { return std::make_unique<TranscriptFrames>(answer); }

Product answer_audio(const Job& job) {
  const auto bytes = job.inputs.empty() ? 0 : job.inputs[0].size();
  const auto seconds = static_cast<double>(bytes) / 32'000;
  Product product;
  if (job.stream) {
    product.pieces = job.said;
    product.frames = transcript_frames;
  }
  if (job.format == "verbose_json") {
    product.body = verbose(job, seconds);
  } else if (job.format == "srt") {
    product.body = fmt::format("1\n{} --> {}\n{}\n\n", clock(0, ','), clock(seconds, ','), job.said);
  } else if (job.format == "vtt") {
    product.body = fmt::format("WEBVTT\n\n{} --> {}\n{}\n\n", clock(0, '.'), clock(seconds, '.'), job.said);
  } else if (job.format == "text") {
    product.body = job.said + "\n";
  } else {
    json::Writer out(product.body);
    out.begin_object().member("text", job.said);
    if (job.tells_usage) write_usage(out, job.tokens, count_tokens(job.said));
    out.end_object();
  }
  if (job.format == "srt" || job.format == "text") product.content_type = "text/plain; charset=utf-8";
  if (job.format == "vtt") product.content_type = "text/vtt; charset=utf-8";
  return product;
}

}  // namespace

const Endpoint* openai_audio_endpoint(std::string_view path) {
  static constexpr Endpoint kSpeeches{ModelKind::speech, read_speech, answer_speech};
  static constexpr Endpoint kTranscriptions{ModelKind::transcription, read_transcription, answer_audio};
  static constexpr Endpoint kTranslations{ModelKind::transcription, read_translation, answer_audio};
  if (path == "/audio/speech") return &kSpeeches;
  if (path == "/audio/transcriptions") return &kTranscriptions;
  if (path == "/audio/translations") return &kTranslations;
  return nullptr;
}

}  // namespace freeway::farm
