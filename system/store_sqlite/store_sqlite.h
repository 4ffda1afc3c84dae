#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "assay/base/finding.h"
#include "system/store/alert_book.h"
#include "system/store/received.h"
#include "system/store/store.h"

/// The Store in one file (SQLite), and what an operator does with such a file.
///
/// The file is in WAL mode: beside it stand FILE-wal and FILE-shm while it is open, which belong to
/// it. Each change is on the disk before it is acknowledged (synchronous=FULL): of a report that
/// went out it must not be forgotten that it did. Several programs may have it open; one writes at
/// a time and the others wait.
namespace assay::store_sqlite {

using store::Expected;

enum class Access : std::uint8_t { write, read };

struct Options {
  std::string path;
  Access access = Access::write;               ///< write makes a file that is not there
  std::chrono::milliseconds patience{10'000};  ///< for other programs that write
  std::uint64_t max_octets = 0;                ///< the file does not grow beyond; 0: as it likes
  std::uint64_t cache_octets = std::uint64_t{64} << 20;  ///< pages kept in memory
};

/// Opens the Store; a file of an older version is brought to the present one.
/// Errors: those of the Store; `store_newer` for a file of a later version of Assay, and
/// `store_foreign` for a database of another program, which are left as they are.
Expected<std::unique_ptr<store::Store>> open(const Options& options);

/// Opens the file of received reports, which is one of its own.
/// Errors: as for open().
Expected<std::unique_ptr<store::ReceivedReports>> open_received(const Options& options);

/// Opens the file of alerts and watched records, again one of its own.
/// Errors: as for open().
Expected<std::unique_ptr<store::AlertBook>> open_alerts(const Options& options);

/// The files of Assay: evaluations that are reported (open), reports that came in (open_received),
/// alerts (open_alerts), and accounts of the web pages (open_accounts, in accounts.h).
enum class FileKind : std::uint8_t { evaluations, received, alerts, accounts };

/// Which of them a file is. Errors: as for open().
Expected<FileKind> kind_of(const std::string& path);

/// Reads the whole file, of any kind, and says what is wrong with it: `store_damaged`,
/// `store_books`. Nothing when all is well. Errors: as for open().
Expected<Findings> check(const std::string& path);

/// Writes a copy while others may use the Store: the state of one instant. The copy appears under
/// its name when it is complete, on the disk and readable. Errors: as for open(); `store_exists`
/// when there is a file of that name.
Expected<> back_up(const std::string& path, const std::string& copy);

/// What is in a file.
struct Info {
  int version = 0;                ///< of the schema
  std::uint64_t octets = 0;       ///< of the file
  std::uint64_t free_octets = 0;  ///< of these: to be used again
  std::uint64_t sources = 0;
  std::uint64_t policy_domains = 0;
  std::uint64_t configurations = 0;
  std::uint64_t tuples = 0;  ///< distinct rows of reports
  std::uint64_t facts = 0;   ///< counts of tuples by hour
  std::uint64_t settlements = 0;
  std::uint64_t suppressions = 0;
  store::Books books = {};
};
Expected<Info> info(const std::string& path);

/// The same of received reports.
struct ReceivedInfo {
  int version = 0;
  std::uint64_t octets = 0;
  std::uint64_t free_octets = 0;
  std::uint64_t policy_domains = 0;
  std::uint64_t reporters = 0;
  std::uint64_t daily_counts = 0;  ///< rows of them
  std::uint64_t record_octets = 0;
  std::uint64_t raw_octets = 0;
  store::ReceivedBooks books = {};
};
Expected<ReceivedInfo> received_info(const std::string& path);

/// The same of alerts.
struct AlertInfo {
  int version = 0;
  std::uint64_t octets = 0;
  std::uint64_t free_octets = 0;
  std::uint64_t domains = 0;  ///< with watched records
  std::uint64_t records = 0;
  std::uint64_t changes = 0;
  std::uint64_t alerts = 0;
  std::uint64_t open = 0;  ///< of these
  std::uint64_t letters_waiting = 0;
  std::uint64_t letters_sent = 0;
  std::uint64_t letters_given_up = 0;
};
Expected<AlertInfo> alert_info(const std::string& path);

/// The same of accounts.
struct AccountInfo {
  int version = 0;
  std::uint64_t octets = 0;
  std::uint64_t free_octets = 0;
  std::uint64_t users = 0;
  std::uint64_t administrators = 0;  ///< of these
  std::uint64_t groups = 0;
  std::uint64_t sessions = 0;
  std::uint64_t tokens = 0;
  std::uint64_t deeds = 0;  ///< lines of the audit log
};
Expected<AccountInfo> account_info(const std::string& path);

}  // namespace assay::store_sqlite
