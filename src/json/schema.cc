#include "json/schema.h"

#include <utility>

#include "json/schema_compiled.h"

namespace freeway::json {

Result<Schema> Schema::compile(std::string_view schema) {
  auto compiled = std::make_shared<Compiled>();
  compiled->text = schema;
  auto parsed = compiled->document.reparse(compiled->text);
  if (!parsed) return fail(ErrorKind::invalid, "the schema is not JSON: " + parsed.error().message);
  auto done = compile_schema(*compiled);
  if (!done) return std::unexpected<Error>(std::move(done.error()));
  Schema out;
  out.compiled_ = std::move(compiled);
  return out;
}

Result<void> Schema::check(std::string_view instance) const {
  auto document = Document::parse(instance);
  if (!document) return std::unexpected<Error>(std::move(document.error()));
  if (compiled_ == nullptr) return {};
  return check_instance(*compiled_, document->root());
}

}  // namespace freeway::json
