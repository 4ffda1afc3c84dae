#include "system/intake/arrivals.h"

#include <algorithm>
#include <array>
#include <utility>

#include "assay/archive/gzip.h"
#include "assay/archive/unpack.h"
#include "assay/base/ascii.h"
#include "assay/base/domain_name.h"
#include "system/intake/detail/convert.h"
#include "system/intake/mail_parts.h"
#include "system/store/chunk_file.h"

namespace assay::intake {
namespace {

using store::Arrival;

constexpr std::size_t enough_to_know = 1'024;

std::string join(const std::string& outer, const std::string& inner) {
  if (outer.empty() || inner.empty()) return outer + inner;
  return outer + "/" + inner;
}

/// The octets of a source in a file, packed; none where there is no room for it.
store::LargeOctets pack(const archive::Source& source, const std::string& folder) {
  const auto file = folder.empty() ? nullptr : store::ChunkFile::make(folder);
  if (!file) return {};
  archive::GzipWriter gzip;
  std::string block(std::size_t{256} << 10, '\0');
  std::string packed;
  store::ChunkFile::Place ignored;
  std::uint64_t at = 0;
  while (const std::size_t size = source.read_at(at, block)) {
    at += size;
    gzip.add(std::string_view(block).substr(0, size), packed);
    if (!file->append(packed, ignored)) return {};
    packed.clear();
  }
  gzip.finish(packed);
  if (!file->append(packed, ignored)) return {};
  return {.size = file->size(), .read_at = [file](std::uint64_t from, std::span<char> into) {
            return file->read_at(from, into);
          }};
}

store::LargeOctets packed_source(const archive::Source& source, const std::string& folder) {
  std::array<char, 4> head = {};
  const std::size_t size = source.read_at(0, head);
  if (archive::detect(std::string_view(head.data(), size)) == archive::Format::plain) {
    return pack(source, folder);
  }
  return {.size = source.size, .read_at = source.read_at};
}

/// Reads what was given, and makes arrivals of what is in it.
class Reader {
 public:
  Reader(const Incoming& incoming, const ArrivalOptions& options)
      : incoming_(incoming), options_(options) {}

  Taken read() {
    if (incoming_.source) {
      begin({}, {}, {});
      look_at(*incoming_.source);
      return std::move(taken_);
    }
    const std::string_view octets = incoming_.octets;
    const bool plain = archive::detect(octets) == archive::Format::plain;
    if (!plain || kind_of(octets.substr(0, enough_to_know)) != Kind::none ||
        !looks_like_mail(octets.substr(0, 16 * enough_to_know))) {
      begin({}, {}, octets);
      look_at(octets);
      return std::move(taken_);
    }
    const std::vector<std::string_view> mails = split_mbox(octets);
    std::uint64_t number = incoming_.mails_before;
    const bool many = mails.size() > 1 || number > 0;
    for (const std::string_view mail : mails) {
      begin(many ? "mail " + std::to_string(++number) : std::string(), mail, mail);
      look_at(mail);
    }
    return std::move(taken_);
  }

 private:
  /// The next reports are of this mail (empty: of none), and what is kept of them is in `raw`.
  void begin(std::string outer, std::string_view mail, std::string_view raw) {
    outer_ = std::move(outer);
    mail_ = mail;
    examined_.reset();
    enter({}, raw);
  }

  void enter(const std::string& name, std::string_view raw) {
    raw_name_ = name;
    raw_ = raw;
    packed_.clear();
  }

  /// Octets or a Source.
  template <class Octets>
  void look_at(const Octets& octets) {
    bool any = false;
    const Findings findings = for_each_document(
        octets,
        [&](const std::string& member, Kind kind, const archive::Read& read) {
          any = true;
          take(member, kind, read);
        },
        options_.documents,
        [&](const std::string& name, std::string_view part) {
          if (!mail_.empty()) enter(name, part);  // of mails in something packed, that is kept
        });
    for (const Finding& finding : findings) {
      if (finding.level == Level::error) refuse({}, finding);
    }
    if (!any && findings.empty()) {
      refuse({}, {.code = "no_report", .what = "there is no report in it"});
    }
  }

  void refuse(const std::string& member, const Finding& finding) {
    taken_.refused.push_back({.member = join(outer_, member),
                              .code = std::string(finding.code),
                              .what = ascii::printable(finding.what, 500)});
  }

  void take(const std::string& member, Kind kind, const archive::Read& read) {
    if (kind == Kind::failure && !mail_.empty()) enter({}, mail_);
    detail::Converted converted = detail::convert(kind, read, options_, incoming_.arrived);
    if (converted.error) return refuse(member, *converted.error);
    for (detail::Candidate& each : converted.reports) finish(member, std::move(each));
  }

  void finish(const std::string& member, detail::Candidate candidate) {
    Arrival& arrival = candidate.arrival;
    arrival.channel = incoming_.channel;
    arrival.arrived = incoming_.arrived;
    if (incoming_.authenticity) {
      arrival.authenticity = *incoming_.authenticity;
    } else if (!mail_.empty() && options_.examine) {
      if (!examined_) examined_ = options_.examine(mail_);
      arrival.authenticity = authenticity(*examined_, arrival.head.email);
    }
    if (const auto refusal = assess(arrival, candidate.seen, options_.assess)) {
      taken_.refused.push_back({.member = join(outer_, member),
                                .code = refusal->code,
                                .what = ascii::printable(refusal->what, 500)});
      return;
    }
    if (options_.keep_raw == KeepRaw::yes && incoming_.source) {
      keep_source(arrival, member);
    } else if (options_.keep_raw == KeepRaw::yes) {
      arrival.raw = raw_of(member);
    }
    taken_.arrivals.push_back(std::move(arrival));
  }

  /// What it came in, to be read when it is kept. What is not packed is packed into a file; where
  /// there can be none, it is not kept.
  void keep_source(Arrival& arrival, const std::string& member) {
    if (!large_raw_) large_raw_ = packed_source(*incoming_.source, options_.spill_folder);
    if (large_raw_->size == 0) {
      arrival.remarks.push_back({.code = "raw_not_kept",
                                 .what = "there was no room to pack so large a report, which is "
                                         "not kept as it came",
                                 .level = Level::warning});
      return;
    }
    arrival.raw = {.name = incoming_.name, .member = member};
    arrival.large_raw = large_raw_;
  }

  /// What it came in, packed where it was not.
  store::Raw raw_of(const std::string& member) {
    if (packed_.empty()) {
      const bool plain = archive::detect(raw_) == archive::Format::plain;
      packed_ = plain ? archive::gzip(raw_) : std::string(raw_);
    }
    // Within the part, as the octets are read again without the mail around them.
    std::string within = member;
    if (!raw_name_.empty() && within.starts_with(raw_name_)) within.erase(0, raw_name_.size());
    if (within.starts_with('/')) within.erase(0, 1);
    return {.octets = packed_,
            .name = join(join(incoming_.name, outer_), raw_name_),
            .member = std::move(within)};
  }

  const Incoming& incoming_;
  const ArrivalOptions& options_;
  Taken taken_ = {};
  std::string outer_ = {};
  std::string_view mail_ = {};
  std::optional<Examined> examined_ = {};
  std::string raw_name_ = {};
  std::string_view raw_ = {};
  std::string packed_ = {};
  std::optional<store::LargeOctets> large_raw_ = {};
};

}  // namespace

// RFC 9990 §3.5.2: the mail is how reports come, whoever hands it over.
Taken read_arrivals(const Incoming& incoming, const ArrivalOptions& options) {
  return Reader(incoming, options).read();
}

}  // namespace assay::intake
