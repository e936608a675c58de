#include "app/key_owners.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <set>

#include "app/key_row.h"
#include "base/text.h"

namespace freeway::app {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z'; }
bool is_hex(char c) { return is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f'); }

std::string upper(std::string_view text) {
  std::string made(text);
  for (char& c : made) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return made;
}

// Letters and digits alone, lower case; other scripts stay as they are.
std::string spoken(std::string_view name) {
  std::string made;
  for (char c : name) {
    if (is_letter(c) || is_digit(c) || (c & 0x80) != 0) made += ascii_lower(c);
  }
  return made;
}

// "openai-like.x" → "OPENAI_LIKE_X"
std::string stem_of_id(std::string_view id) {
  std::string made = upper(id);
  for (char& c : made) {
    if (!is_letter(c) && !is_digit(c)) c = '_';
  }
  return made;
}

constexpr std::array<std::string_view, 8> kEndings = {"_API_KEY",    "_API_TOKEN", "_ACCESS_TOKEN", "_AUTH_TOKEN",
                                                      "_SECRET_KEY", "_SDK_TOKEN", "_TOKEN",        "_KEY"};

// The variable's name without what says that it holds a key; empty if nothing does.
std::string_view stem_of_variable(std::string_view name) {
  for (std::string_view ending : kEndings) {
    if (name.size() > ending.size() && name.ends_with(ending)) return name.substr(0, name.size() - ending.size());
  }
  return {};
}

// How keys of a provider begin, where that is generally known. Several providers behind one beginning: it does not tell.
struct Beginning {
  std::string_view text;
  std::initializer_list<std::string_view> providers;
};
const std::array<Beginning, 17> kBeginnings = {{
    {"gsk_", {"groq"}},
    {"sk-or-", {"openrouter"}},
    {"AIza", {"google"}},
    {"AQ.", {"google"}},
    {"hf_", {"huggingface"}},
    {"nvapi-", {"nvidia"}},
    {"csk-", {"cerebras"}},
    {"ghp_", {"github"}},
    {"gho_", {"github"}},
    {"github_pat_", {"github"}},
    {"vck_", {"vercel"}},
    {"bce-v3/", {"qianfan"}},
    {"sk-ant-", {}},
    {"sk-proj-", {}},
    {"sk_", {"novita", "pollinations"}},
    {"sk-", {"dashscope", "moonshot", "navy", "opencode", "requesty", "routeway", "siliconflow", "tencent", "unorouter"}},
    {"ms-", {"modelscope"}},
}};

bool is_uuid(std::string_view key) {
  constexpr std::size_t kSize = 36;
  if (key.size() != kSize) return false;
  for (std::size_t i = 0; i < key.size(); ++i) {
    bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? key[i] != '-' : !is_hex(key[i])) return false;
  }
  return true;
}

// 32 hexadecimal digits, a dot, and more.
bool is_dotted_hex(std::string_view key) {
  constexpr std::size_t kHead = 32;
  return key.size() > kHead + 8 && key[kHead] == '.' && std::all_of(key.begin(), key.begin() + kHead, is_hex);
}

}  // namespace

KeyOwners::KeyOwners(const std::vector<catalog::Provider>& providers) {
  std::set<std::string, std::less<>> ids;
  for (const catalog::Provider& provider : providers) ids.insert(spoken(provider.id));
  auto call = [&](std::string_view name, const std::string& id) {
    std::string said = spoken(name);
    if (said.empty() || (ids.contains(said) && said != spoken(id))) return;
    auto [at, fresh] = names_.emplace(said, id);
    if (!fresh && at->second != id) at->second.clear();
  };
  for (const catalog::Provider& provider : providers) {
    variables_[provider.id] = provider.env.empty() ? stem_of_id(provider.id) + "_API_KEY" : provider.env.front();
    call(provider.id, provider.id);
    call(provider.name, provider.id);
    call(provider.name.substr(0, provider.name.find('(')), provider.id);
    for (const std::string& variable : provider.env) {
      usual_.emplace(upper(variable), Variable{provider.id, false, {}});
      call(stem_of_variable(upper(variable)), provider.id);
    }
    if (!provider.account_env.empty()) usual_[upper(provider.account_env)] = Variable{provider.id, true, {}};
  }
}

std::optional<KeyOwners::Variable> KeyOwners::exact(std::string_view name) const {
  if (auto found = usual_.find(name); found != usual_.end()) return found->second;
  if (auto stem = stem_of_variable(name); !stem.empty()) {
    auto found = names_.find(spoken(stem));
    if (found != names_.end() && !found->second.empty()) return Variable{found->second, false, {}};
  }
  if (name.ends_with('S')) return exact(name.substr(0, name.size() - 1));
  return {};
}

