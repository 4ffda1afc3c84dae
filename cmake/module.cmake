# assay_module(<name> [DEPENDS <module>…] [LINK <library>…] [TEST_LINK <library>…]): one folder is one library.
#
#   *.cpp            the code               *.h         its public headers, installed
#   *_test.cpp       one test program       detail/*.h  private headers
#   *_fuzz.cpp       one fuzzer each        *_bench.cpp one benchmark program
#
# DEPENDS are the modules whose headers it may include (tools/check_layers.py compares), LINK the foreign libraries
# that only its .cpp files know.
function(assay_module name)
  cmake_parse_arguments(arg "" "" "DEPENDS;LINK;TEST_LINK" ${ARGN})
  file(GLOB code CONFIGURE_DEPENDS *.cpp)
  file(GLOB public CONFIGURE_DEPENDS *.h)
  set(tests ${code})
  set(fuzzers ${code})
  set(benches ${code})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cpp$")
  list(FILTER benches INCLUDE REGEX "_bench\\.cpp$")
  list(FILTER code EXCLUDE REGEX "_(test|fuzz|bench)\\.cpp$")

  add_library(assay_${name} STATIC ${code})
  add_library(assay::${name} ALIAS assay_${name})
  set_target_properties(assay_${name} PROPERTIES EXPORT_NAME ${name} LINKER_LANGUAGE CXX
                                                 POSITION_INDEPENDENT_CODE ON
                                                 VERIFY_INTERFACE_HEADER_SETS ON)
  target_compile_features(assay_${name} PUBLIC cxx_std_23)
  target_sources(assay_${name} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${public})
  list(TRANSFORM arg_DEPENDS PREPEND assay::)
  target_link_libraries(assay_${name} PUBLIC ${arg_DEPENDS} PRIVATE ${arg_LINK})
  if(ASSAY_PRECOMPILED)
    target_precompile_headers(assay_${name} REUSE_FROM precompiled)
  endif()
  if(CMAKE_CURRENT_SOURCE_DIR MATCHES "/assay/[^/]*$")
    install(TARGETS assay_${name} EXPORT assay FILE_SET HEADERS)
    assay_linkable_objects(assay_${name})
  endif()

  if(ASSAY_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test assay::${name} testkit ${arg_LINK} ${arg_TEST_LINK})
    target_precompile_headers(${name}_test REUSE_FROM testkit_pch)
    add_test(NAME ${name} COMMAND ${name}_test WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  endif()
  if(ASSAY_FUZZERS)
    foreach(file ${fuzzers})
      get_filename_component(fuzzer ${file} NAME_WE)
      add_executable(${name}_${fuzzer} ${file})
      target_link_libraries(${name}_${fuzzer} assay::${name} ${arg_LINK})
      target_link_options(${name}_${fuzzer} PRIVATE -fsanitize=fuzzer)
      set_target_properties(${name}_${fuzzer} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
      set_property(GLOBAL APPEND PROPERTY ASSAY_FUZZER_TARGETS ${name}_${fuzzer})
    endforeach()
  endif()
  if(ASSAY_BENCHMARKS AND benches)
    add_executable(${name}_bench ${benches})
    target_link_libraries(${name}_bench assay::${name} benchmark::benchmark_main ${arg_LINK})
  endif()
endfunction()
