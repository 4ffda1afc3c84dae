#include "system/analysis/sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "system/analysis/detail/order.h"

namespace assay::analysis {
namespace {

/// Grows a row by a flow.
struct Growing {
  SourceRow row = {};
  std::map<std::pair<std::string, Class>, std::uint64_t> parts = {};
  std::unordered_set<std::string> networks = {};
  std::unordered_set<std::string> addresses = {};

  void add(const Flow& flow) {
    const bool is_first = row.tally.messages() == 0;
    row.first = is_first ? flow.source.first : std::min(row.first, flow.source.first);
    row.last = is_first ? flow.source.last : std::max(row.last, flow.source.last);
    row.tally.add(flow.source.cell, flow.source.messages);
    std::uint64_t& part = parts[{flow.identity.service, flow.what}];
    part += flow.source.messages;
    if (is_first || part > largest_) {
      row.service = flow.identity.service;
      row.identity = flow.identity;
      row.what = flow.what;
      row.confirmed = flow.confirmed;
      row.by_journal = flow.by_journal;
      row.place = flow.place;
    }
    largest_ = std::max(largest_, part);
    networks.insert(flow.network);
    addresses.insert(flow.source.source_ip);
  }

  SourceRow finish(std::string name) {
    row.name = std::move(name);
    row.networks = networks.size();
    row.addresses = addresses.size();
    return std::move(row);
  }

