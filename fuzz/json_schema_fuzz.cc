// json::Schema on anything: the first line is a schema, the rest an instance. Both end in a value, in bounded time and
// stack; and what fits a schema does not fit its negation.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "json/schema.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  auto line = input.find('\n');
  if (line == std::string_view::npos) return 0;
  std::string_view schema = input.substr(0, line), instance = input.substr(line + 1);
  auto compiled = freeway::json::Schema::compile(schema);
  if (!compiled) return 0;
  auto checked = compiled->check(instance);
  if (!checked && checked.error().kind != freeway::ErrorKind::invalid) return 0;
  // A reference counts from the root, which the negation moves.
  if (schema.find("ref") != std::string_view::npos || schema.find("Ref") != std::string_view::npos) return 0;
  if (schema.find("\\u") != std::string_view::npos || schema.starts_with("\xef\xbb\xbf")) return 0;
  auto negation = freeway::json::Schema::compile("{\"not\":" + std::string(schema) + "}");
  auto denied = negation ? negation->check(instance) : checked;
  if (denied.has_value() == checked.has_value()) {
    std::fprintf(stderr, "the negation agrees: %s\n", denied ? "both fit" : denied.error().message.c_str());
    std::abort();
  }
  return 0;
}
