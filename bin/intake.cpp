#include "bin/intake.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <system_error>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/try.h"
#include "system/intake/documents.h"
#include "system/intake/mail_parts.h"
#include "system/store_sqlite/store_sqlite.h"

#include "bin/files.h"
#include "bin/filter_role.h"
#include "bin/reporting.h"

namespace assay::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t first_octets = std::size_t{64} << 10;
constexpr std::size_t block_octets = std::size_t{4} << 20;
constexpr std::uint64_t large_octets = std::uint64_t{8} << 20;
constexpr unsigned deepest = 20;  ///< folders in one another

std::vector<intake::TrustRule> rules_of(const std::vector<std::string>& words) {
  std::vector<intake::TrustRule> rules;
  for (const std::string& word : words) {
    if (const auto rule = intake::parse_trust_rule(word)) rules.push_back(*rule);
  }
  return rules;
}

bool is_maildir(const fs::path& folder) {
  std::error_code ignored;
  return std::ranges::all_of(std::array{"cur", "new", "tmp"}, [&](const char* name) {
    return fs::is_directory(folder / name, ignored);
  });
}

Expected<> collect(const fs::path& folder, unsigned depth, std::vector<std::string>& files) {
  std::error_code error;
  std::vector<fs::directory_entry> found;  // which mostly know what they are
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    found.push_back(*at);
  }
  if (error) {
    return fail(Status::no_input, ascii::printable(folder.string(), 500) + ": " + error.message());
  }
  std::ranges::sort(found);
  const bool maildir = is_maildir(folder);
  for (const fs::directory_entry& each : found) {
    const std::string name = each.path().filename().string();
    if (each.is_directory(error)) {
      // What is in tmp is not delivered yet; folders of a Maildir begin with a dot.
      if (maildir && name == "tmp") continue;
      if (depth < deepest) {
        if (auto done = collect(each.path(), depth + 1, files); !done) return done;
      }
    } else if (each.is_regular_file(error) && !name.starts_with('.') && !maildir) {
      files.push_back(each.path().string());
    }
  }
  return {};
}

/// Where the last mail of an mbox begins: at a "From " line behind an empty line. 0: nowhere.
std::size_t last_mail(std::string_view octets) {
  const std::size_t plain = octets.rfind("\n\nFrom ");
  const std::size_t crlf = octets.rfind("\r\n\r\nFrom ");
  std::size_t at = 0;
  if (plain != std::string_view::npos) at = plain + 2;
  if (crlf != std::string_view::npos) at = std::max(at, crlf + 4);
  return at;
}

/// Appends what is read next, of at most so many octets; false at the end.
Expected<bool> read_more(Input& input, std::string& octets, std::size_t most) {
  const std::size_t before = octets.size();
  octets.resize(before + most);
  ASSAY_TRY(more, input.read_full(std::span(octets).subspan(before)));
  octets.resize(before + more);
  return more == most;
}

/// A file that is large and packed, or XML, which need not be held.
std::optional<archive::Source> large_source(const std::shared_ptr<Input>& input,
                                            std::string_view beginning) {
  const std::uint64_t size = input->size().value_or(0);
  const bool plain = archive::detect(beginning) == archive::Format::plain;
  if (size < large_octets || (plain && intake::kind_of(beginning) != intake::Kind::aggregate)) {
    return std::nullopt;
  }
  return archive::Source{.size = size, .read_at = [input](std::uint64_t at, std::span<char> into) {
                           return input->read_at(at, into);
                         }};
}

/// Hands over an mbox in pieces of whole mails.
class MboxReader {
 public:
  MboxReader(Input& input, std::string name, std::size_t most, const OnIncoming& take)
      : input_(input), name_(std::move(name)), most_(most), take_(take) {}

  Expected<> read(std::string octets, bool more) {
    while (true) {
      const std::size_t cut = last_mail(octets);
      if (cut > 0 && octets.size() >= block_octets) {
        if (auto done = hand_over(std::string_view(octets).substr(0, cut)); !done) return done;
        octets.erase(0, cut);
      }
      if (octets.size() > most_) {
        return fail(Status::bad_data, ascii::printable(name_, 500) +
                                          ": a mail in it is larger than [intake] max_file");
      }
      if (!more) return octets.empty() ? Expected<>{} : hand_over(octets);
      ASSAY_TRY(full, read_more(input_, octets, block_octets));
      more = full;
    }
  }

 private:
  Expected<> hand_over(std::string_view piece) {
    const std::uint64_t before = mails_;
    mails_ += intake::split_mbox(piece).size();
    return take_({.octets = piece, .name = name_, .mails_before = before});
  }

