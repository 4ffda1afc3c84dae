#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "system/journal/entry.h"

namespace assay::journal {

/// How often each word was seen. At most `limit` words are told apart; the rest is `others`.
struct Tally {
  std::map<std::string, std::uint64_t, std::less<>> words = {};
  std::uint64_t others = 0;

  void add(const std::string& word, std::size_t limit);
  /// The most frequent first; equal ones by the alphabet.
  std::vector<std::pair<std::string, std::uint64_t>> top(std::size_t count) const;
};

/// What a journal holds, counted.
struct Counts {
  std::uint64_t messages = 0;
  std::optional<Time> first = {};
  std::optional<Time> last = {};
  Tally results = {};  ///< of DMARC, of the messages that were judged
  Tally exempt = {};   ///< why a message was not judged
  Tally actions = {};
  Tally dispositions = {};
  Tally overrides = {};         ///< by type; each type once a message
  Tally failing_authors = {};   ///< author domains that ruled, of messages that fail
  std::uint64_t dns_dmarc = 0;  ///< messages whose verdict is temperror
  std::uint64_t dns_spf = 0;    ///< messages with an SPF check that ended in temperror
  std::uint64_t dns_dkim = 0;   ///< messages with a signature that ended in temperror
  std::uint64_t compared = 0;   ///< messages judged by both standards
  std::uint64_t differing = 0;  ///< of these, with another verdict
  Tally differences = {};       ///< by member of the verdict
};

/// Counts one message more. Memory stays bounded whatever the entries say.
void add(Counts& counts, const Entry& entry);

}  // namespace assay::journal
