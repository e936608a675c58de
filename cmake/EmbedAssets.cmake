# freeway_assets(TARGET PATH FILE [PATH FILE…]): builds files into a program, to be served under these paths. The source that
# it writes defines freeway::api::assets(). The bytes come in by .incbin, so that their size costs the compiler nothing. Their
# digests stand beside them: they are the ETags, and ccache looks at the source alone and would give out the object of bytes
# that have changed. The content type is told by the file's ending.
#
# As a script, cmake -DOUTPUT=x.cc "-DASSETS=PATH|FILE|PATH|FILE" -P EmbedAssets.cmake, it writes that source.
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
    DEPENDS ${files} ${CMAKE_SOURCE_DIR}/cmake/EmbedAssets.cmake VERBATIM)
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

set(assembly "")
set(declarations "")
set(rows "")
set(number 0)
string(REPLACE "|" ";" rest "${ASSETS}")
while(rest)
  list(POP_FRONT rest path file)
  cmake_path(GET file EXTENSION LAST_ONLY ending)
  if(NOT DEFINED type_${ending})
    message(FATAL_ERROR "${file}: no content type is known for '${ending}'; name it in cmake/EmbedAssets.cmake")
  endif()
  file(SHA256 ${file} digest)
  string(SUBSTRING ${digest} 0 32 tag)
  set(name freeway_asset_${number})
  string(APPEND assembly "    \"/* ${digest} */\\n\"\n    \".globl ${name}, ${name}_end\\n\"\n    \"${name}: .incbin \\\"${file}\\\"\\n\"\n    \"${name}_end: .byte 0\\n\"\n")
  string(APPEND declarations "extern const char ${name}[];\nextern const char ${name}_end[];\n")
  string(APPEND rows "      {\"${path}\", \"${type_${ending}}\", {${name}, static_cast<std::size_t>(${name}_end - ${name})}, \"\\\"${tag}\\\"\"},\n")
  math(EXPR number "${number} + 1")
endwhile()
file(WRITE ${OUTPUT} "#include \"api/assets.h\"

__asm__(
    \".pushsection .rodata\\n\"
${assembly}    \".popsection\\n\");

extern \"C\" {
${declarations}}

namespace freeway::api {

std::span<const Asset> assets() {
  static const Asset kAssets[] = {
${rows}  };
  return kAssets;
}

}  // namespace freeway::api
")