  Input& input_;
  std::string name_;
  std::size_t most_;
  const OnIncoming& take_;
  std::uint64_t mails_ = 0;
};

}  // namespace

std::string received_path(const config::Settings& settings) {
  return data_folder(settings) + "/reports.sqlite";
}

Expected<std::unique_ptr<store::ReceivedReports>> open_received(const config::Settings& settings,
                                                                const std::string& path) {
  if (path.empty()) {
    std::error_code error;
    fs::create_directories(data_folder(settings), error);
    if (error) {
      return fail(Status::io, "cannot make the folder " + ascii::printable(data_folder(settings)) +
                                  ": " + error.message());
    }
  }
  auto received =
      store_sqlite::open_received({.path = path.empty() ? received_path(settings) : path});
  if (received) return std::move(*received);
  return std::unexpected(store_failure(received.error()));
}

intake::ArrivalOptions arrival_options(const config::Settings& all, const std::string& path) {
  const config::Intake& settings = all.intake;
  intake::ArrivalOptions options;
  for (const DomainName& each : settings.domains) {
    options.assess.domains.push_back(each.text());
  }
  options.assess.set_aside = rules_of(settings.set_aside);
  options.assess.refuse = rules_of(settings.refuse);
  options.assess.same_id = settings.same_id == config::SameReportId::latest ? intake::SameId::latest
                                                                            : intake::SameId::first;
  options.documents.unpack = {.packed = settings.max_packed,
                              .expanded = settings.max_expanded,
                              .ratio = settings.max_ratio,
                              .members = settings.max_members,
                              .depth = settings.max_nesting};
  if (settings.max_records != 0) options.aggregate.records = settings.max_records;
  options.aggregate.text = options.tls.text = settings.max_text;
  options.aggregate.xml.depth = settings.max_depth;
  options.keep_raw = intake::KeepRaw::yes;
  const std::string beside = fs::path(path).parent_path().string();
  options.spill_folder = path.empty() ? data_folder(all) : beside.empty() ? "." : beside;
  return options;
}

store::Sampling sampling_of(const config::Intake& settings) {
  return {.per_source = settings.failures_per_source, .per_domain = settings.failures_per_domain};
}

store::ReceivedRetention retention_of(const config::Intake& settings, store::Instant now) {
  const auto before = [now](std::chrono::seconds keep) {
    return keep.count() == 0 ? std::nullopt : std::optional(now - keep);
  };
  return {.raw = before(settings.keep_raw),
          .aggregate = before(settings.keep_aggregate),
          .failure = before(settings.keep_failures),
          .originals = before(settings.keep_originals),
          .tls = before(settings.keep_tls)};
}

Expected<std::vector<std::string>> find_incoming(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (path != "-" && fs::is_directory(path, error)) {
      if (auto done = collect(path, 0, files); !done) {
        return std::unexpected(std::move(done.error()));
      }
    } else {
      files.push_back(path);
    }
  }
  return files;
}

Expected<std::optional<archive::Source>> open_large(const std::string& path) {
  ASSAY_TRY(opened, Input::open(path));
  const auto input = std::make_shared<Input>(std::move(opened));
  std::array<char, 1'024> beginning;
  const std::size_t size = input->read_at(0, beginning);
  return large_source(input, std::string_view(beginning.data(), size));
}

Expected<> read_incoming(const std::string& path, std::size_t most, const OnIncoming& take) {
  ASSAY_TRY(opened, Input::open(path));
  const auto input = std::make_shared<Input>(std::move(opened));
  // A small file is read by asking once for an octet more than it has.
  const std::uint64_t file_size = input->size().value_or(first_octets - 1);
  const std::string name = path == "-" ? std::string() : path;
  const auto too_large = [&] {
    return fail(Status::bad_data,
                ascii::printable(path, 500) + " is larger than [intake] max_file");
  };
  std::string octets;
  ASSAY_TRY(begun,
            read_more(*input, octets, file_size < large_octets ? file_size + 1 : first_octets));
  if (octets.starts_with("From ")) {
    return MboxReader(*input, name, most, take).read(std::move(octets), begun);
  }
  if (auto source = large_source(input, octets)) {
    if (source->size > most) return too_large();
    return take({.octets = {}, .source = std::move(source), .name = name});
  }
  for (bool more = begun; more;) {
    ASSAY_TRY(full,
              read_more(*input, octets, std::clamp(octets.size(), first_octets, block_octets)));
    more = full && octets.size() <= most;
  }
  if (octets.size() > most) return too_large();
  return take({.octets = octets, .name = name});
}

}  // namespace assay::cli
