#include "testkit/suites.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <utility>

namespace testkit {
namespace {

class FunctionTest : public testing::Test {
 public:
  explicit FunctionTest(std::function<void()> body) : body_(std::move(body)) {}
  void TestBody() override { body_(); }

 private:
  std::function<void()> body_;
};

std::string plain(const std::string& text) {
  std::string name;
  for (const char c : text) name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name.empty() ? "unnamed" : name;
}

}  // namespace

std::optional<std::string> suites_folder() {
  const char* named = std::getenv("ASSAY_SUITES");
  std::string folder = named != nullptr ? named : ASSAY_SOURCE_DIR "/../shared/testdata";
  if (!std::filesystem::is_directory(folder)) return std::nullopt;
  return folder;
}

std::string read_suite_file(const std::string& path) {
  std::ifstream file(suites_folder().value_or("") + "/" + path, std::ios::binary);
  EXPECT_TRUE(file) << path << " cannot be read";
  std::ostringstream octets;
  octets << file.rdbuf();
  return octets.str();
}

void register_test(const std::string& suite, const std::string& name, std::function<void()> body) {
  static std::set<std::pair<std::string, std::string>> names;
  std::string unique = plain(name);
  while (!names.emplace(suite, unique).second) unique += "_again";
  testing::RegisterTest(
      suite.c_str(), unique.c_str(), nullptr, nullptr, __FILE__, __LINE__,
      [body = std::move(body)]() -> FunctionTest* { return new FunctionTest(body); });
}

int register_suite(const std::string& suite, const std::string& path,
                   std::vector<SuiteCase> (*cases_of)(const nlohmann::json&),
                   void (*body)(const nlohmann::json&)) {
  if (!suites_folder()) {
    register_test(suite, "skipped", [path] {
      GTEST_SKIP() << "the public suites are not here (ASSAY_SUITES), skipped: " << path;
    });
    return 0;
  }
  const std::vector<SuiteCase> cases = cases_of(nlohmann::json::parse(read_suite_file(path)));
  for (const SuiteCase& one : cases) {
    register_test(suite, one.name, [path, one, body] {
      SCOPED_TRACE(path + ": " + one.name);
      body(one.data);
    });
  }
  return static_cast<int>(cases.size());
}

}  // namespace testkit
