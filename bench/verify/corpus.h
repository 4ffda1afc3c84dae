#pragma once

#include <string>
#include <vector>

#include "assay/dns/zone.h"
#include "assay/verify/verify.h"

namespace bench {

/// One message of the corpus with its envelope and what an independent maker says of it.
struct Sample {
  std::string octets;
  std::size_t body = 0;  ///< where the body begins
  assay::verify::Envelope envelope;
  std::string expected_spf, expected_dmarc, expected_arc;
  std::size_t expected_dkim_passes = 0;
};

struct Corpus {
  std::vector<Sample> samples;
  assay::dns::Zone zone;
};

/// Reads DIR/manifest.jsonl, the messages it names and DIR/zone/example.zone. Ends the program when
/// it cannot.
Corpus read_corpus(const std::string& folder);

}  // namespace bench
