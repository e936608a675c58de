# freeway_assets(TARGET PATH FILE [PATH FILE…]): builds files into a program, to be served under these paths. The source that
# it writes defines freeway::api::assets(). Beside each file comes its gzip twin: FILE.gz where that is there and as new, else
# one that is made here; none where it would not be smaller. The digests of both are their ETags. The content type is told by
# the file's ending.
#
# As a script, cmake -DOUTPUT=x.cc "-DASSETS=PATH|FILE|PATH|FILE" -P EmbedAssets.cmake, it writes that source, and the twins
# into x.twins.
function(freeway_assets target)
  set(files "")
  set(rest ${ARGN})
  while(rest)
    list(POP_FRONT rest path file)
    list(APPEND files ${file})
  endwhile()
  list(JOIN ARGN "|" assets)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/asset_files.cc)
  add_custom_command(OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${source} "-DASSETS=${assets}" -P ${CMAKE_SOURCE_DIR}/cmake/EmbedAssets.cmake
    DEPENDS ${files} ${CMAKE_SOURCE_DIR}/cmake/EmbedAssets.cmake ${CMAKE_SOURCE_DIR}/cmake/Incbin.cmake VERBATIM)
  target_sources(${target} PRIVATE ${source})
endfunction()

if(NOT CMAKE_SCRIPT_MODE_FILE)
  return()
endif()

cmake_policy(VERSION 3.25)
set(type_.html "text/html; charset=utf-8")
set(type_.css "text/css; charset=utf-8")
set(type_.js "text/javascript; charset=utf-8")
set(type_.json "application/json")
set(type_.svg "image/svg+xml")
set(type_.png "image/png")
set(type_.woff2 "font/woff2")

include(${CMAKE_CURRENT_LIST_DIR}/Incbin.cmake)
cmake_path(REPLACE_EXTENSION OUTPUT LAST_ONLY twins OUTPUT_VARIABLE twins)
file(REMOVE_RECURSE ${twins})
file(MAKE_DIRECTORY ${twins})

# Sets `twin` to the file's gzip twin, "" for none.
macro(pack file number)
  set(twin ${file}.gz)
  if(NOT EXISTS ${twin} OR ${file} IS_NEWER_THAN ${twin})
    set(twin ${twins}/${number}.gz)
    execute_process(COMMAND gzip -9 -n -c ${file} OUTPUT_FILE ${twin} COMMAND_ERROR_IS_FATAL ANY)
  endif()
  file(SIZE ${file} plain_size)
  file(SIZE ${twin} packed_size)
  if(NOT packed_size LESS plain_size)
    set(twin "")
  endif()
endmacro()

set(rows "")
set(number 0)
string(REPLACE "|" ";" rest "${ASSETS}")
while(rest)
  list(POP_FRONT rest path file)
  cmake_path(GET file EXTENSION LAST_ONLY ending)
  if(NOT DEFINED type_${ending})
    message(FATAL_ERROR "${file}: no content type is known for '${ending}'; name it in cmake/EmbedAssets.cmake")
  endif()
  set(name freeway_asset_${number})
  incbin(${name} ${file})
  string(SUBSTRING ${digest} 0 32 tag)
  string(APPEND rows "      {\"${path}\", \"${type_${ending}}\", {${name}, static_cast<std::size_t>(${name}_end - ${name})}, \"\\\"${tag}\\\"\",\n")
  pack(${file} ${number})
  if(twin)
    incbin(${name}_packed ${twin})
    string(SUBSTRING ${digest} 0 32 tag)
    string(APPEND rows "       {${name}_packed, static_cast<std::size_t>(${name}_packed_end - ${name}_packed)}, \"\\\"${tag}\\\"\"},\n")
  else()
    string(APPEND rows "       {}, {}},\n")
  endif()
  math(EXPR number "${number} + 1")
endwhile()
incbin_source(embedded)
file(WRITE ${OUTPUT} "#include \"api/assets.h\"

${embedded}
namespace freeway::api {

std::span<const Asset> assets() {
  static const Asset kAssets[] = {
${rows}  };
  return kAssets;
}

}  // namespace freeway::api
")
