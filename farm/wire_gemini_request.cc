// What Google makes of a generateContent request: turns, tools and settings.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "farm/wire_gemini.h"

namespace freeway::farm {
namespace {

std::unexpected<Error> invalid(std::string message) { return fail(ErrorKind::invalid, std::move(message)); }

constexpr std::array<std::string_view, 5> kPartData{"text", "inlineData", "fileData", "functionCall", "functionResponse"};

// Each part holds one thing.
Result<void> check_parts(json::Value content, std::size_t index) {
  const auto parts = content["parts"];
  if (parts.size() == 0)
    return invalid(fmt::format("* GenerateContentRequest.contents[{}].parts: contents.parts must not be empty.", index));
  std::size_t number = 0;
  for (auto part : parts) {
    std::size_t things = 0;
    for (const auto name : kPartData) things += part[name].given() ? 1 : 0;
    const auto place = fmt::format("contents[{}].parts[{}]", index, number++);
    if (things == 0) {
      return invalid(fmt::format(
          "* GenerateContentRequest.{}.data: required oneof field 'data' must have one initialized field", place));
    }
    if (things > 1) {
      return invalid(fmt::format("Invalid value at '{}' (oneof), oneof field 'data' is already set.", place));
    }
    for (const char* name : {"functionCall", "functionResponse"}) {
      if (part[name].given() && part[name]["name"].escaped().empty()) {
        return invalid(fmt::format("* GenerateContentRequest.{}.{}.name: Name cannot be empty.", place,
                                   std::string_view(name) == "functionCall" ? "function_call" : "function_response"));
      }
    }
  }
  return {};
}

struct Turn {
  bool model = false;
  std::vector<json::Value> calls;
  std::vector<json::Value> responses;
};

Result<Turn> read_turn(json::Value content, std::size_t index) {
  Turn turn;
  const auto role = content["role"];
  turn.model = role.equals("model");
  if (role.given() && !turn.model && !role.equals("user")) return invalid("Please use a valid role: user, model.");
  if (auto checked = check_parts(content, index); !checked) return std::unexpected(checked.error());
  for (auto part : content["parts"]) {
    if (part["functionCall"].given()) turn.calls.push_back(part);
    if (part["functionResponse"].given()) turn.responses.push_back(part["functionResponse"]);
  }
  if (turn.model && !turn.responses.empty()) return invalid("Function response parts are only allowed in a user turn.");
  if (!turn.model && !turn.calls.empty()) return invalid("Function call parts are only allowed in a model turn.");
  return turn;
}

// The responses of a turn answer the calls of the turn before it, one each.
Result<void> check_responses(const Turn& before, const Turn& turn) {
  if (before.calls.empty()) {
    return invalid("Please ensure that function response turn comes immediately after a function call turn.");
  }
  if (before.calls.size() != turn.responses.size()) {
    return invalid(
        "Please ensure that the number of function response parts is equal to the number of function call parts of the "
        "function call turn.");
  }
  for (const auto response : turn.responses) {
    const auto answers = [&](json::Value part) {
      const auto call = part["functionCall"];
      const auto id = response["id"].string();
      return call["name"].equals(response["name"].string().value_or("")) &&
             (!id || !call["id"].given() || call["id"].equals(*id));
    };
    if (std::none_of(before.calls.begin(), before.calls.end(), answers)) {
      return invalid(fmt::format("Function response `{}` does not answer a function call of the turn before it.",
                                 response["name"].string().value_or("")));
    }
  }
  return {};
}

// The first call of a turn carries the signature of the thoughts before it; later ones may.
Result<void> check_signatures(const Turn& turn, std::size_t index) {
  for (std::size_t i = 0; i < turn.calls.size(); ++i) {
    const auto call = turn.calls[i]["functionCall"];
    const auto name = call["name"].string().value_or("");
    const auto signature = turn.calls[i]["thoughtSignature"].string().value_or("");
    if (signature.empty()) {
      if (i > 0) continue;
      return invalid(
          fmt::format("Function call is missing a thought_signature in functionCall parts. This is required for tools to "
                      "work correctly, "
                      "and missing thought_signature may lead to degraded model performance. Additional data, function call "
                      "`default_api:{}` , position {}. Please refer to "
                      "https://ai.google.dev/gemini-api/docs/thought-signatures for more "
                      "details.",
                      name, index + 1));
    }
    if (!accepts_signature(signature, name, call["args"].given() ? call["args"].raw() : "{}")) {
      return invalid("Corrupted thought signature.");
    }
  }
  return {};
}

Result<void> check_turns(json::Value contents, std::string_view model) {
  if (contents.size() == 0) return invalid("* GenerateContentRequest.contents: contents is not specified");
  const bool signs = is_of_family(model, "gemini-3");
  Turn before;
  std::size_t index = 0;
  for (auto content : contents) {
    auto turn = read_turn(content, index);
    if (!turn) return std::unexpected(turn.error());
    if (!before.calls.empty() || !turn->responses.empty()) {
      if (auto checked = check_responses(before, *turn); !checked) return checked;
    }
    if (!turn->calls.empty() && (index == 0 || before.model)) {
      return invalid(
          "Please ensure that function call turn comes immediately after a user turn or after a function response turn.");
    }
    if (signs) {
      if (auto checked = check_signatures(*turn, index); !checked) return checked;
    }
    before = std::move(*turn);
    ++index;
  }
  if (!before.calls.empty()) return check_responses(before, {});
  return {};
}

// The declared functions, in order.
std::vector<json::Value> declarations(json::Value tools) {
  std::vector<json::Value> all;
  for (auto tool : tools) {
    for (auto declaration : tool["functionDeclarations"]) all.push_back(declaration);
  }
  return all;
}

Result<void> check_calling(json::Value calling, const std::vector<json::Value>& declared) {
  if (!calling.given()) return {};
  if (declared.empty()) return invalid("Function calling config is set without function_declarations.");
  const auto allowed = calling["allowedFunctionNames"];
  if (allowed.size() > 0 && !calling["mode"].equals("ANY")) {
    return invalid(
        "* GenerateContentRequest.tool_config.function_calling_config.allowed_function_names: should only be set when "
        "mode is ANY.");
  }
  for (auto name : allowed) {
    const auto text = name.string().value_or("");
    if (std::none_of(declared.begin(), declared.end(), [&](json::Value one) { return one["name"].equals(text); })) {
      return invalid(fmt::format("Function calling config: `{}` is allowed but not declared.", text));
    }
  }
  return {};
}

Result<void> check_tools(json::Value root, const std::vector<json::Value>& declared, std::string_view model) {
  std::size_t index = 0;
  for (auto tool : root["tools"]) {
    if (tool.size() == 0) {
      return invalid(fmt::format(
          "* GenerateContentRequest.tools[{}].tool_type: required one_of 'tool_type' must have one initialized field",
          index));
    }
    for (const char* built_in : {"google_search", "googleSearch", "codeExecution", "urlContext"}) {
      if (tool[built_in].given() && !declared.empty() && is_of_family(model, "gemini-2")) {
        return invalid("Tool use with function calling is unsupported");
      }
    }
    std::size_t number = 0;
    for (auto declaration : tool["functionDeclarations"]) {
      const auto place = fmt::format("tools[{}].function_declarations[{}]", index, number++);
      if (declaration["name"].escaped().empty()) {
        return invalid(fmt::format("* GenerateContentRequest.{}.name: Name cannot be empty.", place));
      }
      if (auto checked = check_gemini_schema(declaration["parameters"], place + ".parameters", model); !checked)
        return checked;
    }
    ++index;
  }
  return check_calling(root["toolConfig"]["functionCallingConfig"], declared);
}

Result<void> check_thinking(json::Value thinking, std::string_view model) {
  const auto level = thinking["thinkingLevel"].string();
  if (!level) return {};
  constexpr std::array<std::string_view, 4> kLevels{"minimal", "low", "medium", "high"};
  if (std::none_of(kLevels.begin(), kLevels.end(), [&](std::string_view known) { return iequals(known, *level); })) {
    return invalid(
        fmt::format("Invalid value at 'generation_config.thinking_config.thinking_level' (ThinkingLevel), \"{}\"", *level));
  }
  if (!is_of_family(model, "gemini-3")) return invalid("Thinking level is not supported for this model.");
  if (thinking["thinkingBudget"].given()) return invalid("You can only set only one of thinking budget and thinking level.");
  return {};
}

Result<void> check_format(json::Value config, bool tools, std::string_view model) {
  const auto mime = config["responseMimeType"];
  const bool json = mime.equals("application/json");
  if (mime.given() && !json && !mime.equals("text/plain")) {
    return invalid(
        "* GenerateContentRequest.generation_config.response_mime_type: allowed mimetypes are `text/plain`, "
        "`application/json`.");
  }
  const auto schema = config["responseSchema"];
  const auto json_schema = config["responseJsonSchema"];
  if ((schema.given() || json_schema.given()) && !json) {
    return invalid("Response schema is only supported with response_mime_type 'application/json'.");
  }
  if (schema.given() && json_schema.given())
    return invalid("Only one of response_schema and response_json_schema may be set.");
  if (json && tools && is_of_family(model, "gemini-2.5")) {
    return invalid("Function calling with a response mime type: 'application/json' is unsupported");
  }
  return check_gemini_schema(schema, "generation_config.response_schema", model);
}

Result<void> check_config(json::Value config, bool tools, std::string_view model) {
  if (config["stopSequences"].size() > 5) {
    return invalid(
        fmt::format("The number of stop sequences ({}) exceeds the maximum allowed (5).", config["stopSequences"].size()));
  }
  const auto candidates = config["candidateCount"].integer().value_or(1);
  if (candidates < 1 || candidates > 8) return invalid("The number of candidates must be from 1 to 8.");
  if (config["maxOutputTokens"].integer().value_or(1) < 1) return invalid("max_output_tokens must be positive.");
  if (auto checked = check_thinking(config["thinkingConfig"], model); !checked) return checked;
  return check_format(config, tools, model);
}

Result<void> check(json::Value root, const std::vector<json::Value>& declared, std::string_view model) {
  if (auto checked = check_gemini_names(root); !checked) return checked;
  if (auto checked = check_turns(root["contents"], model); !checked) return checked;
  if (root["systemInstruction"].given() && is_of_family(model, "gemma-3")) {
    return invalid(fmt::format("Developer instruction is not enabled for models/{}", model));
  }
  if (auto checked = check_tools(root, declared, model); !checked) return checked;
  return check_config(root["generationConfig"], !declared.empty(), model);
}

std::size_t bytes_in(json::Value parts) {
  std::size_t bytes = 0;
  for (auto part : parts) {
    bytes += part["text"].escaped().size();
    for (const char* name : {"functionCall", "functionResponse"}) {
      if (part[name].given()) bytes += part[name].raw().size();
    }
  }
  return bytes;
}

void read_contents(json::Value root, Ask& ask) {
  auto bytes = bytes_in(root["systemInstruction"]["parts"]);
  auto messages = root["contents"].size() + (root["systemInstruction"].given() ? 1 : 0);
  for (auto content : root["contents"]) {
    const auto parts = content["parts"];
    bytes += bytes_in(parts);
    ask.after_tool = false;
    bool says = false;
    for (auto part : parts) {
      says = says || part["text"].given();
      ask.after_tool = ask.after_tool || part["functionResponse"].given();
    }
    if (says && !content["role"].equals("model")) ask.last_user = text_of(parts);
  }
  ask.prompt_tokens = prompt_tokens(bytes, messages, root["tools"]);
}

void read_config(json::Value config, Ask& ask) {
  for (auto modality : config["responseModalities"]) ask.audio = ask.audio || modality.equals("AUDIO");
  ask.n = static_cast<unsigned>(config["candidateCount"].integer().value_or(1));
  if (const auto most = config["maxOutputTokens"].integer()) ask.max_tokens = static_cast<std::uint64_t>(*most);
  ask.structured = config["responseMimeType"].equals("application/json");
  const auto thinking = config["thinkingConfig"];
  ask.thinking = thinking["includeThoughts"].boolean().value_or(false) ? Thinking::shown : Thinking::hidden;
  // Gemini 3 cannot be kept from thinking.
  if (thinking["thinkingBudget"].integer() == 0 && !is_of_family(ask.model, "gemini-3")) ask.thinking = Thinking::off;
}

}  // namespace

bool is_of_family(std::string_view model, std::string_view family) {
  return model.substr(model.rfind('/') + 1).starts_with(family);
}

Result<Ask> read_gemini(const Route& route, std::string_view body) {
  const auto document = json::Document::parse(body);
  if (!document) {
    return fail(ErrorKind::malformed, fmt::format("Invalid JSON payload received. {}", document.error().message));
  }
  const auto root = document->root();
  const auto declared = declarations(root["tools"]);
  if (auto checked = check(root, declared, route.model); !checked) return std::unexpected(checked.error());
  Ask ask;
  ask.model = route.model;
  ask.stream = route.stream;
  ask.thinking_counts = ask.may_block = true;
  read_contents(root, ask);
  read_config(root["generationConfig"], ask);
  const auto calling = root["toolConfig"]["functionCallingConfig"];
  const auto allowed = calling["allowedFunctionNames"].first();
  if (!declared.empty() && !calling["mode"].equals("NONE")) {
    ask.first_tool = (allowed ? allowed : declared.front()["name"]).string().value_or("");
  }
  return ask;
}

}  // namespace freeway::farm
