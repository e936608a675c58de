// One choice of a streamed answer: what came so far, and what has to change in the next chunk.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "dialect/dialect.h"
#include "dialect/openai/answer.h"
#include "dialect/openai/digest.h"
#include "dialect/openai/said.h"
#include "dialect/openai/text_filter.h"
#include "json/edit.h"

namespace freeway::dialect::openai {

// One chunk while it is read. Lives for one event.
struct Chunk {
  // A delta of our own making that goes out before the chunk.
  struct Made {
    std::int64_t choice = 0;
    std::string delta;
  };

  Chunk(const json::Document& of, Said& so_far) : document(of), said(so_far) {}
  json::Edits& edit() { return edits ? *edits : edits.emplace(document); }

  const json::Document& document;
  Said& said;  // text, reasoning and arguments are added
  std::optional<json::Edits> edits;
  std::vector<Made> made;
  std::int64_t choice = 0;  // index of the one read last
  json::Value plain;        // its text, if nothing but this string need be looked at in a chunk of the same bytes around it
  bool content = false;     // the chunk itself brings what a client waits for
  bool keep = false;        // something is left of it that a client should get
  bool extra = false;       // it holds more than role, content and finish reason
  bool finished = false;    // a choice got its finish reason
};

class StreamChoice {
 public:
  // `rules` outlive the choice.
  // `seed` tells this answer from others; ids are minted from it.
  StreamChoice(const AnswerRules& rules, std::int64_t index, Digest seed)
      : rules_(&rules), index_(index), seed_(seed), filter_(rules.tools) {}

  std::int64_t index() const { return index_; }
  bool finished() const { return finished_; }
  const Mended& mended() const { return mended_; }

  // Fails with malformed or closed if the answer turns out to be none, with invalid ("schema: …") if it is not what was
  // asked for. Then the chunk, which holds the finish reason, must not go out.
  Result<void> read(json::Value choice, Chunk& chunk);
  // The last chunk came again with another text. False: it must be read in full.
  bool repeat(std::string_view member, std::string_view escaped);
  // Bytes of the answer that it keeps.
  std::size_t held() const;
  // The stream ended early: what was held back.
  void release(std::vector<Chunk::Made>& made);

 private:
  struct Call {
    std::int64_t told = -1;  // the provider's index; -1: none
    std::int64_t index = 0;  // ours
    std::string id, name, arguments;
    bool custom = false;
    bool filled = false;  // its empty arguments were filled in the chunk in hand
    bool held = false;    // its arguments begin as a string: held back until it is known what is inside
    json::Value entry;    // its last entry in the chunk in hand
  };
  struct Parts {
    json::Value delta, finish, role, content, calls, old_call;
    json::Value reasoning;   // if no other member but role and content is given
    std::size_t others = 0;  // members beside role and content
  };

  Parts split(json::Value choice, Chunk& chunk);
  void read_text(const Parts& parts, bool finishing, Chunk& chunk);
  void read_content_parts(std::vector<Segment> content, const Parts& parts, bool finishing, Chunk& chunk);
  void keep_text(const std::vector<Segment>& segments);
  void make(const std::vector<Segment>& segments, json::Value role, Chunk& chunk);
  std::string delta_of(const Segment& segment, std::string_view role);
  void read_calls(const Parts& parts, bool finishing, Chunk& chunk);
  Call& call_of(json::Value entry, Chunk& chunk);
  void read_entry(json::Value entry, Chunk& chunk);
  void hold_arguments(Call& call, json::Value function, Chunk& chunk);
  void write_old_call(const Parts& parts, Chunk& chunk);
  void fill_empty_arguments(Chunk& chunk);
  std::string mint_id() const;
  Result<void> judge(const std::string& reason) const;
  Result<void> judge_calls() const;
  void write_reason(const Parts& parts, const std::string& reason, Chunk& chunk);

  const AnswerRules* rules_;
  std::int64_t index_;
  Digest seed_;
  TextFilter filter_;
  std::vector<Call> calls_;
  Mended mended_;
  std::string text_;           // kept where structure was asked for
  std::string old_arguments_;  // of a function call in the old form
  bool old_call_ = false;
  bool said_ = false;
  bool refused_ = false;
  bool finished_ = false;
};

}  // namespace freeway::dialect::openai
