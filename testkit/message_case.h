#pragma once

#include <string>
#include <vector>

#include "testkit/cases.h"

namespace testkit {

/// A whole message with its world, from one `*.eml.case` file: `key: value` lines as in a stanza
/// (one without `case:`), an empty line, the message. Line feeds of the message become CRLF, unless
/// `octets: as written` stands there.
struct MessageCase {
  Case facts;
  std::string message;

  /// The values of `zone`, a line each.
  std::string zone() const;
};

MessageCase read_message_case(const std::string& path);

/// All `*.eml.case` files of a folder, path relative to the project's root, in order of their
/// names.
std::vector<std::string> message_case_files(const std::string& folder);

/// LF to CRLF; a CRLF stays.
std::string with_crlf(std::string_view text);

}  // namespace testkit
