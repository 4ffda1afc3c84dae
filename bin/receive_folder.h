#pragma once

#include <functional>
#include <string>

#include "bin/failure.h"
#include "bin/receive_desk.h"

namespace assay::cli {

/// A folder into which others put reports. A file is taken in when it did not change between two
/// looks, or when it stands in `new` or `cur` of a Maildir; then it is removed. One of which
/// anything was refused goes to `refused` in the folder. Names that begin with a dot are left
/// alone.
class WatchedFolder {
 public:
  WatchedFolder(std::string path, std::size_t max_file, Desk& desk);

  /// Makes the folder where it is missing. Errors: io.
  Expected<> prepare() const;
  /// Takes in what is there. `stop` is asked before each file. Errors: no_input, io: the folder
  /// cannot be read, or a file cannot be removed.
  Expected<> look(const std::function<bool()>& stop);

 private:
  struct Seen {
    std::uintmax_t size = 0;
    std::int64_t changed = 0;
    friend bool operator==(const Seen&, const Seen&) = default;
  };
  Expected<> take(const std::string& file);
  Expected<> put_away(const std::string& file, bool kept) const;

  std::string path_;
  std::size_t max_file_;
  Desk& desk_;
  std::map<std::string, Seen> seen_ = {};
};

}  // namespace assay::cli
