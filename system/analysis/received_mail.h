#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "system/analysis/document.h"
#include "system/journal/entry.h"

/// What this host's own filters saw, from their journals: whose domains are abused, what was done.
namespace assay::analysis {

struct ReceivedMail {
  std::uint64_t messages = 0;
  std::uint64_t exempt = 0;  ///< own users' mail, not judged
  std::uint64_t judged = 0;
  std::uint64_t under_dmarc = 0;  ///< a policy record applies to the author domain
  std::uint64_t broken_lines = 0;
  std::map<std::string, std::uint64_t> verdicts = {};
  std::map<std::string, std::uint64_t> policies = {};  ///< as published, of mail under DMARC
  std::map<std::string, std::map<std::string, std::uint64_t>> actions =
      {};  ///< verdict and policy → action
  std::map<std::string, std::uint64_t> dispositions = {};
  std::map<std::string, std::uint64_t> overrides = {};
  std::map<std::string, std::uint64_t> evidence = {};  ///< kinds, of mail that failed
  std::map<std::string, std::uint64_t> decisive =
      {};  ///< kinds, of mail that failed and was not handled as published
  std::uint64_t deferred = 0;
  std::uint64_t compared = 0;
  std::map<std::string, std::uint64_t> differences = {};  ///< between the standards
  struct Author {
    std::string policy = {};
    std::uint64_t messages = 0;
    std::uint64_t failing = 0;
    std::uint64_t stopped = 0;  ///< quarantined or rejected
  };
  std::map<std::string, Author> authors = {};  ///< bounded
  std::uint64_t other_authors = 0;             ///< messages of authors beyond the bound
  std::map<std::chrono::sys_days, std::map<std::string, std::uint64_t>> days = {};
  static constexpr std::size_t max_authors = 100'000;
};

/// Counts one message more.
void add(ReceivedMail& mail, const journal::Entry& entry);
void tell(const ReceivedMail& mail, Document& document);

}  // namespace assay::analysis
