#include <algorithm>
#include <limits>
#include <utility>

#include "assay/aggregate/detail/report_reader.h"
#include "assay/base/ascii.h"
#include "assay/base/domain_name.h"
#include "assay/base/ip_address.h"

namespace assay::aggregate::detail {
namespace {

std::string quoted(std::string_view text) {
  return "\"" + ascii::printable(text, 60) + "\"";
}

/// The next element of a list, or the spare one where the list is full.
template <class T>
T* next_of(std::vector<T>& list, T& spare, std::size_t limit) {
  if (list.size() >= limit) {
    spare = {};
    return &spare;
  }
  return &list.emplace_back();
}

/// As many messages as every reader of the JSON and the Store can hold.
constexpr std::uint64_t most_messages = std::numeric_limits<std::int64_t>::max();

/// The domain of "user@example.com", "User <user@example.com>" and "<>", without dots at the end;
/// what is left has nothing to take away any more.
std::string_view domain_part(std::string_view text) {
  text = ascii::trim_fws(text);
  while (text.ends_with('>') || text.ends_with('.')) {
    text.remove_suffix(1);
    text = ascii::trim_fws(text);
  }
  const std::size_t sign = text.find_last_of("<@");
  return sign == std::string_view::npos ? text : ascii::trim_fws(text.substr(sign + 1));
}

/// The address in "[192.0.2.1]", "IPv6:2001:db8::1" or between no-break spaces; the text itself
/// where there is none.
std::string_view bare_address(std::string_view text) {
  constexpr std::string_view no_break_space = "\xc2\xa0";
  std::string_view bare = text;
  while (bare.starts_with(no_break_space)) bare.remove_prefix(no_break_space.size());
  while (bare.ends_with(no_break_space)) bare.remove_suffix(no_break_space.size());
  if (bare.starts_with('[') && bare.ends_with(']')) bare = bare.substr(1, bare.size() - 2);
  if (ascii::istarts_with(bare, "IPv6:")) bare.remove_prefix(5);
  return IpAddress::parse(bare) ? bare : text;
}

}  // namespace

void Fields::note(Level level, std::string_view code, std::string what) {
  notes_.add(level, code, std::move(what), record_number, position_);
}

void Fields::begin(Node node) {
  Row& row = record.row;
  switch (node) {
    case Node::reason:
      reason_ = next_of(row.reasons, spare_reason_, limits_.results);
      if (reason_ == &spare_reason_)
        note(Level::error, "too_many", "too many reasons of one record");
      break;
    case Node::dkim:
      has_results_ = true;
      dkim_ = next_of(row.dkim_results, spare_dkim_, limits_.results);
      if (dkim_ == &spare_dkim_)
        note(Level::error, "too_many", "too many signatures of one record");
      break;
    case Node::spf:
      has_results_ = true;
      spf_ = next_of(row.spf_results, spare_spf_, limits_.results);
      if (spf_ == &spare_spf_) note(Level::error, "too_many", "too many SPF results of one record");
      break;
    case Node::auth_results:
      has_results_ = true;
      break;
    default:
      break;
  }
}

void Fields::bare_text(Node node, std::string_view text) {
  if (node == Node::reason && reason_->type.empty() && reason_->comment.empty()) {
    // Reporters were seen to write <reason>sampled_out</reason>.
    const Word word = read_word(reason_words, text);
    const bool known = word.spelling != Spelling::unknown;
    reason_->type = known ? word.text : "other";
    if (!known) reason_->comment = text;
    note(Level::warning, "bare_text",
         "reason holds text, read as its " + std::string(known ? "type" : "comment"));
    return;
  }
  note(Level::warning, "bare_text",
       "text between the elements of " + path_of(node) + " is left out");
}

void Fields::finish(Node node) {
  Row& row = record.row;
  if (node == Node::reason && reason_->type.empty()) {
    reason_->type = "other";
    note(Level::warning, "missing", "a reason without a type is read as other");
  }
  if (node == Node::dkim && dkim_ != &spare_dkim_) {
    finish_signature();
    dkim_ = &spare_dkim_;
  }
  if (node == Node::spf && spf_ != &spare_spf_) {
    if (*spf_ == SpfResult{}) {
      row.spf_results.pop_back();
      note(Level::warning, "missing", "an empty spf element is left out");
    } else {
      if (spf_->domain.empty()) note(Level::warning, "missing", "spf/domain is missing");
      if (spf_->result.empty()) note(Level::error, "missing", "spf/result is missing");
    }
    spf_ = &spare_spf_;
  }
}

void Fields::finish_signature() {
  if (*dkim_ == DkimResult{}) {
    record.row.dkim_results.pop_back();
    note(Level::warning, "missing", "an empty dkim element is left out");
    return;
  }
  if (dkim_->domain.empty()) note(Level::warning, "missing", "dkim/domain is missing");
  if (dkim_->selector.empty() && new_form_) {
    note(Level::warning, "missing", "dkim/selector is missing");
  }
  if (dkim_->result.empty()) note(Level::error, "missing", "dkim/result is missing");
}

void Fields::put(Node node, std::string& field, std::string_view text) {
  if (field.empty()) {
    field = text;
  } else if (!text.empty() && field != text) {
    note(Level::warning, "repeated", path_of(node) + " is there twice; the first counts");
  }
}

void Fields::put_word(Node node, std::string& field, const Vocabulary& words,
                      std::string_view text) {
  const Word word = read_word(words, text);
  switch (word.spelling) {
    case Spelling::right:
      break;
    case Spelling::other_case:
      note(Level::warning, "case", path_of(node) + " " + quoted(text) + " is read as " + word.text);
      break;
    case Spelling::synonym:
      note(Level::warning, "synonym",
           path_of(node) + " " + quoted(text) + " is read as " + word.text);
      break;
    case Spelling::unknown:
      note(Level::warning, "bad_word",
           path_of(node) + " may not be " + quoted(text) + "; kept as it is");
      break;
  }
  put(node, field, word.text);
}

/// A domain as interfaces have it: A-labels in lower case without a dot at the end. Reporters were
/// seen to write addresses, angle brackets and U-labels. What is no domain stays as it is.
void Fields::put_domain(Node node, std::string& field, std::string_view text) {
  if (is_plain_domain(text)) return put(node, field, text);
  const std::string_view domain = domain_part(text);
  if (text.find_first_of("<>@") != std::string_view::npos) {
    note(Level::warning, "address",
         path_of(node) + " is an address where a domain belongs; its domain counts");
  }
  const auto name = to_a_labels(domain);
  if (!name) return put(node, field, ascii::to_lower(domain));
  if (std::ranges::any_of(domain, ascii::is_octet_above_127)) {
    note(Level::warning, "u_label", path_of(node) + " is not in ASCII; read as its A-labels");
  }
  put(node, field, name->text());
}

void Fields::set(Node node, std::string_view text) {
  if (node >= Node::signing_domain) {
    set_result(node, text);
  } else if (node >= Node::source_ip) {
    set_row(node, text);
  } else if (node >= Node::domain) {
    set_policy(node, text);
  } else {
    set_metadata(node, text);
  }
}

// RFC 9990 §3.1.1.3
void Fields::set_metadata(Node node, std::string_view text) {
  Metadata& metadata = report.metadata;
  switch (node) {
    case Node::version:
      put(node, report.version, text);
      break;
    case Node::org_name:
      put(node, metadata.org_name, text);
      break;
    case Node::email:
      put(node, metadata.email, text);
      break;
    case Node::extra_contact_info:
      put(node, metadata.extra_contact_info, text);
      break;
    case Node::report_id:
      put(node, metadata.report_id, text);
      break;
    case Node::begin:
    case Node::end:
      set_time(node, text);
      break;
    case Node::error:
      if (!text.empty() && metadata.errors.size() < limits_.results) {
        metadata.errors.emplace_back(text);
      }
      break;
    case Node::generator:
      new_words = true;
      put(node, metadata.generator, text);
      break;
    default:
      break;
  }
}

void Fields::set_time(Node node, std::string_view text) {
  bool& has = node == Node::begin ? has_begin : has_end;
  if (text.empty() || has) {
    if (has) note(Level::warning, "repeated", path_of(node) + " is there twice; the first counts");
    return;
  }
  const Time time = read_time(text);
  if (time.writing == Writing::none) {
    if (!bad_date) {
      bad_date = {.code = "bad_date",
                  .what = path_of(node) + " is no time: " + quoted(text),
                  .at = static_cast<std::size_t>(position_)};
    }
    return;
  }
  if (time.writing == Writing::repaired) {
    note(Level::warning, "bad_time", path_of(node) + " is no number of seconds: " + quoted(text));
  }
  has = true;
  (node == Node::begin ? report.metadata.begin : report.metadata.end) = time.at;
}

// RFC 9990 §3.1.1.5
void Fields::set_policy(Node node, std::string_view text) {
  PolicyPublished& policy = report.policy;
  new_words =
      new_words || ((node == Node::np || node == Node::testing || node == Node::discovery_method) &&
                    !text.empty());
  switch (node) {
    case Node::domain:
      put_domain(node, policy.domain, text);
      break;
    case Node::p:
      put_word(node, policy.p, policy_words, text);
      break;
    case Node::sp:
      put_word(node, policy.sp, policy_words, text);
      break;
    case Node::np:
      put_word(node, policy.np, policy_words, text);
      break;
    case Node::adkim:
      put_word(node, policy.adkim, alignment_words, text);
      break;
    case Node::aspf:
      put_word(node, policy.aspf, alignment_words, text);
      break;
    case Node::pct:
      put(node, policy.pct, text);
      break;
    case Node::fo:
      put(node, policy.fo, text);
      break;
    case Node::testing:
      put_word(node, policy.testing, testing_words, text);
      break;
    case Node::discovery_method:
      put_word(node, policy.discovery_method, discovery_words, text);
      break;
    default:
      break;
  }
}

void Fields::set_row(Node node, std::string_view text) {
  Row& row = record.row;
  switch (node) {
    case Node::source_ip:
      set_address(text);
      break;
    case Node::count:
      set_count(text);
      break;
    case Node::disposition:
      put_word(node, row.disposition, disposition_words, text);
      new_words = new_words || row.disposition == "pass";
      break;
    case Node::aligned_dkim:
      put_word(node, row.dkim, aligned_words, text);
      break;
    case Node::aligned_spf:
      put_word(node, row.spf, aligned_words, text);
      break;
    case Node::type:
      set_reason_type(text);
      break;
    case Node::comment:
      put(node, reason_->comment, text);
      break;
    case Node::header_from:
      put_domain(node, row.header_from, text);
      break;
    case Node::envelope_from:
      put_domain(node, row.envelope_from, text);
      break;
    case Node::envelope_to:
      put_domain(node, row.envelope_to, text);
      break;
    default:
      break;
  }
}

// RFC 9990 §3.1.6
void Fields::set_reason_type(std::string_view text) {
  put_word(Node::type, reason_->type, reason_words, text);
  new_words = new_words || reason_->type == "policy_test_mode";
  const bool old = reason_->type == "forwarded" || reason_->type == "sampled_out";
  if (old && new_form_) note(Level::info, "old_word", "reason/type is one of RFC 7489");
}

// RFC 9990 §3.1.1.8
void Fields::set_count(std::string_view text) {
  if (has_count_) {
    note(Level::error, "repeated",
         "row/count is there twice, as where two rows are in one record; the first counts");
    return;
  }
  const Number number = read_number(text);
  has_count_ = !text.empty();
  bad_count_ = has_count_ && (number.writing == Writing::none || number.value > most_messages);
  if (bad_count_) {
    note(Level::error, "bad_number",
         "row/count is no number of messages: " + quoted(text) + "; the record is left out");
  } else if (number.writing == Writing::repaired) {
    note(Level::warning, "bad_number", "row/count is written as " + quoted(text));
  } else if (has_count_ && number.value == 0) {
    note(Level::warning, "bad_number", "row/count is 0");
  }
  record.count = number.value;
}

void Fields::set_address(std::string_view text) {
  const auto address = IpAddress::parse(text);
  const std::string_view bare = address ? text : bare_address(text);
  put(Node::source_ip, record.row.source_ip, bare);
  if (bare.size() < text.size()) {
    note(Level::warning, "bad_address", "source_ip is written as " + quoted(text));
  } else if (!address && !text.empty()) {
    note(Level::warning, "bad_address", "source_ip is no IP address; kept as text");
  } else if (address && address->is_v4() && text.find(':') != std::string_view::npos) {
    note(Level::info, "bad_address", "source_ip is an IPv4 address written as IPv6");
  }
}

void Fields::set_result(Node node, std::string_view text) {
  switch (node) {
    case Node::signing_domain:
      put_domain(node, dkim_->domain, text);
      break;
    case Node::selector:
      put(node, dkim_->selector, text);
      break;
    case Node::dkim_result:
      put_word(node, dkim_->result, dkim_result_words, text);
      break;
    case Node::dkim_human_result:
      put(node, dkim_->human_result, text);
      break;
    case Node::spf_domain:
      put_domain(node, spf_->domain, text);
      break;
    case Node::scope:
      put_word(node, spf_->scope, scope_words, text);
      break;
    case Node::spf_result:
      put_word(node, spf_->result, spf_result_words, text);
      break;
    case Node::spf_human_result:
      put(node, spf_->human_result, text);
      break;
    default:
      break;
  }
}

bool Fields::complete_record() {
  if (bad_count_) return false;
  std::erase(record.row.reasons, Reason{});  // of an element around others
  if (!has_count_ && record == Record{}) {
    note(Level::warning, "missing", "a record that holds nothing is left out");
    return false;
  }
  const Row& row = record.row;
  const auto require = [&](std::string_view text, Level level, Node node) {
    if (text.empty()) note(level, "missing", path_of(node) + " is missing");
  };
  require(row.source_ip, Level::error, Node::source_ip);
  require(row.disposition, Level::error, Node::disposition);
  require(row.dkim, Level::error, Node::aligned_dkim);
  require(row.spf, Level::error, Node::aligned_spf);
  require(row.header_from, Level::error, Node::header_from);
  if (!has_count_) note(Level::error, "missing", "row/count is missing; no message is counted");
  if (!has_results_) note(Level::error, "missing", "record/auth_results is missing");
  return true;
}

void Fields::reset_record() {
  record = {};
  has_count_ = bad_count_ = has_results_ = false;
  reason_ = &spare_reason_;
  dkim_ = &spare_dkim_;
  spf_ = &spare_spf_;
}

}  // namespace assay::aggregate::detail
