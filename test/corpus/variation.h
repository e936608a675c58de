// Bodies that say the same as another, spelled differently.
#pragma once

#include <string>
#include <string_view>

#include "base/random.h"

namespace freeway::corpus {

// The document with every kind of difference that means nothing, chosen by chance: numbers in its prose and in ids replaced
// by such as look like statuses, a reference full of them at the end of messages, members in another order, blanks and line
// breaks, letters as escapes, members that nobody knows. Numbers that mean
// something stay: a limit of 0, the length of a window ("per 60s"). A body that
// is no JSON comes back as it is.
std::string vary(const std::string& body, Random& random);

}  // namespace freeway::corpus
