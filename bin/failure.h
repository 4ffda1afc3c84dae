#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace assay::cli {

/// Exit codes of sysexits(3).
enum class Status : std::uint8_t {
  ok = 0,
  usage = 64,
  bad_data = 65,
  no_input = 66,
  unavailable = 69,
  io = 74
};

/// Why a command ends without its result: one line for standard error that says what, where and
/// what to do.
struct Failure {
  Status status = Status::usage;
  std::string what;
};

template <class T = void>
using Expected = std::expected<T, Failure>;

inline std::unexpected<Failure> fail(Status status, std::string what) {
  return std::unexpected(Failure{status, std::move(what)});
}

/// "assay: verify: what\n" on standard error.
void report(std::string_view command, const Failure& failure);

/// Reports and ends the program at once, whatever other threads are doing.
[[noreturn]] void end_program(std::string_view command, const Failure& failure);

}  // namespace assay::cli
