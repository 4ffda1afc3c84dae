#include "bin/failure.h"

#include <unistd.h>

#include <cstdlib>

namespace assay::cli {

void report(std::string_view command, const Failure& failure) {
  std::string line = "assay: ";
  if (!command.empty()) line += std::string(command) + ": ";
  line += failure.what + "\n";
  // Where nobody listens nothing can be said.
  if (::write(STDERR_FILENO, line.data(), line.size()) < 0) return;
}

void end_program(std::string_view command, const Failure& failure) {
  report(command, failure);
  std::_Exit(static_cast<int>(failure.status));
}

}  // namespace assay::cli
