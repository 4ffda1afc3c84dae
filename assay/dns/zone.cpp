#include "assay/dns/zone.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "assay/base/overloaded.h"
#include "assay/base/try.h"
#include "assay/dns/detail/zone_record.h"

namespace assay::dns {
namespace {

using std::chrono::seconds;

constexpr std::size_t type_count = 5;
constexpr std::size_t max_aliases = 16;

std::size_t index_of(Type type) {
  return static_cast<std::size_t>(type);
}

/// What one name holds.
struct Node {
  std::array<std::shared_ptr<Answer>, type_count> answers = {};
  std::array<std::string_view, type_count> failing = {};  // why; empty: it does not
  std::optional<detail::Alias> alias = {};
  std::optional<seconds> negative_ttl = {};  // of a SOA
};

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};

/// Without its left-most label; the root for a single one.
std::string_view parent_of(std::string_view name) {
  const std::size_t dot = name.find('.');
  return dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
}

AnswerPtr failure(std::string_view why) {
  return std::make_shared<const Answer>(
      Answer{.outcome = Outcome::temporary_failure, .why = std::string(why)});
}

/// The same records under an alias: as a new answer, since what it was parsed to is not shared.
AnswerPtr with_ttl(const Answer& answer, seconds ttl) {
  return std::make_shared<const Answer>(Answer{.outcome = answer.outcome,
                                               .texts = answer.texts,
                                               .addresses = answer.addresses,
                                               .exchanges = answer.exchanges,
                                               .names = answer.names,
                                               .ttl = std::min(answer.ttl, ttl)});
}

}  // namespace

struct Zone::Tree {
  /// Names by their text; null for an empty non-terminal.
  std::unordered_map<std::string, std::unique_ptr<Node>, TextHash, std::equal_to<>> nodes;

  std::expected<void, Finding> add(detail::ZoneRecord record);
  void sort();

  struct Found {
    bool exists = false;
    const Node* node = nullptr;
  };
  Found find(std::string_view name) const;
  AnswerPtr negative(Outcome outcome, std::string_view name, seconds most) const;

 private:
  Node& place(const DomainName& owner);
  static Answer& answer_of(Node& node, Type type, seconds ttl);
};

/// The node of a name; the names above it come to exist too.
Node& Zone::Tree::place(const DomainName& owner) {
  std::unique_ptr<Node>& node = nodes[owner.text()];
  if (!node) node = std::make_unique<Node>();
  // RFC 4592 §2.2.2: a name above an existing one exists, as an empty non-terminal.
  std::string_view above = owner.text();
  while (!above.empty()) {
    above = parent_of(above);
    if (!nodes.try_emplace(std::string(above)).second) break;
  }
  return *node;
}

Answer& Zone::Tree::answer_of(Node& node, Type type, seconds ttl) {
  std::shared_ptr<Answer>& answer = node.answers[index_of(type)];
  if (!answer) {
    answer = std::make_shared<Answer>();
    answer->outcome = Outcome::records;
    answer->ttl = ttl;
  }
  // RFC 2181 §5.2: where the TTLs of a set differ, the least counts.
  answer->ttl = std::min(answer->ttl, ttl);
  return *answer;
}

std::expected<void, Finding> Zone::Tree::add(detail::ZoneRecord record) {
  Node& node = place(record.owner);
  const auto fill = [&](Type type) -> Answer& { return answer_of(node, type, record.ttl); };
  const bool second_alias = node.alias && std::holds_alternative<detail::Alias>(record.data);
  std::visit(
      overloaded{
          [&](const detail::Address& one) { fill(one.type).addresses.push_back(one.address); },
          [&](MailExchange& one) { fill(Type::mx).exchanges.push_back(std::move(one)); },
          [&](detail::Pointer& one) { fill(Type::ptr).names.push_back(std::move(one.host)); },
          [&](detail::Text& one) { fill(Type::txt).texts.push_back(std::move(one.joined)); },
          [&](detail::Alias& one) { node.alias = std::move(one); },
          [&](const detail::Authority& one) { node.negative_ttl = one.negative_ttl; },
          [&](const detail::Existence&) {},
          [&](const detail::Failure& one) {
            for (std::size_t type = 0; type < type_count; ++type) {
              if (!one.type || index_of(*one.type) == type) node.failing[type] = one.why;
            }
          }},
      record.data);
  const bool data =
      std::ranges::any_of(node.answers, [](const auto& one) { return one != nullptr; });
  // RFC 1034 §3.6.2, RFC 2181 §10.1
  if (second_alias || (node.alias && (data || node.negative_ttl))) {
    return std::unexpected(detail::zone_finding(record.place, "a CNAME beside other records"));
  }
  return {};
}

