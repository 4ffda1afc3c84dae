#pragma once

/// DMARC (RFC 9989): which policy holds for an author domain, and do the authenticated identifiers
/// align with it? Takes identifiers, not SPF or DKIM objects. RFC 7489 is here too, for hosts that
/// migrate.
///
///     dmarc::Facts facts = dmarc::gather(author, {{.method = dmarc::Method::dkim, .domain =
///     signer}}, resolver); dmarc::Evaluation evaluation = dmarc::evaluate(facts); if
///     (evaluation.result == dmarc::Result::fail) …
#include "assay/dmarc/evaluate.h"
#include "assay/dmarc/record.h"
#include "assay/dmarc/tree_walk.h"
