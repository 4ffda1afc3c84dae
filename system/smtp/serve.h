#pragma once

#include <chrono>

#include "system/net/socket.h"
#include "system/net/tls.h"
#include "system/smtp/session.h"

namespace assay::smtp {

/// How long a client may take. A session that lasts longer than `session` is ended with 421,
/// however steadily its octets drip in.
struct Patience {
  std::chrono::milliseconds read = std::chrono::minutes{5};  ///< RFC 5321 §4.5.3.2.7
  std::chrono::milliseconds write = std::chrono::minutes{1};
  std::chrono::milliseconds session = std::chrono::hours{1};
};

/// Leads a session to its end. Between messages it heeds the server's wish to stop (421); within
/// one it goes on until that is answered. With `keys`, which outlive it,
/// STARTTLS is offered.
void serve(net::Connection& connection, Rules rules, Host& host, const Patience& patience = {},
           net::TlsKeys* keys = nullptr);

}  // namespace assay::smtp
