#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "system/store/alert_book.h"
#include "system/store_sqlite/detail/guarded.h"
#include "system/store_sqlite/detail/schema.h"

namespace assay::store_sqlite::detail {

/// Whose file it is, in its header.
inline constexpr std::int64_t alerts_application = 0x41535941;  // "ASYA"

/// The versions of the file of alerts, as migrations().
std::span<const Migration> alert_migrations();

/// AlertBook over one connection; a mutex lets one thread in at a time.
class SqliteAlertBook final : public store::AlertBook, private Guarded {
 public:
  explicit SqliteAlertBook(std::unique_ptr<Database> database) : Guarded(std::move(database)) {}

  // alert_records.cpp
  Expected<std::vector<store::RecordChange>> note_records(
      std::span<const store::RecordSight> sights, Instant at) override;
  Expected<std::vector<store::RecordState>> records(std::string_view domain) override;
  Expected<std::vector<store::RecordChange>> changes(const store::ChangeFilter& filter) override;
  Expected<> note_intake(std::span<const store::IntakeCount> counts) override;
  Expected<std::vector<store::IntakeCount>> intake(Instant from) override;

  // alert_book.cpp
  Expected<std::vector<store::AlertChange>> settle(Instant since, Instant at,
                                                   const store::DecideAlerts& decide,
                                                   const store::WriteLetters& write) override;
  Expected<std::vector<store::Alert>> alerts(const store::AlertFilter& filter) override;
  Expected<store::Alert> alert(std::int64_t id) override;
  Expected<std::vector<store::AlertHistory>> history(std::int64_t id) override;
  Expected<> mark_seen(std::int64_t id, Instant at) override;
  Expected<> close(std::int64_t id, Instant at, std::string_view who) override;
  Expected<> forget(const store::AlertRetention& retention) override;
  Expected<std::uint64_t> erase(std::string_view domain) override;

  // alert_letters.cpp
  Expected<bool> post_digest(std::string_view recipient, std::chrono::sys_days week,
                             const store::Letter& letter) override;
  Expected<std::optional<std::chrono::sys_days>> last_digest(std::string_view recipient) override;
  Expected<> post(std::span<const store::Letter> letters) override;
  Expected<std::vector<store::Letter>> claim(const store::Claim& claim) override;
  Expected<> sent(std::int64_t id, Instant at) override;
  Expected<> failed(std::int64_t id, Instant next, std::string_view reason) override;
  Expected<> give_up(std::int64_t id, Instant at, std::string_view reason) override;
  Expected<> retry(std::int64_t id, Instant now) override;
  Expected<std::vector<store::Letter>> letters(const store::LetterFilter& filter) override;

 private:
  Expected<> note_record(const store::RecordSight& sight, Instant at,
                         std::vector<store::RecordChange>& changes);
  Expected<> put_alert(store::AlertChange& change, Instant at);
  Expected<> put_letter(const store::Letter& letter);
  Expected<> must_exist(const char* sql, std::int64_t id, std::string_view what);
};

}  // namespace assay::store_sqlite::detail
