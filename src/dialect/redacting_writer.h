// The writer of an answer's stream, with the secrets in it hidden, also where a provider cuts one into several events.
//
// A text of a choice (its content, its reasoning, the arguments of a call) is one text to whoever puts the deltas together,
// so each is watched as one. What may be the beginning of a secret is missing from its event and stands in front of that
// text's next piece; in an event of its own where the choice ends, or goes on with something else (but for the arguments of
// calls, which come in turns). Other members are left alone: names, ids and addresses come whole, and `logprobs` tell a text
// token by token.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/redacted_text.h"
#include "dialect/surface.h"
#include "json/document.h"
#include "json/edit.h"

namespace freeway::dialect {

class RedactingWriter final : public StreamWriter {
 public:
  RedactingWriter(std::unique_ptr<StreamWriter> writer, std::shared_ptr<const SecretSet> secrets);

  void write(std::string& out, const chat::Event& event) override;
  void finish(std::string& out, const chat::Usage& usage) override;
  void fail(std::string& out, const Trouble& trouble) override;
  std::size_t held() const override;
  void shrink() override;

 private:
  struct Text {
    Text(std::string_view way, const SecretSet& secrets) : open(way), redacted(secrets) {}
    std::string open;  // of a delta that holds this text alone, up to the text; tells texts apart
    RedactedText redacted;
    std::size_t pieces = 0;  // in the event in hand that are to be looked at
  };
  struct Piece {
    std::size_t text;  // index
    json::Value value;
  };
  struct Choice {
    explicit Choice(std::int64_t at) : index(at) {}
    std::int64_t index;
    std::vector<Text> texts;
    bool holds() const;
  };

  bool passes(const chat::Event& event);
  Choice& choice_at(std::int64_t index);
  void find_texts(Choice& choice, json::Value value, std::string& open, int depth);
  void note_piece(Choice& choice, std::string_view open, json::Value value);
  void redact(std::string& out, json::Value entry, Choice& choice, json::Edits& edits);
  void release(std::string& out, Choice& choice, Text& text);
  void release_all(std::string& out);
  void remember_frame();

  std::unique_ptr<StreamWriter> writer_;
  std::shared_ptr<const SecretSet> secrets_;
  std::vector<Choice> choices_;
  json::Document document_;    // of the event in hand
  std::vector<Piece> pieces_;  // of the choice in hand, in order
  std::string frame_;          // the members of an event beside its choices, with which what was held goes out
};

// The writer itself where no secrets are known.
std::unique_ptr<StreamWriter> hide_secrets(std::unique_ptr<StreamWriter> writer, std::shared_ptr<const SecretSet> secrets);

}  // namespace freeway::dialect
