#include "base/clause.h"

#include <algorithm>

namespace freeway {

namespace {

std::string fill(std::string_view pattern, const std::vector<Clause::Value>& values) {
  std::string text;
  while (!pattern.empty()) {
    auto open = std::min(pattern.find('{'), pattern.size());
    text += pattern.substr(0, open);
    pattern.remove_prefix(open);
    auto close = pattern.find('}');
    if (close == std::string_view::npos) break;
    std::string_view name = pattern.substr(1, close - 1);
    auto value = std::find_if(values.begin(), values.end(), [&](const auto& one) { return one.name == name; });
    if (value != values.end()) text += value->text;
    pattern.remove_prefix(close + 1);
  }
  return text;
}

}  // namespace

Clause::Clause(std::string_view code, std::string_view english, std::vector<Value> values) {
  std::string text = fill(english, values);
  said_ = std::make_shared<const Said>(Said{code, std::move(values), std::move(text)});
}

Clause Clause::quoted(std::string text) {
  Clause clause;
  if (!text.empty()) clause.said_ = std::make_shared<const Said>(Said{{}, {}, std::move(text)});
  return clause;
}

Clause Clause::after(std::string_view words) const {
  Clause longer;
  if (said_) longer.said_ = std::make_shared<const Said>(Said{said_->code, said_->values, std::string(words) + said_->text});
  return longer;
}

const std::string& Clause::text() const {
  static const std::string none;
  return said_ ? said_->text : none;
}

const std::vector<Clause::Value>& Clause::values() const {
  static const std::vector<Value> none;
  return said_ ? said_->values : none;
}

std::string joined(const std::vector<Clause>& clauses) {
  std::string text;
  for (const Clause& clause : clauses) {
    if (!text.empty()) text += ", ";
    text += clause.text();
  }
  return text;
}

}  // namespace freeway
