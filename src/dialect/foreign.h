// Providers that do not speak chat completions, behind the same interface as those that do.
//
// Between protocols a conversation has one form, the chat completions document: a request that was repaired for the provider
// is translated from it, and an answer is translated into it and then read as if a provider of that dialect had sent it. So
// what is checked, repaired, counted and refused in an answer stands in one place.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dialect/dialect.h"
#include "json/document.h"
#include "json/writer.h"

namespace freeway::dialect {

// What is known of a request while its answer is read.
struct Question {
  const chat::Request& request;
  const catalog::Model& model;
};

// A request on its way into another protocol.
struct Translation {
  const chat::Request& request;
  const catalog::Provider& provider;
  const catalog::Model& model;
  json::Value root;  // of the repaired document
  Outgoing& out;     // its path and body are to be written; what can't be carried is added to `dropped`
};

// Parameters that have another name there, or the same; of two for one name the first counts.
class Parameters {
 public:
  using Names = std::span<const std::pair<std::string_view, std::string_view>>;  // ours, theirs
  explicit Parameters(Names names) : names_(names) {}
  // False if the member is none of them.
  bool write(json::Value member, json::Writer& out);

 private:
  Names names_;
  std::vector<std::string_view> written_;
};
// Members of the repaired document that no dialect treats as a parameter: the model, messages, tools and how it streams.
bool has_its_own_place(json::Value member);

// A part of a message for protocols that have texts and images: true for an image, false for a text. What else stands in it
// is noted as dropped. Fails with unsupported for any other part.
Result<bool> holds_image(json::Value part, Outgoing& out);
// Notes what an `image_url` says beside its address, for protocols that take the image alone.
void note_image_rest(json::Value image, Outgoing& out);

// Turns one streamed answer into a stream of chat completion chunks. One thread.
class Translator {
 public:
  virtual ~Translator() = default;
  // An event of the stream, or a line of it; appends "data: …" events. What is no part of an answer (an error, a page) goes
  // on as it is, for the reader of chat completions to judge. Fails with malformed.
  virtual Result<void> read(std::string_view data, std::string& out) = 0;
  // The provider closed its stream: what is left to say, the end mark if its answer was whole.
  virtual void end(std::string& out) = 0;
  // Gives back memory that a large event needed.
  virtual void shrink() {}
  // All of the answer has come, though the provider has not closed.
  virtual bool complete() const = 0;
};

class Foreign : public Dialect {
 public:
  enum class Framing : unsigned char { events, lines };

  Result<Outgoing> write_request(const chat::Request& request, const catalog::Provider& provider,
                                 const catalog::Model& model) const final;
  Result<WholeAnswer> read_answer(const chat::Request& request, const catalog::Model& model, std::string_view content_type,
                                  std::string body, std::optional<chat::Fault>& fault) const final;
  std::optional<chat::Usage> told_usage(const chat::Request& request, const catalog::Model& model,
                                        std::string_view body) const final;
  std::unique_ptr<StreamReader> read_stream(const chat::Request& request, const catalog::Model& model) const final;
  std::unique_ptr<StreamReader> replay(const chat::Request& request, const catalog::Model& model) const final;
  chat::Fault read_fault(int status, const http::Fields& fields, std::string_view body, WallTime now) const final;
  bool streams(std::string_view content_type) const final;

  // A whole answer as a chat completion; a document that is none, as it is.
  virtual Result<std::string> translate_answer(const Question& question, json::Value root) const = 0;

 protected:
  // `takes_reasoning`: past reasoning has a place in the protocol.
  explicit Foreign(Framing framing, bool takes_reasoning = false) : framing_(framing), takes_reasoning_(takes_reasoning) {}
  // Fails with unsupported where the provider could not do what was asked, so that another route is better.
  virtual Result<void> translate_request(Translation& translation) const = 0;
  virtual std::unique_ptr<Translator> translate_stream(const Question& question) const = 0;

 private:
  Framing framing_;
  bool takes_reasoning_;
};

}  // namespace freeway::dialect
