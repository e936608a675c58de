// A JSON text, checked and indexed in one pass.
//
// parse() validates the whole text (RFC 8259 grammar, UTF-8, numbers, escapes, a depth limit) and records where every value
// stands, so that later looks are cheap, any part can be read twice, and every value can be taken or replaced verbatim.
// The document does not own the text: it must outlive the document and every Value. One thread at a time; no exceptions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace freeway::json {

enum class Type : std::uint8_t { null, boolean, number, string, array, object };

struct Limits {
  std::size_t depth = 256;         // containers inside each other
  std::size_t values = 4'000'000;  // the index takes 28 bytes a value
};

// Resolves escapes; `escaped` comes from a checked document. A lone surrogate becomes U+FFFD.
std::string unescape(std::string_view escaped);

class Document;

// A value of a document: two words, cheap to copy. A default Value is "absent": every question about it is answered as if
// the member were missing, so chains like doc.root()["a"]["b"].string() need no checks between.
class Value {
 public:
  Value() = default;

  explicit operator bool() const { return document_ != nullptr; }
  bool present() const { return document_ != nullptr; }
  // Present and not null. Optional members sent as null are treated as absent.
  bool given() const { return present() && type() != Type::null; }
  Type type() const;
  bool is(Type wanted) const { return present() && type() == wanted; }

  // The value's own bytes, spelling kept: `"a\u0062"` with its quotes, `1.50`, `{ "x" : 1 }`.
  std::string_view raw() const;
  // Where raw() starts in the text.
  std::size_t offset() const;

  // A string's bytes between the quotes, escapes kept; empty for other types.
  std::string_view escaped() const;
  // A string that holds a backslash.
  bool has_escapes() const { return present() && node().escapes != 0; }
  // Some of them spell a character by its number: \u4f60.
  bool has_unicode_escapes() const { return present() && (node().escapes & kUnicode) != 0; }
  // A string with escapes resolved; nothing for other types.
  std::optional<std::string> string() const;
  // True if this is a string whose unescaped value equals `text`; allocates nothing when there are no escapes.
  bool equals(std::string_view text) const;
  std::optional<bool> boolean() const;
  // Nothing for a number too large for a double.
  std::optional<double> number() const;
  // A number that is a whole number and fits; 8192, 8192.0 and 8.192e3 all count.
  std::optional<std::int64_t> integer() const;

  // Members of an object or elements of an array; 0 for other types.
  std::size_t size() const;
  // The last member of this name (JSON leaves doubles open; the last wins, as in every common parser).
  Value operator[](std::string_view name) const;

  // First child and next sibling; absent at the end. For members, key() is the name's escaped bytes.
  Value first() const;
  Value next() const;
  std::string_view key() const;  // escaped bytes between the quotes
  bool key_equals(std::string_view name) const;
  std::size_t key_offset() const;  // of the opening quote

  // for (Value child : value) …
  class Iterator;
  Iterator begin() const;
  Iterator end() const;

 private:
  friend class Document;
  friend class Edits;
  friend class Indexer;
  // One a value, in document order; a container's children follow it.
  struct Node {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    std::uint32_t key_begin = 0;  // of the opening quote; 0 unless the parent is an object
    std::uint32_t key_size = 0;   // between the quotes
    std::uint32_t next = 0;       // the node after the last descendant
    std::uint32_t size = 0;       // children
    Type type = Type::null;
    std::uint8_t escapes = 0;  // of a string: kEscapes where it holds a backslash, kUnicode where it holds a \u
    std::uint8_t key_escapes = 0;
    bool last = true;  // no sibling follows
  };
  static constexpr std::uint8_t kEscapes = 1, kUnicode = 2;
  Value(const Document* document, std::uint32_t node) : document_(document), node_(node) {}
  const Node& node() const;
  static bool same(std::string_view escaped, std::uint8_t escapes, std::string_view text);
  const Document* document_ = nullptr;
  std::uint32_t node_ = 0;
};

class Document {
 public:
  // Fails with malformed ("unexpected ',' at byte 17 (line 2): …", the first byte being 0), or too_large for depth, values
  // or a text over 4 GiB - 1. A byte order mark at the start is skipped; lone surrogates in escapes are accepted, as the
  // grammar does.
  static Result<Document> parse(std::string_view text, Limits limits = {});
  // As above, reusing this document's memory; on failure the document is empty. For streams of small documents.
  Result<void> reparse(std::string_view text, Limits limits = {});

  std::size_t memory() const { return nodes_.capacity() * sizeof(Value::Node); }  // bytes of the index
  // Gives the index's memory back if one document needed much; the document is empty then.
  void shrink();

  Value root() const;
  std::string_view text() const { return text_; }

 private:
  friend class Value;
  friend class Edits;
  std::string_view text_;
  std::vector<Value::Node> nodes_;
};

inline const Value::Node& Value::node() const { return document_->nodes_[node_]; }
inline Type Value::type() const { return present() ? node().type : Type::null; }
inline std::size_t Value::size() const { return present() ? node().size : 0; }
inline bool Value::same(std::string_view escaped, std::uint8_t escapes, std::string_view text) {
  return escapes != 0 ? text.size() < escaped.size() && unescape(escaped) == text : escaped == text;
}
inline std::string_view Value::escaped() const {
  if (!is(Type::string)) return {};
  return {document_->text_.data() + node().begin + 1, node().end - node().begin - 2};
}
inline std::string_view Value::key() const {
  if (!present() || node().key_size == 0) return {};
  return {document_->text_.data() + node().key_begin + 1, node().key_size};
}
inline bool Value::equals(std::string_view text) const { return is(Type::string) && same(escaped(), node().escapes, text); }
inline bool Value::key_equals(std::string_view name) const { return present() && same(key(), node().key_escapes, name); }
inline Value Value::first() const { return size() > 0 ? Value(document_, node_ + 1) : Value(); }
inline Value Value::next() const { return present() && !node().last ? Value(document_, node().next) : Value(); }

class Value::Iterator {
 public:
  explicit Iterator(Value at) : at_(at) {}
  Value operator*() const { return at_; }
  Iterator& operator++() {
    at_ = at_.next();
    return *this;
  }
  bool operator!=(const Iterator& other) const { return at_.present() != other.at_.present(); }

 private:
  Value at_;
};

}  // namespace freeway::json
