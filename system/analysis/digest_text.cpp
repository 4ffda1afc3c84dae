/// A digest as plain text and as HTML. Both say the same.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "assay/base/ascii.h"
#include "assay/base/utf8.h"
#include "system/analysis/digest.h"

namespace assay::analysis {
namespace {

constexpr std::size_t max_domains = 200;  ///< told in full; more are counted
constexpr std::size_t max_listed = 20;    ///< of each kind in a domain

constexpr std::array<std::string_view, parts> part_names = {"passed, under an enforcing policy",
                                                            "delivered without enforcement",
                                                            "let through by an override",
                                                            "quarantined",
                                                            "rejected",
                                                            "not known"};

/// A digest as a list of what stands in it, before it is written one way or the other.
struct Section {
  std::string heading;
  std::vector<std::string> sentences = {};
  std::vector<std::array<std::string, 4>> rows = {};  ///< part, now, before, change
  struct List {
    std::string title;
    std::vector<std::string> items = {};
  };
  std::vector<List> lists = {};
};

std::string change_of(std::uint64_t now, std::uint64_t before) {
  if (before == 0) return now == 0 ? "" : "new";
  const double change = 100.0 * (static_cast<double>(now) - static_cast<double>(before)) /
                        static_cast<double>(before);
  return fmt::format("{:+.0f} %", change);
}

void add_list(Section& section, std::string title, std::vector<std::string> items) {
  if (items.empty()) return;
  if (items.size() > max_listed) {
    const std::size_t more = items.size() - max_listed;
    items.resize(max_listed);
    items.push_back(fmt::format("and {} more", more));
  }
  section.lists.push_back({std::move(title), std::move(items)});
}

std::vector<std::string> told(std::span<const store::Alert> alerts, std::string_view rule,
                              bool is_rule) {
  std::vector<std::string> items;
  for (const store::Alert& each : alerts) {
    if ((each.rule == rule) != is_rule) continue;
    std::string text = each.what;
    if (each.until) {
      text += fmt::format(" (over since {})",
                          to_text(std::chrono::floor<std::chrono::days>(*each.until)));
    }
    text += ". " + each.evidence + ".";
    if (!each.until && !each.advice.empty()) text += " To do: " + each.advice;
    items.push_back(std::move(text));
  }
  return items;
}

Section section_of(const DomainWeek& week) {
  Section section{.heading = week.domain};
  const Tally& now = week.tally;
  const Tally& before = week.tally_before;
  if (now.messages() == 0) {
    section.sentences.emplace_back("No report tells of mail in this week.");
  } else {
    section.sentences.push_back(fmt::format(
        "{} ({} the week before); {} passed ({} the week before).",
        count_of(now.messages(), "message"), before.messages(),
        percent({now.passing(), now.messages()}), percent({before.passing(), before.messages()})));
    for (std::size_t i = 0; i < parts; ++i) {
      const std::uint64_t is = week.now.messages[i];
      const std::uint64_t was = week.before.messages[i];
      if (is == 0 && was == 0) continue;
      section.rows.push_back({std::string(part_names[i]), std::to_string(is), std::to_string(was),
                              change_of(is, was)});
    }
  }
  std::vector<std::string> changes;
  for (const store::RecordChange& each : week.changes) {
    changes.push_back(fmt::format("{}: {}", to_text(std::chrono::floor<std::chrono::days>(each.at)),
                                  in_words(each)));
  }
  add_list(section, "Broken sources", told(week.opened, "source_broken", true));
  add_list(section, "What happened", told(week.opened, "source_broken", false));
  add_list(section, "Still open from before", told(week.open, "", false));
  add_list(section, "Over", told(week.over, "", false));
  add_list(section, "New sources that pass", week.newcomers);
  add_list(section, "Records that changed", std::move(changes));
  if (week.next) add_list(section, "Next step", {*week.next});
  if (week.quiet()) section.sentences.emplace_back("Nothing happened that you have to look at.");
  return section;
}

Section opening_of(const WeekDigest& digest) {
  Section section{.heading = fmt::format("DMARC from {} to {}", to_text(digest.week.from),
                                         to_text(digest.week.until - std::chrono::days{1}))};
  section.sentences.push_back(
      fmt::format("{} of {} ({} the week before).", count_of(digest.messages, "message"),
                  count_of(digest.domains.size(), "domain"), digest.messages_before));
  if (digest.quiet()) {
    section.sentences.emplace_back(
        "A quiet week: no alert, no new source, no record changed. There is nothing to do.");
  }
  add_list(section, "Of all domains", told(digest.common, "", false));
  return section;
}

std::vector<Section> sections_of(const WeekDigest& digest) {
  std::vector<Section> sections = {opening_of(digest)};
  for (const DomainWeek& each : digest.domains) {
    if (sections.size() > max_domains) break;
    sections.push_back(section_of(each));
  }
  if (digest.domains.size() > max_domains) {
    sections.push_back({.heading = "More domains",
                        .sentences = {fmt::format("{} more domains are not told here: assay show "
                                                  "domains",
                                                  digest.domains.size() - max_domains)}});
  }
  return sections;
}

/// Appends words in lines of at most 78 characters where there are spaces.
void append_wrapped(std::string& out, std::string_view text, std::string_view first,
                    std::string_view next) {
  constexpr std::size_t width = 78;
  std::string line(first);
  bool is_empty = true;
  for (const std::string_view word : ascii::split(text, ' ')) {
    if (!is_empty && line.size() + 1 + word.size() > width) {
      out += line + '\n';
      line = next;
      is_empty = true;
    }
    if (!is_empty) line += ' ';
    line += word;
    is_empty = false;
  }
  out += line + '\n';
}

/// Text of others in one line, without what a terminal or a mail reader would obey.
std::string harmless(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const utf8::CodePoint each = utf8::decode(text);
    const std::size_t size = std::max<std::size_t>(each.octets, 1);
    if (each.octets > 0 && utf8::is_harmless(each.value)) {
      out += text.substr(0, size);
    } else {
      out += '?';
    }
    text.remove_prefix(size);
  }
  return out;
}

}  // namespace

