// Whose key is this? By the name of a variable, by a provider's name, by what the key looks like. Pure, immutable.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/provider.h"

namespace freeway::app {

class KeyOwners {
 public:
  explicit KeyOwners(const std::vector<catalog::Provider>& providers);

  struct Variable {
    std::string provider;
    bool account_id = false;  // it holds the account's id, not a key
    std::string mark;         // what sets it apart from its like: "2" in GROQ_API_KEY_2, "work" in GROQ_API_KEY_WORK
  };
  // GROQ_API_KEY, GROQ_API_KEY_2, GROQ_API_KEYS, MY_GROQ_API_KEY, GROQ_KEY, GROQ_TOKEN, CLOUDFLARE_ACCOUNT_ID.
  std::optional<Variable> by_variable(std::string_view name) const;

  // An id, a name for people, or the stem of a variable, without case, blanks and marks: "groq", "Hugging Face", "gemini".
  std::optional<std::string> by_name(std::string_view name) const;

  // Providers whose keys begin like this one, or have its form; empty if the form tells nothing. By id.
  std::vector<std::string> by_shape(std::string_view key) const;

  // The variable that an export writes a provider's keys to.
  std::string variable_of(std::string_view provider) const;

  bool known(std::string_view provider) const { return variables_.contains(provider); }
  std::vector<std::string> ids() const;

 private:
  std::optional<Variable> exact(std::string_view name) const;

  std::map<std::string, std::string, std::less<>> variables_;  // id → its first variable
  std::map<std::string, Variable, std::less<>> usual_;         // variable → whose
  std::map<std::string, std::string, std::less<>> names_;      // spoken name → id; "" = of several
};

// Long and mixed enough to be a key, and nothing that only looks like one: no address, no path, no stand-in such as
// "your-key-here".
bool looks_like_key(std::string_view text);
// Does a key stand in a text that should hold none, such as a name? Errs on the safe side.
bool may_hold_key(std::string_view text);
// For messages: the text itself, or masked if it may hold a key.
std::string speakable(std::string_view text);
// "your-key-here", "<key>", "xxxx", "sk-...": what templates hold.
bool is_stand_in(std::string_view text);

}  // namespace freeway::app