void Zone::Tree::sort() {
  for (auto& [name, node] : nodes) {
    Answer* const exchanges = node ? node->answers[index_of(Type::mx)].get() : nullptr;
    if (exchanges == nullptr) continue;
    // By way of a map: clang warns of std::stable_sort in libstdc++ 12.
    std::map<std::uint16_t, std::vector<MailExchange>> by_preference;
    for (MailExchange& one : exchanges->exchanges) {
      by_preference[one.preference].push_back(std::move(one));
    }
    exchanges->exchanges.clear();
    for (auto& [preference, several] : by_preference) {
      std::ranges::move(several, std::back_inserter(exchanges->exchanges));
    }
  }
}

Zone::Tree::Found Zone::Tree::find(std::string_view name) const {
  const auto exact = nodes.find(name);
  if (exact != nodes.end()) return {.exists = true, .node = exact->second.get()};
  // RFC 4592 §3.3.1: the closest encloser, the longest existing name above it (the root is one),
  // alone may have the source of synthesis.
  std::string_view encloser = name;
  do {
    if (encloser.empty()) return {};
    encloser = parent_of(encloser);
  } while (!nodes.contains(encloser));
  const std::string source = encloser.empty() ? "*" : "*." + std::string(encloser);
  const auto wildcard = nodes.find(source);
  if (wildcard == nodes.end()) return {};
  return {.exists = true, .node = wildcard->second.get()};
}

AnswerPtr Zone::Tree::negative(Outcome outcome, std::string_view name, seconds most) const {
  seconds ttl{0};
  while (true) {
    const auto node = nodes.find(name);
    if (node != nodes.end() && node->second && node->second->negative_ttl) {
      ttl = *node->second->negative_ttl;
      break;
    }
    if (name.empty()) break;
    name = parent_of(name);
  }
  return std::make_shared<const Answer>(Answer{.outcome = outcome, .ttl = std::min(ttl, most)});
}

std::expected<Zone, Finding> Zone::parse(std::string_view text) {
  auto tree = std::make_shared<Tree>();
  detail::ZoneReader reader(text);
  while (true) {
    ASSAY_TRY(record, reader.next());
    if (!record) break;
    if (auto added = tree->add(std::move(*record)); !added) {
      return std::unexpected(std::move(added).error());
    }
  }
  tree->sort();
  return Zone(std::move(tree));
}

AnswerPtr Zone::ask(const Question& question) {
  DomainName name = question.name;
  std::vector<DomainName> passed;
  seconds least = seconds::max();
  while (true) {
    const Tree::Found found = tree_->find(name.text());
    if (!found.exists) return tree_->negative(Outcome::name_error, name.text(), least);
    if (found.node == nullptr) return tree_->negative(Outcome::no_data, name.text(), least);
    const std::string_view why = found.node->failing[index_of(question.type)];
    if (!why.empty()) return failure(why);
    const std::shared_ptr<Answer>& answer = found.node->answers[index_of(question.type)];
    if (answer) return passed.empty() ? AnswerPtr(answer) : with_ttl(*answer, least);
    if (!found.node->alias) return tree_->negative(Outcome::no_data, name.text(), least);
    // RFC 1034 §3.6.2: the question starts again at the target; a loop is an error.
    if (std::ranges::find(passed, name) != passed.end()) return failure("alias loop");
    if (passed.size() == max_aliases) return failure("alias chain of more than 16");
    passed.push_back(std::move(name));
    name = found.node->alias->target;
    least = std::min(least, found.node->alias->ttl);
  }
}

std::vector<DomainName> Zone::names() const {
  std::vector<DomainName> names;
  for (const auto& [text, node] : tree_->nodes) {
    if (!node) continue;
    names.push_back(text.empty() ? DomainName() : DomainName::parse(text).value());
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace assay::dns
