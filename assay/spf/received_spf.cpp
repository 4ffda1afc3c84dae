#include "assay/spf/received_spf.h"

#include <algorithm>
#include <string_view>

#include "assay/base/ascii.h"

namespace assay::spf {
namespace {

constexpr std::size_t max_value_octets = 255;
constexpr std::size_t wanted_line_octets = 78;  // RFC 5322 §2.1.1
constexpr std::string_view name_octets = "Received-SPF:";

/// What may stand in a field of ours, whoever sent it (RFC 7208 §9.1).
std::string clean(std::string_view text) {
  std::string shown;
  for (const char c : text.substr(0, max_value_octets)) {
    shown += ascii::is_graph(c) || c == ' ' ? c : '?';
  }
  return shown;
}

/// With a backslash before each of `special`.
std::string escape(const std::string& text, std::string_view special) {
  std::string escaped;
  for (const char c : text) {
    if (special.contains(c)) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

bool is_atom_octet(char c) {
  constexpr std::string_view others = "!#$%&'*+-/=?^_`{|}~";  // RFC 5322 §3.2.3
  return ascii::is_alnum(c) || others.contains(c);
}

bool is_dot_atom(std::string_view text) {
  const auto labels = ascii::split(text, '.');
  return std::ranges::all_of(labels, [](std::string_view label) {
    return !label.empty() && std::ranges::all_of(label, is_atom_octet);
  });
}

/// dot-atom or quoted-string.
std::string value(std::string_view text) {
  const std::string shown = clean(text);
  return is_dot_atom(shown) ? shown : "\"" + escape(shown, "\"\\") + "\"";
}

/// Puts the field together, word by word, and folds it.
class Folded {
 public:
  void add(std::string_view word) {
    if (!text_.empty() && column_ + 1 + word.size() > wanted_line_octets) {
      text_ += "\r\n";
      column_ = 0;
    }
    text_ += ' ';
    text_ += word;
    column_ += 1 + word.size();
  }
  void add_words(std::string_view words) {
    for (const std::string_view word : ascii::split(words, ' ')) {
      if (!word.empty()) add(word);
    }
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::size_t column_ = name_octets.size();
};

std::string mailbox_of(const Outcome& outcome, const Request& request) {
  if (outcome.identity == Identity::helo) return outcome.domain;
  return request.mail_from.empty() ? "postmaster@" + outcome.domain : request.mail_from;
}

/// The sentence in the comment.
std::string sentence(const Outcome& outcome, const Request& request) {
  const std::string domain = "domain of " + mailbox_of(outcome, request);
  const std::string client = to_text(request.client);
  switch (outcome.result) {
    case Result::pass:
      return domain + " designates " + client + " as permitted sender";
    case Result::fail:
      return domain + " does not designate " + client + " as permitted sender";
    case Result::softfail:
      return domain + " does not designate " + client + " as permitted sender, transitioning";
    case Result::neutral:
      return domain + " neither permits nor denies " + client;
    case Result::none:
      return domain + " does not say who may send";
    case Result::temperror:
      return "temporary error in processing " + domain;
    case Result::permerror:
      return "permanent error in processing " + domain;
  }
  return {};
}

}  // namespace

std::string received_spf(const Outcome& outcome, const Request& request) {
  // RFC 7208 §9.1
  Folded field;
  field.add(to_text(outcome.result));
  field.add_words(
      "(" + escape(clean(request.receiver + ": " + sentence(outcome, request)), "()\\") + ")");
  const auto pair = [&](std::string_view key, std::string_view text) {
    field.add(std::string(key) + "=" + value(text) + ";");
  };
  pair("client-ip", to_text(request.client));
  if (outcome.identity == Identity::mfrom) pair("envelope-from", request.mail_from);
  pair("helo", request.helo);
  pair("receiver", request.receiver);
  pair("identity", outcome.identity == Identity::mfrom ? "mailfrom" : "helo");
  if (!outcome.mechanism.empty()) pair("mechanism", outcome.mechanism);
  if (outcome.result == Result::temperror || outcome.result == Result::permerror) {
    pair("problem", outcome.reason);
  }
  return field.text();
}

}  // namespace assay::spf
