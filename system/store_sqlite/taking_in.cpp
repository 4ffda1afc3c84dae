#include <algorithm>
#include <map>
#include <numeric>
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

Expected<> name_tuples(Database& database, std::vector<Distinct::Item>& items, RecentIds& recent,
                       const HashKey& key) {
  // In the order of the index, so that its pages are met one after the other.
  std::vector<std::pair<Distinct::Item*, Fingerprint>> unknown;
  for (Distinct::Item& item : items) {
    const Fingerprint octets = fingerprint_of(item.hash, item.octets, key);
    item.id = recent.find(octets);
    if (item.id == 0) unknown.emplace_back(&item, octets);
  }
  std::ranges::sort(unknown, {},
                    [](const auto& each) { return static_cast<std::int64_t>(each.second.first); });
  for (const auto& [item, octets] : unknown) {
    ASSAY_TRY(known, find_id(database, "SELECT id, octets FROM tuples WHERE hash = ?", *item));
    item->id = known;
    if (item->id == 0) {
      auto done = database.run("INSERT INTO tuples (hash, octets) VALUES (?, ?)",
                               static_cast<std::int64_t>(item->hash), Blob{item->octets});
      if (!done) return done;
      item->id = database.last_id();
    }
    recent.add(octets, item->id);
  }
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
  for (const Fact& fact : gathered.facts) {
    auto done = database.run(
        "INSERT INTO facts VALUES (0, ?, ?, ?, ?, ?) ON CONFLICT (settlement, configuration, "
        "tuple, hour, cut) DO UPDATE SET count = count + excluded.count",
        fact.configuration, fact.tuple, fact.hour, cut, fact.count);
    if (!done) return done;
  }
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
  std::vector<std::uint32_t> order(domains.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, {},
                    [&](std::uint32_t i) { return std::string_view(domains[i].octets); });
  for (const std::uint32_t i : order) {
    const auto& [first, last] = gathered.met[i];
    auto done = database.run(
        "INSERT INTO correspondents VALUES (?1, ?2, ?3) ON CONFLICT (domain) "
        "DO UPDATE SET first_met = min(first_met, ?2), last_met = max(last_met, ?3)",
        std::string_view(domains[i].octets), first, last);
    if (!done) return done;
  }
  return {};
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
    auto done = name_configurations(*database_, gathered, configuration_ids_, key_);
    if (done) done = name_tuples(*database_, gathered.tuples.items(), tuple_ids_, key_);
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
