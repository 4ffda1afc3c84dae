#include "system/intake/mail_parts.h"

#include <gmime/gmime.h>

#include <algorithm>
#include <memory>
#include <mutex>

#include "assay/base/ascii.h"
#include "system/intake/plain_mail.h"

namespace assay::intake {
namespace {

struct Unref {
  void operator()(void* object) const { g_object_unref(object); }
};
template <class T>
using Held = std::unique_ptr<T, Unref>;

void initialize() {
  static std::once_flag once;
  std::call_once(once, [] { g_mime_init(); });
}

std::string text_of(const char* text) {
  return text == nullptr ? std::string() : std::string(text);
}

/// Walks the tree of parts; the parser has bounded how deep it is.
class Walk {
 public:
  Walk(MailParts& found, const MailLimits& limits) : found_(found), limits_(limits) {}

  void visit(GMimeObject* object, std::size_t depth) {
    if (object == nullptr || full_) return;
    if (depth > limits_.depth) {
      complain("too_deep", "parts stand more than " + std::to_string(limits_.depth) +
                               " deep in each other; they are left out");
      return;
    }
    if (GMIME_IS_MULTIPART(object)) {
      visit_multipart(object, depth);
    } else if (GMIME_IS_MESSAGE_PART(object)) {
      GMimeMessage* message = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));
      if (message == nullptr) return;
      GMimeObject* content = g_mime_message_get_mime_part(message);
      if (is_feedback(content)) {
        add_feedback(message);
      } else {
        visit(content, depth + 1);
      }
    } else if (GMIME_IS_PART(object)) {
      add(object);
    }
  }

 private:
  static std::string report_type_of(GMimeObject* object) {
    if (object == nullptr || !GMIME_IS_MULTIPART(object)) return {};
    return ascii::to_lower(
        text_of(g_mime_object_get_content_type_parameter(object, "report-type")));
  }
  static bool is_feedback(GMimeObject* object) {
    return report_type_of(object) == "feedback-report";
  }

  /// A mail within the mail, whole.
  void add_feedback(GMimeMessage* message) {
    if (!has_room()) return;
    MailPart& part = found_.parts.emplace_back();
    part.media_type = "message/rfc822";
    part.is_feedback = true;
    const Held<GMimeStream> stream(g_mime_stream_mem_new());
    g_mime_object_write_to_stream(GMIME_OBJECT(message), nullptr, stream.get());
    part.octets = octets_of(stream.get());
  }

  bool has_room() {
    if (found_.parts.size() < limits_.parts) return true;
    full_ = true;
    complain("too_many_parts", "the mail has more than " + std::to_string(limits_.parts) +
                                   " parts; the others are left out");
    return false;
  }

  static std::string octets_of(GMimeStream* stream) {
    const GByteArray* octets = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
    return {reinterpret_cast<const char*>(octets->data), octets->len};
  }

  void visit_multipart(GMimeObject* object, std::size_t depth) {
    if (found_.report_type.empty()) found_.report_type = report_type_of(object);
    GMimeMultipart* multipart = GMIME_MULTIPART(object);
    const int count = g_mime_multipart_get_count(multipart);
    for (int i = 0; i < count && !full_; ++i) {
      visit(g_mime_multipart_get_part(multipart, i), depth + 1);
    }
  }

  void add(GMimeObject* object) {
    if (!has_room()) return;
    MailPart& part = found_.parts.emplace_back();
    part.name = text_of(g_mime_part_get_filename(GMIME_PART(object)));
    GMimeContentType* type = g_mime_object_get_content_type(object);
    if (type != nullptr) {
      char* text = g_mime_content_type_get_mime_type(type);
      part.media_type = ascii::to_lower(text_of(text));
      g_free(text);
    }
    GMimeDataWrapper* content = g_mime_part_get_content(GMIME_PART(object));
    if (content == nullptr) return;
    const Held<GMimeStream> stream(g_mime_stream_mem_new());
    g_mime_data_wrapper_write_to_stream(content, stream.get());
    part.octets = octets_of(stream.get());
  }

  void complain(std::string_view code, std::string what) {
    const bool known =
        std::ranges::find(found_.findings, code, &Finding::code) != found_.findings.end();
    if (!known) found_.findings.push_back({.code = code, .what = std::move(what)});
  }

  MailParts& found_;
  const MailLimits& limits_;
  bool full_ = false;
};

}  // namespace

MailParts read_mail(std::string_view octets, const MailLimits& limits) {
  if (auto plain = read_plain_mail(octets, limits)) return std::move(*plain);
  return read_mail_by_gmime(octets, limits);
}

MailParts read_mail_by_gmime(std::string_view octets, const MailLimits& limits) {
  initialize();
  MailParts found;
  if (octets.size() > limits.octets) {
    found.findings.push_back(
        {.code = "mail_too_large",
         .what = "the mail is larger than " + std::to_string(limits.octets) + " octets"});
    return found;
  }
  const Held<GMimeStream> stream(g_mime_stream_mem_new_with_buffer(octets.data(), octets.size()));
  const Held<GMimeParser> parser(g_mime_parser_new_with_stream(stream.get()));
  const Held<GMimeMessage> message(g_mime_parser_construct_message(parser.get(), nullptr));
  if (message) Walk(found, limits).visit(g_mime_message_get_mime_part(message.get()), 0);
  return found;
}

namespace {

/// Behind a byte order mark, empty lines, and a ">From " line that a program made of "From ".
std::string_view mail_beginning(std::string_view octets) {
  constexpr std::string_view mark = "\xef\xbb\xbf";
  constexpr std::string_view quoted = ">From ";
  if (octets.starts_with(mark)) octets.remove_prefix(mark.size());
  const std::size_t begin = octets.find_first_not_of("\r\n");
  octets.remove_prefix(std::min(begin, octets.size()));
  if (octets.starts_with(quoted))
    octets.remove_prefix(std::min(octets.find('\n'), octets.size() - 1) + 1);
  return octets;
}

}  // namespace

bool looks_like_mail(std::string_view octets) {
  constexpr std::size_t longest_name = 80;
  octets = mail_beginning(octets);
  if (octets.starts_with("From ")) return true;
  const std::size_t colon = octets.substr(0, longest_name).find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view name = ascii::trim_wsp(octets.substr(0, colon));
  return std::ranges::all_of(name, [](char c) { return ascii::is_alnum(c) || c == '-'; });
}

std::vector<std::string_view> split_mbox(std::string_view octets) {
  constexpr std::string_view mark = "From ";
  octets = mail_beginning(octets);
  if (!octets.starts_with(mark)) return {octets};
  std::vector<std::string_view> mails;
  while (!octets.empty()) {
    const std::size_t line = octets.find('\n');
    if (line == std::string_view::npos) break;
    octets.remove_prefix(line + 1);
    // A "From " line stands behind an empty one (RFC 4155 Appendix A).
    std::size_t end = octets.find("\nFrom ");
    const auto follows_empty_line = [&](std::size_t at) {
      return at == 0 || octets[at - 1] == '\n' || (at > 1 && octets.substr(at - 2, 2) == "\n\r");
    };
    while (end != std::string_view::npos && !follows_empty_line(end)) {
      end = octets.find("\nFrom ", end + 1);
    }
    mails.push_back(octets.substr(0, end));
    octets.remove_prefix(end == std::string_view::npos ? octets.size() : end + 1);
  }
  return mails;
}

}  // namespace assay::intake
