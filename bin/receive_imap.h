#pragma once

#include <cstddef>
#include <functional>

#include "system/config/settings.h"
#include "system/imap/mailbox.h"

#include "bin/receive_desk.h"

namespace assay::cli {

/// Fetches reports from a mail store until `stop` says so: takes in what waits there, moves or
/// removes what is kept, flags what held no report, and waits for more. Errors: those of
/// imap::connect and imap::Mailbox, and `imap_password` when there is no password or token; then it
/// is to be called again later.
imap::Expected<> fetch_reports(const config::Imap& settings, std::size_t max_mail, Desk& desk,
                               const std::function<bool()>& stop);

/// Signs in and opens the folder: how many mails wait there. Errors: as of fetch_reports().
imap::Expected<std::size_t> try_imap(const config::Imap& settings);

}  // namespace assay::cli
