// The provider's side of the OpenAI chat completions dialect.
#pragma once

#include "dialect/dialect.h"

namespace freeway::dialect::openai {

class OpenAi final : public Dialect {
 public:
  Result<Outgoing> write_request(const chat::Request& request, const catalog::Provider& provider,
                                 const catalog::Model& model) const override;
  void authorize(http::Fields& fields, const catalog::Key& key) const override;
  Result<WholeAnswer> read_answer(const chat::Request& request, const catalog::Model& model, std::string_view content_type,
                                  std::string body, std::optional<chat::Fault>& fault) const override;
  std::unique_ptr<StreamReader> read_stream(const chat::Request& request, const catalog::Model& model) const override;
  std::unique_ptr<StreamReader> replay(const chat::Request& request, const catalog::Model& model) const override;
  chat::Fault read_fault(int status, const http::Fields& fields, std::string_view body, WallTime now) const override;
};

}  // namespace freeway::dialect::openai
