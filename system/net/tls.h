#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "assay/base/finding.h"
#include "system/net/socket.h"

namespace assay::net {

/// The certificate and key by which a server shows who it is; TLS 1.2 and 1.3. Files that are
/// replaced while the program runs are taken up by refresh(). Thread-safe.
class TlsKeys {
 public:
  /// `certificate`: a PEM file with the chain, the server's own first. Errors: `tls`, which names
  /// the file.
  static std::expected<std::unique_ptr<TlsKeys>, Finding> open(const std::string& certificate,
                                                               const std::string& key);
  ~TlsKeys();
  TlsKeys(const TlsKeys&) = delete;
  TlsKeys& operator=(const TlsKeys&) = delete;

  /// Reads the files again where they have changed. Errors: `tls`; the former stay in force.
  std::expected<void, Finding> refresh();

 private:
  friend class TlsConnection;
  TlsKeys();
  struct State;
  std::unique_ptr<State> state_;
};

/// One connection over which TLS is spoken. Not thread-safe.
class TlsConnection {
 public:
  /// Shakes hands; nothing when the other side does not, in time. `connection` and `keys` outlive
  /// it.
  static std::unique_ptr<TlsConnection> accept(Connection& connection, TlsKeys& keys,
                                               std::chrono::milliseconds patience);
  ~TlsConnection();
  TlsConnection(const TlsConnection&) = delete;
  TlsConnection& operator=(const TlsConnection&) = delete;

  // As of Connection.
  Connection::Got read(std::span<char> buffer, std::chrono::milliseconds patience,
                       Connection::Heed heed = Connection::Heed::nothing);
  bool write(std::string_view octets, std::chrono::milliseconds patience);
  /// Tells the other side that nothing more comes.
  void close();

 private:
  TlsConnection();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace assay::net
