#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace testkit {

/// One stanza of a case file: `key: value` lines; a key may stand several times; an indented line
/// continues the value above it behind a line feed. `#` at the start of a line is a comment. An
/// empty line ends the stanza. A value in double quotes may hold \r \n \t \0 \\ \" and \xHH.
struct Case {
  std::string name;  ///< the value of `case`
  std::string file;
  int line = 0;
  std::vector<std::pair<std::string, std::string>> entries;

  bool has(std::string_view key) const;
  /// The first value of `key`; a missing key fails the test with file and line.
  std::string operator[](std::string_view key) const;
  std::string get(std::string_view key, std::string_view otherwise) const;
  std::vector<std::string> all(std::string_view key) const;
};

/// Reads a case file, path relative to the project's root. Ends the program with file and line for
/// text that is none.
std::vector<Case> read_cases(const std::string& path);

/// Undoes the quotes and escapes of a value (see Case).
std::string unquote(std::string_view value);

using CaseFunction = void (*)(const Case&);
/// Registers each stanza as the test `suite.name`. Used by CASES.
int register_cases(const char* suite, const char* path, CaseFunction body);

}  // namespace testkit

/// CASES(OrganizationalDomain, "assay/dmarc/testdata/organizational_domain.cases") { … c["start"] …
/// } Every stanza is a test of its own name; a failure prints file and line of the stanza.
#define CASES(suite, path)                                 \
  static void suite##_case(const testkit::Case& c);        \
  [[maybe_unused]] static const int suite##_registered =   \
      testkit::register_cases(#suite, path, suite##_case); \
  static void suite##_case(const testkit::Case& c)
