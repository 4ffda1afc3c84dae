#pragma once

#include <expected>
#include <string>

#include "assay/base/finding.h"
#include "system/analysis/questions.h"

namespace assay::analysis {

/// A question as somebody writes it, on a command line or in a URL. Empty: as by default.
struct AskWords {
  std::string question = {};
  std::string domain = {};
  std::string from = {};
  std::string to = {};
  std::string against = {};
  std::string policy = {};
  std::string adkim = {};  ///< "r" or "s"
  std::string aspf = {};
  bool test_mode = false;
  std::string source = {};
};

/// What is meant by them. `names` and `now` are left to the caller. `prefix` stands before the name
/// of an option in errors, such as "--". Errors: `bad_question`, `bad_domain`, `no_domain`,
/// `bad_day`, `bad_word`.
std::expected<Ask, Finding> read_ask(const AskWords& words, std::string_view prefix);

}  // namespace assay::analysis
