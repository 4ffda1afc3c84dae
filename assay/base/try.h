#pragma once

#include <expected>
#include <utility>

/// Names the value of an expected, or returns its error from the enclosing function.
/// For .cpp files only.
#define ASSAY_TRY(name, expr)                                                   \
  auto name##_result = (expr);                                                  \
  if (!name##_result) return std::unexpected(std::move(name##_result).error()); \
  auto& name = *name##_result
