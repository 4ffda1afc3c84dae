#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace assay::ops {

/// Tells the service manager how far we are, as sd_notify(3) does. Without a manager that asked for
/// it, nothing happens.
class ServiceManager {
 public:
  /// `socket`: what $NOTIFY_SOCKET says; empty: there is no manager.
  explicit ServiceManager(std::string socket) : socket_(std::move(socket)) {}
  /// The one that the environment names.
  static ServiceManager from_environment();

  // Each says whether the manager was told. `status` is one line for people.
  bool ready(std::string_view status) const;
  /// To be followed by ready.
  bool reloading() const;
  bool stopping() const;

 private:
  bool send(const std::string& state) const;
  std::string socket_;
};

}  // namespace assay::ops
