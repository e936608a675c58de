// A conversation's messages as Gemini's turns.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/gemini/gemini.h"

namespace freeway::dialect::gemini {

class Contents {
 public:
  Contents(const chat::Request& request, const Traits& traits, Outgoing& out)
      : request_(request), traits_(traits), out_(out) {}

  // In their order. Fails with unsupported for what has no place here: an image that is only an address.
  Result<void> add(json::Value message);
  std::string contents() const;  // the list of turns
  std::string system() const;    // the list of parts; "" if there are none

 private:
  struct Turn {
    bool model = false;
    std::string parts;
  };

  void put(bool model, std::string_view part);
  Result<void> user(json::Value content);
  Result<void> part(json::Value part);
  void assistant(json::Value message);
  Result<void> result(json::Value message);
  void call(json::Value call, bool first);

  const chat::Request& request_;
  const Traits& traits_;
  Outgoing& out_;
  std::vector<Turn> turns_;
  std::vector<std::string> system_;
  std::map<std::string, std::string, std::less<>> names_;  // of calls, by their ids
};

}  // namespace freeway::dialect::gemini
