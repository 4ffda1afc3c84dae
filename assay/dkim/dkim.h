#pragma once

/// DKIM (RFC 6376, 8301, 8463): reads signatures and keys, canonicalizes, verifies. Streams the
/// body. Leaves alignment to assay/dmarc. Signing has its place here and comes with report mail.
///
///     dkim::BodyHashes hashes;
///     dkim::Verifier verifier(header, hashes);          // header: mail::parse_header(…)
///     resolver.prefetch(verifier.questions());
///     hashes.update(body);
///     hashes.finish();
///     for (const dkim::Outcome& outcome : verifier.finish(hashes, resolver, now)) …
#include "assay/dkim/body_hash.h"
#include "assay/dkim/check.h"
#include "assay/dkim/key.h"
#include "assay/dkim/signature.h"
#include "assay/dkim/verifier.h"
