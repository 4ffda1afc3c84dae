#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "bin/command_line.h"
#include "bin/failure.h"

namespace assay::cli {

/// The answer to one request line, without a line feed. Called by several threads at once.
using AnswerLine = std::function<std::string(std::string_view line)>;

/// --jsonl and --jobs of a command.
struct JsonLines {
  std::string command = {};
  bool wanted = false;
  unsigned jobs = 1;
};
void add_jsonl_options(const Command& command, JsonLines& how);

/// Reads requests from standard input, a line each, and writes their answers to standard output in
/// the same order, `how.jobs` of them at work at a time. Empty lines are passed over. An answer
/// appears as soon as it is there and those before it are, so that a program may ask line by line.
/// Memory does not grow with the number of lines. A line above the limit is answered with an error.
Expected<> answer_lines(const JsonLines& how, const AnswerLine& answer);

}  // namespace assay::cli
