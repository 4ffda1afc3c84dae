/// How long received reports are kept, as the configuration and then the pages say.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "assay/base/ascii.h"
#include "assay/base/duration.h"
#include "assay/base/try.h"
#include "system/json/value.h"
#include "system/json/writer.h"

#include "bin/files.h"
#include "bin/filter_role.h"
#include "bin/intake.h"

namespace assay::cli {
namespace {

constexpr std::size_t most_octets = 4096;
constexpr auto longest = std::chrono::days{36'500};

struct Keep {
  std::string_view name;
  std::chrono::seconds config::Intake::* value;
};
constexpr std::array keeps = {Keep{"keep_raw", &config::Intake::keep_raw},
                              Keep{"keep_aggregate", &config::Intake::keep_aggregate},
                              Keep{"keep_failures", &config::Intake::keep_failures},
                              Keep{"keep_originals", &config::Intake::keep_originals},
                              Keep{"keep_tls", &config::Intake::keep_tls}};

std::string retention_path(const config::Settings& settings) {
  return data_folder(settings) + "/retention.json";
}

std::string words_of(std::chrono::seconds time) {
  constexpr std::int64_t day = 86'400, hour = 3'600;
  const std::int64_t count = time.count();
  if (count != 0 && count % day == 0) return std::to_string(count / day) + "d";
  if (count != 0 && count % hour == 0) return std::to_string(count / hour) + "h";
  return std::to_string(count) + "s";
}

Expected<> change(config::Intake& intake, std::string_view name, std::string_view words) {
  for (const Keep& each : keeps) {
    if (each.name != name) continue;
    const auto time = parse_duration(words);
    if (!time || *time > longest) {
      return fail(Status::usage, std::string(name) +
                                     " is a duration such as \"400d\", \"0s\" for ever, of at most "
                                     "36500 days");
    }
    intake.*each.value = std::chrono::duration_cast<std::chrono::seconds>(*time);
    return {};
  }
  return fail(Status::usage, "there is no " + ascii::printable(name, 50));
}

/// In the place of what stood there, on the disk when it returns.
Expected<> replace_file(const std::string& path, std::string_view text) {
  const std::string beside = path + ".new";
  const auto failed = [&] {
    return fail(Status::io, ascii::printable(path) + ": cannot be written: " +
                                std::strerror(errno));  // NOLINT(concurrency-mt-unsafe)
  };
  constexpr mode_t mode = 0640;
  const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (file < 0) return failed();
  const bool written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const bool synced = written && ::fsync(file) == 0;
  if (::close(file) != 0 || !synced || std::rename(beside.c_str(), path.c_str()) != 0) {
    return failed();
  }
  return {};
}

}  // namespace

RetentionWords retention_words(const config::Intake& settings) {
  RetentionWords words;
  for (const Keep& each : keeps) words.emplace_back(each.name, words_of(settings.*each.value));
  return words;
}

Expected<config::Intake> retained(const config::Settings& settings) {
  config::Intake intake = settings.intake;
  const std::string path = retention_path(settings);
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return intake;
  ASSAY_TRY(text, read_file(path, most_octets));
  const json::Reading reading = json::read(text);
  if (reading.error) {
    return fail(Status::bad_data, ascii::printable(path) + ": " + reading.error->what);
  }
  for (const json::Member& each : reading.value.members) {
    if (auto done = change(intake, each.name, each.value.text); !done) {
      return fail(Status::bad_data, ascii::printable(path) + ": " + done.error().what);
    }
  }
  return intake;
}

Expected<> change_retention(const config::Settings& settings, const RetentionWords& words) {
  ASSAY_TRY(intake, retained(settings));
  for (const auto& [name, duration] : words) {
    if (auto done = change(intake, name, duration); !done) return done;
  }
  json::Writer out;
  out.begin_object();
  for (const auto& [name, duration] : retention_words(intake)) out.member(name, duration);
  out.end_object();
  return replace_file(retention_path(settings), out.take() + "\n");
}

}  // namespace assay::cli
