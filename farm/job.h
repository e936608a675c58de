// What is asked of models of other kinds than chat, and the addresses for it: the grammar of their requests and how their
// answers are spelled. Values, and functions without state.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "farm/bytes.h"
#include "farm/shape.h"
#include "json/writer.h"

namespace freeway::farm {

class Frames;
struct Answer;

enum class ModelKind : std::uint8_t { chat, embedding, rerank, image, speech, transcription, moderation };
std::string_view to_string(ModelKind kind);
std::optional<ModelKind> model_kind(std::string_view name);
std::string model_kinds();  // all names, for complaints

// One request. Of what it may say each kind has its own part.
struct Job {
  std::string model;
  std::vector<std::string> inputs;  // texts, documents, a prompt, or audio
  std::uint64_t tokens = 0;         // of all that is read, by the farm's rule
  std::uint64_t longest = 0;        // of one input
  std::string said;                 // a transcript, whose words are what is answered
  std::uint64_t answer_tokens = 0;  // where it is no transcript

  std::optional<std::int64_t> dimensions;  // asked for
  bool base64 = false;
  bool floats = false;  // beside base64
  std::string query;
  std::optional<std::size_t> top;  // so many results
  bool documents = false;          // come back with the results
  unsigned n = 1;                  // pictures
  unsigned width = 1024;
  unsigned height = 1024;
  std::string voice;
  std::string format;  // of the answer, as the endpoint names it
  std::string language;
  bool translates = false;
  bool words = false;   // a transcript tells when each was said
  bool stream = false;  // the answer is one
  Framing framing = Framing::events;
  bool single = false;  // the inputs were no list

  // The provider fills these in before it is answered.
  std::string id;
  std::int64_t created = 0;
  std::size_t size = 0;     // of a vector
  bool tells_usage = true;  // where the answer has a place for it
};

// Takes notice of one more input, and of its length.
void add_input(Job& job, std::string text);
void add_input(Job& job, std::string text, std::uint64_t tokens);

// An answer. A stream is `pieces`, cut up and spelled by `frames`; `body` is the same in one piece.
struct Product {
  std::string body;
  std::string_view content_type = "application/json";
  Framing framing = Framing::events;
  std::string pieces;
  unsigned piece_bytes = 0;  // 0: words
  std::unique_ptr<Frames> (*frames)(const Answer& answer) = nullptr;
};

struct JobRequest {
  std::string_view model;  // in the path; "": it is in the body
  std::string_view content_type;
  std::string_view body;
  std::string_view style;  // the provider's
  bool stream = false;     // by its address
  Framing framing = Framing::events;
};

struct Endpoint {
  ModelKind kind = ModelKind::embedding;
  // Fails with malformed, invalid or too_large, in the provider's words.
  Result<Job> (*read)(const JobRequest& request) = nullptr;
  Product (*answer)(const Job& job) = nullptr;
  std::size_t max_inputs = 0;      // where a model names no number of its own; 0: any
  std::string_view too_many = "";  // words for more, with places for the largest number and the one that came
};

// Fails with invalid for the first member that does not fit, in OpenAI's words.
Result<void> check_members(json::Value root, const Shape& shape);
// The documents of a job by how well they answer its query, best first, as many as it asks for.
std::vector<std::pair<std::size_t, double>> ranking(const Job& job);
// `[0.5,-1]`
void write_vector(json::Writer& out, const std::vector<double>& vector);
// A text, or the `text` of an object.
std::optional<std::string> text_or_member(json::Value value);

// POST to this path below OpenAI's base: "/embeddings". Null if there is nothing.
const Endpoint* openai_endpoint(std::string_view path);
const Endpoint* openai_audio_endpoint(std::string_view path);

}  // namespace freeway::farm
