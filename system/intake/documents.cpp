#include "system/intake/documents.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "assay/base/ascii.h"

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

/// A part that a mail's reader would see, and no report.
bool is_for_people(const MailPart& part) {
  if (part.media_type == "text/html") return part.octets.find("<feedback") == std::string::npos;
  const std::string_view text = beginning_of(part.octets);
  return part.media_type.starts_with("text/") && archive::detect(part.octets) == Format::plain &&
         kind_of(text) == Kind::none;
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
    for (Finding& finding : archive::unpack(
             octets, member,
             [&](const std::string& path, const Read& read) { pass_on(path, read, depth); },
             limits_.unpack)) {
      add_bounded(findings, std::move(finding));
    }
  }

  Findings findings = {};

 private:
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
    if (mail.report_type == "feedback-report") {
      take_(member, Kind::failure, [octets](std::span<char> into) mutable {
        const std::size_t size = octets.copy(into.data(), into.size());
        octets.remove_prefix(size);
        return size;
      });
      return;
    }
    bool any = false;
    for (const MailPart& part : mail.parts) {
      if (is_for_people(part) || part.octets.empty()) continue;
      any = true;
      if (enter_ && depth == 0) enter_(part.name, part.octets);
      look_at(part.octets, join(member, part.name), depth + 1);
    }
    if (any || has_error(mail.findings)) return;
    const std::string where = member.empty() ? std::string() : ascii::printable(member) + ": ";
    add_bounded(findings, {.code = "no_report", .what = where + "the mail has no report attached"});
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

Findings for_each_document(std::string_view octets, const TakeDocument& take,
                           const DocumentLimits& limits, const EnterPart& enter) {
  Search search(take, limits, enter);
  search.look_at(octets, {}, 0);
  return std::move(search.findings);
}

}  // namespace assay::intake
