// How answers are told as completions.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "chat/usage.h"
#include "dialect/surface.h"

namespace freeway::dialect::completions {

// What the prompts of one request have cost that were answered before the last one.
struct Sum {
  chat::Usage usage;
};

// One request's, for all of its prompts, which are asked one after the other.
class Teller final : public Surface {
 public:
  Teller(bool echo, std::size_t prompts) : echo_(echo), prompts_(prompts), sum_(std::make_shared<Sum>()) {}
  std::unique_ptr<StreamWriter> stream(const chat::Request& request) const override;
  void tell(const chat::Request& request, WholeAnswer& answer) const override;
  std::string error_body(const Trouble& trouble) const override;

 private:
  bool echo_;  // the prompt stands before its answer
  std::size_t prompts_;
  std::shared_ptr<Sum> sum_;
};

}  // namespace freeway::dialect::completions
