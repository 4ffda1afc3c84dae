# With ASSAY_PRECOMPILED the standard headers are compiled once for the library (a third of the time of a sanitizers'
# build). It hides a missing #include of one; presets release and tidy, and the check of each header alone, do not.
if(ASSAY_PRECOMPILED)
  add_library(precompiled OBJECT ${CMAKE_CURRENT_LIST_DIR}/precompiled.cpp)
  set_target_properties(precompiled PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_compile_features(precompiled PUBLIC cxx_std_23)
  target_precompile_headers(precompiled PRIVATE <algorithm> <array> <atomic> <chrono> <cstdint> <cstring> <expected>
                            <functional> <map> <memory> <mutex> <optional> <set> <span> <string> <string_view>
                            <unordered_map> <utility> <vector>)
endif()
