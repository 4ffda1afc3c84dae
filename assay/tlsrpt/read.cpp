#include "assay/tlsrpt/read.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/tlsrpt/detail/report_fields.h"
#include "assay/tlsrpt/detail/text.h"

#include <nlohmann/json.hpp>

namespace assay::tlsrpt {
namespace {

using detail::Fields;
using detail::Member;
using detail::Node;

/// Octets of a document, which say how many of them have been read.
class Counted {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  Counted(const char* at, const char** read) : at_(at), read_(read) {}
  reference operator*() const { return *at_; }
  Counted& operator++() {
    *read_ = ++at_;
    return *this;
  }
  Counted operator++(int) {
    const Counted before = *this;
    ++*this;
    return before;
  }
  [[maybe_unused]] friend bool operator==(const Counted& a, const Counted& b) {
    return a.at_ == b.at_;
  }
  friend bool operator!=(const Counted& a, const Counted& b) { return a.at_ != b.at_; }

 private:
  const char* at_;
  const char** read_;
};

/// "Policy_Type" is "policytype".
std::string plain_name(std::string_view name) {
  std::string text = ascii::to_lower(name);
  std::erase_if(text, [](char c) { return c == '_' || c == '-'; });
  return text;
}

/// The structure of one report: from the events of the JSON parser to fields. Arrays are looked
/// through: what stands in one is the value of the array's name.
class Structure : public nlohmann::json_sax<nlohmann::json> {
 public:
  Structure(Fields& fields, const char* begin, const char* const& read, const ReadLimits& limits)
      : fields_(fields), begin_(begin), read_(read), limits_(limits) {}

  /// Also in place of a list: so Go writes an empty one.
  bool null() override {
    place();
    const Frame& frame = frames_.back();
    const Node node = frame.next;
    const bool entry = node == Node::report && frame.node == Node::document;
    if (node != Node::ignored && !entry) fields_.set_nothing(node, "null");
    return true;
  }
  bool boolean(bool) override {
    return value([&](Node node) { fields_.set_nothing(node, "a truth value"); });
  }
  bool number_integer(number_integer_t number) override {
    return value([&](Node node) { fields_.set_float(node, static_cast<double>(number)); });
  }
  bool number_unsigned(number_unsigned_t number) override {
    return value([&](Node node) { fields_.set_number(node, number); });
  }
  bool number_float(number_float_t number, const string_t&) override {
    return value([&](Node node) { fields_.set_float(node, number); });
  }
  bool string(string_t& text) override {
    return value([&](Node node) { fields_.set_text(node, std::move(text)); });
  }
  bool binary(binary_t&) override { return true; }

  bool start_array(std::size_t) override {
    place();
    const Frame& outer = frames_.back();
    if (outer.next != Node::ignored && outer.next != Node::report && !detail::is_list(outer.next)) {
      fields_.note(Level::warning, "bad_type",
                   std::string(detail::name_of(outer.next)) + " is a list");
    }
    return push({.node = outer.node, .next = outer.next, .array = true});
  }
  bool end_array() override { return pop(); }

  bool start_object(std::size_t) override {
    place();
    Node node = frames_.back().next;
    if (node == Node::report && fields_.seen_report) {
      fields_.note(Level::error, "repeated", "a second report in the document is left out");
      node = Node::ignored;
    }
    check_list(node);
    if (node != Node::ignored && !detail::is_object(node)) {
      fields_.set_nothing(node, "an object");
      node = Node::ignored;
    }
    if (node != Node::ignored) fields_.begin(node);
    return push({.node = node, .next = Node::ignored, .array = false});
  }
  bool end_object() override {
    place();
    const Node node = frames_.back().node;
    if (node != Node::ignored) fields_.finish(node);
    return pop();
  }

  bool key(string_t& name) override {
    place();
    Frame& frame = frames_.back();
    frame.next = frame.node == Node::ignored ? Node::ignored : find(frame.node, name);
    return true;
  }

  bool parse_error(std::size_t, const std::string&,
                   const nlohmann::json::exception& error) override {
    place();
    problem = ascii::printable(error.what());
    return false;
  }

  std::string problem = {};
  bool too_deep = false;

 private:
  struct Frame {
    Node node = Node::document;  ///< the object, also that around an array
    Node next = Node::report;    ///< what the next value is
    bool array = false;
  };

  void place() { fields_.at(static_cast<std::size_t>(read_ - begin_)); }

  template <class Set>
  bool value(Set set) {
    place();
    const Node node = frames_.back().next;
    check_list(node);
    if (node == Node::ignored || node == Node::report) return true;
    if (detail::is_object(node)) {
      fields_.set_nothing(node, "no object");
    } else {
      set(node);
    }
    return true;
  }

