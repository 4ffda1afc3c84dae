#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

#include "system/analysis/analysis.h"
#include "system/analysis/testdata/world.h"

#include <nlohmann/json.hpp>

/// Asks questions of the world that is known, and tells what really was.
namespace assay::analysis {

inline constexpr std::string_view services = R"(service: Bulk Mailer
kind: bulk
spf: _spf.bulk.example
return-path: bulk.example
source: test

service: CRM
kind: software
dkim: crm.example
spf: spf.crm.example
source: test
)";

inline WorldOfMail& world_of_mail() {
  static WorldOfMail world;
  return world;
}

inline std::string organization(std::string_view domain) {
  const std::size_t last = domain.rfind('.');
  const std::size_t before = last == 0 || last == std::string_view::npos
                                 ? std::string_view::npos
                                 : domain.rfind('.', last - 1);
  return std::string(before == std::string_view::npos ? domain : domain.substr(before + 1));
}

class Answers : public testing::Test {
 protected:
  Answers() {
    EXPECT_TRUE(catalogue_.read(services));
    now_ = WorldOfMail::end() + std::chrono::hours{12};
  }

  nlohmann::json ask(Question question, const std::string& domain, Ask ask = {}) {
    ask.question = question;
    ask.domain = domain;
    ask.now = now_;
    if (!ask.to) ask.to = WorldOfMail::end() - days{1};
    if (!ask.from) ask.from = *ask.to - days{27};
    const World world{.reports = reports_,
                      .catalogue = &catalogue_,
                      .marks = &marks_,
                      .organization = organization,
                      .resolver = resolver_,
                      .places = places_ ? &*places_ : nullptr,
                      .own = own_ ? &*own_ : nullptr};
    const auto document = answer(ask, world);
    EXPECT_TRUE(document) << (document ? "" : document.error().what);
    if (!document) return {};
    EXPECT_FALSE(to_words(*document).empty());
    return nlohmann::json::parse(to_json(*document));
  }

  /// The sum over what really was, in the last `length` days that ended `ago` days before the end.
  template <class Pick>
  static std::uint64_t truth(const std::string& domain, Pick pick, int length = 28, int ago = 0) {
    std::uint64_t sum = 0;
    for (const auto& [key, messages] : world_of_mail().truth().messages) {
      const bool in = key.day >= WorldOfMail::end() - days{length + ago} &&
                      key.day < WorldOfMail::end() - days{ago};
      if (in && key.domain == domain &&
          pick(world_of_mail().stream(key.stream), world_of_mail().truth().handled.at(key), key))
        sum += messages;
    }
    return sum;
  }
  using Handled = std::pair<std::string, std::string>;
  static std::uint64_t of_stream(const std::string& name, int length = 28) {
    const std::string domain = world_of_mail().stream(name).domain;
    return truth(
        domain,
        [&](const Stream& stream, const Handled&, const Truth::Key&) {
          return stream.name == name;
        },
        length);
  }

  static nlohmann::json row(const nlohmann::json& table, const std::string& key,
                            const std::string& value) {
    for (const auto& each : table) {
      if (each.value(key, "") == value) return each;
    }
    return {};
  }

  void mark(const std::string& service, Marked marked) {
    marks_.add(
        {.at = {}, .who = "test", .domain = "example.com", .service = service, .marked = marked});
  }

  Catalogue catalogue_ = {};
  Marks marks_ = {};
  store::ReceivedReports* reports_ = &world_of_mail().store();
  dns::Resolver* resolver_ = nullptr;
  std::optional<places::Places> places_ = {};
  std::optional<OwnMail> own_ = {};
  Instant now_ = {};
};

}  // namespace assay::analysis
