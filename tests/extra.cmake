# Tests that are not cmocka programs. Exit code 77 means skipped, with the reason printed.
function(extra_test name)
  add_test(NAME ${name} COMMAND ${ARGN})
  set_tests_properties(${name} PROPERTIES TIMEOUT 120 SKIP_RETURN_CODE 77)
endfunction()

extra_test(nm_pure_self_test ${CMAKE_CURRENT_SOURCE_DIR}/nm_pure.sh --self-test)
if(CMAKE_BUILD_TYPE STREQUAL "Release") # sanitizers and coverage add imports of their own; script/test looks at a release build
  extra_test(nm_pure         ${CMAKE_CURRENT_SOURCE_DIR}/nm_pure.sh ${CMAKE_BINARY_DIR})
endif()
extra_test(includes          ${CMAKE_CURRENT_SOURCE_DIR}/includes.sh ${CMAKE_BINARY_DIR})
extra_test(rejudge           ${CMAKE_CURRENT_SOURCE_DIR}/scenario/rejudge.sh ${CMAKE_BINARY_DIR})
extra_test(lif_schema        ${CMAKE_CURRENT_SOURCE_DIR}/scenario/lif_schema.sh ${CMAKE_BINARY_DIR})
extra_test(your_hospital     ${CMAKE_CURRENT_SOURCE_DIR}/scenario/your_hospital.sh ${CMAKE_BINARY_DIR})
extra_test(up                ${CMAKE_CURRENT_SOURCE_DIR}/scenario/up.sh ${CMAKE_BINARY_DIR})
extra_test(bench             ${CMAKE_CURRENT_SOURCE_DIR}/scenario/bench.sh ${CMAKE_BINARY_DIR})
extra_test(requirements      ${CMAKE_CURRENT_SOURCE_DIR}/requirements.sh)
extra_test(docs              ${CMAKE_CURRENT_SOURCE_DIR}/check_docs.sh ${CMAKE_BINARY_DIR})

if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/CMakeLists.txt)
  add_subdirectory(fuzz)
endif()
