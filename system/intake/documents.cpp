#include "system/intake/documents.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/base64.h"
#include "assay/failure/read.h"

namespace assay::intake {
namespace {

using archive::Format;
using archive::Read;

constexpr std::size_t enough_to_know = 1'024;
constexpr std::size_t most_mails_within = 3;  // a mail packed in a mail packed in a mail

std::string join(const std::string& outer, const std::string& inner) {
  if (outer.empty() || inner.empty()) return outer + inner;
  return outer + "/" + inner;
}

/// Behind a byte order mark and white space.
std::string_view beginning_of(std::string_view octets) {
  if (octets.starts_with("\xef\xbb\xbf")) octets.remove_prefix(3);
  return ascii::trim_fws(octets);
}

/// The beginnings of base64 of gzip, zip and XML with its declaration, with or without a mark.
constexpr std::array<std::string_view, 4> base64_beginnings = {"H4sI", "UEsDB", "PD94bWw",
                                                               "77u/PD94bWw"};

bool is_base64_line(std::string_view line) {
  return line.size() >= 4 && std::ranges::all_of(line, [](char c) {
           return ascii::is_alnum(c) || c == '+' || c == '/' || c == '=';
         });
}

/// Octets of base64 that stands in a text on lines of its own; empty where there is none.
std::string pasted_base64(std::string_view text) {
  std::string digits;
  for (std::string_view line : ascii::Pieces(text, '\n')) {
    line = ascii::trim_fws(line);
    while (line.starts_with('>')) line = ascii::trim_fws(line.substr(1));  // quoted by a reply
    const bool begins = std::ranges::any_of(
        base64_beginnings, [&](std::string_view begin) { return line.starts_with(begin); });
    if (digits.empty() && !begins) continue;
    if (!is_base64_line(line)) break;
    digits += line;
  }
  if (digits.empty()) return {};
  while (digits.size() % 4 != 0) digits += '=';
  const auto octets = base64::decode(digits);
  return octets ? *octets : std::string();
}

constexpr std::string_view feedback_tag = "<feedback";

/// The report that somebody pasted into a text: XML behind or before other words, or base64 of
/// something packed. Empty where there is none, or where the text is a report from its beginning.
std::string pasted_report(const MailPart& part) {
  if (!part.media_type.starts_with("text/") || kind_of(part.octets) != Kind::none) return {};
  std::size_t begin = part.octets.find("<?xml");
  if (begin == std::string::npos) begin = part.octets.find(feedback_tag);
  if (begin != std::string::npos && part.octets.find(feedback_tag, begin) != std::string::npos) {
    return part.octets.substr(begin);
  }
  return pasted_base64(part.octets);
}

/// A part that a mail's reader would see, and no report.
bool is_for_people(const MailPart& part) {
  if (archive::detect(part.octets) != Format::plain) return false;
  if (part.media_type == "text/html") return part.octets.find(feedback_tag) == std::string::npos;
  return part.media_type.starts_with("text/") && kind_of(beginning_of(part.octets)) == Kind::none;
}

/// Whether a part holds a report or something packed, by its content.
bool is_promising(const MailPart& part) {
  return part.is_feedback || archive::detect(part.octets) != Format::plain ||
         kind_of(part.octets) != Kind::none || !pasted_report(part).empty();
}

/// A failure report that does not say so in its Content-Type: with a part of feedback, or as text
/// for people (RFC 5965 §7.1 and what hosts send instead).
bool is_loose_failure(std::string_view octets, const MailParts& mail) {
  const auto is_feedback = [](const MailPart& part) {
    return part.media_type.ends_with("/feedback-report") ||
           ascii::istarts_with(beginning_of(part.octets), "Feedback-Type:");
  };
  if (std::ranges::any_of(mail.parts, is_feedback)) return true;
  if (std::ranges::any_of(mail.parts, is_promising)) return false;
  return failure::read(octets).report.has_value();
}

class Search {
 public:
  Search(const TakeDocument& take, const DocumentLimits& limits, const EnterPart& enter)
      : take_(take), limits_(limits), enter_(enter) {}

  void look_at(std::string_view octets, const std::string& member, std::size_t depth) {
    const bool plain = archive::detect(octets) == Format::plain;
    if (plain && kind_of(octets) == Kind::none && looks_like_mail(octets)) {
      open_mails(octets, member, depth);
      return;
    }
    unpack(octets, member, depth);
  }

  void look_at(const archive::Source& source) { unpack(source, {}, 0); }

  Findings findings = {};