 private:
  std::uint64_t largest_ = 0;
};

using Rows = std::unordered_map<std::string, Growing>;

template <class Name>
Rows grow(std::span<const Flow> flows, Name name) {
  Rows rows;
  for (const Flow& each : flows) rows[name(each)].add(each);
  return rows;
}

bool larger(const SourceRow& a, const SourceRow& b) {
  return std::pair(b.tally.messages(), std::string_view(a.name)) <
         std::pair(a.tally.messages(), std::string_view(b.name));
}

struct Level {
  Presence presence = {};
  std::vector<SourceRow> rows = {};
  std::vector<SourceRow> gone = {};
};

template <class Name>
Level make_level(std::span<const Flow> flows, std::span<const Flow> before, Name name) {
  Rows now = grow(flows, name);
  Rows then = grow(before, name);
  Level level{.presence = {.now = now.size()}};
  for (auto& [key, growing] : now) {
    level.rows.push_back(growing.finish(key));
    level.rows.back().fresh = !then.contains(key);
    level.presence.fresh += level.rows.back().fresh ? 1 : 0;
  }
  for (auto& [key, growing] : then) {
    if (now.contains(key)) continue;
    ++level.presence.gone;
    level.gone.push_back(growing.finish(key));
  }
  std::ranges::sort(level.rows, larger);
  std::ranges::sort(level.gone, larger);
  return level;
}

std::string service_of(const Flow& flow) {
  return flow.identity.service;
}

void add_presence(Document& document, const std::string& name, const std::string& words,
                  const Presence& presence, bool knows_before) {
  document.facts.push_back({name, words, presence.now});
  if (!knows_before) return;
  document.facts.push_back({name + "_new", "  new in the period", presence.fresh});
  document.facts.push_back({name + "_gone", "  gone since the period before", presence.gone});
}

/// AS number, its name, the country, and the former two for people.
std::vector<Cell> cells_of(const places::Place& place) {
  return {place.as_number != 0 ? Cell(place.as_number) : Cell(), place.as_name, place.country,
          as_words(place)};
}

Table source_table(std::string name, std::string title, std::string heading,
                   const std::vector<SourceRow>& rows, bool knows_before) {
  Table table{.name = std::move(name),
              .title = std::move(title),
              .columns = {{"name", std::move(heading)},
                          {"service"},
                          {"class", "Class"},
                          {"confirmed", "By you"},
                          {"by_journal", "Own journal"},
                          {"messages", "Messages"},
                          {"both", "Both"},
                          {"only_spf", "Only SPF"},
                          {"only_dkim", "Only DKIM"},
                          {"none", "None"},
                          {"unknown"},
                          {"delivered"},
                          {"quarantined"},
                          {"rejected"},
                          {"networks"},
                          {"addresses", "Addresses"},
                          {"known_by"},
                          {"confidence"},
                          {"service_kind"},
                          {"first"},
                          {"last", "Last"},
                          {"new", "New"},
                          {"as_number"},
                          {"as_name"},
                          {"country", "Country"},
                          {"as", "AS"}},
              .empty = "No source was reported."};
  for (const SourceRow& each : rows) {
    const Tally& tally = each.tally;
    table.rows.push_back({each.name,
                          each.service == each.name ? Cell() : Cell(each.service),
                          to_text(each.what),
                          each.confirmed,
                          each.by_journal ? Cell(true) : Cell(),
                          tally.messages(),
                          tally.both,
                          tally.only_spf,
                          tally.only_dkim,
                          tally.none,
                          tally.unknown,
                          tally.delivered,
                          tally.quarantined,
                          tally.rejected,
                          each.networks,
                          each.addresses,
                          to_text(each.identity.by),
                          to_text(each.identity.confidence),
                          each.identity.kind ? Cell(to_text(*each.identity.kind)) : Cell(),
                          each.first,
                          each.last,
                          knows_before ? Cell(each.fresh) : Cell()});
    for (Cell& cell : cells_of(each.place)) table.rows.back().push_back(std::move(cell));
  }
  return table;
}

}  // namespace

// ---- sources -----------------------------------------------------------------------------------

Sources make_sources(std::span<const Flow> flows, std::span<const Flow> before) {
  Level services = make_level(flows, before, service_of);
  Level networks = make_level(flows, before, [](const Flow& flow) { return flow.network; });
  Level addresses =
      make_level(flows, before, [](const Flow& flow) { return flow.source.source_ip; });
  return {.services = services.presence,
          .networks = networks.presence,
          .addresses = addresses.presence,
          .by_service = std::move(services.rows),
          .by_network = std::move(networks.rows),
          .by_address = std::move(addresses.rows),
          .gone = std::move(services.gone),
          .knows_before = !before.empty()};
}

void tell(const Sources& sources, Document& document) {
  const bool before = sources.knows_before;
  add_presence(document, "services", "Services", sources.services, before);
  add_presence(document, "networks", "Networks (/24, /48)", sources.networks, before);
  add_presence(document, "addresses", "Addresses", sources.addresses, before);
  Table services = source_table("by_service", "By service", "Service", sources.by_service, before);
  Table networks = source_table("by_network", "By network", "Network", sources.by_network, before);
  Table addresses = source_table("by_address", "By address", "Address", sources.by_address, before);
  Table gone = source_table("gone", "Services of the period before that sent nothing any more",
                            "Service", sources.gone, before);
  addresses.in_words = false;
  gone.empty = "";
  for (Table* each : {&services, &networks, &addresses, &gone}) bound_rows(*each, document.basis);
  document.tables = {std::move(services), std::move(networks), std::move(addresses),
                     std::move(gone)};
  if (!before) {
    document.basis.unknown.push_back(
        {"no_period_before",
         "What is new and what is gone: there are no reports of the days before"});
  }
  document.notes.push_back(
      "A service is recognized by what it signs and sends as; that does not mean that it may send "
      "for you. Say what it is "
      "to you with assay mark.");
}

// ---- volume ------------------------------------------------------------------------------------

Volume make_volume(std::span<const Flow> flows) {
  Volume volume;
  for (const Flow& each : flows) {
    const auto at = static_cast<std::size_t>(each.what);
    volume.all[at] += each.source.messages;
    if (!each.confirmed) volume.unconfirmed[at] += each.source.messages;
    volume.days[each.source.first][at] += each.source.messages;
  }
  return volume;
}

void tell(const Volume& volume, Document& document) {
  constexpr std::array<std::string_view, classes> headings = {"Own", "Approved", "Forwarder, list",
                                                              "Unknown", "Abuse"};
  std::uint64_t all = 0;
  for (const std::uint64_t each : volume.all) all += each;
  document.facts.push_back({"messages", "Messages", all});
  Table table{.name = "by_class",
              .title = "By class",
              .columns = {{"class"},
                          {"heading", "Class"},
                          {"messages", "Messages"},
                          {"share", "Share"},
                          {"unconfirmed", "Inferred alone"}}};
  Table days{.name = "days", .title = "By day", .columns = {{"day", "Day"}}};
  for (std::size_t i = 0; i < classes; ++i) {
    const std::string_view name = to_text(static_cast<Class>(i));
    table.rows.push_back(
        {name, headings[i], volume.all[i], Share{volume.all[i], all}, volume.unconfirmed[i]});
    days.columns.push_back({std::string(name), std::string(headings[i])});
  }
  for (const auto& [day, messages] : volume.days) {
    std::vector<Cell> row = {day};
    for (const std::uint64_t each : messages) row.emplace_back(each);
    days.rows.push_back(std::move(row));
  }
  document.tables = {std::move(table), std::move(days)};
  document.notes.push_back(
      "Own: authenticates as you. Approved: a service that signs or sends as you by your records. "
      "Both are inferred until "
      "you confirm them with assay mark. Abuse is suspected, never proven.");
}

// ---- newcomers ---------------------------------------------------------------------------------

namespace {

struct Arriving {
  Newcomer newcomer = {};
  std::unordered_set<std::string> networks = {};
  std::uint64_t largest = 0;
};

void grow_newcomer(Arriving& arriving, const Flow& flow) {
  Newcomer& one = arriving.newcomer;
  const store::SourceCount& source = flow.source;
  one.first = one.messages == 0 ? source.first : std::min(one.first, source.first);
  one.messages += source.messages;
  arriving.networks.insert(flow.network);
  if (source.messages < arriving.largest) return;
  arriving.largest = source.messages;
  one.service = flow.identity.service;
  one.what = flow.what;
  one.address = source.source_ip;
  one.place = flow.place;
  one.known = flow.by_journal ? flow.evidence : "";
  const bool by_dkim = source.cell.dkim == store::Aligned::pass;
  one.selector = by_dkim && !source.dkim_selector.empty()
                     ? fmt::format("{} of {}", source.dkim_selector, source.dkim_domain)
                     : "";
  one.spf_domain = source.cell.spf == store::Aligned::pass ? source.spf_domain : "";
  one.by = by_dkim ? (one.selector.empty() ? "a signature of " + source.dkim_domain
                                           : "selector " + one.selector)
                   : "the SPF record of " + source.spf_domain;
}

}  // namespace

Newcomers make_newcomers(std::span<const Flow> flows, std::span<const Flow> before) {
  Newcomers answer{.knows_before = !before.empty()};
  std::unordered_set<std::string> services;
  std::unordered_set<std::string> networks;
  answer.known_from = std::chrono::sys_days::max();
  for (const Flow& each : before) {
    answer.known_from = std::min(answer.known_from, each.source.first);
    if (!each.passes()) continue;
    services.insert(each.identity.service);
    networks.insert(each.network);
  }
  std::map<std::pair<bool, std::string>, Arriving> found;
  for (const Flow& each : flows) {
    if (!each.passes() || !answer.knows_before) continue;
    const bool known_service = services.contains(each.identity.service);
    const bool known_network = networks.contains(each.network);
    if (known_service && known_network) continue;
    if (each.what == Class::forwarder) {
      answer.copies += each.source.messages;
      continue;
    }
    const std::string& name = known_service ? each.network : each.identity.service;
    grow_newcomer(found[{known_service, name}], each);
  }
  for (auto& [key, arriving] : found) {
    arriving.newcomer.new_network = key.first;
    if (key.first) arriving.newcomer.network = key.second;
    arriving.newcomer.networks = arriving.networks.size();
    answer.newcomers.push_back(std::move(arriving.newcomer));
  }
  detail::sort_stably(answer.newcomers, [](const Newcomer& a, const Newcomer& b) {
    return std::pair(a.new_network, b.messages) < std::pair(b.new_network, a.messages);
  });
  return answer;
}

void tell(const Newcomers& newcomers, Document& document) {
  Table table{.name = "newcomers",
              .title = "Sources that pass and were not seen before",
              .columns = {{"service", "Source"},
                          {"new", "New is"},
                          {"network", "Network"},
                          {"class", "Class"},
                          {"by", "Let in by"},
                          {"selector"},
                          {"spf_domain"},
                          {"mechanism", "SPF term"},
                          {"address", "For example"},
                          {"messages", "Messages"},
                          {"networks"},
                          {"first", "First"},
                          {"as_number"},
                          {"as_name"},
                          {"country", "Country"},
                          {"as", "AS"},
                          {"known", "Known"}},
              .empty = newcomers.knows_before
                           ? "No source that passes is new."
                           : "Nothing can be called new: there are no reports of "
                             "the days before the period."};
  for (const Newcomer& each : newcomers.newcomers) {
    table.rows.push_back({each.service, each.new_network ? "the network" : "the service",
                          each.network, to_text(each.what), each.by, each.selector, each.spf_domain,
                          each.mechanism, each.address, each.messages, each.networks, each.first});
    for (Cell& cell : cells_of(each.place)) table.rows.back().push_back(std::move(cell));
    table.rows.back().emplace_back(each.known);
  }
  bound_rows(table, document.basis);
  document.facts.push_back({"newcomer_count", "Newcomers that pass", newcomers.newcomers.size()});
  if (newcomers.knows_before)
    document.facts.push_back({"known_from", "Compared with sources since", newcomers.known_from});
  if (newcomers.copies > 0) {
    document.notes.push_back(count_of(newcomers.copies, "message") +
                             " came by forwarders not seen before; they are not listed");
  }
  if (!newcomers.knows_before) {
    document.basis.unknown.push_back(
        {"no_period_before", "Which sources are new: there are no reports of the days before"});
  }
  if (!table.rows.empty()) {
    document.next.emplace_back(
        "A newcomer that passes is a service that somebody set up, or a stolen key or an SPF "
        "record that allows too much. "
        "Ask who set it up; then mark it (assay mark), or take its selector or include out of the "
        "DNS.");
  }
  document.tables.push_back(std::move(table));
}

// ---- who ---------------------------------------------------------------------------------------

std::vector<std::string> addresses_to_ask(std::span<const Flow> flows, std::size_t limit) {
  std::unordered_map<std::string, std::pair<std::uint64_t, std::string>>
      networks;  // and largest address
  std::unordered_map<std::string, std::uint64_t> addresses;
  for (const Flow& each : flows) addresses[each.source.source_ip] += each.source.messages;
  for (const Flow& each : flows) {
    auto& [largest, address] = networks[each.network];
    const std::uint64_t messages = addresses[each.source.source_ip];
    if (messages <= largest) continue;
    largest = messages;
    address = each.source.source_ip;
  }
  std::vector<std::pair<std::uint64_t, std::string>> order;
  for (auto& [network, best] : networks) order.push_back(best);
  std::ranges::sort(order, std::ranges::greater());
  std::vector<std::string> list;
  for (auto& [messages, address] : order) {
    if (list.size() == limit) break;
    list.push_back(std::move(address));
  }
  return list;
}

namespace {

/// What is known of a network, from all its flows.
struct Looking {
  std::map<std::pair<By, std::string>, std::uint64_t> clues = {};
  std::map<std::string, std::uint64_t> addresses = {};
  std::map<std::string, std::uint64_t> claims = {};
  std::vector<const Flow*> flows = {};

