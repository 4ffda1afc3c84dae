/// Answers, reports, marks.
#include <algorithm>
#include <limits>

#include "assay/base/ascii.h"
#include "assay/base/domain_name.h"
#include "assay/base/try.h"
#include "system/analysis/ask_words.h"
#include "system/webapi/detail/call.h"
#include "system/webapi/report_text.h"

namespace assay::webapi {
namespace {

constexpr std::size_t reports_of_page = 100;
constexpr std::size_t most_reports = 500;
constexpr std::int64_t most_names = 20;
constexpr std::string_view csv_end = ".csv";
constexpr std::size_t most_of_overview = 50;

Expected<analysis::Ask> ask_of(const Call& call, std::string question, std::string domain) {
  const bool testing = call.query("test_mode") == "1" || call.query("test_mode") == "true";
  ASSAY_TRY(ask, analysis::read_ask({.question = std::move(question),
                                     .domain = std::move(domain),
                                     .from = call.query("from"),
                                     .to = call.query("to"),
                                     .against = call.query("against"),
                                     .policy = call.query("policy"),
                                     .adkim = call.query("adkim"),
                                     .aspf = call.query("aspf"),
                                     .test_mode = testing,
                                     .source = call.query("source")},
                                    ""));
  if (const std::string& names = call.query("reverse"); !names.empty() && names != "0") {
    const auto number = id_of(names);
    if (!number || *number > most_names) {
      return std::unexpected(
          Finding{.code = "bad_request", .what = "reverse is a number up to 20", .at = 0});
    }
    ask.names = static_cast<std::size_t>(*number);
  }
  ask.now = call.request.now;
  return ask;
}

Response csv_response(const Call& call, const analysis::Document& document) {
  auto csv = to_csv(document, call.query("table"));
  if (!csv) return error_response(404, "not_found", "there is no such table");
  const std::string name =
      document.question + (document.domain.empty() ? "" : "-" + document.domain) + ".csv";
  return {.type = "text/csv; charset=utf-8",
          .body = std::move(*csv),
          .fields = {{"Content-Disposition", "attachment; filename=\"" + name + "\""}}};
}

std::string safe_file_name(std::string_view name) {
  name = name.substr(name.find_last_of("/\\") + 1);
  std::string safe;
  for (const char octet : name.substr(0, 200)) {
    const bool plain = ascii::is_alpha(octet) || ascii::is_digit(octet) ||
                       std::string_view("._-!@+").find(octet) != std::string_view::npos;
    safe += plain ? octet : '_';
  }
  return safe.empty() || safe.starts_with('.') ? "report" + safe : safe;
}

/// What a query says of kind and standing; nothing for words that are none.
std::optional<store::ReportFilter> filter_of(const Call& call) {
  store::ReportFilter filter{.kind = store::parse_report_kind(call.query("kind")),
                             .standing = store::parse_standing(call.query("standing")),
                             .reporter = ascii::to_lower(call.query("reporter")),
                             .before = std::numeric_limits<std::int64_t>::max()};
  if (!call.query("kind").empty() && !filter.kind) return std::nullopt;
  if (!call.query("standing").empty() && !filter.standing) return std::nullopt;
  if (const std::string& domain = call.query("domain"); !domain.empty()) {
    const auto name = to_a_labels(domain);
    if (!name) return std::nullopt;
    filter.policy_domain = name->text();
  }
  if (const std::string& before = call.query("before"); !before.empty()) {
    const auto id = id_of(before);
    if (!id) return std::nullopt;
    filter.before = *id;
  }
  const auto limit = limit_of(call, reports_of_page, most_reports);
  if (!limit) return std::nullopt;
  filter.limit = *limit;
  return filter;
}

Response lines_response(std::string_view name, const std::vector<std::string>& lines) {
  std::string text = "{\"" + std::string(name) + "\":[";
  for (const std::string& each : lines) {
    if (text.back() != '[') text += ',';
    text += ascii::trim_fws(each);
  }
  return json_response(200, text + "]}");
}

/// The mark that a body says, of a domain that the actor sees.
Expected<analysis::Mark> mark_of(const Call& call, Members& members) {
  analysis::Mark mark{.at = call.request.now,
                      .who = call.actor().user,
                      .service = members.text("service"),
                      .note = members.text("note")};
  const auto name = to_a_labels(members.text("domain"));
  const std::string word = members.text("mark"), pile = members.text("pile");
  if (!name || name->text().empty()) members.complain("domain is a policy domain");
  if (!pile.empty()) {
    mark.pile = analysis::parse_pile(pile);
    if (!mark.pile) members.complain("pile is non_sending, transactional, users or mixed");
    if (!mark.service.empty() || !word.empty()) members.complain("pile stands without service");
  } else {
    mark.marked = analysis::parse_marked(word);
    if (!mark.marked) members.complain("mark is own, approved, forwarder, blocked or unknown");
    if (mark.service.empty()) members.complain("say the service that is marked");
  }
  constexpr std::size_t longest = 1000;
  if (mark.service.size() > longest || mark.note.size() > longest) {
    members.complain("service and note have 1,000 octets at most");
  }
  if (!members.trouble().empty()) {
    return std::unexpected(Finding{.code = "bad_request", .what = members.trouble(), .at = 0});
  }
  mark.domain = name->text();
  if (call.actor().scope.sees(mark.domain)) return mark;
  return std::unexpected(Finding{.code = "not_found", .what = "there is no such domain", .at = 0});
}

}  // namespace

Response get_show(Call& call) {
  std::string question = call.parameter(0);
  const bool csv = question.ends_with(csv_end);
  if (csv) question.resize(question.size() - csv_end.size());
  auto ask = ask_of(call, std::move(question), call.query("domain"));
  if (!ask) return error_response(ask.error());
  const accounts::Scope& scope = call.actor().scope;
  // Journals and watched records know no tenants: a domain that is seen, or all of them.
  const bool permitted = ask->domain.empty() ? scope.sees_all() : scope.sees(ask->domain);
  const bool beside_reports =
      ask->question == analysis::Question::received || ask->question == analysis::Question::changes;
  if (beside_reports && !permitted) {
    return error_response(403, "not_permitted",
                          "journals and watched records are told of domains that you see");
  }
  // Not as one without reports: what its owner says of it (assay mark) is nobody else's.
  if (!ask->domain.empty() && !permitted) {
    return error_response(404, "not_found", "there is no such domain");
  }
  auto reports = call.reports();
  if (!reports) return error_response(reports.error());
  auto document = call.parts.world.answer(*ask, **reports);
  if (!document) return error_response(document.error());
  return csv ? csv_response(call, *document) : json_response(200, to_json(*document));
}

/// What a row of the table of all domains needs beside it, of many rows at once.
Response get_overview(Call& call) {
  auto reports = call.reports();
  if (!reports) return error_response(reports.error());
  std::vector<std::string> names;
  for (const std::string_view each : ascii::split(call.query("domains"), ',')) {
    // Reports may speak of what is no domain; nothing is known of it.
    const auto name = to_a_labels(each);
    if (!name || name->text().empty() || !call.actor().scope.sees(name->text())) continue;
    names.push_back(name->text());
  }
  if (names.size() > most_of_overview) return bad_request("domains are 50 at most");
  json::Writer out;
  out.begin_object();
  out.key("domains");
  out.begin_array();
  for (const std::string& name : names) {
    out.begin_object();
    out.member("domain", name);
    for (const std::string_view question : {"split", "route"}) {
      auto ask = ask_of(call, std::string(question), name);
      if (!ask) return error_response(ask.error());
      auto document = call.parts.world.answer(*ask, **reports);
      if (!document) return error_response(document.error());
      out.key(question);
      out.raw(to_json(*document));
    }
    out.end_object();
  }
  out.end_array();
  out.end_object();
  return json_response(200, out.take());
}

Response get_domains(Call& call) {
  auto reports = call.reports();
  if (!reports) return error_response(reports.error());
  auto domains = (*reports)->policy_domains();
  if (!domains) return error_response(domains.error());
  json::Writer out;
  out.begin_object();
  out.member_always("domains", *domains);
  out.end_object();
  return json_response(200, out.take());
}

Response get_reports(Call& call) {
  const auto filter = filter_of(call);
  if (!filter) {
    return bad_request(
        "domain is a domain; kind aggregate, failure or tls; standing counted or set_aside; before "
        "and limit numbers, limit up to 500");
  }
  auto reports = call.reports();
  if (!reports) return error_response(reports.error());
  auto found = (*reports)->reports(*filter);
  if (!found) return error_response(found.error());
  std::vector<std::string> lines;
  for (const store::ReceivedReport& each : *found) lines.push_back(report_line(each));
  Response response = lines_response("reports", lines);
  const bool more = found->size() == filter->limit;
  response.body.back() = ',';
  response.body += "\"next\":" + (more ? std::to_string(found->back().id) : "null") + "}";
  return response;
}

Response get_report(Call& call) {
  const auto id = id_of(call.parameter(0));
  if (!id) return error_response(404, "not_found", "there is no such report");
  auto reports = call.reports();
  if (!reports) return error_response(reports.error());
  auto one = (*reports)->report(*id);
  if (!one) return error_response(one.error());
  auto content = report_content(**reports, *one);
  if (!content) return error_response(content.error());
  return json_response(200, report_line(*one, *content));
}

Response get_raw(Call& call) {
  const auto id = id_of(call.parameter(0));
  if (!id) return error_response(404, "not_found", "there is no such report");
  auto reports = call.reports();
  if (!reports) return error_response(reports.error());
  auto raw = (*reports)->raw(*id);
  if (!raw) return error_response(raw.error());
  if (raw->octets.empty()) {
    return error_response(404, "not_found", "what it came in is no longer kept");
  }
  const accounts::Scope& scope = call.actor().scope;
  if (!scope.sees_all() && !call.parts.world.holds_only(*raw, scope)) {
    return error_response(403, "not_permitted",
                          "the file that it came in also holds reports on other domains");
  }
  // Never shown, only saved: it is whatever a stranger sent.
  return {.type = "application/octet-stream",
          .body = std::move(raw->octets),
          .fields = {{"Content-Disposition",
                      "attachment; filename=\"" + safe_file_name(raw->name) + "\""}},
          .encoded = true};
}

Response post_reports(Call& call) {
  if (call.body.empty()) return bad_request("there is nothing in it");
  const std::string& name = call.query("name");
  call.object = name.empty() ? "upload" : name.substr(0, 200);
  auto lines = call.parts.world.take(call.body, call.object, call.actor().scope);
  if (!lines) return error_response(lines.error());
  return lines_response("outcomes", *lines);
}

Response get_marks(Call& call) {
  auto marks = call.parts.world.marks();
  if (!marks) return error_response(marks.error());
  const auto wanted = to_a_labels(call.query("domain"));
  if (!call.query("domain").empty() && !wanted) return bad_request("domain is a domain");
  std::vector<std::string> lines;
  for (const analysis::Mark& each : marks->all) {
    const bool asked = call.query("domain").empty() || each.domain == wanted->text();
    if (asked && call.actor().scope.sees(each.domain)) lines.push_back(to_line(each));
  }
  return lines_response("marks", lines);
}

Response post_marks(Call& call) {
  Members members(call.body, {"domain", "service", "mark", "pile", "note"});
  auto mark = mark_of(call, members);
  if (!mark) return error_response(mark.error());
  call.object = mark->domain + (mark->pile ? "" : " " + mark->service.substr(0, 200));
  if (auto added = call.parts.world.add_mark(*mark); !added) return error_response(added.error());
  return json_response(200, std::string(ascii::trim_fws(to_line(*mark))));
}

}  // namespace assay::webapi
