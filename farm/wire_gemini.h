// The parts of Gemini's wire that stand in files of their own.
#pragma once

#include <string>
#include <string_view>

#include "farm/ask.h"
#include "farm/wire.h"

namespace freeway::farm {

// "gemini-3" of "google/gemini-3-flash"? Habits differ by what the model's id starts with.
bool is_of_family(std::string_view model, std::string_view family);

// Google's JSON parser: names and types. Fails with invalid, in its words.
Result<void> check_gemini_names(json::Value root);
// The same for another document than generateContent's.
Result<void> check_gemini_names(json::Value root, const Shape& shape);
// What a schema of a tool's parameters or of an answer must be beyond that. `place` is for the words of failures.
Result<void> check_gemini_schema(json::Value schema, const std::string& place, std::string_view model);
// A generateContent request. Fails with malformed or invalid.
Result<Ask> read_gemini(const Route& route, std::string_view body);

// What is behind "embedContent" and its like, and what generateContent does for another kind than chat; null if nothing.
const Endpoint* gemini_endpoint(std::string_view verb);
const Endpoint* gemini_generating(ModelKind kind);

// The signature that a model's thoughts before a call have, and that has to come back with it: the same for the same name
// and arguments, however they are spelled.
std::string gemini_signature(std::string_view name, std::string_view arguments);
// Whether this goes for the signature of that call: its own, or a word for a history from elsewhere.
bool accepts_signature(std::string_view signature, std::string_view name, std::string_view arguments);

}  // namespace freeway::farm