std::string html_escaped(std::string_view text) {
  std::string out;
  for (const char c : harmless(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string subject_of(const WeekDigest& digest) {
  std::size_t things = 0;
  for (const store::Alert& each : digest.common) things += each.open() ? 1 : 0;
  for (const DomainWeek& each : digest.domains) {
    things += each.open.size();
    for (const store::Alert& alert : each.opened) things += alert.open() ? 1 : 0;
  }
  const std::string what = things > 0 ? count_of(things, "thing") + " to look at"
                                      : (digest.quiet() ? "a quiet week" : "nothing is open");
  return fmt::format("DMARC in the week of {}: {}", to_text(digest.week.from), what);
}

std::string to_text(const WeekDigest& digest) {
  std::string out;
  for (const Section& section : sections_of(digest)) {
    if (!out.empty()) out += '\n';
    const std::string heading = harmless(section.heading);
    out += heading + '\n' + std::string(heading.size(), '=') + '\n';
    for (const std::string& each : section.sentences) append_wrapped(out, harmless(each), "", "");
    if (!section.rows.empty()) out += '\n';
    for (const auto& [part, now, before, change] : section.rows) {
      out += fmt::format("  {:<36} {:>12} {:>12} {:>9}\n", part, now, before, change);
    }
    for (const Section::List& list : section.lists) {
      out += '\n' + list.title + ":\n";
      for (const std::string& each : list.items)
        append_wrapped(out, harmless(each), "  - ", "    ");
    }
  }
  return out;
}

std::string to_html(const WeekDigest& digest) {
  // No style sheet, picture or link from elsewhere: nothing is fetched when it is read.
  std::string out = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" +
                    html_escaped(subject_of(digest)) +
                    "</title></head>\n<body style=\"font-family:sans-serif;max-width:50em\">\n";
  bool is_first = true;
  for (const Section& section : sections_of(digest)) {
    const std::string_view tag = is_first ? "h1" : "h2";
    is_first = false;
    out += fmt::format("<{0}>{1}</{0}>\n", tag, html_escaped(section.heading));
    for (const std::string& each : section.sentences) {
      out += "<p>" + html_escaped(each) + "</p>\n";
    }
    if (!section.rows.empty()) {
      out +=
          "<table cellpadding=\"4\"><tr><th align=\"left\">Mail</th><th>This week</th><th>The "
          "week before</th><th></th></tr>\n";
      for (const auto& [part, now, before, change] : section.rows) {
        out += fmt::format(
            "<tr><td>{}</td><td align=\"right\">{}</td><td align=\"right\">{}</td><td "
            "align=\"right\">{}</td></tr>\n",
            part, now, before, change);
      }
      out += "</table>\n";
    }
    for (const Section::List& list : section.lists) {
      out += "<h3>" + html_escaped(list.title) + "</h3>\n<ul>\n";
      for (const std::string& each : list.items) out += "<li>" + html_escaped(each) + "</li>\n";
      out += "</ul>\n";
    }
  }
  return out + "</body></html>\n";
}

}  // namespace assay::analysis
