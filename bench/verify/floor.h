#pragma once

#include <memory>
#include <vector>

#include "bench/verify/corpus.h"

namespace bench {

/// What no DKIM verifier can do without, and nothing else: split the header, canonicalize the body
/// relaxed in blocks, SHA-256 of body and header, one rsa-2048 verification with a ready key. No
/// parsing, no lookup, no second signature.
class Floor {
 public:
  Floor();
  ~Floor();
  void run(const Sample& sample);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace bench
