#pragma once

#include <libdeflate.h>

namespace assay::archive::detail {

/// What expands whole texts, one for each thread: to make it takes a tenth of what expanding a
/// small report does. It keeps nothing of what it expanded.
libdeflate_decompressor* inflater();

}  // namespace assay::archive::detail
