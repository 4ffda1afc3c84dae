#pragma once

/// DMARC (RFC 9989): which policy holds for an author domain, and do the authenticated identifiers
/// align with it? Takes identifiers, not SPF or DKIM objects; what becomes of the message is for
/// others to decide. RFC 7489 is here too, for hosts that migrate.
///
///     std::vector<dmarc::Identifier> found = {{.domain = signer}};  // a DKIM pass
///     dmarc::Facts facts = dmarc::gather(author, found, resolver);  // asks
///     dmarc::Evaluation verdict = dmarc::evaluate(facts);           // pure
///     if (verdict.result == dmarc::Result::fail) …                  // verdict.reason says why
///
/// Parts of it: parse_record for a record alone; fetch_walk, organizational_domain and
/// discover_policy for a name alone; fetch_destination for where reports may go.
#include "assay/dmarc/destination.h"
#include "assay/dmarc/evaluate.h"
#include "assay/dmarc/record.h"
#include "assay/dmarc/tree_walk.h"
