#include "app/key_import.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "api/admin/operations.h"
#include "app/key_import_formats.h"
#include "base/text.h"
#include "net/proxy.h"
#include "reader/section.h"

namespace freeway::app {

namespace {

// Where UTF-8 is broken: the line, or 0.
std::size_t bad_utf8_line(std::string_view text) {
  std::size_t line = 1;
  for (std::size_t i = 0; i < text.size();) {
    auto c = static_cast<unsigned char>(text[i]);
    if (c == '\n') ++line;
    std::size_t more = c < 0x80 ? 0 : c >= 0xC2 && c < 0xE0 ? 1 : c >= 0xE0 && c < 0xF0 ? 2 : c >= 0xF0 && c < 0xF5 ? 3 : 9;
    if (more == 9 || i + more >= text.size() + (more == 0 ? 1 : 0)) return line;
    for (std::size_t k = 1; k <= more; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80) return line;
    }
    i += more + 1;
  }
  return 0;
}

KeyFormat guess(std::string_view text, const KeyOwners& owners) {
  std::string_view start = trim(text);
  bool bracket = start.starts_with('[') && start.find_first_of("{\"") < start.find('\n');
  if (start.starts_with('{') || bracket || start.starts_with("[\n") || start.starts_with("[\r") || start == "[]") {
    return KeyFormat::json;
  }
  if (is_env_text(text)) return KeyFormat::env;
  if (is_csv_text(text, owners)) return KeyFormat::csv;
  return KeyFormat::text;
}

RawKeys read_rows(std::string_view text, KeyFormat format, const KeyOwners& owners) {
  switch (format) {
    case KeyFormat::env: return read_env_rows(text);
    case KeyFormat::json: return read_json_rows(text, owners);
    case KeyFormat::csv: return read_csv_rows(text, owners);
    case KeyFormat::text: break;
  }
  return read_text_rows(text, owners);
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    text += i == 0 ? "" : i + 1 == names.size() ? " or " : ", ";
    text += names[i];
  }
  return text;
}

// Rows as they stand become keys of providers, or problems.
class Judge {
 public:
  Judge(const KeyOwners& owners, const ImportChoice& choice, KeyImport& import)
      : owners_(owners), choice_(choice), import_(import) {}

  void judge(const std::vector<RawRow>& rows) {
    for (const RawRow& row : rows) {
      auto variable = row.variable.empty() || row.ours ? std::nullopt : owners_.by_variable(row.variable);
      if (variable && variable->account_id) {
        account_ids_[variable->provider][variable->mark] = row.value;
        continue;
      }
      std::vector<std::string> values;
      if (row.list) values = split_list(row.value);
      if (!row.list || values.empty()) values = {row.value};
      for (std::string& value : values) judge_one(row, variable, std::move(value));
    }
    fill_account_ids();
  }

 private:
  void problem(const RawRow& row, std::string message, bool skipped = false) {
    bool told =
        !import_.problems.empty() && import_.problems.back().line == row.line && import_.problems.back().message == message;
    if (!told) import_.problems.push_back({row.line, std::move(message), skipped});
  }

  void judge_one(const RawRow& row, const std::optional<KeyOwners::Variable>& variable, std::string value) {
    std::string from;
    auto provider = owner_of(row, variable, value, from);
    if (!provider || !good(row, value)) return;
    ImportedKey key;
    key.line = row.line;
    key.from = std::move(from);
    key.row.provider = std::move(*provider);
    key.row.name = row.name;
    if (!row.ours && may_hold_key(row.name)) {
      key.row.name.clear();
      key.note = "its name may hold a key and was left out";
    }
    key.row.value = Secret(std::move(value));
    key.row.account = row.account;
    key.row.account_id = row.account_id;
    key.row.proxy = Secret(row.proxy);
    key.row.disabled_reason = row.disabled_reason;
    marks_.push_back(variable ? variable->mark : std::string());
    import_.keys.push_back(std::move(key));
  }

  std::optional<std::string> owner_of(const RawRow& row, const std::optional<KeyOwners::Variable>& variable,
                                      std::string_view value, std::string& from) {
    if (!row.provider.empty()) {
      from = "named";
      if (owners_.known(row.provider)) return row.provider;
      if (auto named = owners_.by_name(row.provider)) return named;
      if (auto named = owners_.by_variable(row.provider)) return named->provider;
      problem(row, fmt::format("no provider is called \"{}\"{}", speakable(row.provider),
                               reader::did_you_mean(row.provider, owners_.ids())));
      return {};
    }
    if (variable) {
      from = speakable(row.variable);
      return variable->provider;
    }
    std::vector<std::string> shaped =
        value.size() > 8 && !is_stand_in(value) ? owners_.by_shape(value) : std::vector<std::string>();
    if (shaped.size() == 1) {
      from = "its form";
      return shaped.front();
    }
    bool key_like = row.variable.empty() || (names_a_key(row.variable) && looks_like_key(value));
    if (!choice_.provider.empty() && key_like) {
      from = "--provider";
      return choice_.provider;
    }
    if (!row.variable.empty() && !key_like) {
      problem(row, fmt::format("{} is no provider's variable", speakable(row.variable)), true);
    } else if (value.empty()) {
      problem(row, "there is no key");
    } else if (shaped.size() > 1) {
      problem(row, fmt::format("this key could be one of {}: name the provider", listed(shaped)));
      no_owner(row, value, std::move(shaped));
    } else {
      problem(row, row.variable.empty()
                       ? std::string("whose key this is can't be told by its form: name the provider")
                       : fmt::format("whose key {} holds can't be told: name the provider", speakable(row.variable)));
      no_owner(row, value, {});
    }
    return {};
  }

