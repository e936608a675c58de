// The names that Gemini requests may have, and what their schemas must be.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "farm/shape.h"
#include "farm/wire_gemini.h"

namespace freeway::farm {
namespace {

extern const Shape kSchema;
// The OpenAPI subset. Numbers of things are 64 bits wide, which Google's JSON spells as text.
constexpr Member kSchemaMembers[] = {
    {"type", Kind::text},
    {"format", Kind::text},
    {"title", Kind::text},
    {"description", Kind::text},
    {"nullable", Kind::flag},
    {"enum", Kind::text, true},
    {"minItems", Kind::any},
    {"maxItems", Kind::any},
    {"minProperties", Kind::any},
    {"maxProperties", Kind::any},
    {"minLength", Kind::any},
    {"maxLength", Kind::any},
    {"pattern", Kind::text},
    {"example", Kind::any},
    {"default", Kind::any},
    {"minimum", Kind::number},
    {"maximum", Kind::number},
    {"required", Kind::text, true},
    {"propertyOrdering", Kind::text, true},
    {"items", Kind::shape, false, &kSchema},
    {"properties", Kind::map, false, &kSchema},
    {"anyOf", Kind::shape, true, &kSchema},
};
constexpr Shape kSchema{kSchemaMembers};

constexpr Member kBlobMembers[] = {{"mimeType"}, {"data", Kind::base64}};
constexpr Shape kBlob{kBlobMembers};
constexpr Member kFileMembers[] = {{"mimeType"}, {"fileUri"}};
constexpr Shape kFile{kFileMembers};
constexpr Member kCallMembers[] = {{"id"}, {"name"}, {"args", Kind::object}};
constexpr Shape kCall{kCallMembers};
constexpr Member kResponseMembers[] = {{"id"}, {"name"}, {"response", Kind::object}};
constexpr Shape kResponse{kResponseMembers};
constexpr Member kPartMembers[] = {
    {"text"},
    {"inlineData", Kind::shape, false, &kBlob},
    {"fileData", Kind::shape, false, &kFile},
    {"functionCall", Kind::shape, false, &kCall},
    {"functionResponse", Kind::shape, false, &kResponse},
    {"thought", Kind::flag},
    {"thoughtSignature", Kind::text},
};
constexpr Shape kPart{kPartMembers};
constexpr Member kContentMembers[] = {{"role"}, {"parts", Kind::shape, true, &kPart}};
constexpr Shape kContent{kContentMembers};

constexpr Member kDeclarationMembers[] = {{"name"}, {"description"}, {"parameters", Kind::shape, false, &kSchema}};
constexpr Shape kDeclaration{kDeclarationMembers};
constexpr Shape kNothing{};
constexpr Member kToolMembers[] = {
    {"functionDeclarations", Kind::shape, true, &kDeclaration},
    {"google_search", Kind::shape, false, &kNothing},
    {"googleSearch", Kind::shape, false, &kNothing},
    {"codeExecution", Kind::shape, false, &kNothing},
    {"urlContext", Kind::shape, false, &kNothing},
};
constexpr Shape kTool{kToolMembers};
constexpr std::array<std::string_view, 3> kModes{"AUTO", "ANY", "NONE"};
constexpr Member kCallingMembers[] = {{"mode", Kind::text, false, nullptr, kModes},
                                      {"allowedFunctionNames", Kind::text, true}};
constexpr Shape kCalling{kCallingMembers};
constexpr Member kToolConfigMembers[] = {{"functionCallingConfig", Kind::shape, false, &kCalling}};
constexpr Shape kToolConfig{kToolConfigMembers};

constexpr Member kThinkingMembers[] = {{"thinkingBudget", Kind::whole}, {"includeThoughts", Kind::flag}, {"thinkingLevel"}};
constexpr Shape kThinking{kThinkingMembers};
constexpr Member kPrebuiltMembers[] = {{"voiceName"}};
constexpr Shape kPrebuilt{kPrebuiltMembers};
constexpr Member kVoiceMembers[] = {{"prebuiltVoiceConfig", Kind::shape, false, &kPrebuilt}};
constexpr Shape kVoice{kVoiceMembers};
constexpr Member kSpeechMembers[] = {{"voiceConfig", Kind::shape, false, &kVoice}};
constexpr Shape kSpeech{kSpeechMembers};
constexpr std::array<std::string_view, 3> kModalities{"TEXT", "IMAGE", "AUDIO"};
constexpr Member kGenerationMembers[] = {
    {"temperature", Kind::number},
    {"topP", Kind::number},
    {"topK", Kind::number},
    {"maxOutputTokens", Kind::whole},
    {"stopSequences", Kind::text, true},
    {"seed", Kind::whole},
    {"presencePenalty", Kind::number},
    {"frequencyPenalty", Kind::number},
    {"candidateCount", Kind::whole},
    {"responseMimeType"},
    {"responseSchema", Kind::shape, false, &kSchema},
    {"responseJsonSchema", Kind::any},
    {"thinkingConfig", Kind::shape, false, &kThinking},
    {"responseModalities", Kind::text, true, nullptr, kModalities},
    {"speechConfig", Kind::shape, false, &kSpeech},
};
constexpr Shape kGeneration{kGenerationMembers};

constexpr std::array<std::string_view, 4> kCategories{"HARM_CATEGORY_HARASSMENT", "HARM_CATEGORY_HATE_SPEECH",
                                                      "HARM_CATEGORY_SEXUALLY_EXPLICIT", "HARM_CATEGORY_DANGEROUS_CONTENT"};
constexpr std::array<std::string_view, 5> kThresholds{"BLOCK_NONE", "BLOCK_ONLY_HIGH", "BLOCK_MEDIUM_AND_ABOVE",
                                                      "BLOCK_LOW_AND_ABOVE", "OFF"};
constexpr Member kSafetyMembers[] = {{"category", Kind::text, false, nullptr, kCategories},
                                     {"threshold", Kind::text, false, nullptr, kThresholds}};
constexpr Shape kSafety{kSafetyMembers};

constexpr Member kRequestMembers[] = {
    {"contents", Kind::shape, true, &kContent},
    {"systemInstruction", Kind::shape, false, &kContent},
    {"tools", Kind::shape, true, &kTool},
    {"toolConfig", Kind::shape, false, &kToolConfig},
    {"generationConfig", Kind::shape, false, &kGeneration},
    {"safetySettings", Kind::shape, true, &kSafety},
};
constexpr Shape kRequest{kRequestMembers};

// Complaints name members as the protocol's definition does: generation_config.
std::string snake(std::string_view place) {
  std::string out;
  for (const char c : place) {
    if (c >= 'A' && c <= 'Z') out += '_';
    out += ascii_lower(c);
  }
  return out;
}

std::string_view type_name(Kind kind) {
  switch (kind) {
    case Kind::text: return "TYPE_STRING";
    case Kind::base64: return "TYPE_BYTES";
    case Kind::number: return "TYPE_FLOAT";
    case Kind::whole: return "TYPE_INT32";
    case Kind::flag: return "TYPE_BOOL";
    default: return "TYPE_MESSAGE";
  }
}

std::string in_words(const Misfit& misfit) {
  const auto place = snake(misfit.place);
  switch (misfit.what) {
    case Misfit::What::unknown:
    case Misfit::What::unexpected_list:
      return fmt::format(
          "Invalid JSON payload received. Unknown name \"{}\"{}: {}", misfit.name,
          place.empty() ? "" : fmt::format(" at '{}'", place),
          misfit.what == Misfit::What::unknown ? "Cannot find field." : "Proto field is not repeating, cannot start list.");
    default: break;
  }
  const auto at = place.empty() ? snake(misfit.name) : fmt::format("{}.{}", place, snake(misfit.name));
  return fmt::format("Invalid value at '{}' ({}), {}", at,
                     misfit.member == nullptr ? "TYPE_MESSAGE" : type_name(misfit.member->kind),
                     misfit.value.raw().substr(0, 60));
}

// "OBJECT" and "object" are the same.
bool is_type(json::Value schema, std::string_view name) { return iequals(schema["type"].string().value_or(""), name); }

Result<void> check_object_schema(json::Value schema, const std::string& place, std::string_view model) {
  const auto properties = schema["properties"];
  const bool old = is_of_family(model, "gemini-1") || is_of_family(model, "gemini-2.0");
  if (old && is_type(schema, "object") && properties.size() == 0) {
    return fail(ErrorKind::invalid,
                fmt::format("* GenerateContentRequest.{}.properties: should be non-empty for OBJECT type", place));
  }
  std::size_t index = 0;
  for (auto name : schema["required"]) {
    if (!properties[name.string().value_or("")]) {
      return fail(ErrorKind::invalid,
                  fmt::format("* GenerateContentRequest.{}.required[{}]: property is not defined", place, index));
    }
    ++index;
  }
  for (auto property : properties) {
    const auto inner = fmt::format("{}.properties[{}]", place, json::unescape(property.key()));
    if (auto checked = check_gemini_schema(property, inner, model); !checked) return checked;
  }
  return {};
}

}  // namespace

Result<void> check_gemini_names(json::Value root) { return check_gemini_names(root, kRequest); }

Result<void> check_gemini_names(json::Value root, const Shape& shape) {
  const auto found = misfit(root, shape);
  if (!found) return {};
  if (found->name.empty()) return fail(ErrorKind::malformed, "Invalid JSON payload received. Expected an object.");
  return fail(ErrorKind::invalid, in_words(*found));
}

Result<void> check_gemini_schema(json::Value schema, const std::string& place, std::string_view model) {
  if (!schema.given()) return {};
  constexpr std::array<std::string_view, 7> kTypes{"string", "number", "integer", "boolean", "array", "object", "null"};
  const auto type = schema["type"].string();
  if (type && std::none_of(kTypes.begin(), kTypes.end(), [&](std::string_view known) { return iequals(known, *type); })) {
    return fail(
        ErrorKind::invalid,
        fmt::format("Invalid value at '{}.type' (type.googleapis.com/google.ai.generativelanguage.v1beta.Type), \"{}\"",
                    place, *type));
  }
  if (schema["enum"].size() > 0 && !is_type(schema, "string")) {
    return fail(ErrorKind::invalid, fmt::format("* GenerateContentRequest.{}.enum: only allowed for STRING type", place));
  }
  if (is_type(schema, "array") && !schema["items"].given()) {
    return fail(ErrorKind::invalid, fmt::format("* GenerateContentRequest.{}.items: missing field.", place));
  }
  if (auto checked = check_object_schema(schema, place, model); !checked) return checked;
  for (auto choice : schema["anyOf"]) {
    if (auto checked = check_gemini_schema(choice, place + ".any_of", model); !checked) return checked;
  }
  return check_gemini_schema(schema["items"], place + ".items", model);
}

}  // namespace freeway::farm
