# cmake -DFOLDER=catalog -DOUTPUT=x.cc -P EmbedCatalog.cmake: writes the C++ source that defines
# freeway::catalog::builtin_files() and what FOLDER/VERSION says of them.
include(${CMAKE_CURRENT_LIST_DIR}/Incbin.cmake)
file(GLOB files ${FOLDER}/*.toml)
file(STRINGS ${FOLDER}/VERSION version LIMIT_COUNT 1)
if(NOT version MATCHES "^([1-9][0-9]*) (20[0-9][0-9]-[0-9][0-9]-[0-9][0-9])$")
  message(FATAL_ERROR "${FOLDER}/VERSION: expected a number and a date such as \"7 2026-11-22\"")
endif()
set(version ${CMAKE_MATCH_1})
set(as_of ${CMAKE_MATCH_2})
list(SORT files)
set(rows "")
set(number 0)
foreach(file IN LISTS files)
  cmake_path(GET file STEM id)
  incbin(freeway_catalog_${number} ${file})
  string(APPEND rows "      {\"${id}\", {freeway_catalog_${number}, static_cast<std::size_t>(freeway_catalog_${number}_end - freeway_catalog_${number})}},\n")
  math(EXPR number "${number} + 1")
endforeach()
incbin_source(embedded)
file(WRITE ${OUTPUT} "#include \"catalog/builtin.h\"

${embedded}
namespace freeway::catalog {

const std::vector<CatalogFile>& builtin_files() {
  static const std::vector<CatalogFile> kFiles = {
${rows}  };
  return kFiles;
}

std::uint64_t builtin_version() { return ${version}U; }
std::string_view builtin_as_of() { return \"${as_of}\"; }

}  // namespace freeway::catalog
")
