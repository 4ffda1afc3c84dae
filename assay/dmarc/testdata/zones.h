#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "assay/base/ascii.h"
#include "assay/dns/resolver.h"
#include "assay/dns/zone.h"

#include "testkit/cases.h"
#include <nlohmann/json.hpp>

/// Resolvers for the tests of this module.
namespace assay::dmarc::test {

/// Notes what is asked and what was announced before, on the way to another resolver.
class Recorder : public dns::Resolver {
 public:
  explicit Recorder(dns::Resolver& behind) : behind_(behind) {}

  dns::AnswerPtr ask(const dns::Question& question) override {
    const std::string name = question.name.text();
    asked.push_back(question.type == dns::Type::txt
                        ? name
                        : std::string(dns::to_text(question.type)) + " " + name);
    if (!announced.contains(asked.back())) unannounced.push_back(asked.back());
    return behind_.ask(question);
  }

  void prefetch(std::span<const dns::Question> questions) override {
    ++prefetches;
    for (const dns::Question& question : questions) announced[question.name.text()] = prefetches;
    behind_.prefetch(questions);
  }

  std::vector<std::string> asked = {};
  std::vector<std::string> unannounced = {};
  std::map<std::string, int> announced = {};  ///< name → the prefetch that named it last
  int prefetches = 0;

 private:
  dns::Resolver& behind_;
};

/// The `zone` lines of a case.
inline dns::Zone zone_of(const testkit::Case& c) {
  std::string text;
  for (const std::string& line : c.all("zone")) text += line + "\n";
  auto zone = dns::Zone::parse(text);
  EXPECT_TRUE(zone) << zone.error().what;
  return zone ? *zone : dns::Zone::parse("").value();
}

/// The zones of the public suites: {name: {type: records | {"rcode"|"$error": …}}}. Names that are
/// not there do not exist; "*" answers for every name that is not there.
class JsonZone : public dns::Resolver {
 public:
  explicit JsonZone(const nlohmann::json& zone) {
    for (const auto& [name, types] : zone.items()) names_[ascii::to_lower(name)] = types;
  }

  dns::AnswerPtr ask(const dns::Question& question) override {
    auto answer = std::make_shared<dns::Answer>();
    auto found = names_.find(question.name.text());
    if (found == names_.end()) found = names_.find("*");
    if (found == names_.end()) {
      answer->outcome = dns::Outcome::name_error;
      return answer;
    }
    const std::string type(dns::to_text(question.type));
    if (!found->second.contains(type)) return answer;
    const nlohmann::json& records = found->second[type];
    if (records.is_object()) {
      answer->outcome = records.value("rcode", "") == "NXDOMAIN" ? dns::Outcome::name_error
                                                                 : dns::Outcome::temporary_failure;
      return answer;
    }
    if (records.empty()) return answer;
    answer->outcome = dns::Outcome::records;
    if (question.type == dns::Type::txt) {
      for (const nlohmann::json& strings : records) answer->texts.push_back(joined(strings));
    }
    return answer;
  }

 private:
  static std::string joined(const nlohmann::json& strings) {
    std::string text;
    for (const nlohmann::json& string : strings) text += string.get<std::string>();
    return text;
  }

  std::map<std::string, nlohmann::json> names_;
};

}  // namespace assay::dmarc::test
