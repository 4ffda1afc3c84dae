#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace testkit {

/// The folder of the public suites: ASSAY_SUITES, else ../shared/testdata beside the project;
/// nothing when missing.
std::optional<std::string> suites_folder();

/// The octets of a file in it. The file must be there.
std::string read_suite_file(const std::string& path);

/// Registers one test named `suite.name`; for suites whose cases are known at run time only.
void register_test(const std::string& suite, const std::string& name, std::function<void()> body);

/// One named case of a suite that lives in a JSON file.
struct SuiteCase {
  std::string name;
  nlohmann::json data;
};

/// Reads `path` of the suites folder, splits it by `cases_of`, registers each case with `body`.
/// Where the folder is missing, one test says plainly that the suite was skipped.
int register_suite(const std::string& suite, const std::string& path,
                   std::vector<SuiteCase> (*cases_of)(const nlohmann::json&),
                   void (*body)(const nlohmann::json&));

}  // namespace testkit