  void add(const Flow& flow) {
    const store::SourceCount& source = flow.source;
    flows.push_back(&flow);
    addresses[source.source_ip] += source.messages;
    if (source.dkim_result == "pass") {
      clues[{By::dkim, source.dkim_domain}] += source.messages;
    } else if (!source.dkim_domain.empty()) {
      claims["a signature of " + source.dkim_domain + " that does not hold"] += source.messages;
    }
    if (source.spf_result == "pass") {
      clues[{By::spf, source.spf_domain}] += source.messages;
    } else if (!source.spf_domain.empty()) {
      claims["an envelope of " + source.spf_domain + " that its SPF record does not allow"] +=
          source.messages;
    }
  }
};

const Service* service_of_clue(const View& view, By by, std::string_view value) {
  if (by == By::dkim) return view.catalogue->by_dkim(value);
  if (by == By::spf) return view.catalogue->by_envelope(value);
  return by == By::confirmed_name ? view.catalogue->by_host(value) : nullptr;
}

Who finish_who(const View& view, const std::string& network, const Looking& looking) {
  Who who{.source = network, .addresses = looking.addresses.size()};
  std::uint64_t most = 0;
  for (const auto& [address, messages] : looking.addresses) {
    who.messages += messages;
    if (messages > most) who.address = address;
    most = std::max(most, messages);
  }
  for (const auto& [clue, messages] : looking.clues) {
    const Service* service = service_of_clue(view, clue.first, clue.second);
    who.clues.push_back({.by = clue.first,
                         .value = clue.second,
                         .service = service != nullptr ? service->name : "",
                         .messages = messages});
  }
  for (const auto& [address, messages] : looking.addresses) {
    const auto name = view.names.find(address);
    if (name == view.names.end() || name->second.name.empty()) continue;
    const By by = name->second.confirmed ? By::confirmed_name : By::bare_name;
    const Service* service = service_of_clue(view, by, name->second.name);
    who.clues.push_back({.by = by,
                         .value = name->second.name,
                         .service = service != nullptr ? service->name : "",
                         .messages = messages});
  }
  who.place = view.place_of(who.address);
  if (who.place.as_number != 0) {
    who.clues.push_back(
        {.by = By::as_number,
         .value = fmt::format("{}{}{}", as_words(who.place), who.place.country.empty() ? "" : ", ",
                              who.place.country),
         .messages = who.messages});
  }
  detail::sort_stably(who.clues, [](const Clue& a, const Clue& b) {
    return std::pair(a.by, b.messages) < std::pair(b.by, a.messages);
  });
  for (const auto& [claim, messages] : looking.claims) who.claims.push_back(claim);
  const auto best = std::ranges::min_element(looking.flows, [](const Flow* a, const Flow* b) {
    return std::pair(a->identity.by, b->source.messages) <
           std::pair(b->identity.by, a->source.messages);
  });
  who.identity = (*best)->identity;
  who.what = (*best)->what;
  who.evidence = (*best)->evidence;
  return who;
}

}  // namespace

bool is_wanted(const Flow& flow, std::string_view wanted) {
  if (wanted.empty()) return flow.what == Class::unknown || flow.what == Class::abuse;
  return flow.source.source_ip == wanted || flow.network == wanted ||
         flow.identity.service == wanted;
}

std::vector<Who> make_who(const View& view, std::span<const Flow> flows, std::string_view wanted) {
  std::unordered_set<std::string> networks;
  for (const Flow& each : flows) {
    if (is_wanted(each, wanted)) networks.insert(each.network);
  }
  std::map<std::string, Looking> looking;
  for (const Flow& each : flows) {
    if (networks.contains(each.network)) looking[each.network].add(each);
  }
  std::vector<Who> list;
  for (const auto& [network, one] : looking) list.push_back(finish_who(view, network, one));
  detail::sort_largest_first(list, &Who::messages);
  return list;
}

namespace {

void say_what_places_lack(const View& view, Document& document) {
  const bool as = view.places != nullptr && view.places->knows_as();
  const bool country = view.places != nullptr && view.places->knows_country();
  if (as && country) return;
  document.basis.unknown.push_back(
      {"as_not_known", fmt::format("{}: no file tells of them ([insight] in the configuration)",
                                   as        ? "Countries"
                                   : country ? "Autonomous systems"
                                             : "Autonomous systems and countries")});
}

}  // namespace

void tell(std::span<const Who> who, const View& view, Document& document) {
  Table table{.name = "sources",
              .title = "Who it is, by evidence that is hard to forge first",
              .columns = {{"network", "Network"},
                          {"address", "Busiest address"},
                          {"service", "Probably"},
                          {"known_by", "By"},
                          {"confidence", "Confidence"},
                          {"class", "Class"},
                          {"messages", "Messages"},
                          {"addresses"},
                          {"evidence", "Evidence"},
                          {"claims", "Claims without proof"},
                          {"why"},
                          {"as_number"},
                          {"as_name"},
                          {"country", "Country"},
                          {"as"}},
              .empty = "No unknown source was reported."};
  for (const Who& each : who) {
    std::vector<std::string> evidence;
    for (const Clue& clue : each.clues) {
      evidence.push_back(fmt::format("{} {}{}", to_text(clue.by), clue.value,
                                     clue.service.empty() ? "" : " (" + clue.service + ")"));
    }
    table.rows.push_back({each.source, each.address,
                          each.identity.by == By::nothing ? Cell() : Cell(each.identity.service),
                          to_text(each.identity.by), to_text(each.identity.confidence),
                          to_text(each.what), each.messages, each.addresses, evidence, each.claims,
                          each.evidence});
    for (Cell& cell : cells_of(each.place)) table.rows.back().push_back(std::move(cell));
  }
  bound_rows(table, document.basis);
  if (view.names.empty() && !table.rows.empty()) {
    document.basis.unknown.push_back(
        {"names_not_asked", "Reverse names: they were not asked for (--reverse N)"});
  }
  say_what_places_lack(view, document);
  document.tables.push_back(std::move(table));
  document.notes.push_back(
      "A signature or an SPF record proves who sends. A reverse name that leads back to the "
      "address says who runs the "
      "network. An autonomous system says who runs the wires, and many rent servers in it. A "
      "reverse "
      "name that does not lead back can be written by anybody and proves nothing.");
}

}  // namespace assay::analysis
