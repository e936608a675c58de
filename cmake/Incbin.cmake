# For scripts that write a C++ source with files in it. incbin(NAME FILE) adds the file's bytes as the symbols NAME and NAME_end:
# to `assembly`, which brings them in by .incbin, so that their size costs the compiler nothing, and to `declarations`. Its
# digest, which `digest` is then, stands beside them, because ccache looks at the source alone and would give out the object of
# bytes that have changed. incbin_source(VARIABLE) makes both into what the source begins with.
set(assembly "")
set(declarations "")

macro(incbin name file)
  file(SHA256 ${file} digest)
  string(APPEND assembly "    \"/* ${digest} */\\n\"\n    \".globl ${name}, ${name}_end\\n\"\n"
    "    \"${name}: .incbin \\\"${file}\\\"\\n\"\n    \"${name}_end: .byte 0\\n\"\n")
  string(APPEND declarations "extern const char ${name}[];\nextern const char ${name}_end[];\n")
endmacro()

macro(incbin_source variable)
  set(${variable} "__asm__(
    \".pushsection .rodata\\n\"
${assembly}    \".popsection\\n\");

extern \"C\" {
${declarations}}
")
endmacro()
