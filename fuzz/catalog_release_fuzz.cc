// Catalog releases: no input crashes their reader, and what it takes is written back byte for byte, but for the signature.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "catalog/release.h"

using namespace freeway;

namespace {

void require(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

// Without line 2, which holds the signature.
std::string unsigned_text(std::string_view text) {
  std::size_t first = text.find('\n') + 1;
  std::size_t second = text.find('\n', first) + 1;
  return std::string(text.substr(0, first)) + std::string(text.substr(second));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string key(32, 'k');
  require(!catalog::check_signature(input, key), "signed with a key that nobody has");
  auto release = catalog::read_release(input);
  if (!release) return 0;
  auto written = catalog::write_release(*release, Secret(key));
  require(written.has_value(), "read, and not written");
  require(unsigned_text(*written) == unsigned_text(input), "written otherwise than it was read");
  catalog::read_files(release->files);
  return 0;
}
