#include "system/intake/documents.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/failure/read.h"
#include "system/intake/detail/pasted.h"

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

constexpr std::string_view feedback_tag = "<feedback";

/// A part that a mail's reader would see, and no report.
bool is_for_people(const MailPart& part) {
  if (archive::detect(part.octets) != Format::plain) return false;
  if (part.media_type == "text/html") return part.octets.find(feedback_tag) == std::string::npos;
  return part.media_type.starts_with("text/") && kind_of(beginning_of(part.octets)) == Kind::none;
}

/// Whether a part holds a report or something packed, by its content.
bool is_promising(const MailPart& part) {
  return part.is_feedback || archive::detect(part.octets) != Format::plain ||
         kind_of(part.octets) != Kind::none || !detail::pasted_report(part.octets).empty();
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

/// A page for people, and no report in the beginning of it.
bool is_page(std::string_view beginning) {
  const std::string_view text = beginning_of(beginning);
  return (ascii::istarts_with(text, "<!doctype html") || ascii::istarts_with(text, "<html")) &&
         !text.contains(feedback_tag);
}

/// The same octets with line feeds alone, where their lines end as none of a mail do: in CR, or in
/// CR CR LF. Empty where they need no such thing.
std::string with_line_feeds(std::string_view octets) {
  constexpr std::size_t enough = 4'096;
  const std::size_t feed = octets.find('\n');
  const bool doubled =
      feed != std::string_view::npos && feed > 1 && octets.substr(feed - 2, 2) == "\r\r";
  const bool alone = feed > std::min(enough, octets.size()) &&
                     octets.substr(0, enough).find('\r') != std::string_view::npos;
  if (!doubled && !alone) return {};
  std::string text(octets);
  if (doubled) std::erase(text, '\r');
  if (alone) std::ranges::replace(text, '\r', '\n');
  return text;
}

class Search {
 public:
  Search(const TakeDocument& take, const DocumentLimits& limits, const EnterPart& enter)
      : take_(take), limits_(limits), enter_(enter) {}

  void look_at(std::string_view octets, const std::string& member, std::size_t depth) {
    const std::string_view text = beginning_of(octets);
    if (archive::detect(octets) != Format::plain || kind_of(octets) != Kind::none) {
      unpack(octets, member, depth);
    } else if (archive::detect(text) != Format::plain) {  // behind line ends of some program
      unpack(text, member, depth);
    } else if (looks_like_mail(octets)) {
      open_mails(octets, member, depth);
    } else {
      unpack(octets, member, depth);
    }
  }

  void look_at(const archive::Source& source) { unpack(source, {}, 0); }

  /// All has been looked at.
  Findings finish() {
    settle(0, 0);
    return std::move(findings_);
  }

 private:
  /// Something that is no report: said with its beginning where there was no report beside it.
  struct Other {
    std::string member = {};
    std::string beginning = {};
    bool is_mail = false;  ///< a mail without a report
  };

  /// Octets or a Source.
  template <class Packed>
  void unpack(const Packed& packed, const std::string& member, std::size_t depth) {
    for (Finding& finding : archive::unpack(
             packed, member,
             [&](const std::string& path, const Read& read) { pass_on(path, read, depth); },
             limits_.unpack)) {
      add_bounded(findings_, std::move(finding));
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
    const bool inside = depth > 0 || !path.empty();
    Kind kind = inside && is_page(head) ? Kind::none : kind_of(head);
    if (kind == Kind::none && depth < most_mails_within && open_held(path, head, read, depth)) {
      return;
    }
    const std::size_t begin = detail::find_report(head);
    if (kind == Kind::none && begin != std::string::npos && !is_unread_packing(head)) {
      warn("leading", path, "octets before the report are left out");
      head.erase(0, begin);
      kind = Kind::aggregate;
    }
    if (kind == Kind::none) {
      add_other({.member = path, .beginning = std::move(head)});
      return;
    }
    take(path, kind, [&head, &read](std::span<char> into) {
      if (head.empty()) return read(into);
      const std::size_t given = std::min(into.size(), head.size());
      std::memcpy(into.data(), head.data(), given);
      head.erase(0, given);
      return given;
    });
  }

  /// A mail, or base64 of anything: what must be held to be opened. Whether it was one.
  bool open_held(const std::string& path, std::string& head, const Read& read, std::size_t depth) {
    const bool mail = looks_like_mail(head);
    if (!mail && !detail::begins_as_base64(head)) return false;
    std::string octets = head;
    if (!collect(octets, read)) return true;
    if (mail) {
      open_mails(octets, path, depth);
      return true;
    }
    const std::string decoded = detail::pasted_base64(octets);
    if (decoded.empty()) {
      add_other({.member = path, .beginning = head});
    } else {
      warn("base64", path, "it is in base64, which nothing says");
      look_at(decoded, path, depth + 1);
    }
    return true;
  }

  bool collect(std::string& octets, const Read& read) {
    std::array<char, 65'536> block;
    while (const std::size_t size = read(block)) {
      octets.append(block.data(), size);
      if (octets.size() <= limits_.mail.octets) continue;
      add_bounded(findings_, {.code = "mail_too_large", .what = "a packed mail is too large"});
      return false;
    }
    return true;
  }

  void open_mails(std::string_view octets, const std::string& member, std::size_t depth) {
    const std::string better = with_line_feeds(octets);
    if (!better.empty()) {
      warn("line_ends", member, "its lines end as those of no mail do");
      octets = better;
    }
    const std::vector<std::string_view> mails = split_mbox(octets);
    std::size_t number = 0;
    for (const std::string_view mail : mails) {
      const std::string name =
          mails.size() > 1 ? "mail " + std::to_string(++number) : std::string();
      const std::size_t others = others_.size();
      const std::uint64_t documents = documents_;
      open_mail(mail, join(member, name), depth);
      if (depth == 0) settle(others, documents);
    }
  }

  void open_mail(std::string_view octets, const std::string& member, std::size_t depth) {
    MailParts mail = read_mail(octets, limits_.mail);
    for (Finding& finding : mail.findings) add_bounded(findings_, std::move(finding));
    if (mail.report_type == "feedback-report" || is_loose_failure(octets, mail)) {
      take_whole(member, octets);
      return;
    }
    bool any = false;
    for (const MailPart& part : mail.parts) any = open_part(part, member, depth) || any;
    if (any || has_error(mail.findings)) return;
    if (const std::string pasted = detail::pasted_report(octets); !pasted.empty()) {
      warn("mime", member, "the parts of the mail cannot be told apart; a report stands in it");
      look_into({}, pasted, member, depth);
      return;
    }
    add_other({.member = member, .is_mail = true});
  }

  /// Whether there is more in it than text for people.
  bool open_part(const MailPart& part, const std::string& member, std::size_t depth) {
    if (part.is_feedback) {
      take_whole(join(member, "message"), part.octets);
    } else if (part.octets.empty()) {
      return false;
    } else if (const std::string pasted = detail::pasted_report(part.octets); !pasted.empty()) {
      look_into(part.name, pasted, member, depth);
    } else if (!is_for_people(part)) {
      look_into(part.name, part.octets, member, depth);
    } else {
      return false;
    }
    return true;
  }

  void look_into(const std::string& name, std::string_view octets, const std::string& member,
                 std::size_t depth) {
    if (enter_ && depth == 0) enter_(name, octets);
    look_at(octets, join(member, name), depth + 1);
  }

  void take_whole(const std::string& member, std::string_view octets) {
    take(member, Kind::failure, reading(octets));
  }

  void take(const std::string& member, Kind kind, const Read& read) {
    ++documents_;
    take_(member, kind, read);
  }

  static Read reading(std::string_view octets) {
    return [octets](std::span<char> into) mutable {
      const std::size_t size = octets.copy(into.data(), into.size());
      octets.remove_prefix(size);
      return size;
    };
  }

  void add_other(Other other) {
    constexpr std::size_t most = 1'000;
    if (others_.size() < most) others_.push_back(std::move(other));
  }

  /// What is no report is left out where a report stood beside it; else it is what was sent.
  void settle(std::size_t from, std::uint64_t documents) {
    const bool beside = documents_ > documents;
    for (std::size_t i = from; i < others_.size(); ++i) {
      const Other& other = others_[i];
      const std::string where =
          other.member.empty() ? std::string() : ascii::printable(other.member, 100) + ": ";
      if (beside && !is_unread(other)) {
        add_bounded(findings_, {.code = "no_report",
                                .what = where +
                                        (other.is_mail ? "a mail without a report"
                                                       : what_else(other.beginning)) +
                                        "; left out",
                                .level = Level::info});
      } else if (other.is_mail) {
        add_bounded(findings_,
                    {.code = "no_report", .what = where + "the mail has no report attached"});
      } else {
        take_(other.member, Kind::none, reading(other.beginning));
      }
    }
    others_.resize(from);
  }

  /// There may be a report in it.
  static bool is_unread(const Other& other) {
    return !other.is_mail && is_unread_packing(other.beginning);
  }

  void warn(std::string_view code, const std::string& member, std::string_view what) {
    const std::string where = member.empty() ? std::string() : ascii::printable(member, 100) + ": ";
    add_bounded(findings_,
                {.code = code, .what = where + std::string(what), .level = Level::warning});
  }

  const TakeDocument& take_;
  const DocumentLimits& limits_;
  const EnterPart& enter_;
  Findings findings_ = {};
  std::vector<Other> others_ = {};
  std::uint64_t documents_ = 0;  ///< handed on, without others
};

struct OtherForm {
  std::string_view beginning;
  std::string_view what;
  bool packing = false;
};
constexpr OtherForm other_forms[] = {
    {"BZh", "it is packed by bzip2, which is not read", true},
    {"\xfd"
     "7zXZ",
     "it is packed by xz, which is not read", true},
    {"7z\xbc\xaf", "it is packed by 7-Zip, which is not read", true},
    {"Rar!", "it is packed by RAR, which is not read", true},
    {"\x28\xb5\x2f\xfd", "it is packed by zstd, which is not read", true},
    {"\x1f\x9d", "it is packed by compress, which is not read", true},
    {"%PDF", "it is a PDF"},
    {"\x89PNG", "it is a picture"},
    {"\xff\xd8\xff", "it is a picture"},
    {"GIF8", "it is a picture"},
    {"\xd0\xcf\x11\xe0", "it is a file of Outlook or Office; a mail is read as .eml", true},
    {"\x78\x9f\x3e\x22", "it is a winmail.dat of Exchange, which is not read", true},
    {"-----BEGIN PGP MESSAGE", "it is encrypted", true},
    {"-----BEGIN PGP SIGNATURE", "it is a signature"},
};

const OtherForm* other_form(std::string_view beginning) {
  const auto found = std::ranges::find_if(
      other_forms, [&](const OtherForm& form) { return beginning.starts_with(form.beginning); });
  if (found != std::end(other_forms)) return &*found;
  constexpr std::size_t tar_mark = 257;  // POSIX ustar
  static constexpr OtherForm tar = {"", "it is packed by tar, which is not read", true};
  return beginning.size() > tar_mark && beginning.substr(tar_mark).starts_with("ustar") ? &tar
                                                                                        : nullptr;
}

/// UTF-16 of either order, with its mark or without: the first character that is no white space.
char first_of_utf16(std::string_view octets) {
  const bool marked = octets.starts_with("\xff\xfe") || octets.starts_with("\xfe\xff");
  const bool bare = octets.size() >= 2 && (octets[0] == '\0') != (octets[1] == '\0');
  if (!marked && !bare) return '\0';
  for (const char c : octets.substr(marked ? 2 : 0)) {
    if (c != '\0' && !ascii::is_fws(c)) return c;
  }
  return '\0';
}

}  // namespace

Kind kind_of(std::string_view beginning) {
  std::string_view text = beginning_of(beginning);
  const char wide = first_of_utf16(beginning);
  if (text.starts_with('<') || wide == '<') return Kind::aggregate;
  if (wide == '{') return Kind::tls;
  if (text.starts_with('[')) text = ascii::trim_fws(text.substr(1));  // a list of one
  return text.starts_with('{') ? Kind::tls : Kind::none;
}

std::string what_else(std::string_view beginning) {
  if (ascii::trim_fws(beginning).empty()) return "it is empty";
  if (const OtherForm* form = other_form(beginning)) return std::string(form->what);
  if (is_page(beginning)) return "it is an HTML page";
  return "neither XML nor JSON nor anything that a report is packed in";
}

bool is_unread_packing(std::string_view beginning) {
  const OtherForm* form = other_form(beginning);
  return form != nullptr && form->packing;
}

Findings for_each_document(const archive::Source& source, const TakeDocument& take,
                           const DocumentLimits& limits, const EnterPart& enter) {
  Search search(take, limits, enter);
  search.look_at(source);
  return search.finish();
}

Findings for_each_document(std::string_view octets, const TakeDocument& take,
                           const DocumentLimits& limits, const EnterPart& enter) {
  Search search(take, limits, enter);
  search.look_at(octets, {}, 0);
  return search.finish();
}

}  // namespace assay::intake
