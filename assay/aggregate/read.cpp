#include "assay/aggregate/read.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "assay/aggregate/detail/report_reader.h"
#include "assay/aggregate/write.h"
#include "assay/base/ascii.h"

namespace assay::aggregate {
namespace detail {
namespace {

constexpr std::string_view rfc7489_namespace = "http://dmarc.org/dmarc-xml/0.1";

std::string quoted(std::string_view text) {
  return "\"" + ascii::printable(text, 60) + "\"";
}

/// Without "/name>": what is left of an element's end tag whose "<" was lost.
std::string_view without_lost_tag(Node node, std::string_view text) {
  if (!text.ends_with('>')) return text;
  const std::string path = path_of(node);
  const std::string tag = "/" + path.substr(path.rfind('/') + 1) + ">";
  while (text.ends_with(tag)) text.remove_suffix(tag.size());
  return text;
}

}  // namespace

/// Records where they belong, as long as they are plain.
void ReportReader::read_plain_records() {
  constexpr std::size_t levels = 5;  // record, row, policy_evaluated, reason, type
  const Frame& frame = frames_.back();
  if (frame.node != Node::feedback || in_record_ || !text_.empty() ||
      frame.depth != xml_.open_elements()) {
    return;
  }
  while (true) {
    const std::string_view ahead = xml_.ahead(levels);
    if (ahead.empty()) return;
    const auto outcome = plain_.read(ahead, fields_.expects_new_form(), fields_.record);
    if (outcome == PlainRecords::Outcome::cut && xml_.more_ahead()) continue;
    if (outcome != PlainRecords::Outcome::read) {
      fields_.reset_record();
      return;
    }
    xml_.skip(plain_.octets(), plain_.elements());
    ++fields_.record_number;
    fields_.new_words = fields_.new_words || plain_.has_new_words();
    fields_.at(xml_.position());
    accept_record();
  }
}

/// Elements that hold text alone, as long as they are plain: what their text means is for Fields.
void ReportReader::read_plain_leaves() {
  const Frame& frame = frames_.back();
  if (!holds_elements(frame.node) || frame.done || !text_.empty() ||
      frame.depth != xml_.open_elements()) {
    return;
  }
  while (true) {
    const PlainLeaf leaf = read_plain_leaf(xml_.ahead(1), frame.node, limits_.text);
    if (leaf.octets == 0) return;
    fields_.at(xml_.position() + leaf.octets);
    fields_.set(leaf.node, leaf.text);
    xml_.skip(leaf.octets, 1);
  }
}

Reading ReportReader::run() {
  while (true) {
    if (pace_ == Pace::fast) {
      read_plain_records();
      read_plain_leaves();
    }
    const xml::Event event = xml_.next();
    if (event == xml::Event::done) break;
    fields_.at(xml_.position());
    switch (event) {
      case xml::Event::start:
        start();
        break;
      case xml::Event::text:
        add_text(xml_.text());
        break;
      case xml::Event::end:
        end();
        break;
      case xml::Event::done:
        break;
    }
  }
  return finish();
}

void ReportReader::add_text(std::string_view text) {
  if (frames_.back().node == Node::ignored) return;
  std::size_t room = limits_.text - std::min(limits_.text, text_.size());
  if (text.size() > room) {
    fields_.note(
        Level::error, "too_long",
        "a text is longer than " + std::to_string(limits_.text) + " octets; the rest is left out");
    while (room > 0 && (static_cast<unsigned char>(text[room]) & 0xc0U) == 0x80U) --room;
  }
  text_ += text.substr(0, room);
}

/// An element of an extension: it has a prefix, and not that of the report (RFC 9990 §5).
bool ReportReader::is_foreign() const {
  return seen_feedback_ && !xml_.prefix().empty() && xml_.prefix() != root_prefix_ &&
         std::ranges::find(prefixes_, xml_.prefix()) == prefixes_.end();
}

/// What an element of this name is here. One that does not belong where it stands is looked for in
/// the elements around, which may not have been closed.
Match ReportReader::find(std::string_view name) {
  const Node here = frames_.back().node;
  Match match = exact_child(here, name);
  if (match.fit != Fit::none) return match;
  for (const Node node : implied(here)) {
    match = exact_child(node, name);
    if (match.fit == Fit::none) continue;
    fields_.note(Level::warning, "misplaced", path_of(match.node) + " stands outside its element");
    return match;
  }
  for (std::size_t i = frames_.size() - 1; i > 0; --i) {
    match = exact_child(frames_[i - 1].node, name);
    if (match.fit == Fit::none || match.node == Node::feedback) continue;
    fields_.note(Level::warning, "misplaced",
                 path_of(match.node) + " stands in an element that is not closed");
    return match;
  }
  match = similar_child(here, name);
  if (match.fit == Fit::none) {
    for (const Node node : implied(here)) {
      if (match.fit == Fit::none) match = similar_child(node, name);
    }
  }
  if (match.fit == Fit::none) return match;
  fields_.note(Level::warning, match.fit == Fit::letters ? "case" : "misspelled",
               "the element " + quoted(name) + " is read as " + path_of(match.node));
  return match;
}

void ReportReader::start() {
  if (root_.empty()) root_ = xml_.name();
  if (frames_.back().node == Node::ignored) return;
  Frame& frame = frames_.back();
  if (!holds_elements(frame.node)) {
    close_leaf(frame);
    // What surrounds the text is where the element may belong.
    frame.node = frames_.size() > 1 ? frames_[frames_.size() - 2].node : Node::document;
  } else if (!ascii::trim_fws(text_).empty() && frame.node != Node::document) {
    fields_.bare_text(frame.node, ascii::trim_fws(text_));
  }
  text_.clear();
  if (is_foreign()) {
    open(Node::ignored);
    return;
  }
  const Match match = find(xml_.name());
  if (match.fit == Fit::none) {
    if (frame.node == Node::document) return;  // something around the report
    fields_.note(Level::info, "unknown_element",
                 "the element " + quoted(xml_.name()) + " is not known here and left out");
  }
  open(match.node);
}

void ReportReader::open(Node node) {
  if (node == Node::feedback && seen_feedback_) {
    fields_.note(Level::error, "repeated", "a second report in the document is left out");
    node = Node::ignored;
  }
  if (node == Node::feedback) open_feedback();
  if (node == Node::record) open_record();
  if (holds_elements(node)) fields_.begin(node);
  frames_.push_back({.node = node, .depth = xml_.depth()});
}

void ReportReader::open_feedback() {
  seen_feedback_ = true;
  root_prefix_ = xml_.prefix();
  for (const xml::Attribute& attribute : xml_.attributes()) bind(attribute);
  if (namespace_.empty() && !prefixes_.empty()) namespace_ = bound_;
  if (namespace_ == rfc9990_namespace) fields_.expect_new_form();
}

/// The namespace of the root, and prefixes that stand for one of a report all the same.
void ReportReader::bind(const xml::Attribute& attribute) {
  constexpr std::string_view mark = "xmlns:";
  const std::string_view value = ascii::trim_fws(attribute.value);
  const bool prefixed = attribute.name.starts_with(mark);
  if (attribute.name != "xmlns" && !prefixed) return;
  const std::string_view prefix = prefixed ? attribute.name.substr(mark.size()) : "";
  if (prefix == root_prefix_) {
    namespace_ = value;
  } else if (value == rfc9990_namespace || value == rfc7489_namespace) {
    prefixes_.emplace_back(prefix);
    bound_ = value;
  }
}

void ReportReader::open_record() {
  if (in_record_) finish_record();
  fields_.reset_record();
  ++fields_.record_number;
  in_record_ = true;
}

void ReportReader::close_leaf(Frame& frame) {
  if (frame.done || frame.node == Node::ignored) return;
  frame.done = true;
  if (xml_.cut_short()) return;  // its text may be a part of what it was
  const std::string_view text =
      ascii::trim_fws(without_lost_tag(frame.node, ascii::trim_fws(text_)));
  fields_.set(frame.node, text);
}

void ReportReader::end() {
  Frame& frame = frames_.back();
  if (frames_.size() == 1 || frame.depth != xml_.depth()) return;
  if (frame.done) {
    // Its text has been used when another element began in it.
  } else if (!holds_elements(frame.node)) {
    close_leaf(frame);
  } else {
    if (const auto text = ascii::trim_fws(text_); !text.empty())
      fields_.bare_text(frame.node, text);
    fields_.finish(frame.node);
    if (frame.node == Node::record && in_record_) finish_record();
  }
  text_.clear();
  frames_.pop_back();
}

void ReportReader::finish_record() {
  in_record_ = false;
  if (xml_.cut_short()) {
    fields_.note(Level::error, "cut_short", "the last record is not complete and left out");
    return;
  }
  if (fields_.complete_record()) accept_record();
  fields_.reset_record();  // what still comes in elements around it is of no record
}

void ReportReader::accept_record() {
  if (reading_.records >= limits_.records) {
    fields_.note(
        Level::error, "too_many",
        "more than " + std::to_string(limits_.records) + " records; the others are left out");
    return;
  }
  const std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  reading_.messages += std::min(fields_.record.count, most - reading_.messages);
  ++reading_.records;
  if (take_ != nullptr) {
    (*take_)(fields_.record);
  } else if (fields_.report.records.size() < limits_.held) {
    fields_.report.records.push_back(std::move(fields_.record));
    fields_.record = {};
  } else {
    fields_.note(Level::error, "too_many",
                 "more than " + std::to_string(limits_.held) +
                     " records, which is what is held of a report; the others are left out");
  }
}

void ReportReader::settle_schema() {
  Report& report = fields_.report;
  const bool old = namespace_ == rfc7489_namespace || !report.policy.pct.empty();
  const bool is_new = namespace_ == rfc9990_namespace || (!old && fields_.new_words);
  report.schema = is_new ? Schema::rfc9990 : Schema::rfc7489;
  if (!namespace_.empty() && namespace_ != rfc9990_namespace && namespace_ != rfc7489_namespace) {
    fields_.note(Level::warning, "namespace",
                 "the namespace " + quoted(namespace_) + " is not known");
  } else if (is_new && namespace_.empty()) {
    fields_.note(Level::warning, "namespace", "elements of RFC 9990 without its namespace");
  }
  if (!report.version.empty() && report.version != "1.0") {
    fields_.note(Level::info, "version", "the version is " + quoted(report.version));
  }
}

// RFC 9990 §3.1.1.4
void ReportReader::settle_period() {
  Metadata& metadata = fields_.report.metadata;
  if (fields_.bad_date) return;  // which says all
  if (!fields_.has_begin || !fields_.has_end) {
    fields_.note(Level::error, "missing", "date_range is missing or not complete");
    if (fields_.has_begin) metadata.end = metadata.begin;
    if (fields_.has_end) metadata.begin = metadata.end;
    return;
  }
  constexpr Instant oldest{std::chrono::seconds{1'262'304'000}};  // the year 2010
  constexpr std::chrono::days longest{31};
  constexpr std::chrono::hours longest_day{25};  // where clocks are put back
  if (metadata.end < metadata.begin) {
    fields_.note(Level::error, "bad_period", "date_range ends before it begins");
  } else if (metadata.begin < oldest) {
    fields_.note(Level::error, "bad_period", "date_range begins before there was DMARC");
  } else if (metadata.end - metadata.begin > longest) {
    fields_.note(Level::warning, "bad_period", "date_range is longer than 31 days");
  } else if (metadata.end - metadata.begin > longest_day) {
    fields_.note(Level::info, "long_period", "date_range is longer than a day");
  }
}

// RFC 9990 §3.1.1: what does not match the format should be discarded; what is left may be used.
std::optional<Finding> ReportReader::refusal() const {
  const auto because = [&](std::string_view code, std::string what) {
    return Finding{
        .code = code, .what = std::move(what), .at = static_cast<std::size_t>(xml_.position())};
  };
  if (!xml_.error().empty() && reading_.records == 0) return xml_.error().front();
  if (root_.empty()) return because("not_xml", "this is not XML");
  if (!seen_feedback_) {
    return because("not_a_report",
                   "this is no aggregate report: the XML begins with " + quoted(root_));
  }
  if (fields_.bad_date) return fields_.bad_date;
  const bool headless = fields_.report.policy.domain.empty() || !fields_.has_begin;
  if (reading_.records == 0 && headless) {
    return because("nothing_in_it", "the report has no record, and no domain or no period either");
  }
  return std::nullopt;
}

Reading ReportReader::finish() {
  if (in_record_) finish_record();
  fields_.record_number = 0;
  if (seen_feedback_) {
    const Report& report = fields_.report;
    settle_schema();
    settle_period();
    const std::pair<std::string_view, Node> required[] = {
        {report.metadata.org_name, Node::org_name},
        {report.metadata.email, Node::email},
        {report.metadata.report_id, Node::report_id},
        {report.policy.domain, Node::domain},
        {report.policy.p, Node::p}};
    for (const auto& [text, node] : required) {
      if (text.empty()) fields_.note(Level::error, "missing", path_of(node) + " is missing");
    }
    if (reading_.records == 0) fields_.note(Level::error, "no_record", "the report has no record");
  }
  reading_.error = refusal();
  reading_.findings = notes_.take();
  for (Finding& finding : xml_.findings()) add_bounded(reading_.findings, std::move(finding));
  for (const Finding& finding : xml_.error()) {
    if (reading_.error != finding) add_bounded(reading_.findings, finding);
  }
  reading_.report = std::move(fields_.report);
  return std::move(reading_);
}

}  // namespace detail

Reading read_xml(xml::Reader& xml, const ReadLimits& limits) {
  return detail::ReportReader(xml, nullptr, limits).run();
}

Reading read_xml(std::string_view document, const ReadLimits& limits) {
  xml::Reader xml(document, limits.xml);
  return read_xml(xml, limits);
}

Reading read_xml(xml::Reader& xml, const TakeRecord& take, const ReadLimits& limits) {
  return detail::ReportReader(xml, &take, limits).run();
}

}  // namespace assay::aggregate
