#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assay/aggregate/detail/elements.h"
#include "assay/aggregate/detail/notes.h"
#include "assay/aggregate/detail/plain_record.h"
#include "assay/aggregate/detail/words.h"
#include "assay/aggregate/read.h"

namespace assay::aggregate::detail {

/// The fields of one report while it is read: what each element's text means.
class Fields {
 public:
  Fields(Notes& notes, const ReadLimits& limits) : notes_(notes), limits_(limits) {
    report.version.clear();
  }

  /// A container begins.
  void begin(Node node);
  /// A container ends that held text instead of elements.
  void bare_text(Node node, std::string_view text);
  /// A container ends.
  void finish(Node node);
  /// The text of an element that holds text.
  void set(Node node, std::string_view text);

  void note(Level level, std::string_view code, std::string what);
  /// Octets read so far, for findings.
  void at(std::uint64_t position) { position_ = position; }
  void expect_new_form() { new_form_ = true; }
  bool expects_new_form() const { return new_form_; }

  /// The record has all its elements: says what is missing. False where it must be left out.
  bool complete_record();
  void reset_record();
  std::uint64_t record_number = 0;

  Report report = {};
  Record record = {};
  bool has_begin = false;
  bool has_end = false;
  std::optional<Finding> bad_date = {};
  bool new_words = false;  ///< elements or words that RFC 9990 alone has

 private:
  void set_metadata(Node node, std::string_view text);
  void set_policy(Node node, std::string_view text);
  void set_row(Node node, std::string_view text);
  void set_result(Node node, std::string_view text);
  void set_time(Node node, std::string_view text);
  void set_count(std::string_view text);
  void set_address(std::string_view text);
  void set_reason_type(std::string_view text);
  void finish_signature();
  void put(Node node, std::string& field, std::string_view text);
  void put_word(Node node, std::string& field, const Vocabulary& words, std::string_view text);
  void put_domain(Node node, std::string& field, std::string_view text);

  Notes& notes_;
  ReadLimits limits_;
  std::uint64_t position_ = 0;
  bool new_form_ = false;
  bool has_count_ = false;
  bool bad_count_ = false;
  bool has_results_ = false;
  // Of elements above the limits: written to and never looked at.
  Reason spare_reason_ = {};
  DkimResult spare_dkim_ = {};
  SpfResult spare_spf_ = {};
  Reason* reason_ = &spare_reason_;
  DkimResult* dkim_ = &spare_dkim_;
  SpfResult* spf_ = &spare_spf_;
};

/// Whether plain records are read by PlainRecords, or all by the careful reader; what comes out is
/// the same.
enum class Pace : std::uint8_t { fast, careful };

/// The structure of one report: from the events of the XML reader to fields.
class ReportReader {
 public:
  ReportReader(xml::Reader& xml, const TakeRecord* take, const ReadLimits& limits,
               Pace pace = Pace::fast)
      : xml_(xml),
        take_(take),
        limits_(limits),
        pace_(pace),
        fields_(notes_, limits),
        plain_(limits) {}

  Reading run();

 private:
  struct Frame {
    Node node = Node::document;
    std::size_t depth = 0;  ///< of the XML reader
    bool done = false;      ///< its text has been used
  };

  void read_plain_records();
  void read_plain_leaves();
  void accept_record();
  void start();
  void end();
  void add_text(std::string_view text);
  void open(Node node);
  void open_feedback();
  void bind(const xml::Attribute& attribute);
  void open_record();
  void close_leaf(Frame& frame);
  void finish_record();
  Match find(std::string_view name);
  bool is_foreign() const;
  std::optional<Finding> refusal() const;
  void settle_schema();
  void settle_period();
  Reading finish();

  xml::Reader& xml_;
  const TakeRecord* take_;
  ReadLimits limits_;
  Pace pace_;
  Notes notes_ = {};
  Fields fields_;
  PlainRecords plain_;
  Reading reading_ = {};
  std::vector<Frame> frames_ = {Frame{}};
  std::string text_ = {};
  std::string root_ = {};                   ///< the name of the first element
  std::string root_prefix_ = {};            ///< of feedback
  std::vector<std::string> prefixes_ = {};  ///< others that the root binds to a report's namespace
  std::string bound_ = {};                  ///< the namespace of the last of them
  std::string namespace_ = {};
  bool seen_feedback_ = false;
  bool in_record_ = false;
};

}  // namespace assay::aggregate::detail
