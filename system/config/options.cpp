#include "system/config/options.h"

#include <algorithm>

#include "system/config/detail/sections.h"

namespace assay::config {

namespace {

template <class S>
void add_options(std::vector<Option>& options, std::string_view header,
                 std::span<const Row<S>> rows, const S& section) {
  for (const Row<S>& row : rows) options.push_back({header, row.key, row.write(section)});
}

void add_listener(std::vector<Option>& options, const Listener& listener) {
  add_options(options, "[[listen]]", listener_rows(), listener);
}

void add_allow(std::vector<Option>& options, const Allow& allow) {
  const auto subjects = allow_subjects();
  const auto subject = std::ranges::find(subjects, allow.of);
  if (subject != subjects.end()) options.push_back({"[[allow]]", *subject, quoted(allow.value)});
  add_options(options, "[[allow]]", allow_rows(), allow);
}

/// "[filter]" as a literal, so that options can be views.
std::string_view header_of(std::string_view name) {
  static constexpr std::string_view headers =
      "[filter][dns][enforcement][evidence][journal][reports][intake][receive][web][insight][smtp]"
      "[alerts][digest][log][metrics]";
  return headers.substr(headers.find("[" + std::string(name) + "]"), name.size() + 2);
}

void add_singles(std::vector<Option>& options, const Settings& settings) {
  for_each_section([&](std::string_view name, const auto& rows, auto member) {
    add_options(options, header_of(name), rows, settings.*member);
  });
}

void append(std::string& toml, std::span<const Option> options) {
  std::string_view section;
  for (const Option& option : options) {
    if (option.section != section) toml.append("\n").append(option.section).append("\n");
    section = option.section;
    toml.append(option.key).append(" = ").append(option.value).append("\n");
  }
}

}  // namespace

std::vector<Option> default_options() {
  const Settings defaults;
  std::vector<Option> options;
  add_options(options, "", top_rows(), defaults);
  add_listener(options, Listener{});
  add_singles(options, defaults);
  for (const std::string_view subject : allow_subjects()) {
    options.push_back({"[[allow]]", subject, ""});
  }
  add_allow(options, Allow{});
  add_options(options, "[[imap]]", imap_rows(), Imap{});
  add_options(options, "[[alert]]", alert_rule_rows(), AlertRule{});
  return options;
}

std::string to_toml(const Settings& settings) {
  std::vector<Option> options;
  std::string toml;
  add_options(options, "", top_rows(), settings);
  add_singles(options, settings);
  append(toml, options);
  for (const Listener& listener : settings.listeners) {
    options.clear();
    add_listener(options, listener);
    append(toml, options);
  }
  for (const Allow& allow : settings.allow) {
    options.clear();
    add_allow(options, allow);
    append(toml, options);
  }
  for (const Imap& imap : settings.imap) {
    options.clear();
    add_options(options, "[[imap]]", imap_rows(), imap);
    append(toml, options);
  }
  for (const AlertRule& rule : settings.alert_rules) {
    options.clear();
    add_options(options, "[[alert]]", alert_rule_rows(), rule);
    append(toml, options);
  }
  return toml;
}

}  // namespace assay::config
