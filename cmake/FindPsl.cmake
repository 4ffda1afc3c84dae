# Finds psl, as Debian packages it, and names it Psl::Psl. Installed beside assay-config.cmake.
find_path(Psl_INCLUDE_DIR libpsl.h)
find_library(Psl_LIBRARY psl)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Psl REQUIRED_VARS Psl_LIBRARY Psl_INCLUDE_DIR)
if(Psl_FOUND AND NOT TARGET Psl::Psl)
  add_library(Psl::Psl UNKNOWN IMPORTED)
  set_target_properties(Psl::Psl PROPERTIES IMPORTED_LOCATION "${Psl_LIBRARY}"
                                          INTERFACE_INCLUDE_DIRECTORIES "${Psl_INCLUDE_DIR}")
endif()
mark_as_advanced(Psl_INCLUDE_DIR Psl_LIBRARY)
