// Keys in whatever text people keep them in: what was found in it, and what became of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace freeway::api::admin {

// One key, or what may be one.
struct KeyFound {
  std::size_t line = 0;  // from 1
  enum class State : std::uint8_t {
    fresh,     // "new": an import adds it
    known,     // it is here already, or in an earlier line
    doubtful,  // it may be one of several providers'
    unknown,   // whose it is can't be told
    bad        // it is none
  } state = State::bad;
  std::string provider;                 // "" where it is not known
  std::string name;                     // as it will be called, or the variable that holds it; "" = freeway finds one
  std::string hint;                     // from mask()
  std::string message;                  // how its provider was told, or what is wrong; holds no key
  std::vector<std::string> candidates;  // providers of a doubtful one
  std::vector<std::string> unlocks;     // models, as "provider/wire-id"
};

// A line that is no mistake and no key, such as DATABASE_URL.
struct LinePassed {
  std::size_t line = 0;
  std::string message;
};

struct KeysFound {
  std::string format;  // "env", "json", "csv", "text"
  std::vector<KeyFound> rows;
  std::vector<LinePassed> passed_over;
};

struct ImportOrder {
  std::string text;
  bool check = false;             // each is shown to its provider first; a refused one is not added
  std::vector<std::size_t> skip;  // lines
  std::string provider;           // of keys whose provider can't be told; an id or a name
};

}  // namespace freeway::api::admin
