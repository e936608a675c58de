// Error objects of every shape that providers use.
#pragma once

#include "chat/fault.h"
#include "http/fields.h"
#include "json/document.h"

namespace freeway::dialect::openai {

// True if this document, which is no answer, is an error that we can read; then type, code, param, message, structured and,
// where the document tells them, status and retry_after are filled.
//
// Google: `type` is the status name (RESOURCE_EXHAUSTED), `code` the quotaId (one of a day before one of a minute) or the
// reason (API_KEY_INVALID) where there is one.
bool read_error(json::Value root, chat::Fault& fault);

// What a refused limit says of itself: per, counted, limit and used, where the fault's status is one of limits or none. Of a
// document: google's violations, the fields that a reseller passes on, code and type, and last the message, which must be
// whole. A number counts only where a word says that it is the limit; what an offer to pay for more promises never does.
void read_limit(json::Value root, chat::Fault& fault);
// The same of fields whose names tell the window: x-ratelimit-limit-tokens-day beside a remaining of 0. Fills what is
// missing.
void read_limit(const http::Fields& fields, chat::Fault& fault);

// At most `limit` bytes, cut between characters, control characters as spaces.
std::string excerpt(std::string_view text, std::size_t limit = 300);
// What a body that is no JSON says: a page's title, or its text without tags.
std::string describe_text(std::string_view body);

}  // namespace freeway::dialect::openai