 private:
  /// Octets or a Source.
  template <class Packed>
  void unpack(const Packed& packed, const std::string& member, std::size_t depth) {
    for (Finding& finding : archive::unpack(
             packed, member,
             [&](const std::string& path, const Read& read) { pass_on(path, read, depth); },
             limits_.unpack)) {
      add_bounded(findings, std::move(finding));
    }
  }

  void pass_on(const std::string& path, const Read& read, std::size_t depth) {
    std::string head(enough_to_know, '\0');
    std::size_t size = 0;
    while (size < head.size()) {
      const std::size_t more = read(std::span(head).subspan(size));
      if (more == 0) break;
      size += more;
    }
    head.resize(size);
    const Kind kind = kind_of(head);
    if (kind == Kind::none && looks_like_mail(head) && depth < most_mails_within) {
      if (collect(head, read)) open_mails(head, path, depth);
      return;
    }
    take_(path, kind, [&head, &read](std::span<char> into) {
      if (head.empty()) return read(into);
      const std::size_t given = std::min(into.size(), head.size());
      std::memcpy(into.data(), head.data(), given);
      head.erase(0, given);
      return given;
    });
  }

  bool collect(std::string& octets, const Read& read) {
    std::array<char, 65'536> block;
    while (const std::size_t size = read(block)) {
      octets.append(block.data(), size);
      if (octets.size() <= limits_.mail.octets) continue;
      add_bounded(findings, {.code = "mail_too_large", .what = "a packed mail is too large"});
      return false;
    }
    return true;
  }

  void open_mails(std::string_view octets, const std::string& member, std::size_t depth) {
    const std::vector<std::string_view> mails = split_mbox(octets);
    std::size_t number = 0;
    for (const std::string_view mail : mails) {
      const std::string name =
          mails.size() > 1 ? "mail " + std::to_string(++number) : std::string();
      open_mail(mail, join(member, name), depth);
    }
  }

  void open_mail(std::string_view octets, const std::string& member, std::size_t depth) {
    MailParts mail = read_mail(octets, limits_.mail);
    for (Finding& finding : mail.findings) add_bounded(findings, std::move(finding));
    if (mail.report_type == "feedback-report" || is_loose_failure(octets, mail)) {
      take_whole(member, octets);
      return;
    }
    bool any = false;
    for (const MailPart& part : mail.parts) {
      if (part.is_feedback) {
        any = true;
        take_whole(join(member, "message"), part.octets);
      } else if (part.octets.empty()) {
        continue;
      } else if (const std::string pasted = pasted_report(part); !pasted.empty()) {
        look_into(part.name, pasted, member, depth);
        any = true;
      } else if (!is_for_people(part)) {
        look_into(part.name, part.octets, member, depth);
        any = true;
      }
    }
    if (any || has_error(mail.findings)) return;
    const std::string where = member.empty() ? std::string() : ascii::printable(member) + ": ";
    add_bounded(findings, {.code = "no_report", .what = where + "the mail has no report attached"});
  }

  void look_into(const std::string& name, std::string_view octets, const std::string& member,
                 std::size_t depth) {
    if (enter_ && depth == 0) enter_(name, octets);
    look_at(octets, join(member, name), depth + 1);
  }

  void take_whole(const std::string& member, std::string_view octets) {
    take_(member, Kind::failure, [octets](std::span<char> into) mutable {
      const std::size_t size = octets.copy(into.data(), into.size());
      octets.remove_prefix(size);
      return size;
    });
  }

  const TakeDocument& take_;
  const DocumentLimits& limits_;
  const EnterPart& enter_;
};

}  // namespace

Kind kind_of(std::string_view beginning) {
  const std::string_view text = beginning_of(beginning);
  if (text.starts_with('<')) return Kind::aggregate;
  // UTF-16, with its mark or without.
  for (const std::string_view start :
       {std::string_view("\xff\xfe"), std::string_view("\xfe\xff"), std::string_view("\0<", 2)}) {
    if (beginning.starts_with(start)) return Kind::aggregate;
  }
  return text.starts_with('{') ? Kind::tls : Kind::none;
}

Findings for_each_document(const archive::Source& source, const TakeDocument& take,
                           const DocumentLimits& limits, const EnterPart& enter) {
  Search search(take, limits, enter);
  search.look_at(source);
  return std::move(search.findings);
}

Findings for_each_document(std::string_view octets, const TakeDocument& take,
                           const DocumentLimits& limits, const EnterPart& enter) {
  Search search(take, limits, enter);
  search.look_at(octets, {}, 0);
  return std::move(search.findings);
}

}  // namespace assay::intake
