#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "system/config/settings.h"
#include "system/intake/arrivals.h"
#include "system/store/received.h"

#include "bin/failure.h"

/// What the commands and roles that take reports in have in common.
namespace assay::cli {

/// The file of received reports of a configuration, <data>/reports.sqlite.
std::string received_path(const config::Settings& settings);

/// Opens it; `path` empty: that of the configuration. Errors: io, bad_data.
Expected<std::unique_ptr<store::ReceivedReports>> open_received(const config::Settings& settings,
                                                                const std::string& path);

/// The retention of a configuration, as the pages changed it: <data>/retention.json. Errors: io,
/// bad_data.
Expected<config::Intake> retained(const config::Settings& settings);
/// Changes durations by their names, such as "keep_raw" and "400d"; what is not named stays.
/// Errors: usage for a name or duration that is none; io, bad_data.
using RetentionWords = std::vector<std::pair<std::string, std::string>>;
Expected<> change_retention(const config::Settings& settings, const RetentionWords& words);
/// All of them.
RetentionWords retention_words(const config::Intake& settings);

/// What [intake] says, without who examines mail. `path` is that of open_received: what is too
/// large to be held is put aside in its folder.
intake::ArrivalOptions arrival_options(const config::Settings& settings, const std::string& path);
store::Sampling sampling_of(const config::Intake& settings);
store::ReceivedRetention retention_of(const config::Intake& settings, store::Instant now);

/// The files that are meant: files as they are named, "-" as standard input, folders as the files
/// in them and below, by name; of a Maildir the mails that have been delivered. Errors: no_input.
Expected<std::vector<std::string>> find_incoming(const std::vector<std::string>& paths);

/// Hands over a file in pieces that can be read by themselves: an mbox in mails, at most some
/// megabytes at a time, all else as it is. Errors: no_input, io; bad_data for what is larger than
/// `most`.
/// A large file that is packed, or XML, is not held.
using OnIncoming = std::function<Expected<>(intake::Incoming incoming)>;
Expected<> read_incoming(const std::string& path, std::size_t most, const OnIncoming& take);

/// A file that need not be held to be read; nothing for all others. Errors: no_input.
Expected<std::optional<archive::Source>> open_large(const std::string& path);

}  // namespace assay::cli
