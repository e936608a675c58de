// Reads one table of a scenario member by member, and complains about members that nobody asked for.
//
// The first complaint wins and names the place: "providers[0].limits.rpm: expected a whole number, found "30"". Readers go
// on after a complaint with defaults, so that code that reads needs no checks between.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "json/document.h"

namespace freeway::farm {

class Problem {
 public:
  void say(std::string_view place, std::string_view what);
  bool any() const { return !text_.empty(); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

class Table {
 public:
  // `value` must be an object; its document outlives the table.
  Table(json::Value value, std::string place, Problem& problem);

  // The member, absent or not given if there is none; from now on it is a known name.
  json::Value take(std::string_view name);
  // True if the member is there and null: "take it away".
  bool cleared(std::string_view name) const { return value_[name].is(json::Type::null); }
  // Each leaves `into` alone if the member is missing.
  void text(std::string_view name, std::string& into);
  void texts(std::string_view name, std::vector<std::string>& into);
  void count(std::string_view name, std::uint64_t& into);
  void count(std::string_view name, unsigned& into);
  void number(std::string_view name, double& into);
  void flag(std::string_view name, bool& into);
  void duration(std::string_view name, Duration& into);
  // Complains about members that were not taken; call it last.
  void done();

  void complain(std::string_view name, std::string_view what);
  std::string place(std::string_view name) const;
  Problem& problem() { return problem_; }

 private:
  void mismatch(std::string_view name, std::string_view expected, json::Value found);

  json::Value value_;
  std::string place_;
  Problem& problem_;
  std::vector<std::string> known_;
};

// A TOML text as JSON, so that files and the control API are read by the same code. Dates become strings. Fails with
// malformed and the position.
Result<std::string> toml_to_json(std::string_view text, std::string_view name);

}  // namespace freeway::farm
