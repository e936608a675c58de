// Small files that must not be half there. Blocking; errors are sentences that name the file.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"

namespace freeway {

// The whole content. Fails with not_found if there is no such file, too_large above `most` bytes, else io.
Result<std::string> read_file(const std::string& path, std::size_t most);

// Puts `content` in the place of what is there, whole or not at all also when the machine loses power: written beside it
// (`path` + ".new"), synced, renamed, and the folder synced.
Result<void> replace_file(const std::string& path, std::string_view content, mode_t mode);

// Renames within a folder and syncs it.
Result<void> move_file(const std::string& from, const std::string& to);

// Everything of `bytes`, or false with errno.
bool write_all(int descriptor, std::string_view bytes);

}  // namespace freeway
