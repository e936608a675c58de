// Writes an answer's content blocks as events, one block after another, in whatever order their parts come.
//
// A tool call's arguments leave as they come while its block is the open one. Once they are a whole JSON value the block may
// be closed; parts of other blocks that come before that wait behind it, so calls that a provider interleaves are put in a
// row.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace freeway::dialect::anthropic {

class BlockWriter {
 public:
  // `told`: thinking leaves as it comes; else its block tells only its signature.
  explicit BlockWriter(bool told) : thinking_told_(told) {}

  // Each appends the events that this piece means now, which may be none.
  void thinking(std::string& out, std::string text);
  void text(std::string& out, std::string text);
  // `index` names the call; id and name come with its first piece, or a later one.
  void call(std::string& out, std::int64_t index, std::string id, std::string name, std::string arguments);
  // A mark of the provider's on the thinking that is open; on none, it means nothing.
  void sign(std::string signature) {
    if (open_ == Kind::thinking) signature_ = std::move(signature);
  }
  // Bytes that wait, or are needed again at their block's end.
  std::size_t held() const;
  // Everything that waits, and the end of the last block.
  void finish(std::string& out);

 private:
  enum class Kind : unsigned char { none, thinking, text, call };
  struct Piece {
    Kind kind = Kind::none;
    std::int64_t call = 0;
    std::string id, name, text;
  };
  // Follows a JSON text to its end.
  class Scan {
   public:
    void feed(std::string_view text);
    bool whole() const { return whole_; }

   private:
    std::size_t depth_ = 0;
    bool quoted_ = false, escaped_ = false, whole_ = false;
  };

  void take(std::string& out, Piece piece);
  bool continues(const Piece& piece) const;
  bool may_leave(const Piece& piece) const;
  void hold(Piece piece);
  void leave(std::string& out, const Piece& piece);
  void open(std::string& out, const Piece& piece);
  void close(std::string& out);

  bool thinking_told_;
  Kind open_ = Kind::none;
  std::int64_t open_call_ = 0;
  std::size_t index_ = 0;  // of the block that is open or comes next
  Scan scan_;
  std::string thought_;    // of the open block
  std::string signature_;  // told for it
  std::vector<Piece> held_;
  std::vector<std::int64_t> closed_;  // calls whose block is closed
};

}  // namespace freeway::dialect::anthropic
