#pragma once

#include <cstddef>

#include "system/journal/entry.h"

namespace assay::journal {

/// How many JSON values the lists of an entry make; the reader takes 100,000 in one line.
std::size_t count_values(const Entry& entry);

/// Leaves no text longer than `limit` octets, and no list longer than `limit` elements.
void cut_entry(Entry& entry, std::size_t limit);

}  // namespace assay::journal
