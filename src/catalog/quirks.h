// Small differences of a provider from its dialect, as data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace freeway::catalog {

// What a provider demands of one top-level parameter. Rules of max_tokens hold for max_completion_tokens too.
struct ParameterRule {
  std::string name;                                         // as it is sent, after `rename`
  std::optional<double> least, most;                        // a number beyond becomes the bound
  std::optional<std::uint64_t> initial;                     // sent where the client names none
  std::vector<std::string> allowed;                         // another value is left out; empty: any
  std::vector<std::pair<std::string, std::string>> values;  // texts under another spelling, before `allowed`
  bool list = false;                                        // a single value becomes a list of one
};

// Everything that is left out or bent is reported to the client.
struct Quirks {
  // Parameters that it rejects: top-level ones, "messages[].name", and "tools[].schema.x" for members x of tools' schemas.
  std::vector<std::string> drop;
  std::vector<std::pair<std::string, std::string>> rename;  // top-level parameters under another name
  std::vector<ParameterRule> parameters;
  bool stream_options = true;        // false: stream_options is rejected
  bool parallel_tool_calls = true;   // false: the parameter is rejected and only one call at a time is possible
  bool strict_schema = true;         // false: `strict` in tools and schemas is rejected
  bool json_object = true;           // false: response_format json_object is rejected, json_schema is not
  std::uint32_t tool_id_length = 0;  // > 0: tool ids are exactly so many of [A-Za-z0-9]
  // What it wants to be told of texts to embed, as its `input_type`: of those to search with, of those to be found. Empty:
  // it knows no such parameter.
  std::string query_input, document_input;
  // Whether it takes images by address; false: as data alone. Unset: as its dialect has it.
  std::optional<bool> image_addresses;
  bool reasoning_back = false;  // true: it wants a past answer's reasoning in `reasoning_content` of the assistant's message
  bool text_parts = true;       // false: content must be a plain string; text parts are joined
};

}  // namespace freeway::catalog
