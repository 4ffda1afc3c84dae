#include "system/json/detail/report_line.h"

namespace assay::json::detail {

void write_place(Writer& out, const ReportPlace& place) {
  out.member("file", place.file);
  out.member("member", place.member);
}

void write_findings(Writer& out, const Findings& findings, const Findings& more) {
  out.key("findings");
  out.begin_array();
  for (const Findings* list : {&findings, &more}) {
    for (const Finding& finding : *list) {
      out.begin_object();
      out.member("code", finding.code);
      out.member("what", finding.what);
      out.member("level", to_text(finding.level));
      out.member_number("at", finding.at);
      out.member_boolean("repaired", finding.level == Level::warning);
      out.end_object();
    }
  }
  out.end_array();
}

}  // namespace assay::json::detail
