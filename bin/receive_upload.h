#pragma once

#include <memory>
#include <string>

#include "system/config/settings.h"

#include "bin/failure.h"
#include "bin/receive_desk.h"

namespace assay::cli {

/// Reports by HTTP: POST /reports with the octets of a report in any wrapping and
/// "Authorization: Bearer TOKEN". Answers what `assay intake add --json` says of it, a line each:
/// 200 when something is kept, 422 when all is refused, 401, 413, and 503 when the Store keeps
/// nothing now.
class UploadServer {
 public:
  /// `desk` outlives it. Errors: unavailable, when the address cannot be listened on.
  static Expected<std::unique_ptr<UploadServer>> start(const config::Receive& settings,
                                                       const std::string& token, Desk& desk);
  ~UploadServer();
  UploadServer(const UploadServer&) = delete;
  UploadServer& operator=(const UploadServer&) = delete;

  /// host:port, with the port that was free where 0 was asked for.
  const std::string& address() const;

 private:
  UploadServer();
  struct State;
  std::unique_ptr<State> state_;
};

/// The token that stands in the file; an empty path: in <data>/upload.token, which is made with a
/// token of 256 random bits where it is missing. Errors: no_input, io; bad_data for one that is
/// shorter than 16 octets.
Expected<std::string> upload_token(const std::string& path, const std::string& data);

}  // namespace assay::cli
