#pragma once

/// DKIM (RFC 6376, 8301, 8463, 8616): reads signatures and keys, canonicalizes, verifies, signs.
/// Streams the body. What is aligned is for assay/dmarc to say.
///
///     dkim::BodyHashes hashes;
///     dkim::Verifier verifier(header, hashes);          // header: mail::parse_header(…)
///     resolver.prefetch(verifier.questions());
///     hashes.update(body);
///     hashes.finish();
///     for (const dkim::Outcome& outcome : verifier.finish(hashes, resolver, now)) …
///
///     const auto signer = dkim::Signer::make({.domain = domain, .keys = {{"s2026", key}}});
///     message.insert(0, signer->sign(message, now)->fields);
#include "assay/dkim/body_hash.h"
#include "assay/dkim/check.h"
#include "assay/dkim/key.h"
#include "assay/dkim/published_key.h"
#include "assay/dkim/sign.h"
#include "assay/dkim/signature.h"
#include "assay/dkim/verifier.h"
