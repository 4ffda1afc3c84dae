#include "testkit/dns_text.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "assay/base/ascii.h"

namespace testkit {

using assay::DomainName;
using assay::IpAddress;
using assay::dns::Answer;
using assay::dns::MailExchange;
using assay::dns::Outcome;
using assay::dns::Question;
using assay::dns::Type;

namespace {

std::string name_text(const DomainName& name) {
  return name.is_root() ? "." : assay::ascii::printable(name.text());
}

/// In quotes; a quote and a backslash inside stand behind a backslash, octets as \xHH.
std::string quoted(const std::string& octets) {
  std::string text = "\"";
  for (const char c : octets) {
    if (c == '"' || c == '\\') text += '\\';
    text += c == '\\' ? "\\" : assay::ascii::printable(std::string(1, c));
  }
  return text + '"';
}

std::vector<std::string> records_of(const Answer& answer) {
  std::vector<std::string> records;
  for (const std::string& one : answer.texts) records.push_back(quoted(one));
  for (const IpAddress& one : answer.addresses) records.push_back(assay::to_text(one));
  for (const MailExchange& one : answer.exchanges) {
    records.push_back(std::to_string(one.preference) + " " + name_text(one.host));
  }
  for (const DomainName& one : answer.names) records.push_back(name_text(one));
  return records;
}

}  // namespace

Question question(std::string_view text) {
  const std::size_t space = text.find(' ');
  const std::string_view type = text.substr(0, space);
  const std::string_view name = space == std::string_view::npos ? "" : text.substr(space + 1);
  Question question;
  bool known = false;
  for (const Type one : {Type::a, Type::aaaa, Type::mx, Type::ptr, Type::txt}) {
    if (assay::dns::to_text(one) != type) continue;
    question.type = one;
    known = true;
  }
  EXPECT_TRUE(known) << "no type in: " << text;
  if (name == ".") return question;
  auto parsed = DomainName::parse(name);
  EXPECT_TRUE(parsed) << "no name in: " << text;
  if (parsed) question.name = *parsed;
  return question;
}

std::string answer_text(const Answer& answer) {
  std::string text;
  for (const std::string& record : records_of(answer)) {
    if (!text.empty()) text += ", ";
    text += record;
  }
  if (answer.outcome != Outcome::records) {
    text += (text.empty() ? "" : " besides ") + std::string(to_text(answer.outcome));
  }
  if (!answer.why.empty()) text += " " + answer.why;
  return text + " (" + std::to_string(answer.ttl.count()) + ")";
}

}  // namespace testkit
