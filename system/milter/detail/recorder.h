#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/ascii.h"
#include "assay/base/ip_address.h"
#include "system/milter/milter.h"

namespace assay::milter::detail {

/// A handler for tests and fuzzers: writes each call down as a line and answers as it was told.
class Recorder : public Handler {
 public:
  std::vector<std::string> calls = {};
  std::map<std::string, Reply, std::less<>> replies = {};  ///< by the first word of the call
  std::vector<std::string> shown_macros = {};  ///< names whose values stand in the lines
  Ending ending = {};

  Reply connect(const Connection& one, const Macros& macros) override {
    std::string line = one.host_name + " " + std::to_string(one.port);
    if (one.client) line += " " + to_text(*one.client);
    if (!one.unix_path.empty()) line += " unix " + one.unix_path;
    return record("connect", line, &macros);
  }
  Reply helo(std::string_view name, const Macros& macros) override {
    return record("helo", name, &macros);
  }
  Reply mail(const Path& from, const Macros& macros) override {
    return record("mail", to_line(from), &macros);
  }
  Reply recipient(const Path& to, const Macros& macros) override {
    return record("recipient", to_line(to), &macros);
  }
  Reply data(const Macros& macros) override { return record("data", "", &macros); }
  Reply header(std::string_view name, std::string_view value) override {
    return record("header", std::string(name) + ":" + std::string(value), nullptr);
  }
  Reply end_of_header(const Macros& macros) override {
    return record("end_of_header", "", &macros);
  }
  Reply body(std::string_view octets) override { return record("body", octets, nullptr); }
  Ending end_of_message(const Macros& macros) override {
    record("end_of_message", "", &macros);
    return ending;
  }
  void abort() override { record("abort", "", nullptr); }
  void start_over() override { record("start_over", "", nullptr); }

 private:
  static std::string to_line(const Path& path) {
    std::string line = "<" + path.address + ">";
    for (const std::string& one : path.arguments) line += " " + one;
    return line;
  }

  Reply record(std::string_view call, std::string_view rest, const Macros* macros) {
    std::string line(call);
    if (!rest.empty()) line += " " + ascii::printable(rest);
    for (const std::string& name : shown_macros) {
      const std::string_view value = macros != nullptr ? macros->find(name) : std::string_view();
      if (!value.empty()) line += " " + name + "=" + ascii::printable(value);
    }
    calls.push_back(line);
    const auto reply = replies.find(call);
    return reply == replies.end() ? Reply{} : reply->second;
  }
};

}  // namespace assay::milter::detail
