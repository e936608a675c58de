# cmake -DFOLDER=src/token/data -DOUTPUT=x.cc -P EmbedRanks.cmake: writes the C++ source that defines
# freeway::token::packed_ranks(). As in EmbedCatalog.cmake, the files come in by .incbin and their digests stand beside them.
set(assembly "")
foreach(name cl100k_base o200k_base)
  set(file ${FOLDER}/${name}.ranks)
  file(SHA256 ${file} digest)
  string(APPEND assembly "    \"/* ${digest} */\\n\"\n    \".globl freeway_${name}, freeway_${name}_end\\n\"\n    \"freeway_${name}: .incbin \\\"${file}\\\"\\n\"\n    \"freeway_${name}_end: .byte 0\\n\"\n")
endforeach()
file(WRITE ${OUTPUT} "#include \"token/ranks.h\"

__asm__(
    \".pushsection .rodata\\n\"
${assembly}    \".popsection\\n\");

extern \"C\" {
extern const char freeway_cl100k_base[];
extern const char freeway_cl100k_base_end[];
extern const char freeway_o200k_base[];
extern const char freeway_o200k_base_end[];
}

namespace freeway::token {

std::string_view packed_ranks(Encoding encoding) {
  if (encoding == Encoding::cl100k) return {freeway_cl100k_base, freeway_cl100k_base_end};
  return {freeway_o200k_base, freeway_o200k_base_end};
}

}  // namespace freeway::token
")
