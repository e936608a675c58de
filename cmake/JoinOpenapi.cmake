# cmake -DFOLDER=src/api/openapi -DVERSION=1.2.3 -DOUTPUT=openapi.json -P JoinOpenapi.cmake: joins the parts of the description
# of the API. Each part is a JSON object; its members become members of the document (about.json), of its paths (paths/*.json),
# of its components (components.json) or of their schemas (schemas/*.json). They are joined as text, so what is read here is what
# is served; a unit test has the result parsed.
cmake_policy(VERSION 3.25)

function(members_of out)
  set(all "")
  foreach(file IN LISTS ARGN)
    file(READ ${file} text)
    string(STRIP "${text}" text)
    if(NOT text MATCHES "^{" OR NOT text MATCHES "}$")
      message(FATAL_ERROR "${file}: expected one JSON object")
    endif()
    string(LENGTH "${text}" length)
    math(EXPR inner "${length} - 2")
    string(SUBSTRING "${text}" 1 ${inner} text)
    string(STRIP "${text}" text)
    if(all)
      string(APPEND all ",\n  ")
    endif()
    string(APPEND all "${text}")
  endforeach()
  set(${out} "${all}" PARENT_SCOPE)
endfunction()

file(GLOB path_files ${FOLDER}/paths/*.json)
file(GLOB schema_files ${FOLDER}/schemas/*.json)
members_of(about ${FOLDER}/about.json)
members_of(paths ${path_files})
members_of(components ${FOLDER}/components.json)
members_of(schemas ${schema_files})
string(REPLACE "@VERSION@" "${VERSION}" about "${about}")
file(WRITE ${OUTPUT} "{
  ${about},
  \"paths\": {
  ${paths}
  },
  \"components\": {
  ${components},
  \"schemas\": {
  ${schemas}
  }
  }
}
")
