// In-place edits of a checked document: everything that is not edited keeps its bytes.
//
// Collect edits in any order, then apply once. Edits must not overlap (an edit inside a removed part is dropped).
#pragma once

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
  struct Change {
    std::size_t begin;
    std::size_t end;
    std::string text;
  };
  const Document* document_;
  std::vector<Change> changes_;
  // several appends to one container in one go, removals of neighbours: see edit.cc
};

}  // namespace freeway::json
