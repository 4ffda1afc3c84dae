#include "system/evidence/detail/bodies.h"

#include <array>
#include <utility>

#include "assay/base/ascii.h"
#include "system/evidence/detail/undo.h"

namespace assay::evidence {
namespace {

constexpr std::string_view footer_lines = "footer lines removed";
constexpr std::string_view footer_part = "footer part removed";
constexpr std::string_view wrapper = "multipart around the message removed";
constexpr std::string_view encoding = "transfer encoding restored";

bool has_odd_line_ends(std::string_view body) {
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (body[i] == '\0') return true;
    if (body[i] == '\r' && (i + 1 == body.size() || body[i + 1] != '\n')) return true;
    if (body[i] == '\n' && (i == 0 || body[i - 1] != '\r')) return true;
  }
  return false;
}

/// Text lines with LF alone, as some software encodes them.
std::string with_lf(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != '\r') out += c;
  }
  return out;
}

/// The value of a field; an empty one where it is absent, nothing where it stands twice.
std::optional<std::string_view> only_value(const mail::Header& header, std::string_view name) {
  const auto fields = mail::fields_named(header, name);
  if (fields.size() > 1) return std::nullopt;
  return fields.empty() ? std::string_view() : fields.front()->value;
}

/// A text as it was delivered: with what fields, and what was already undone.
struct Text {
  std::string_view octets;
  TransferEncoding encoding = TransferEncoding::identity;
  MimeFields fields = {};
  std::vector<std::string> undone = {};
};

class Bodies {
 public:
  Bodies(const mail::Header& header, std::string_view body,
         const std::function<Go(const Body&)>& look)
      : header_(header), body_(body), look_(look) {}

  void each();

 private:
  void each_of_text(const Text& text);
  void each_encoding(const Text& text, std::string_view words, std::vector<std::string> undone);
  void each_base64(std::string_view words, const std::vector<std::string>& undone,
                   const std::vector<MimeFields>& fields);
  void each_of_multipart(const std::string& boundary);
  void look(std::string_view octets, std::vector<std::string> undone,
            std::vector<MimeFields> fields);
  std::vector<MimeFields> fields_with(const Text& text,
                                      std::initializer_list<std::string_view> encodings) const;

  const mail::Header& header_;
  std::string_view body_;
  const std::function<Go(const Body&)>& look_;
  bool stopped_ = false;
};

void Bodies::look(std::string_view octets, std::vector<std::string> undone,
                  std::vector<MimeFields> fields) {
  if (stopped_) return;
  stopped_ = look_({octets, std::move(undone), std::move(fields)}) == Go::stop;
}

/// The same fields but for the transfer encoding; an empty word: the field was absent.
std::vector<MimeFields> Bodies::fields_with(
    const Text& text, std::initializer_list<std::string_view> encodings) const {
  MimeFields one = text.fields;
  if (one.as_delivered) {
    const auto type = only_value(header_, "Content-Type").value_or("");
    if (!type.empty()) one.content_type = std::string(type);
    one.as_delivered = false;
  }
  std::vector<MimeFields> all;
  for (const std::string_view word : encodings) {
    one.transfer_encoding.reset();
    if (!word.empty()) one.transfer_encoding = " " + std::string(word);
    all.push_back(one);
  }
  return all;
}

/// The line end behind the last line decides in base64; what a list made of it is not known.
void Bodies::each_base64(std::string_view words, const std::vector<std::string>& undone,
                         const std::vector<MimeFields>& fields) {
  const std::string_view last = words.substr(0, words.find_last_not_of("\r\n") + 1);
  const std::string one_end = std::string(last) + "\r\n";
  std::array<std::string_view, 3> forms = {words, one_end, last};
  for (std::size_t i = 0; i < forms.size() && !stopped_; ++i) {
    if (i > 0 && forms[i] == words) continue;
    look(encode_base64_lines(forms[i]), undone, fields);
    look(encode_base64_lines(with_lf(forms[i])), undone, fields);
  }
}

void Bodies::each_encoding(const Text& text, std::string_view words,
                           std::vector<std::string> undone) {
  const bool cut = undone.size() > text.undone.size();
  const bool plain = text.encoding == TransferEncoding::identity;
  if (plain && cut) look(words, undone, {text.fields, {.as_delivered = false}});
  if (stopped_) return;
  undone.emplace_back(encoding);
  if (!plain) look(words, undone, fields_with(text, {"8bit", "7bit", ""}));
  if (stopped_) return;
  each_base64(words, undone, fields_with(text, {"base64"}));
  if (stopped_) return;
  look(encode_quoted_printable(words), undone, fields_with(text, {"quoted-printable"}));
}

void Bodies::each_of_text(const Text& text) {
  auto decoded = decode(text.octets, text.encoding);
  if (!decoded) return;
  const std::string words = with_crlf(*decoded);
  each_encoding(text, words, text.undone);
  if (text.undone.empty()) {
    for (const std::string_view cut : without_footer_lines(words)) {
      if (stopped_) return;
      each_encoding(text, cut, {std::string(footer_lines)});
    }
  }
}

void Bodies::each_of_multipart(const std::string& boundary) {
  if (const auto kept = without_last_part(body_, boundary)) {
    look(*kept, {std::string(footer_part)}, {{}});
  }
  const auto part = without_wrapper(body_, boundary);
  if (!part || stopped_) return;
  const MimeFields own = {.as_delivered = false,
                          .content_type = part->content_type,
                          .transfer_encoding = part->transfer_encoding};
  MimeFields without_encoding = own;
  without_encoding.transfer_encoding.reset();
  const std::vector<std::string> undone = {std::string(wrapper)};
  const auto type = parse_content_type(part->content_type.value_or("text/plain"));
  std::vector<MimeFields> fields = {own, without_encoding};
  if (type && type->type == "text/plain") fields.push_back({.as_delivered = false});
  look(part->body, undone, std::move(fields));
  const auto how = parse_transfer_encoding(part->transfer_encoding.value_or("7bit"));
  if (stopped_ || !type || !how || type->type != "text/plain") return;
  each_of_text({.octets = part->body, .encoding = *how, .fields = own, .undone = undone});
}

void Bodies::each() {
  look(body_, {}, {{}});
  if (stopped_ || has_odd_line_ends(body_)) return;
  const auto type_value = only_value(header_, "Content-Type");
  const auto encoding_value = only_value(header_, "Content-Transfer-Encoding");
  if (!type_value || !encoding_value) return;
  const auto type = parse_content_type(type_value->empty() ? "text/plain" : *type_value);
  const auto how = parse_transfer_encoding(encoding_value->empty() ? "7bit" : *encoding_value);
  if (!type || !how) return;
  const bool identity = *how == TransferEncoding::identity;
  if (type->type == "text/plain") {
    // Lists add the fields of MIME to a message that had none.
    if (identity) look(body_, {}, {{.as_delivered = false}});
    if (!stopped_) each_of_text({.octets = body_, .encoding = *how});
  }
  if (type->type == "multipart/mixed" && identity) each_of_multipart(type->boundary);
}

}  // namespace

void each_body(const mail::Header& header, std::string_view body,
               const std::function<Go(const Body&)>& look) {
  Bodies(header, body, look).each();
}

}  // namespace assay::evidence