  /// A list of one may be written without its brackets.
  void check_list(Node node) {
    if (frames_.back().array || node == Node::ignored || !detail::is_list(node)) return;
    fields_.note(Level::warning, "bad_type",
                 std::string(detail::name_of(node)) + " is no list, read as one of one");
  }

  Node find(Node node, const std::string& name) {
    for (const Member& member : detail::members(node)) {
      if (member.name != name) continue;
      if (node == Node::report) fields_.known_member = true;
      return member.node;
    }
    const std::string text = name.size() < 60 ? plain_name(name) : std::string();
    for (const Member& member : detail::members(node)) {
      if (plain_name(member.name) != text) continue;
      if (node == Node::report) fields_.known_member = true;
      fields_.note(Level::warning, "case",
                   "\"" + ascii::printable(name) + "\" is read as " + std::string(member.name));
      return member.node;
    }
    fields_.note(
        Level::info, "unknown_member",
        "the member \"" + ascii::printable(name, 60) + "\" is not known here and left out");
    return Node::ignored;
  }

  bool push(Frame frame) {
    too_deep = frames_.size() > limits_.depth;
    frames_.push_back(frame);
    return !too_deep;
  }
  bool pop() {
    frames_.pop_back();
    return true;
  }

  Fields& fields_;
  const char* begin_;
  const char* const& read_;
  const ReadLimits& limits_;
  std::vector<Frame> frames_ = {Frame{}};
};

Reading refused(std::string_view code, std::string what, std::size_t at) {
  Reading reading;
  reading.error = Finding{.code = code, .what = std::move(what), .at = at};
  return reading;
}

/// One reading of a text, and whether all of it was JSON.
struct Attempt {
  Reading reading = {};
  bool whole = false;
};

Attempt attempt(std::string_view document, Fields fields, const ReadLimits& limits) {
  const char* read = document.data();
  const char* const end = document.data() + document.size();
  Structure structure(fields, document.data(), read, limits);
  const bool whole =
      nlohmann::json::sax_parse(Counted(document.data(), &read), Counted(end, &read), &structure,
                                nlohmann::json::input_format_t::json, false);
  const auto at = static_cast<std::size_t>(read - document.data());
  if (whole) {
    const std::string_view rest =
        ascii::trim_fws(std::string_view(read, static_cast<std::size_t>(end - read)));
    if (!rest.empty()) {
      const bool another = rest.starts_with('{') || rest.starts_with('[');
      fields.note(another ? Level::error : Level::warning, "trailing",
                  another ? "a second JSON text behind the report is left out"
                          : "octets behind the report are left out");
    }
    return {fields.finish_report(false), true};
  }
  if (structure.too_deep) {
    return {
        refused("too_deep",
                "objects and lists stand more than " + std::to_string(limits.depth) + " deep", at),
        true};
  }
  fields.note(Level::error, "cut_short",
              "the JSON cannot be read from octet " + std::to_string(at) +
                  " on; what stands behind is lost");
  Reading reading = fields.finish_report(true);
  if (reading.error && reading.error->code != "bad_date") {
    reading.error =
        Finding{.code = "not_json",
                .what = "the JSON cannot be read from octet " + std::to_string(at) + " on",
                .at = at};
  }
  return {std::move(reading), false};
}

}  // namespace

// RFC 8460 §4.4
Reading read_json(std::string_view document, const ReadLimits& limits) {
  if (document.size() > limits.octets) {
    return refused("too_large",
                   "the TLS report is larger than " + std::to_string(limits.octets) + " octets", 0);
  }
  const std::string decoded = detail::from_utf16(document);
  if (!decoded.empty()) document = decoded;
  if (document.starts_with("\xef\xbb\xbf")) document.remove_prefix(3);
  Fields fields(limits);
  const std::string repaired = detail::from_latin1(document);
  if (!repaired.empty()) {
    fields.note(Level::warning, "not_utf8", "octets that are no UTF-8 are read as ISO 8859-1");
    document = repaired;
  }
  Attempt first = attempt(document, fields, limits);
  if (first.whole) return std::move(first.reading);
  const std::string better = detail::mended(document);
  if (better == document) return std::move(first.reading);
  fields.note(Level::warning, "bad_json",
              "control characters, escapes or commas that JSON forbids are mended");
  Attempt second = attempt(better, fields, limits);
  const bool helps =
      second.whole || second.reading.report.policies.size() > first.reading.report.policies.size();
  return helps ? std::move(second.reading) : std::move(first.reading);
}

}  // namespace assay::tlsrpt