std::optional<KeyOwners::Variable> KeyOwners::by_variable(std::string_view text) const {
  std::string name = upper(text);
  if (auto found = exact(name)) return found;
  // A number or a word behind it, or words before it; the longest name that is left wins.
  std::string_view bare = name;
  while (!bare.empty() && is_digit(bare.back())) bare.remove_suffix(1);
  if (bare.size() < name.size()) {
    std::string mark = name.substr(bare.size());
    if (bare.ends_with('_')) bare.remove_suffix(1);
    if (auto found = exact(bare)) return Variable{found->provider, found->account_id, mark};
  }
  for (std::size_t cut = name.rfind('_'); cut != std::string::npos && cut > 0; cut = name.rfind('_', cut - 1)) {
    auto found = exact(std::string_view(name).substr(0, cut));
    if (!found) continue;
    std::string mark = name.substr(cut + 1);
    for (char& c : mark) c = c == '_' ? '-' : ascii_lower(c);
    return Variable{found->provider, found->account_id, mark};
  }
  for (std::size_t cut = name.find('_'); cut != std::string::npos; cut = name.find('_', cut + 1)) {
    if (auto found = usual_.find(std::string_view(name).substr(cut + 1)); found != usual_.end()) return found->second;
  }
  return {};
}

std::optional<std::string> KeyOwners::by_name(std::string_view name) const {
  auto found = names_.find(spoken(name));
  if (found == names_.end() || found->second.empty()) return {};
  return found->second;
}

std::vector<std::string> KeyOwners::by_shape(std::string_view key) const {
  std::vector<std::string> found;
  auto take = [&](std::initializer_list<std::string_view> providers) {
    for (std::string_view provider : providers) {
      if (known(provider)) found.emplace_back(provider);
    }
  };
  for (const Beginning& beginning : kBeginnings) {
    if (!key.starts_with(beginning.text)) continue;
    take(beginning.providers);
    return found;
  }
  if (is_uuid(key)) take({"sambanova", "scaleway", "volcengine"});
  if (is_dotted_hex(key)) take({"ollama", "zhipu"});
  return found;
}

std::string KeyOwners::variable_of(std::string_view provider) const {
  auto found = variables_.find(provider);
  return found == variables_.end() ? stem_of_id(provider) + "_API_KEY" : found->second;
}

std::vector<std::string> KeyOwners::ids() const {
  std::vector<std::string> all;
  for (const auto& [id, variable] : variables_) all.push_back(id);
  return all;
}

bool is_stand_in(std::string_view text) {
  if (text.find("...") != std::string_view::npos || text.starts_with('<') || text.find("${") != std::string_view::npos) {
    return true;
  }
  for (std::string_view word : {"your", "changeme", "change-me", "change_me", "placeholder", "replace", "example", "todo"}) {
    if (istarts_with(text, word)) return true;
  }
  for (std::string_view word : {"your-", "your_", "-here", "_here", "xxxxxx", "******"}) {
    if (ifind(text, word) != std::string_view::npos) return true;
  }
  return !text.empty() && text.find_first_not_of(text.front()) == std::string_view::npos;
}

bool may_hold_key(std::string_view text) {
  constexpr std::size_t kRun = 12;
  std::size_t run = 0;
  bool letter = false;
  bool digit = false;
  for (char c : text) {
    bool counts = is_letter(c) || is_digit(c);
    run = counts ? run + 1 : 0;
    letter = counts && (letter || is_letter(c));
    digit = counts && (digit || is_digit(c));
    if (run >= kRun && letter && digit) return true;
  }
  for (const Beginning& beginning : kBeginnings) {
    std::size_t at = text.find(beginning.text);
    if (at != std::string_view::npos && text.size() - at >= beginning.text.size() + 8) return true;
  }
  return false;
}

std::string speakable(std::string_view text) { return may_hold_key(text) ? mask_key(text) : std::string(text); }

bool looks_like_key(std::string_view text) {
  constexpr std::size_t kShort = 16;
  if (text.size() < kShort || text.find("://") != std::string_view::npos || is_stand_in(text)) return false;
  bool letter = false;
  bool digit = false;
  for (char c : text) {
    letter = letter || is_letter(c);
    digit = digit || is_digit(c);
    if (!is_letter(c) && !is_digit(c) && std::string_view("_-.:/+=").find(c) == std::string_view::npos) return false;
  }
  return letter && digit && text.front() != '/' && text.front() != '.';
}

}  // namespace freeway::app
