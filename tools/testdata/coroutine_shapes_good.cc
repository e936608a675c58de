// The same work in the shapes that every compiler gets right. tools/check_coroutines.sh --self-test expects to find nothing.
// Never linked into anything.
#include <string>
#include <utility>
#include <vector>

#include "coroutine_shapes.h"

Task<int> take(Options options);
Task<int> take_text(std::string text);
Task<int> take_list(std::vector<int> list);
Task<std::string> text();
Task<int> number();
int run(Options options, Task<int> (*start)());

Task<int> named_aggregate() {
  Options options{"x", 1};
  co_return co_await take(std::move(options));
}

Task<int> named_list() {
  std::vector<int> list{1, 2, 3};
  const int got = co_await take_list(std::move(list));
  co_return got;
}

Task<int> constructed_temporary() { co_return co_await take_text(std::string("x")); }

Task<int> scalar_conditional(bool which) {
  const int got = which ? co_await number() : 7;
  co_return got;
}

Task<int> conditional_first(bool which) {
  std::string name = which ? std::string("a") : std::string("b");
  co_return co_await take_text(std::move(name));
}

Task<int> awaits_in_conditions() {
  std::string got = co_await text();
  if (co_await number() > 1) co_return 1;
  const int which = co_await number();
  switch (which) {
    case 1: co_return 2;
    default: co_return static_cast<int>(got.size());
  }
}

Task<Options> braces_without_await() { co_return Options{"x", 1}; }

// A coroutine inside a lambda is a function of its own: what stands beside the lambda is no part of its expressions.
int outside() {
  std::string name = "x";
  const int size = static_cast<int>([name] { return name.size(); }());
  return size + run(Options{"x", 1}, []() -> Task<int> { co_return co_await number(); });
}

Task<int> plain_lambda_coroutine() {
  auto later = [](std::string name) -> Task<int> {
    Options options{std::move(name), 1};
    co_return co_await take(std::move(options));
  };
  std::string name = "x";
  co_return co_await later(std::move(name));
}
