// Embedding vectors, as any provider gave them, on their way to the client.
//
// Whatever a provider sends, numbers or base64 of 32-bit floats, the client gets the form that it asked for, and exactly one
// vector for each of its inputs, all of one length: that of the model or the one that was asked for.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "catalog/provider.h"
#include "chat/request.h"
#include "chat/usage.h"
#include "dialect/dialect.h"
#include "json/document.h"

namespace freeway::dialect {

// The text is one to search with; otherwise one to be found, as it is where nobody says.
bool asks_query(const chat::Request& request);

// A vector in the client's form, as JSON; nothing where it has that form already. Fails with malformed on what is no vector,
// and on one of another length than wanted.
class VectorForm {
 public:
  VectorForm(const chat::Request& request, const catalog::Model& model);
  Result<std::optional<std::string>> take(json::Value vector);

 private:
  bool base64_;
  std::optional<std::uint64_t> length_;
};

// The client's document from a provider's vectors in the order of the inputs. Usage is estimated where none is told. Fails
// with malformed as above, and where vectors are missing.
Result<WholeAnswer> compose_embeddings(const chat::Request& request, const catalog::Model& model,
                                       std::span<const json::Value> vectors, std::optional<chat::Usage> usage);

}  // namespace freeway::dialect
