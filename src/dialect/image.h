// Images, as far as a gateway must know them.
#pragma once

#include <string>
#include <string_view>

namespace freeway::dialect {

// The media type that the first bytes tell: PNG, JPEG, GIF, WebP, BMP, AVIF, HEIC or HEIF. "" for anything else.
std::string_view image_type(std::string_view bytes);

// "data:image/png;base64,…"
std::string data_address(std::string_view type, std::string_view bytes);

}  // namespace freeway::dialect