  // What the problem that was told last is about.
  void no_owner(const RawRow& row, std::string_view value, std::vector<std::string> candidates) {
    NoOwner told;
    told.candidates = std::move(candidates);
    told.variable = speakable(row.variable);
    told.hint = api::admin::mask(Secret(std::string(value)));
    import_.problems.back().no_owner = std::move(told);
  }

  static bool names_a_key(std::string_view variable) {
    return ifind(variable, "KEY") != std::string_view::npos || ifind(variable, "TOKEN") != std::string_view::npos;
  }

  bool good(const RawRow& row, std::string_view value) {
    std::string where = row.variable.empty() ? std::string("the key") : speakable(row.variable);
    if (value.empty()) {
      problem(row, where + " is empty", !row.variable.empty());
    } else if (is_masked(value) || (!row.ours && value.find("***") != std::string_view::npos)) {
      problem(row, where + " is masked: export it with `freeway keys export --reveal`");
    } else if (!row.ours && is_stand_in(value)) {
      problem(row, where + " holds a stand-in, no key");
    } else if (value.find_first_of(" \t\r\n") != std::string_view::npos) {
      problem(row, where + " holds a blank, so it is no key");
    } else if (std::any_of(value.begin(), value.end(), [](unsigned char c) { return c < ' ' || c >= 0x7f; })) {
      problem(row, where + " holds a character that no header can carry");
    } else if (!row.proxy.empty() && !net::ProxyAddress::parse(row.proxy)) {
      problem(row, "the proxy: " + net::ProxyAddress::parse(row.proxy).error().message);
    } else {
      return true;
    }
    return false;
  }

  // CLOUDFLARE_ACCOUNT_ID belongs to CLOUDFLARE_API_TOKEN, and …_2 to …_2; a single one to all.
  void fill_account_ids() {
    for (std::size_t i = 0; i < import_.keys.size(); ++i) {
      KeyRow& row = import_.keys[i].row;
      auto ids = account_ids_.find(row.provider);
      if (!row.account_id.empty() || ids == account_ids_.end()) continue;
      auto id = ids->second.find(marks_[i]);
      if (id == ids->second.end()) id = ids->second.begin();
      row.account_id = id->second;
      // Another id is another account.
      if (ids->second.size() > 1 && row.account.empty()) row.account = id->second;
    }
  }

  const KeyOwners& owners_;
  const ImportChoice& choice_;
  KeyImport& import_;
  std::map<std::string, std::map<std::string, std::string>> account_ids_;  // provider → mark → id
  std::vector<std::string> marks_;                                         // of import_.keys
};

}  // namespace

std::size_t KeyImport::fresh() const {
  return static_cast<std::size_t>(
      std::count_if(keys.begin(), keys.end(), [](const ImportedKey& key) { return key.duplicate.empty(); }));
}

std::size_t KeyImport::mistakes() const {
  return static_cast<std::size_t>(
      std::count_if(problems.begin(), problems.end(), [](const ImportProblem& problem) { return !problem.skipped; }));
}

KeyImport read_keys(std::string_view text, const KeyOwners& owners, const ImportChoice& choice) {
  KeyImport import;
  import.format = choice.format.value_or(KeyFormat::text);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    import.problems.push_back({1, "the text is UTF-16: save it as UTF-8", false});
    return import;
  }
  if (std::size_t line = bad_utf8_line(text); line > 0) {
    import.problems.push_back({line, "this line is no UTF-8: save the file as UTF-8", false});
    return import;
  }
  if (!choice.format) import.format = guess(text, owners);
  RawKeys raw = read_rows(text, import.format, owners);
  import.problems = std::move(raw.problems);
  Judge(owners, choice, import).judge(raw.rows);
  std::sort(import.problems.begin(), import.problems.end(), [](const ImportProblem& a, const ImportProblem& b) {
    return std::tie(a.line, a.message) < std::tie(b.line, b.message);
  });
  return import;
}

void settle_import(KeyImport& import, const std::vector<KeyRow>& present) {
  std::map<std::pair<std::string, std::string>, std::string> holders;  // provider and value → who has it
  std::map<std::string, std::set<std::string>> names;
  for (const KeyRow& row : present) {
    std::string called = row.name.empty() ? "a key in use" : fmt::format("\"{}\"", row.name);
    holders.emplace(std::pair(row.provider, std::string(row.value.reveal())), called + ", which is there already");
    names[row.provider].insert(row.name);
  }
  for (ImportedKey& key : import.keys) {
    auto [at, fresh] = holders.emplace(std::pair(key.row.provider, std::string(key.row.value.reveal())),
                                       fmt::format("the one in line {}", key.line));
    if (!fresh) {
      key.duplicate = "the same key as " + at->second;
      continue;
    }
    std::set<std::string>& taken = names[key.row.provider];
    std::string wanted = key.row.name;
    for (int next = 2; !wanted.empty() && taken.contains(key.row.name); ++next)
      key.row.name = fmt::format("{}-{}", wanted, next);
    if (key.row.name != wanted) key.note = fmt::format("called \"{}\", as \"{}\" is taken", key.row.name, wanted);
    taken.insert(key.row.name);
  }
}

}  // namespace freeway::app
