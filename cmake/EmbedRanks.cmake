# cmake -DFOLDER=src/token/data -DOUTPUT=x.cc -P EmbedRanks.cmake: writes the C++ source that defines
# freeway::token::packed_ranks().
include(${CMAKE_CURRENT_LIST_DIR}/Incbin.cmake)
foreach(name cl100k_base o200k_base)
  incbin(freeway_${name} ${FOLDER}/${name}.ranks)
endforeach()
incbin_source(embedded)
file(WRITE ${OUTPUT} "#include \"token/ranks.h\"

${embedded}
namespace freeway::token {

std::string_view packed_ranks(Encoding encoding) {
  if (encoding == Encoding::cl100k) return {freeway_cl100k_base, freeway_cl100k_base_end};
  return {freeway_o200k_base, freeway_o200k_base_end};
}

}  // namespace freeway::token
")
