#include "bin/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "assay/base/ascii.h"

namespace assay::cli {
namespace {

constexpr std::size_t most_records = 5;
constexpr std::size_t most_octets = 200;

std::vector<std::string> records_of(const dns::Answer& answer) {
  std::vector<std::string> records;
  for (const std::string& text : answer.texts) {
    records.push_back('"' + ascii::printable(text, most_octets) + '"');
  }
  for (const IpAddress& address : answer.addresses) records.push_back(to_text(address));
  for (const dns::MailExchange& exchange : answer.exchanges) {
    records.push_back(std::to_string(exchange.preference) + " " +
                      ascii::printable(exchange.host.text()) + ".");
  }
  for (const DomainName& name : answer.names) {
    records.push_back(ascii::printable(name.text()) + ".");
  }
  return records;
}

std::string outcome_text(const dns::Asked& asked) {
  switch (asked.outcome) {
    case dns::Outcome::records:
      return "";
    case dns::Outcome::no_data:
      return "  no such record";
    case dns::Outcome::name_error:
      return "  no such name";
    case dns::Outcome::temporary_failure:
      return "  no answer: " + ascii::printable(asked.why);
  }
  return "";
}

}  // namespace

std::string dns_trace(dns::Recorder& recorder) {
  const std::vector<dns::Asked> all(recorder.asked().begin(), recorder.asked().end());
  std::string text =
      fmt::format("DNS: {} questions, {:.1f} ms\n", all.size(), recorder.waited().count());
  for (const dns::Asked& asked : all) {
    text += fmt::format("  {:8.1f} ms  {:<5}{}{}\n", asked.waited.count(),
                        dns::to_text(asked.question.type),
                        ascii::printable(asked.question.name.text(), 255), outcome_text(asked));
    if (asked.outcome != dns::Outcome::records) continue;
    const dns::AnswerPtr answer = recorder.ask(asked.question);
    const std::vector<std::string> records = records_of(*answer);
    for (std::size_t i = 0; i < std::min(records.size(), most_records); ++i) {
      text += fmt::format("{:20}{}\n", "", records[i]);
    }
    if (records.size() > most_records) {
      text += fmt::format("{:20}… and {} more\n", "", records.size() - most_records);
    }
  }
  return text;
}

std::string spf_trace(std::span<const spf::Outcome> outcomes) {
  std::string text;
  for (const spf::Outcome& outcome : outcomes) {
    text += fmt::format("SPF of {} ({}): {}, {} of 10 lookups, {} of 2 void\n",
                        ascii::printable(outcome.domain), to_text(outcome.identity),
                        to_text(outcome.result), outcome.lookups, outcome.void_lookups);
    for (const spf::Step& step : outcome.steps) {
      text += fmt::format("  {:{}}{}  {}: {}\n", "", step.depth * 2,
                          ascii::printable(step.domain.text(), 255), ascii::printable(step.term),
                          ascii::printable(step.outcome));
    }
  }
  return text;
}

}  // namespace assay::cli
