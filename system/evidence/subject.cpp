#include "system/evidence/subject.h"

#include "system/evidence/detail/domains.h"

namespace assay::evidence {
namespace {

bool is_author(const Subject& subject, std::string_view author) {
  if (!subject.client.empty()) return false;
  const auto name = DomainName::parse(author);
  return name && name->equal_or_below(subject.author);
}

bool is_client(const Subject& subject, std::string_view client) {
  return !subject.client.empty() && subject.client == client;
}

bool is_pair(const Subject& subject, std::string_view key) {
  const std::size_t space = key.find(' ');
  if (space == std::string_view::npos) return false;
  return is_client(subject, key.substr(0, space)) || is_author(subject, key.substr(space + 1));
}

}  // namespace

std::optional<Subject> parse_subject(std::string_view text) {
  const bool network = text.ends_with("/64");
  const auto address = IpAddress::parse(network ? text.substr(0, text.size() - 3) : text);
  if (address && (!network || !address->is_v4())) return Subject{.client = client_key(*address)};
  const auto domain = to_a_labels(text);
  if (!domain || !is_host_name(*domain)) return std::nullopt;
  return Subject{.author = *domain};
}

Knowledge only(const Knowledge& knowledge, const Subject& subject) {
  Knowledge found{.made = knowledge.made};
  for (const auto& one : knowledge.clients) {
    if (is_client(subject, one.first)) found.clients.insert(one);
  }
  for (const auto& one : knowledge.authors) {
    if (is_author(subject, one.first)) found.authors.insert(one);
  }
  for (const auto& one : knowledge.pairs) {
    if (is_pair(subject, one.first)) found.pairs.insert(one);
  }
  return found;
}

std::size_t forget(Knowledge& knowledge, const Subject& subject) {
  return std::erase_if(knowledge.clients,
                       [&](const auto& one) { return is_client(subject, one.first); }) +
         std::erase_if(knowledge.authors,
                       [&](const auto& one) { return is_author(subject, one.first); }) +
         std::erase_if(knowledge.pairs,
                       [&](const auto& one) { return is_pair(subject, one.first); });
}

}  // namespace assay::evidence
