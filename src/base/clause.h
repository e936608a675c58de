// One clause for people that is data as well, so that a page can say it in another language: a code that names what it says,
// and the values in it. Immutable; copies share what they hold.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace freeway {

class Clause {
 public:
  struct Value {
    std::string_view name;  // static
    std::string text;
  };

  Clause() = default;
  // `code` is static and keeps its meaning and its values for good, since others translate by it. `english` has the values'
  // names in braces: "{pool}: {used} of {limit} used".
  Clause(std::string_view code, std::string_view english, std::vector<Value> values = {});
  // The same with more before its English text.
  Clause after(std::string_view words) const;
  // What a person or a provider wrote: no code, and nobody translates it.
  static Clause quoted(std::string text);

  bool empty() const { return !said_; }
  const std::string& text() const;  // in English; "" of an empty one
  std::string_view code() const { return said_ ? said_->code : std::string_view(); }
  const std::vector<Value>& values() const;

 private:
  struct Said {
    std::string_view code;
    std::vector<Value> values;
    std::string text;
  };
  std::shared_ptr<const Said> said_;
};

// Their texts in one line: "rank 80, not measured lately".
std::string joined(const std::vector<Clause>& clauses);

}  // namespace freeway
