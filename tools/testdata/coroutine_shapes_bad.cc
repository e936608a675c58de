// Every shape that g++ 12 miscompiles, one a line, each marked. tools/check_coroutines.sh --self-test expects each marked
// line to be found. Never linked into anything.
#include <string>
#include <vector>

#include "coroutine_shapes.h"

Task<int> take(Options options);
Task<int> take_text(std::string text);
Task<int> take_list(std::vector<int> list);
Task<int> take_pair(std::string text, int number);
Task<std::string> text();
Task<int> number();
template <class F>
Task<int> call(F f) {
  co_return static_cast<int>(f());
}

Task<int> aggregate_temporary() { co_return co_await take(Options{"x", 1}); }        // shape: braces
Task<int> designated_aggregate() { co_return co_await take(Options{.name = "x"}); }  // shape: braces
Task<int> aggregate_in_parentheses() { co_return co_await take(Options("x", 1)); }   // shape: aggregate
Task<int> bare_braces() { co_return co_await take({}); }                             // shape: braces
Task<int> constructor_braces() { co_return co_await take_text(std::string{"x"}); }   // shape: braces
Task<int> initializer_list() { co_return co_await take_list({1, 2, 3}); }            // shape: braces

Task<int> braces_around_await() {
  std::string a{co_await text()};         // shape: braces
  Options b{co_await text(), 1};          // shape: braces
  Options c = {.name = co_await text()};  // shape: braces
  const int d{co_await number()};         // shape: braces
  co_return static_cast<int>(a.size()) + b.count + c.count + d;
}

Task<int> await_beside_aggregate() {
  const int sum = co_await number() + Options{"x", 1}.count;  // shape: braces
  co_return sum;
}

Task<int> class_conditional(bool which) {
  co_return co_await take_text(which ? std::string("a") : std::string("b"));  // shape: conditional
}

Task<int> conditional_of_awaits(bool which) {
  std::string got = which ? co_await text() : std::string();  // shape: conditional
  co_return static_cast<int>(got.size());
}

Task<int> capturing_argument(std::string name) {
  co_return co_await call([name] { return name.size(); });  // shape: capture
}

Task<int> capturing_coroutine(std::string name) {
  auto later = [name]() -> Task<int> { co_return static_cast<int>(name.size()); };  // shape: capture
  Task<int> task = later();
  co_return co_await static_cast<Task<int>&&>(task);
}

Task<int> switch_on_await() {
  switch (co_await number()) {  // shape: switch
    case 1: co_return 2;
    default: co_return 3;
  }
}

Task<int> inside_a_lambda() {
  auto plain = []() -> Task<int> {
    co_return co_await take(Options{"x", 1});  // shape: braces
  };
  co_return co_await plain();
}
