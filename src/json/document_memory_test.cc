// Reading a stream of small documents must not allocate. Counts what this program asks of operator new, which the thread
// sanitizer keeps for itself: there is nothing here for it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "json/document.h"

#if defined(__has_feature)
#define FREEWAY_OPERATOR_NEW_IS_FREE !__has_feature(thread_sanitizer)
#else
#define FREEWAY_OPERATOR_NEW_IS_FREE 1
#endif
#if FREEWAY_OPERATOR_NEW_IS_FREE

namespace {
std::size_t allocations = 0;  // tests of this room run on one thread
}

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace freeway::json {
namespace {

TEST(Document, ReparseAllocatesNothingWhereCapacitySuffices) {
  constexpr std::string_view kChunk =
      R"({"id":"c-1","choices":[{"index":0,"delta":{"content":" hello \n"},"finish_reason":null}],"created":1767225600})";
  Document document;
  ASSERT_TRUE(document.reparse(kChunk));
  std::size_t before = allocations;
  for (int i = 0; i < 100; ++i) {
    bool good = document.reparse(kChunk).has_value();
    Value choice = document.root()["choices"].first();
    good = good && choice["index"].integer() == 0 && choice["delta"]["content"].given();
    good = good && !choice["finish_reason"].given() && document.root()["id"].equals("c-1");
    if (!good) FAIL();
  }
  EXPECT_EQ(allocations, before);
  EXPECT_GT(before, 0u);
}

}  // namespace
}  // namespace freeway::json

#endif
