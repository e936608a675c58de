# Has release builds compiled by what script/profile saw: cmake/freeway.proftext says which functions a gateway at work enters,
# and which way their branches go. A function that it does not know, or that has changed since, is compiled as without it.
set(FREEWAY_PROFILE_TEXT ${CMAKE_SOURCE_DIR}/cmake/freeway.proftext)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${FREEWAY_PROFILE_TEXT})
# Named by what is in it, so that another profile has everything compiled anew.
file(SHA256 ${FREEWAY_PROFILE_TEXT} profile)
string(SUBSTRING ${profile} 0 12 profile)
set(FREEWAY_PROFILE_DATA ${CMAKE_BINARY_DIR}/freeway-${profile}.profdata)
find_program(LLVM_PROFDATA NAMES llvm-profdata-19 REQUIRED)
if(NOT EXISTS ${FREEWAY_PROFILE_DATA})
  execute_process(COMMAND ${LLVM_PROFDATA} merge -o ${FREEWAY_PROFILE_DATA} ${FREEWAY_PROFILE_TEXT} COMMAND_ERROR_IS_FATAL ANY)
endif()
target_compile_options(freeway_options INTERFACE -fprofile-use=${FREEWAY_PROFILE_DATA}
  -Wno-profile-instr-unprofiled -Wno-profile-instr-out-of-date -Wno-backend-plugin)
target_link_options(freeway_options INTERFACE -fprofile-use=${FREEWAY_PROFILE_DATA})
