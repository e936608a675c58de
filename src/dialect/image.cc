#include "dialect/image.h"

#include <array>
#include <utility>

#include "crypto/seal.h"

namespace freeway::dialect {

namespace {

using namespace std::string_view_literals;

constexpr std::array kStarts = {
    std::pair{"\x89PNG\r\n\x1a\n"sv, "image/png"sv},
    std::pair{"\xff\xd8\xff"sv, "image/jpeg"sv},
    std::pair{"GIF87a"sv, "image/gif"sv},
    std::pair{"GIF89a"sv, "image/gif"sv},
};

// Of a file in the ISO base media format: the brand behind "ftyp".
constexpr std::array kBrands = {
    std::pair{"avif"sv, "image/avif"sv}, std::pair{"avis"sv, "image/avif"sv}, std::pair{"heic"sv, "image/heic"sv},
    std::pair{"heix"sv, "image/heic"sv}, std::pair{"heim"sv, "image/heic"sv}, std::pair{"heis"sv, "image/heic"sv},
    std::pair{"mif1"sv, "image/heif"sv}, std::pair{"msf1"sv, "image/heif"sv},
};

// A bitmap's first header tells its own size, which text that begins with "BM" does not.
bool is_bitmap(std::string_view bytes) {
  constexpr std::size_t kHeader = 26;
  return bytes.size() >= kHeader && bytes.starts_with("BM") && bytes.substr(6, 4) == "\0\0\0\0"sv;
}

}  // namespace

std::string_view image_type(std::string_view bytes) {
  for (const auto& [start, type] : kStarts)
    if (bytes.starts_with(start)) return type;
  if (bytes.starts_with("RIFF") && bytes.size() >= 12 && bytes.substr(8, 4) == "WEBP") return "image/webp";
  if (bytes.size() >= 12 && bytes.substr(4, 4) == "ftyp") {
    for (const auto& [brand, type] : kBrands)
      if (bytes.substr(8, 4) == brand) return type;
  }
  return is_bitmap(bytes) ? "image/bmp" : "";
}

std::string data_address(std::string_view type, std::string_view bytes) {
  return std::string("data:").append(type).append(";base64,").append(crypto::to_base64(bytes));
}

}  // namespace freeway::dialect
