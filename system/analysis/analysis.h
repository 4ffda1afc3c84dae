#pragma once

/// Answers to what owners of domains ask of the reports that others sent (`assay show`).
///
///     analysis::Catalogue catalogue;
///     ASSAY_TRY(read, catalogue.read(text));
///     analysis::World world{.reports = received.get(), .catalogue = &catalogue, .marks = &marks};
///     ASSAY_TRY(document, analysis::answer({.question = analysis::Question::split,
///                                           .domain = "example.com", .now = now}, world));
///     analysis::to_json(document);
///
/// Three layers: questions.h asks the Store and calls the functions make_…(), which are pure and
/// give values; tell() makes a Document of each, which is written as JSON, CSV or words. flows.h
/// says who a source is and why its mail fails, always with the evidence. Counts are messages, days
/// are UTC; what is not known is said so. It sends no alerts and changes nothing.
#include "system/analysis/alignment.h"      // IWYU pragma: export
#include "system/analysis/counts.h"         // IWYU pragma: export
#include "system/analysis/failures.h"       // IWYU pragma: export
#include "system/analysis/ladder.h"         // IWYU pragma: export
#include "system/analysis/overrides.h"      // IWYU pragma: export
#include "system/analysis/overview.h"       // IWYU pragma: export
#include "system/analysis/questions.h"      // IWYU pragma: export
#include "system/analysis/received_mail.h"  // IWYU pragma: export
#include "system/analysis/rollout.h"        // IWYU pragma: export
#include "system/analysis/sources.h"        // IWYU pragma: export
#include "system/analysis/tls.h"            // IWYU pragma: export
