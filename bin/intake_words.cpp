#include "bin/intake_words.h"

#include <fmt/format.h>

#include <algorithm>

#include "assay/base/ascii.h"
#include "assay/base/time.h"
#include "system/json/writer.h"

namespace assay::cli {
namespace {

std::string where(const IntakeLine& line) {
  std::string text = line.file == "-" ? "standard input" : ascii::printable(line.file, 500);
  if (!line.member.empty()) text += " (" + ascii::printable(line.member, 500) + ")";
  return text;
}

void write_head(json::Writer& out, const IntakeLine& line) {
  const store::ReportHead& head = line.head;
  out.member("kind", to_text(head.kind));
  out.member("policy_domain", head.policy_domain);
  out.member("reporter", head.reporter);
  out.member("org_name", head.org_name);
  out.member("report_id", head.report_id);
  out.member("begin", to_rfc3339(head.begin));
  out.member("end", to_rfc3339(head.end));
  out.member_number("records", line.records);
  out.member_number("messages", line.messages);
  out.member("trust", to_text(line.authenticity.trust));
  out.member("trust_reason", line.authenticity.reason);
}

}  // namespace

IntakeLine placed_line(const std::string& file, const store::Arrival& arrival,
                       const store::Placed& placed) {
  IntakeLine line{.file = file,
                  .member = arrival.raw.member,
                  .outcome = "added",
                  .code = placed.reason,
                  .id = placed.id,
                  .of = placed.of,
                  .head = arrival.head,
                  .authenticity = arrival.authenticity,
                  .records = arrival.records.records(),
                  .messages = arrival.failure ? arrival.failure->incidents
                                              : arrival.records.messages(),
                  .remarks = arrival.remarks};
  line.remarks.insert(line.remarks.end(), placed.remarks.begin(), placed.remarks.end());
  if (placed.verdict == store::Verdict::duplicate) {
    line.outcome = "duplicate";
    line.code.clear();
  } else if (placed.sampled_out) {
    line.outcome = "sampled_out";
  } else if (placed.standing == store::Standing::set_aside) {
    line.outcome = "set_aside";
  }
  const auto why = std::ranges::find(line.remarks, line.code, &store::Remark::code);
  if (why != line.remarks.end()) line.why = why->what;
  return line;
}

IntakeLine refused_line(const std::string& file, const intake::Refused& refused) {
  return {.file = file,
          .member = refused.member,
          .outcome = "refused",
          .code = refused.code,
          .why = refused.what};
}

void IntakeTally::count(const IntakeLine& line) {
  if (line.outcome == "added") {
    ++added;
    records += line.records;
    messages += line.messages;
  } else if (line.outcome == "set_aside") {
    ++set_aside;
  } else if (line.outcome == "duplicate") {
    ++duplicate;
  } else if (line.outcome == "sampled_out") {
    ++sampled_out;
  } else if (line.code != "no_input") {
    ++refused;
  }
}

std::string as_json(const IntakeLine& line) {
  json::Writer out;
  out.begin_object();
  out.member("file", line.file);
  out.member("member", line.member);
  out.member("outcome", line.outcome);
  out.member("reason", line.code);
  out.member("why", line.why);
  if (line.id != 0) out.member_number("id", static_cast<std::uint64_t>(line.id));
  if (line.of != 0) out.member_number("of", static_cast<std::uint64_t>(line.of));
  if (line.outcome != "refused") {
    write_head(out, line);
    out.key("findings");
    out.begin_array();
    for (const store::Remark& each : line.remarks) {
      out.begin_object();
      out.member("code", each.code);
      out.member("level", to_text(each.level));
      out.member("what", each.what);
      out.end_object();
    }
    out.end_array();
  }
  out.end_object();
  return out.take() + "\n";
}

std::string in_words(const IntakeLine& line) {
  if (line.outcome == "refused") {
    return fmt::format("{:<12} {}: {}\n", line.outcome, where(line),
                       ascii::printable(line.why, 500));
  }
  std::string text = fmt::format(
      "{:<12} {} of {}: {} {} to {}, {} messages", line.outcome,
      ascii::printable(line.head.policy_domain), ascii::printable(line.head.reporter),
      to_text(line.head.kind), to_rfc3339(line.head.begin), to_rfc3339(line.head.end),
      line.messages);
  if (line.id != 0) text += fmt::format(", report {}", line.id);
  text += " - " + where(line);
  if (!line.why.empty()) text += ": " + ascii::printable(line.why, 500);
  return text + "\n";
}

std::string as_json(const IntakeTally& tally) {
  json::Writer out;
  out.begin_object();
  out.key("total");
  out.begin_object();
  out.member_number("files", tally.files);
  out.member_number("added", tally.added);
  out.member_number("set_aside", tally.set_aside);
  out.member_number("duplicate", tally.duplicate);
  out.member_number("sampled_out", tally.sampled_out);
  out.member_number("refused", tally.refused);
  out.member_number("missing", tally.missing);
  out.member_number("records", tally.records);
  out.member_number("messages", tally.messages);
  out.end_object();
  out.end_object();
  return out.take() + "\n";
}

std::string in_words(const IntakeTally& tally) {
  std::string text = fmt::format(
      "{} files: {} added ({} records, {} messages), {} set aside, {} duplicate, {} refused",
      tally.files, tally.added, tally.records, tally.messages, tally.set_aside, tally.duplicate,
      tally.refused);
  if (tally.sampled_out > 0) text += fmt::format(", {} counted alone", tally.sampled_out);
  if (tally.missing > 0) text += fmt::format(", {} files missing", tally.missing);
  return text + "\n";
}

}  // namespace assay::cli
