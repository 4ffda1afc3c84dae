# What every target of the project is compiled and linked with.
add_compile_options(-Wall -Wextra -Wpedantic -Wconversion -Wshadow)
if(ASSAY_WERROR)
  add_compile_options(-Werror)
endif()
# A designated initialiser may leave what follows to the members' defaults; the compilers ask for them by different names.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-Wno-missing-field-initializers)
else()
  add_compile_options(-Wno-unknown-warning-option -Wno-missing-designated-field-initializers)
endif()

if(ASSAY_LTO)
  # A sixth of the time of a message.
  add_compile_options(-flto=auto)
  add_link_options(-flto=auto)
endif()

# The objects of what is installed hold plain code as well, so that they link anywhere.
function(assay_linkable_objects target)
  if(ASSAY_LTO)
    target_compile_options(${target} PRIVATE -ffat-lto-objects)
  endif()
endfunction()

if(ASSAY_SANITIZE)
  add_compile_options(-fsanitize=${ASSAY_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${ASSAY_SANITIZE})
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
endif()
if(ASSAY_FUZZERS)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_program(ASSAY_CCACHE ccache)
if(ASSAY_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_SLOPPINESS=pch_defines,time_macros ${ASSAY_CCACHE})
endif()
find_program(ASSAY_MOLD mold)
if(ASSAY_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
