#include <array>
#include <string>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/try.h"
#include "system/evidence/detail/domains.h"
#include "system/evidence/knowledge.h"
#include "system/json/value.h"
#include "system/json/writer.h"

/// The file of what is known: write_knowledge and read_knowledge, twins.
namespace assay::evidence {
namespace {

constexpr unsigned version = 1;
constexpr std::size_t max_line = 4'096;
constexpr std::size_t max_entries = 5'000'000;
/// More is not counted, so that sums of counts stay in range.
constexpr std::uint64_t max_count = 1'000'000'000'000;

template <class T>
struct Member {
  std::string_view name;
  std::uint64_t T::* count;
};
constexpr std::array<Member<ClientHistory>, 7> client_members = {
    {{"passed", &ClientHistory::passed},
     {"failed", &ClientHistory::failed},
     {"relayed", &ClientHistory::relayed},
     {"passed_authors", &ClientHistory::passed_authors},
     {"failed_authors", &ClientHistory::failed_authors},
     {"relayed_authors", &ClientHistory::relayed_authors},
     {"relayed_days", &ClientHistory::relayed_days}}};
constexpr std::array<Member<AuthorHistory>, 4> author_members = {
    {{"passed", &AuthorHistory::passed},
     {"failed", &AuthorHistory::failed},
     {"by_dkim", &AuthorHistory::by_dkim},
     {"failed_by_senders", &AuthorHistory::failed_by_senders}}};
constexpr std::array<Member<PairHistory>, 1> pair_members = {{{"passed", &PairHistory::passed}}};

template <class T, std::size_t count>
void write_counts(json::Writer& out, const T& history,
                  const std::array<Member<T>, count>& members) {
  for (const auto& member : members) out.member_number(member.name, history.*member.count);
}

std::string take_line(json::Writer& out) {
  out.end_object();
  return out.take() + "\n";
}

// ---- reading ----

/// A line that cannot be used, and why.
std::unexpected<assay::Finding> wrong(std::string what) {
  return std::unexpected(assay::Finding{.code = "knowledge", .what = std::move(what)});
}

using Value = json::Value;

const Value* find(const Value& object, std::string_view name) {
  for (const json::Member& member : object.members) {
    if (member.name == name) return &member.value;
  }
  return nullptr;
}

/// A string member; empty where it is absent or of another kind.
std::string_view text_of(const Value& object, std::string_view name) {
  const Value* value = find(object, name);
  return value != nullptr && value->kind == Value::Kind::string ? std::string_view(value->text)
                                                                : std::string_view();
}

std::expected<std::uint64_t, assay::Finding> count_of(const Value& object, std::string_view name) {
  const Value* value = find(object, name);
  if (value == nullptr) return 0U;
  const auto number =
      value->kind == Value::Kind::number ? ascii::parse_number(value->text) : std::nullopt;
  if (!number || *number > max_count) return wrong(std::string(name) + " is no count");
  return *number;
}

std::expected<Instant, assay::Finding> instant_of(const Value& object, std::string_view name) {
  const std::string_view text = text_of(object, name);
  const auto at = text.ends_with('Z') ? parse_instant(text) : std::nullopt;
  if (!at) return wrong(std::string(name) + " is no time such as 2026-05-01T12:00:00Z");
  return *at;
}

template <class T, std::size_t count>
std::expected<T, assay::Finding> read_counts(const Value& object,
                                             const std::array<Member<T>, count>& members) {
  T history;
  for (const auto& member : members) {
    ASSAY_TRY(number, count_of(object, member.name));
    history.*member.count = number;
  }
  return history;
}

/// The key of a client as client_key writes it.
bool is_client_key(std::string_view text) {
  const bool network = text.ends_with("/64");
  const auto address = IpAddress::parse(network ? text.substr(0, text.size() - 3) : text);
  return address && client_key(*address) == text;
}

bool is_author_key(std::string_view text) {
  const auto name = DomainName::parse(text);
  return name && name->text() == text && is_host_name(*name);
}

/// Puts an entry where it belongs, once.
template <class Map, class T>
std::expected<void, assay::Finding> put(Map& map, std::string key, T history) {
  if (map.size() == max_entries) return wrong("there are more entries than are read");
  if (!map.emplace(std::move(key), history).second) return wrong("an entry stands twice");
  return {};
}

std::expected<void, assay::Finding> read_entry(const Value& object, Knowledge& into) {
  const std::string_view client = text_of(object, "client");
  const std::string_view author = text_of(object, "author");
  if (!client.empty() && !is_client_key(client)) return wrong("client is no address");
  if (!author.empty() && !is_author_key(author)) return wrong("author is no domain");
  if (!client.empty() && !author.empty()) {
    ASSAY_TRY(pair, read_counts(object, pair_members));
    ASSAY_TRY(last, instant_of(object, "last_passed"));
    pair.last_passed = last;
    return put(into.pairs, pair_key(client, author), pair);
  }
  if (client.empty() && author.empty()) return {};  // of a later version
  ASSAY_TRY(last, instant_of(object, "last"));
  if (!client.empty()) {
    ASSAY_TRY(history, read_counts(object, client_members));
    history.last = last;
    return put(into.clients, std::string(client), history);
  }
  ASSAY_TRY(history, read_counts(object, author_members));
  history.last = last;
  return put(into.authors, std::string(author), history);
}

std::expected<void, assay::Finding> read_first(const Value& object, Knowledge& into) {
  ASSAY_TRY(number, count_of(object, "assay_evidence"));
  if (number == 0) return wrong("it is no file of evidence");
  if (number != version) return wrong("it is of another version");
  ASSAY_TRY(made, instant_of(object, "made"));
  into.made = made;
  return {};
}

std::expected<void, assay::Finding> read_line(std::string_view line, bool first, Knowledge& into) {
  if (line.size() > max_line) return wrong("the line is too long");
  const json::Reading reading = json::read(line, {.depth = 8, .values = 256});
  if (reading.error) return wrong(reading.error->what);
  if (reading.value.kind != Value::Kind::object) return wrong("it is no object");
  return first ? read_first(reading.value, into) : read_entry(reading.value, into);
}

}  // namespace

std::string write_knowledge(const Knowledge& knowledge) {
  json::Writer out;
  out.begin_object();
  out.member_number("assay_evidence", version);
  out.member("made", to_rfc3339(knowledge.made));
  std::string text = take_line(out);
  for (const auto& [client, history] : knowledge.clients) {
    out.begin_object();
    out.member("client", client);
    write_counts(out, history, client_members);
    out.member("last", to_rfc3339(history.last));
    text += take_line(out);
  }
  for (const auto& [author, history] : knowledge.authors) {
    out.begin_object();
    out.member("author", author);
    write_counts(out, history, author_members);
    out.member("last", to_rfc3339(history.last));
    text += take_line(out);
  }
  for (const auto& [key, history] : knowledge.pairs) {
    const std::size_t space = key.find(' ');
    out.begin_object();
    out.member("client", key.substr(0, space));
    out.member("author", space == std::string::npos ? "" : key.substr(space + 1));
    write_counts(out, history, pair_members);
    out.member("last_passed", to_rfc3339(history.last_passed));
    text += take_line(out);
  }
  return text;
}

std::expected<Knowledge, assay::Finding> read_knowledge(std::string_view text) {
  Knowledge knowledge;
  std::size_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t feed = text.find('\n', at);
    ++number;
    const std::string line = "line " + std::to_string(number) + ": ";
    // The writer ends each line; one without an end was cut.
    if (feed == std::string_view::npos) {
      return std::unexpected(
          assay::Finding{.code = "knowledge", .what = line + "it is cut", .at = at});
    }
    auto read = read_line(text.substr(at, feed - at), number == 1, knowledge);
    if (!read) {
      read.error().what = line + read.error().what;
      read.error().at = at;
      return std::unexpected(std::move(read.error()));
    }
    at = feed + 1;
  }
  if (number == 0) return wrong("it is empty");
  return knowledge;
}

}  // namespace assay::evidence
