# freeway_precompile(TARGET [ASIO] [TESTS]): the headers that most files read, compiled once a lane, since reading them was up
# to half of what a file took; with Asio's for what stands on the room net, with GoogleTest's for tests. With other compilers
# than clang the rooms go without, so that the g++ lane proves that each file includes what it uses; tests are no part of that.
set(often_included <algorithm> <array> <atomic> <charconv> <chrono> <cmath> <cstdint> <cstring> <deque> <expected> <filesystem>
  <fstream> <functional> <map> <memory> <mutex> <optional> <set> <span> <string> <string_view> <thread> <tuple>
  <unordered_map> <utility> <variant> <vector> <fmt/format.h>)

add_custom_target(precompiled_headers)  # all of them, for the checks that read files as they are compiled

function(freeway_precompile target)
  cmake_parse_arguments(ARG "ASIO;TESTS" "" "" ${ARGN})
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND NOT ARG_TESTS)
    return()
  endif()
  set(from precompiled)
  set(headers ${often_included})
  set(libs freeway_options)
  if(ARG_ASIO)
    string(APPEND from _asio)
    list(APPEND headers <boost/asio/awaitable.hpp> <boost/asio/io_context.hpp>)
  endif()
  if(ARG_TESTS)
    string(APPEND from _tests)
    list(APPEND headers <gtest/gtest.h> <gmock/gmock.h>)
    list(APPEND libs freeway_test_options GTest::gtest GTest::gmock)
  endif()
  if(NOT TARGET ${from})
    file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/${from}.cc CONTENT "")
    add_library(${from} OBJECT ${CMAKE_BINARY_DIR}/${from}.cc)
    target_link_libraries(${from} PRIVATE ${libs})
    target_precompile_headers(${from} PRIVATE ${headers})
    if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")  # ccache knows headers by their content; g++ has none but -fpch-preprocess for it
      target_compile_options(${from} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
    endif()
    add_dependencies(precompiled_headers ${from})
  endif()
  target_precompile_headers(${target} REUSE_FROM ${from})
  # clang forgets where a precompiled libstdc++ uses what it calls deprecated; the g++ lane watches over ours.
  target_compile_options(${target} PRIVATE -Wno-deprecated-declarations)
endfunction()
