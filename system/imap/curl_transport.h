#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "system/imap/mailbox.h"

namespace assay::imap {

enum class Tls : std::uint8_t { never, require };

struct Account {
  std::string server = {};  ///< "imaps:host", "imaps:host:993", "imap:host:143"
  Tls tls = Tls::require;   ///< of "imap:": by STARTTLS
  std::string user = {};
  std::string password = {};      ///< or
  std::string bearer_token = {};  ///< OAuth 2.0 (RFC 7628, XOAUTH2)
  std::string ca_file = {};       ///< certificates that are trusted; empty: the system's
  std::chrono::milliseconds timeout = std::chrono::minutes{1};  ///< to be connected and signed in
  std::function<bool()> stop = {};  ///< asked about each second until then
};

/// Connects and signs in (libcurl). Errors: `imap_connection` with what libcurl says, `imap_login`
/// when the server does not let us in, `imap_stopped`.
Expected<std::unique_ptr<Transport>> connect(const Account& account);

}  // namespace assay::imap
