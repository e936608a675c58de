// The provider's side of the OpenAI chat completions dialect.
#pragma once

#include "dialect/dialect.h"

namespace freeway::dialect::openai {

// The client's document with a provider's edits, and what was left out: body and `dropped` of the result. Images by address
// that were fetched stand in it as data where the provider takes no addresses. `takes_reasoning`: what a past answer thought
// has a place there although no client put it in this form.
Outgoing repair_request(const chat::Request& request, const catalog::Provider& provider, const catalog::Model& model,
                        bool takes_reasoning);

class OpenAi : public Dialect {
 public:
  const Codec* codec(chat::Kind kind) const override;
  Result<Outgoing> write_request(const chat::Request& request, const catalog::Provider& provider,
                                 const catalog::Model& model) const override;
  std::optional<chat::Usage> told_usage(const chat::Request& request, const catalog::Model& model,
                                        std::string_view body) const override;
  Result<WholeAnswer> read_answer(const chat::Request& request, const catalog::Model& model, std::string_view content_type,
                                  std::string body, std::optional<chat::Fault>& fault) const override;
  std::unique_ptr<StreamReader> read_stream(const chat::Request& request, const catalog::Model& model) const override;
  std::unique_ptr<StreamReader> replay(const chat::Request& request, const catalog::Model& model) const override;
  chat::Fault read_fault(int status, const http::Fields& fields, std::string_view body, WallTime now) const override;
};

}  // namespace freeway::dialect::openai
