#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>

#include "assay/base/try.h"
#include "system/store_sqlite/detail/canonical.h"
#include "system/store_sqlite/detail/sqlite_store.h"

namespace assay::store_sqlite::detail {
namespace {

using store::Added;
using store::Batch;

/// A count that a report says, with places in Distinct or, later, ids.
struct Fact {
  std::int64_t configuration;
  std::int64_t tuple;
  std::int64_t hour;
  std::uint64_t count = 1;
  friend bool operator<(const Fact& a, const Fact& b) {
    return std::tie(a.configuration, a.tuple, a.hour) < std::tie(b.configuration, b.tuple, b.hour);
  }
  bool same_place(const Fact& other) const {
    return std::tie(configuration, tuple, hour) ==
           std::tie(other.configuration, other.tuple, other.hour);
  }
};

/// What batches bring, each thing once.
struct Gathered {
  Distinct configurations = {};
  std::vector<std::string> domains = {};  ///< policy domains, by place of the configuration
  Distinct tuples = {};
  std::vector<Fact> facts = {};
  /// By address: the same one again need not be looked at.
  std::unordered_map<const store::Configuration*, std::uint32_t> shared = {};
  Distinct correspondents = {};
  std::vector<std::pair<Instant, Instant>> met = {};  ///< of these: first and last
  std::map<std::string_view, std::uint64_t> offsets = {};
  Added added = {};
};

Finding misplaced(const Database& database, const store::Source& source, std::uint64_t taken) {
  return {.code = "store_offset",
          .what = "store " + database.path() + ": a journal file was taken in up to octet " +
                  std::to_string(taken) + ", and the next lines are of octets " +
                  std::to_string(source.from) + " to " + std::to_string(source.to) +
                  "; read on from where it was left"};
}

/// Whether a batch is still to be taken in.
Expected<bool> is_new(Database& database, const store::Source& source, Gathered& gathered) {
  auto known = gathered.offsets.find(source.identity);
  if (known == gathered.offsets.end()) {
    ASSAY_TRY(taken, database.number("SELECT taken FROM sources WHERE identity = ?",
                                     std::string_view(source.identity)));
    known = gathered.offsets.emplace(source.identity, static_cast<std::uint64_t>(taken)).first;
  }
  const std::uint64_t taken = known->second;
  if (source.to <= taken && source.from <= source.to) return false;
  if (source.from != taken) return std::unexpected(misplaced(database, source, taken));
  known->second = source.to;
  return true;
}

// RFC 9990 §3.1.1.8: what is the same in all that a row tells is counted.
std::uint32_t number_of(const store::SharedConfiguration& configuration, const HashKey& key,
                        Gathered& gathered) {
  const auto [known, fresh] = gathered.shared.try_emplace(&*configuration, 0);
  if (!fresh) return known->second;
  std::string octets;
  append_canonical(octets, *configuration);
  known->second = gathered.configurations.number_of(octets, key);
  if (known->second == gathered.domains.size()) {
    gathered.domains.push_back(configuration->policy.domain);
  }
  return known->second;
}

void gather(const Batch& batch, const HashKey& key, Gathered& gathered) {
  std::string octets;
  for (const store::Evaluation& each : batch.evaluations) {
    octets.clear();
    append_canonical(octets, each.row);
    const std::uint32_t tuple = gathered.tuples.number_of(octets, key);
    gathered.facts.push_back({.configuration = number_of(each.configuration, key, gathered),
                              .tuple = tuple,
                              .hour = hour_of(each.time)});
  }
  gathered.added.evaluations += batch.evaluations.size();
  for (const auto& [domain, when] : batch.correspondents) {
    const std::uint32_t number = gathered.correspondents.number_of(domain, key);
    if (number == gathered.met.size()) gathered.met.emplace_back(when, when);
    auto& [first, last] = gathered.met[number];
    first = std::min(first, when);
    last = std::max(last, when);
  }
}

/// Sums the counts of one place, in the order of places.
void merge(std::vector<Fact>& facts) {
  std::ranges::sort(facts, {},
                    [](const Fact& f) { return std::tuple(f.configuration, f.tuple, f.hour); });
  std::size_t kept = 0;
  for (std::size_t i = 1; i < facts.size(); ++i) {
    if (facts[kept].same_place(facts[i])) {
      facts[kept].count += facts[i].count;
    } else {
      facts[++kept] = facts[i];
    }
  }
  if (!facts.empty()) facts.resize(kept + 1);
}

Expected<std::int64_t> id_of_domain(Database& database, const std::string& name) {
  ASSAY_TRY(id, database.number("SELECT id FROM domains WHERE name = ?", std::string_view(name)));
  if (id != 0) return id;
  auto done = database.run("INSERT INTO domains (name) VALUES (?)", std::string_view(name));
  if (!done) return std::unexpected(std::move(done.error()));
  return database.last_id();
}

/// The id of octets in a table; 0 when they are not there.
Expected<std::int64_t> find_id(Database& database, const char* sql, const Distinct::Item& item) {
  Query query = database.query(sql, static_cast<std::int64_t>(item.hash));
  while (query.next()) {
    if (query.view(1) == item.octets) return query.integer(0);
  }
  if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
  return 0;
}

Expected<> name_configurations(Database& database, Gathered& gathered, RecentIds& recent,
                               const HashKey& key) {
  for (std::size_t i = 0; i < gathered.domains.size(); ++i) {
    Distinct::Item& item = gathered.configurations.items()[i];
    const Fingerprint octets = fingerprint_of(item.hash, item.octets, key);
    item.id = recent.find(octets);
    if (item.id != 0) continue;
    ASSAY_TRY(known,
              find_id(database, "SELECT id, octets FROM configurations WHERE hash = ?", item));
    item.id = known;
    if (item.id == 0) {
      ASSAY_TRY(domain, id_of_domain(database, gathered.domains[i]));
      auto done = database.run("INSERT INTO configurations (hash, domain, octets) VALUES (?, ?, ?)",
                               static_cast<std::int64_t>(item.hash), domain, Blob{item.octets});
      if (!done) return done;
      item.id = database.last_id();
    }
    recent.add(octets, item.id);
  }
  return {};
}

/// A tuple whose id did not come lately.
struct Unknown {
  Distinct::Item* item;
  Fingerprint octets;
};

/// Those that the table has get their ids.
Expected<> find_tuples(Database& database, const std::vector<Unknown>& unknown) {
  std::vector<HandedRow> rows;
  rows.reserve(unknown.size());
  for (const Unknown& each : unknown) {
    rows.push_back({.numbers = {static_cast<std::int64_t>(each.item->hash),
                                static_cast<std::int64_t>(rows.size())},
                    .octets = each.item->octets});
  }
  database.hand(rows);
  Query query = database.query(
      "SELECT b, tuples.id FROM handed CROSS JOIN tuples "
      "ON tuples.hash = handed.a AND tuples.octets = handed.octets");
  while (query.next()) {
    unknown[static_cast<std::size_t>(query.integer(0))].item->id = query.integer(1);
  }
  return query.result();
}

/// The others get the next ones.
Expected<> add_tuples(Database& database, const std::vector<Unknown>& unknown) {
  ASSAY_TRY(last, database.number("SELECT max(id) FROM tuples"));
  std::int64_t id = last;
  std::vector<HandedRow> rows;
  for (const Unknown& each : unknown) {
    if (each.item->id != 0) continue;
    each.item->id = ++id;
    rows.push_back(
        {.numbers = {id, static_cast<std::int64_t>(each.item->hash)}, .octets = each.item->octets});
  }
  database.hand(rows);
  return database.run("INSERT INTO tuples (id, hash, octets) SELECT a, b, octets FROM handed");
}

Expected<> name_tuples(Database& database, std::vector<Distinct::Item>& items, RecentIds& recent,
                       const HashKey& key) {
  std::vector<Unknown> unknown;
  for (Distinct::Item& item : items) {
    const Fingerprint octets = fingerprint_of(item.hash, item.octets, key);
    item.id = recent.find(octets);
    if (item.id == 0) unknown.push_back({.item = &item, .octets = octets});
  }
  if (unknown.empty()) return {};
  // In the order of the index, so that its pages are met one after the other.
  std::ranges::sort(unknown, {}, [](const Unknown& each) {
    return static_cast<std::int64_t>(each.octets.first);
  });
  auto done = find_tuples(database, unknown);
  if (done) done = add_tuples(database, unknown);
  if (!done) return done;
  for (const Unknown& each : unknown) recent.add(each.octets, each.item->id);
  return {};
}

Expected<> write_facts(Database& database, Gathered& gathered) {
  ASSAY_TRY(cut, database.number("SELECT value FROM numbers WHERE name = 'cut'"));
  for (Fact& fact : gathered.facts) {
    fact.configuration =
        gathered.configurations.items()[static_cast<std::size_t>(fact.configuration)].id;
    fact.tuple = gathered.tuples.items()[static_cast<std::size_t>(fact.tuple)].id;
  }
  std::ranges::sort(gathered.facts, [](const Fact& a, const Fact& b) { return a < b; });
  std::vector<HandedRow> rows;
  rows.reserve(gathered.facts.size());
  for (const Fact& fact : gathered.facts) {
    rows.push_back({.numbers = {fact.configuration, fact.tuple, fact.hour,
                                static_cast<std::int64_t>(fact.count)}});
  }
  database.hand(rows);
  auto done = database.run(
      "INSERT INTO facts SELECT 0, a, b, c, ?, d FROM handed WHERE true ON CONFLICT (settlement, "
      "configuration, tuple, hour, cut) DO UPDATE SET count = count + excluded.count",
      cut);
  if (!done) return done;
  return add_number(database, "taken", gathered.added.evaluations);
}

Expected<> write_sources(Database& database, const Gathered& gathered, Instant now) {
  for (const auto& [identity, taken] : gathered.offsets) {
    auto done = database.run(
        "INSERT INTO sources VALUES (?1, ?2, ?3) ON CONFLICT (identity) "
        "DO UPDATE SET taken = ?2, touched = ?3 WHERE taken <> ?2",
        identity, taken, now);
    if (!done) return done;
  }
  return {};
}

Expected<> write_correspondents(Database& database, Gathered& gathered) {
  const auto& domains = gathered.correspondents.items();
  std::vector<HandedRow> rows;
  rows.reserve(domains.size());
  for (std::size_t i = 0; i < domains.size(); ++i) {
    const auto seconds = [](Instant at) { return std::int64_t{at.time_since_epoch().count()}; };
    const auto& [first, last] = gathered.met[i];
    rows.push_back({.numbers = {seconds(first), seconds(last)}, .octets = domains[i].octets});
  }
  std::ranges::sort(rows, {}, &HandedRow::octets);
  database.hand(rows);
  return database.run(
      "INSERT INTO correspondents SELECT CAST(octets AS TEXT), a, b FROM handed WHERE true "
      "ON CONFLICT (domain) DO UPDATE SET first_met = min(first_met, excluded.first_met), "
      "last_met = max(last_met, excluded.last_met) "
      "WHERE excluded.first_met < first_met OR excluded.last_met > last_met");
}

}  // namespace

Expected<std::uint64_t> SqliteStore::offset_of(std::string_view identity) {
  const std::scoped_lock lock(mutex_);
  ASSAY_TRY(taken, database_->number("SELECT taken FROM sources WHERE identity = ?", identity));
  return static_cast<std::uint64_t>(taken);
}

Expected<Added> SqliteStore::add(std::span<const Batch> batches, Instant now) {
  return writing([&]() -> Expected<Added> {
    Gathered gathered;
    for (const Batch& batch : batches) {
      ASSAY_TRY(fresh, is_new(*database_, batch.source, gathered));
      if (fresh) gather(batch, key_, gathered);
      ++(fresh ? gathered.added.batches : gathered.added.known_batches);
    }
    merge(gathered.facts);
    auto done = name_configurations(*database_, gathered, configuration_ids_, fingerprint_key_);
    if (done) {
      done = name_tuples(*database_, gathered.tuples.items(), tuple_ids_, fingerprint_key_);
    }
    if (done) done = write_facts(*database_, gathered);
    if (done) done = write_sources(*database_, gathered, now);
    if (done) done = write_correspondents(*database_, gathered);
    if (!done) return std::unexpected(std::move(done.error()));
    return gathered.added;
  });
}

Expected<bool> SqliteStore::is_known(std::string_view domain) {
  const std::scoped_lock lock(mutex_);
  ASSAY_TRY(found,
            database_->number("SELECT count(*) FROM correspondents WHERE domain = ?", domain));
  return found != 0;
}

}  // namespace assay::store_sqlite::detail
