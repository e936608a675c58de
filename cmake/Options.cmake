# Compiler options that every target shares. One place, so that no room grows flags of its own.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

set(FREEWAY_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize=: address,undefined or thread,undefined")
option(FREEWAY_FUZZ "Build the libFuzzer targets (clang only)" OFF)
set(FREEWAY_PROFILE "" CACHE STRING "What the compiler knows of which code runs how often: use (what script/profile wrote), make (write it), or nothing")

find_program(CCACHE ccache)
if(CCACHE)
  # Paths count from the source tree, so that clones share what g++ compiled; what clang compiles with precompiled headers is
  # known by their place as well, and serves again where it was made. The sloppiness is what precompiled headers ask for.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=true
    CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()

add_library(freeway_options INTERFACE)
target_include_directories(freeway_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(freeway_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wno-missing-field-initializers -Werror)
target_compile_definitions(freeway_options INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_REGEX
  SPDLOG_COMPILED_LIB SPDLOG_FMT_EXTERNAL FMT_SHARED)
# Coroutine frames need no more than the alignment of operator new, which is several times cheaper than aligned_alloc.
target_compile_definitions(freeway_options INTERFACE
  $<$<CONFIG:Release>:BOOST_ASIO_DISABLE_STD_ALIGNED_ALLOC> $<$<CONFIG:Release>:BOOST_ASIO_DISABLE_BOOST_ALIGN>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_link_options(freeway_options INTERFACE -fuse-ld=lld)
  if(CMAKE_INTERPROCEDURAL_OPTIMIZATION)
    # What did not change is not generated anew.
    target_link_options(freeway_options INTERFACE -Wl,--thinlto-cache-dir=${CMAKE_BINARY_DIR}/lto-cache)
  endif()
else()
  # g++ 12.2 warns about its own headers, Asio's and GoogleTest's macros when it inlines them; clang stands for -Wpedantic.
  target_compile_options(freeway_options INTERFACE -Wno-pedantic -Wno-maybe-uninitialized -Wno-stringop-overflow
    -Wno-array-bounds -Wno-restrict -Wno-dangling-pointer -Wno-mismatched-new-delete -Wno-dangling-else)
endif()
# For tests: their own speed does not matter, that of compiling and linking them does. Not optimized, a test file takes half as
# long.
add_library(freeway_test_options INTERFACE)
target_compile_options(freeway_test_options INTERFACE -O0)
if(CMAKE_INTERPROCEDURAL_OPTIMIZATION)
  target_link_options(freeway_test_options INTERFACE -Wl,--lto-O0 -Wl,--lto-CGO0)
endif()
if(FREEWAY_SANITIZE)
  target_compile_options(freeway_options INTERFACE -fsanitize=${FREEWAY_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  if(FREEWAY_SANITIZE MATCHES "thread")
    # The check of virtual tables asks by a pipe whether memory can be read, which the thread sanitizer takes for races.
    target_compile_options(freeway_options INTERFACE -fno-sanitize=vptr)
  endif()
  target_link_options(freeway_options INTERFACE -fsanitize=${FREEWAY_SANITIZE})
endif()
if(FREEWAY_FUZZ)
  target_compile_options(freeway_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(FREEWAY_PROFILE STREQUAL "make")
  target_compile_options(freeway_options INTERFACE -fprofile-generate)
  target_link_options(freeway_options INTERFACE -fprofile-generate)
elseif(FREEWAY_PROFILE STREQUAL "use")
  include(Profile)
endif()
find_package(Threads REQUIRED)
target_link_libraries(freeway_options INTERFACE fmt spdlog Threads::Threads)
