#include "catalog/error_rule.h"

#include <algorithm>

#include "base/text.h"

namespace freeway::catalog {

namespace {

// Like matches() of pools, but without case; `part`: anywhere in the text.
bool matches_letters(std::string_view pattern, std::string_view text, bool part) {
  bool anchored = !part;
  for (;;) {
    std::size_t star = pattern.find('*');
    std::string_view piece = pattern.substr(0, star);
    bool last = star == std::string_view::npos;
    if (last && !part) {
      if (anchored) return iequals(piece, text);
      return text.size() >= piece.size() && iequals(piece, text.substr(text.size() - piece.size()));
    }
    std::size_t at = piece.empty() ? 0 : ifind(text, piece);
    if (at == std::string_view::npos || (anchored && at != 0)) return false;
    if (last) return true;
    text.remove_prefix(at + piece.size());
    pattern.remove_prefix(star + 1);
    anchored = false;
  }
}

bool any_matches(const std::vector<std::string>& patterns, std::string_view text, bool part) {
  if (patterns.empty()) return true;
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return matches_letters(pattern, text, part); });
}

bool status_matches(const ErrorRule& rule, int status, int named) {
  auto lists = [&](int one) { return std::find(rule.status.begin(), rule.status.end(), one) != rule.status.end(); };
  if (lists(status) || (status == 0 && lists(200))) return true;
  if (status >= 300) return false;
  bool speaks = !rule.code.empty() || !rule.type.empty() || !rule.message.empty() || !rule.body.empty();
  return named != 0 ? lists(named) : speaks;
}

}  // namespace

const ErrorRule* find_rule(const std::vector<ErrorRule>& rules, const chat::Fault& fault, int named) {
  auto covers = [&](const ErrorRule& rule) {
    return status_matches(rule, fault.status, named) && any_matches(rule.code, fault.code, false) &&
           any_matches(rule.type, fault.type, false) && any_matches(rule.message, fault.message, true) &&
           any_matches(rule.body, fault.body, true);
  };
  auto found = std::find_if(rules.begin(), rules.end(), covers);
  return found == rules.end() ? nullptr : &*found;
}

}  // namespace freeway::catalog
