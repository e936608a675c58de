// In-place edits of a checked document: everything that is not edited keeps its bytes.
//
// Collect edits in any order, then apply once; positions are those of the unedited document. What lies inside a removed or
// replaced value is not edited; of two replacements (or renamings) of one value the later counts. An edit of an absent value
// or of one of the wrong type is ignored. The document must outlive the edits.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "json/document.h"

namespace freeway::json {

class Edits {
 public:
  explicit Edits(const Document& document) : document_(&document) {}

  // Replaces a value by JSON text.
  void replace(Value value, std::string json);
  // Removes a member of an object or an element of an array together with one comma.
  void remove(Value value);
  // Adds `"name":json` at the end of an object / `json` at the end of an array; handles the empty container.
  void append_member(Value object, std::string_view name, std::string_view json);
  void append_element(Value array, std::string_view json);
  // Renames a member, keeping its value.
  void rename(Value member, std::string_view name);

  bool empty() const { return changes_.empty(); }
  // The document's text with all edits; the text itself, unchanged, if there are none.
  std::string apply() const;

 private:
  enum class Kind : std::uint8_t { replace, remove, append, rename };
  struct Change {
    Kind kind;
    std::uint32_t node;
    std::string text;
  };
  struct Removal {
    std::uint32_t container;
    std::uint32_t node;
  };
  // The bytes of the document from `begin` to `end` give way to a comma, if need be, and `text`.
  struct Splice {
    std::size_t begin;
    std::size_t end;
    std::string_view text;
    bool comma = false;
  };

  void add(Kind kind, Value value, std::string text);
  const Value::Node& node(std::uint32_t index) const { return document_->nodes_[index]; }
  std::vector<Removal> removals_of(const std::vector<const Change*>& changes) const;
  std::size_t start_of(std::uint32_t child) const;
  std::vector<const Change*> effective() const;
  void cut(const std::vector<Removal>& removals, std::vector<Splice>& splices) const;
  Splice insertion(const Change& append, const std::vector<Removal>& removals, bool follows_another) const;
  std::vector<Splice> splices() const;

  const Document* document_;
  std::vector<Change> changes_;
};

}  // namespace freeway::json
