// Small steps that every repair is made of.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "json/document.h"
#include "json/edit.h"

namespace freeway::dialect::openai {

// Removes members that are null, other than the named ones.
void remove_nulls(json::Edits& edits, json::Value object, std::initializer_list<std::string_view> keep = {});
// Makes a member a string of this text: replaced if it is there, appended otherwise; nothing if it is equal already.
void set_string(json::Edits& edits, json::Value object, std::string_view name, std::string_view text);
// Makes a member this JSON.
void set_json(json::Edits& edits, json::Value object, std::string_view name, std::string_view text);
// Gives a call's `function` object arguments that are JSON text: an object becomes its text, null and nothing become "{}".
void repair_arguments(json::Edits& edits, json::Value function);
// The object's text inside arguments that were made JSON text twice: "{\"q\":1}" with its quotes; nothing for any others.
std::optional<std::string> unwrap_arguments(std::string_view arguments);

// A non-empty string.
bool has_text(json::Value value);
// A non-empty string's text, or "".
std::string text_of(json::Value value);
// Appends a string's text; allocates nothing beyond `out`'s growth unless there are escapes.
void append_text(std::string& out, json::Value value);
// The object as text, without the named members.
std::string copy_without(json::Value object, std::initializer_list<std::string_view> names);
// `out` becomes the document's text with one member and its comma cut out.
void cut_member(std::string& out, std::string_view text, json::Value member);

}  // namespace freeway::dialect::openai
