#pragma once

/// The journal: one JSON line for each message that was judged, in files of an hour each. The
/// filter writes it without a database and without waiting for the disk; reporting, evidence and
/// people read it. The format is described in docs/journal.md.
///
///     journal::Writer journal({.folder = "journal", .host = "mx.example.org"});
///     journal.append(entry);
///
///     auto reader = journal::Reader::open(path);
///     while (auto line = reader->next()) {
///       if (line->entry) use(*line->entry);
///     }
#include "system/journal/counts.h"
#include "system/journal/entry.h"
#include "system/journal/line.h"
#include "system/journal/reader.h"
#include "system/journal/time_text.h"
#include "system/journal/writer.h"
