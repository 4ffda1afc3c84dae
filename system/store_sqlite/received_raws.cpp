#include <algorithm>
#include <array>

#include "assay/base/sip_hash.h"
#include "assay/base/try.h"
#include "system/store_sqlite/detail/received_store.h"

namespace assay::store_sqlite::detail {
namespace {

using store::Arrival;
using store::LargeOctets;

constexpr std::size_t piece_octets = std::size_t{256} << 10;

/// The octets of a raw that is there, or is to be written, piece by piece.
class BlobPieces {
 public:
  enum class For : std::uint8_t { reading, writing };
  BlobPieces(Database& database, std::int64_t id, For what)
      : code_(sqlite3_blob_open(database.handle(), "main", "raws", "octets", id,
                                what == For::writing ? 1 : 0, &blob_)) {}
  ~BlobPieces() { sqlite3_blob_close(blob_); }
  BlobPieces(const BlobPieces&) = delete;
  BlobPieces& operator=(const BlobPieces&) = delete;

  int code() const { return code_; }
  int read(std::uint64_t at, std::span<char> into) {
    return sqlite3_blob_read(blob_, into.data(), static_cast<int>(into.size()),
                             static_cast<int>(at));
  }
  int write(std::uint64_t at, std::span<const char> from) {
    return sqlite3_blob_write(blob_, from.data(), static_cast<int>(from.size()),
                              static_cast<int>(at));
  }

 private:
  sqlite3_blob* blob_ = nullptr;
  int code_;
};

Finding changed_meanwhile(const Database& database) {
  return {.code = "store_failed",
          .what = "store " + database.path() +
                  ": the file of a report changed while it was taken in; give it again"};
}

/// Calls `use` with all octets, a piece at a time; false where it does, or where they end early.
template <class Use>
bool each_piece(const LargeOctets& octets, const Use& use) {
  std::string piece;
  for (std::uint64_t at = 0; at < octets.size;) {
    piece.resize(std::min<std::uint64_t>(piece_octets, octets.size - at));
    std::size_t filled = 0;
    while (filled < piece.size()) {
      const std::size_t more = octets.read_at(at + filled, std::span(piece).subspan(filled));
      if (more == 0) return false;
      filled += more;
    }
    if (!use(at, std::span<const char>(piece))) return false;
    at += piece.size();
  }
  return true;
}

bool holds(Database& database, std::int64_t id, const LargeOctets& octets) {
  BlobPieces blob(database, id, BlobPieces::For::reading);
  std::string there;
  return blob.code() == SQLITE_OK &&
         each_piece(octets, [&](std::uint64_t at, std::span<const char> piece) {
           there.resize(piece.size());
           return blob.read(at, there) == SQLITE_OK && std::ranges::equal(there, piece);
         });
}

}  // namespace

Expected<std::int64_t> SqliteReceived::keep_raw(const Arrival& arrival) {
  if (arrival.large_raw) return keep_large_raw(arrival);
  if (arrival.raw.octets.empty()) return 0;
  // Several reports may have come in one thing; what only falls on the same hash is compared.
  const auto hash = static_cast<std::int64_t>(SipHash(HashKey{})(arrival.raw.octets));
  Query query = database_->query("SELECT id, octets FROM raws WHERE hash = ? LIMIT 20", hash);
  while (query.next()) {
    if (query.view(1) == arrival.raw.octets) return query.integer(0);
  }
  if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
  auto done =
      database_->run("INSERT INTO raws (hash, arrived, name, octets) VALUES (?, ?, ?, ?)", hash,
                     arrival.arrived, std::string_view(arrival.raw.name), Blob{arrival.raw.octets});
  if (!done) return std::unexpected(std::move(done.error()));
  return database_->last_id();
}

Expected<std::int64_t> SqliteReceived::keep_large_raw(const Arrival& arrival) {
  const LargeOctets& octets = *arrival.large_raw;
  if (octets.size >
      static_cast<std::uint64_t>(sqlite3_limit(database_->handle(), SQLITE_LIMIT_LENGTH, -1))) {
    return 0;  // more than a row can have: the report is kept, what it came in is not
  }
  std::uint64_t sum = octets.size;
  const bool whole = each_piece(octets, [&](std::uint64_t, std::span<const char> piece) {
    sum = sum * 31 + SipHash(HashKey{})({piece.data(), piece.size()});
    return true;
  });
  if (!whole) return std::unexpected(changed_meanwhile(*database_));
  const auto hash = static_cast<std::int64_t>(sum);
  std::vector<std::int64_t> alike;
  {
    Query query = database_->query(
        "SELECT id FROM raws WHERE hash = ? AND length(octets) = ? LIMIT 20", hash, octets.size);
    while (query.next()) alike.push_back(query.integer(0));
    if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
  }
  for (const std::int64_t id : alike) {
    if (holds(*database_, id, octets)) return id;
  }
  auto done =
      database_->run("INSERT INTO raws (hash, arrived, name, octets) VALUES (?, ?, ?, zeroblob(?))",
                     hash, arrival.arrived, std::string_view(arrival.raw.name), octets.size);
  if (!done) return std::unexpected(std::move(done.error()));
  const std::int64_t id = database_->last_id();
  BlobPieces blob(*database_, id, BlobPieces::For::writing);
  int code = blob.code();
  const bool written = each_piece(octets, [&](std::uint64_t at, std::span<const char> piece) {
    if (code == SQLITE_OK) code = blob.write(at, piece);
    return code == SQLITE_OK;
  });
  if (code != SQLITE_OK) return std::unexpected(database_->finding(code));
  if (!written) return std::unexpected(changed_meanwhile(*database_));
  return id;
}

}  // namespace assay::store_sqlite::detail
