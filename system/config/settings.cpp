#include "system/config/settings.h"

#include <algorithm>
#include <utility>

#include "assay/base/ascii.h"
#include "system/config/detail/document.h"
#include "system/config/detail/nearest.h"
#include "system/config/detail/sections.h"
#include "system/config/network.h"

namespace assay::config {

namespace {

template <class S>
std::vector<std::string_view> keys_of(std::span<const Row<S>> rows) {
  std::vector<std::string_view> keys;
  for (const Row<S>& row : rows) keys.push_back(row.key);
  return keys;
}

/// The keys of an [[allow]], and of the top with its sections.
std::vector<std::string_view> allow_keys() {
  std::vector<std::string_view> keys = keys_of(allow_rows());
  keys.insert(keys.end(), allow_subjects().begin(), allow_subjects().end());
  return keys;
}
std::vector<std::string_view> top_keys() {
  std::vector<std::string_view> keys = keys_of(top_rows());
  for_each_section([&](std::string_view name, const auto&, auto) { keys.push_back(name); });
  keys.insert(keys.end(), {"listen", "allow", "imap", "alert"});
  return keys;
}

/// The section that knows a key; empty: none does.
std::string section_with(std::string_view key) {
  std::string found;
  const auto look = [&](const std::string& name, std::span<const std::string_view> keys) {
    if (found.empty() && std::ranges::find(keys, key) != keys.end()) found = name;
  };
  for_each_section([&](std::string_view name, const auto& rows, auto) {
    look("[" + std::string(name) + "]", keys_of(rows));
  });
  look("[[listen]]", keys_of(listener_rows()));
  look("[[allow]]", allow_keys());
  look("[[imap]]", keys_of(imap_rows()));
  look("[[alert]]", keys_of(alert_rule_rows()));
  look("the top of the file", keys_of(top_rows()));
  return found;
}

/// `where` is "[filter]" or the like; empty for the top.
void add_unknown(const Node& node, std::string_view where, std::span<const std::string_view> known,
                 Problems& problems) {
  if (problems.full()) return problems.add(node.key_place, "");
  const bool is_section = where.empty() && node.kind == Node::Kind::table;
  std::string what = "unknown ";
  what += is_section ? "section [" : "key \"";
  what += ascii::printable(node.key, 64);
  what += is_section ? "]" : "\"";
  if (!where.empty()) what += " in " + std::string(where);
  const std::string_view meant = nearest(node.key, known);
  const std::string home = section_with(node.key);
  if (!meant.empty()) {
    what += ", was \"" + std::string(meant) + "\" meant?";
  } else if (!home.empty()) {
    what += ", it belongs to " + home;
  }
  problems.add(node.key_place, std::move(what));
}

/// Reads one value where the rows know its key.
template <class S>
bool read_row(const Node& node, std::span<const Row<S>> rows, S& section, Problems& problems) {
  const auto row = std::ranges::find(rows, std::string_view(node.key), &Row<S>::key);
  if (row == rows.end()) return false;
  row->read(node, section, problems);
  return true;
}

template <class S>
void read_section(const Node& table, std::string_view where, std::span<const Row<S>> rows,
                  S& section, Problems& problems) {
  for (const Node& item : table.items) {
    if (!read_row(item, rows, section, problems)) {
      add_unknown(item, where, keys_of(rows), problems);
    }
  }
}

/// Whether an [[allow]]'s value is what its key says.
Complaint check_subject(std::string_view key, std::string_view value) {
  if (key == "client") {
    const auto network = parse_network(value);
    if (!network) return "must be an address or a network: " + network.error();
    return std::nullopt;
  }
  if (key == "domain") {
    const auto domain = parse_domain(value);
    return domain ? Complaint() : Complaint(domain.error());
  }
  return key == "recipient" ? check_recipient(value) : check_not_empty(value);
}

/// Reads client, domain, list or recipient.
void read_subject(const Node& node, Allow& allow, Problems& problems) {
  if (!allow.of.empty()) {
    problems.add(node.key_place, "one [[allow]] must not have both " + allow.of + " and " +
                                     node.key + ", write two");
    return;
  }
  allow.of = node.key;
  if (node.kind != Node::Kind::text) return add_wrong_kind(node, "text", problems);
  if (const Complaint complaint = check_subject(node.key, node.text)) {
    return add_complaint(node, node.key, *complaint, problems);
  }
  allow.value = node.key == "domain" ? parse_domain(node.text)->text() : node.text;
}

void read_allow(const Node& table, Settings& settings, Problems& problems) {
  Allow allow;
  for (const Node& item : table.items) {
    if (std::ranges::find(allow_subjects(), item.key) != allow_subjects().end()) {
      read_subject(item, allow, problems);
    } else if (!read_row(item, allow_rows(), allow, problems)) {
      add_unknown(item, "[[allow]]", allow_keys(), problems);
    }
  }
  if (allow.of.empty()) {
    problems.add(table.place, "an [[allow]] must have client, domain, list or recipient");
  }
  settings.allow.push_back(std::move(allow));
}

void read_listener(const Node& table, Settings& settings, Problems& problems) {
  Listener listener;
  read_section(table, "[[listen]]", listener_rows(), listener, problems);
  const Node* address = table.find("address");
  const bool is_bad = address != nullptr && address->text != listener.address;
  if (!is_bad && std::ranges::find(settings.listeners, listener.address, &Listener::address) !=
                     settings.listeners.end()) {
    problems.add(address != nullptr ? address->place : table.place,
                 "another [[listen]] has the address " + listener.address);
  }
  settings.listeners.push_back(std::move(listener));
}

void read_imap(const Node& table, Settings& settings, Problems& problems) {
  Imap imap;
  read_section(table, "[[imap]]", imap_rows(), imap, problems);
  if (imap.server.empty() && table.find("server") == nullptr) {
    problems.add(table.place, "an [[imap]] must have a server");
  }
  if (imap.password_file.empty() == imap.token_command.empty()) {
    problems.add(table.place, "an [[imap]] must have either password_file or token_command");
  }
  settings.imap.push_back(std::move(imap));
}

void read_alert_rule(const Node& table, Settings& settings, Problems& problems) {
  AlertRule rule;
  read_section(table, "[[alert]]", alert_rule_rows(), rule, problems);
  if (table.find("rule") == nullptr) problems.add(table.place, "an [[alert]] must name its rule");
  settings.alert_rules.push_back(std::move(rule));
}

/// Each table of [[name]].
template <class Read>
void read_tables(const Node& node, Settings& settings, Problems& problems, const Read& read) {
  const bool are_tables =
      node.kind == Node::Kind::array && std::ranges::all_of(node.items, [](const Node& item) {
        return item.kind == Node::Kind::table;
      });
  if (!are_tables) {
    problems.add(node.key_place, "write [[" + node.key + "]], with two brackets, for each");
    return;
  }
  for (const Node& table : node.items) read(table, settings, problems);
}

/// Reads [filter] and its like; false: no such section.
bool read_single_section(const Node& node, Settings& settings, Problems& problems) {
  bool known = false;
  for_each_section([&](std::string_view name, const auto& rows, auto member) {
    if (node.key != name) return;
    known = true;
    const std::string where = "[" + std::string(name) + "]";
    if (node.kind != Node::Kind::table) {
      problems.add(node.key_place, "write the section " + where + " once, with single brackets");
      return;
    }
    read_section(node, where, rows, settings.*member, problems);
  });
  return known;
}

/// What single values cannot tell.
void check_together(const Node& root, const Settings& settings, Problems& problems) {
  const Node* metrics = root.find("metrics");
  const Node* address = metrics != nullptr ? metrics->find("address") : nullptr;
  if (address != nullptr && !settings.metrics.is_public && !is_loopback(settings.metrics.address)) {
    problems.add(address->place,
                 "others could read the metrics at this address; if they may, add public = true");
  }
  const Node* dns = root.find("dns");
  const Node* recursive = dns != nullptr ? dns->find("recursive") : nullptr;
  if (recursive != nullptr && settings.dns.recursive && !settings.dns.servers.empty()) {
    problems.add(recursive->place, "either recursive or servers, not both");
  }
}

void check_receivers(const Node& root, const Settings& settings, Problems& problems) {
  const Node* receive = root.find("receive");
  const Node* smtp = receive != nullptr ? receive->find("smtp") : nullptr;
  if (smtp != nullptr && !settings.receive.smtp.empty() && settings.receive.addresses.empty()) {
    problems.add(smtp->place, "say in addresses for whom mail is taken");
  }
  const std::pair<const char*, const std::string*> files[] = {
      {"certificate", &settings.receive.certificate}, {"key", &settings.receive.key}};
  if (files[0].second->empty() == files[1].second->empty()) return;
  const auto& [name, ignored] = files[files[0].second->empty() ? 1 : 0];
  problems.add(receive->find(name)->place, "say certificate and key, both or neither");
}

void check_web(const Node& root, const Settings& settings, Problems& problems) {
  const Node* web = root.find("web");
  if (web == nullptr) return;
  const Web& said = settings.web;
  if (said.certificate.empty() != said.key.empty()) {
    problems.add(web->place, "certificate and key belong together in [web]");
  }
  const Node* listen = web->find("listen");
  const bool is_open = listen != nullptr && !said.listen.empty() && !is_loopback(said.listen);
  if (is_open && said.certificate.empty() && !said.plain) {
    problems.add(
        listen->place,
        "passwords would go over the network as they are; name certificate and key, or say "
        "plain = true where a proxy speaks TLS before it");
  }
}

/// Whom alerts and digests come from.
void check_tellers(const Node& root, const Settings& settings, Problems& problems) {
  if (!settings.alerts.from.empty() || !settings.reports.email.empty()) return;
  for (const char* section : {"alerts", "digest"}) {
    const Node* node = root.find(section);
    const Node* to = node != nullptr ? node->find("to") : nullptr;
    if (to != nullptr && !to->items.empty()) {
      problems.add(to->place, "say in [alerts] from whom the mail comes from");
    }
  }
}

void read_settings(const Node& root, Settings& settings, Problems& problems) {
  for (const Node& node : root.items) {
    if (node.key == "listen") {
      settings.listeners.clear();
      read_tables(node, settings, problems, read_listener);
    } else if (node.key == "allow") {
      read_tables(node, settings, problems, read_allow);
    } else if (node.key == "imap") {
      read_tables(node, settings, problems, read_imap);
    } else if (node.key == "alert") {
      read_tables(node, settings, problems, read_alert_rule);
    } else if (!read_single_section(node, settings, problems) &&
               !read_row(node, top_rows(), settings, problems)) {
      add_unknown(node, "", top_keys(), problems);
    }
  }
  check_together(root, settings, problems);
  check_receivers(root, settings, problems);
  check_web(root, settings, problems);
  check_tellers(root, settings, problems);
}

/// All lines above one, since what stands there can be read although that line cannot.
std::string_view lines_above(std::string_view text, std::size_t line) {
  std::size_t end = 0;
  for (std::size_t i = 1; i < line && end != std::string_view::npos; ++i) {
    end = text.find('\n', end);
    if (end != std::string_view::npos) ++end;
  }
  return text.substr(0, end);
}

}  // namespace

std::expected<Settings, std::vector<Problem>> parse_settings(std::string_view toml) {
  Settings settings;
  Problems problems;
  auto root = read_document(toml);
  if (!root) {
    problems.add(root.error().place, root.error().what);
    root = read_document(lines_above(toml, root.error().place.line));
  }
  if (root) read_settings(*root, settings, problems);
  if (!problems.empty()) return std::unexpected(problems.take());
  return settings;
}

std::vector<std::string> needs_restart(const Settings& running, const Settings& wanted) {
  const auto same_socket = [](const Listener& a, const Listener& b) {
    return a.address == b.address && a.mode == b.mode;
  };
  const std::pair<bool, const char*> compared[] = {
      {running.data == wanted.data, "data"},
      {std::ranges::equal(running.listeners, wanted.listeners, same_socket), "listen"},
      {running.filter.max_connections == wanted.filter.max_connections, "filter.max_connections"},
      {running.filter.lookup_time == wanted.filter.lookup_time, "filter.lookup_time"},
      {running.dns == wanted.dns, "dns"},
      {running.journal == wanted.journal, "journal"},
      {running.reports == wanted.reports, "reports"},
      {running.intake == wanted.intake, "intake"},
      {running.receive == wanted.receive, "receive"},
      {running.imap == wanted.imap, "imap"},
      {running.web == wanted.web, "web"},
      {running.smtp == wanted.smtp, "smtp"},
      {running.alerts == wanted.alerts, "alerts"},
      {running.alert_rules == wanted.alert_rules, "alert"},
      {running.digest == wanted.digest, "digest"},
      {running.log.format == wanted.log.format, "log.format"},
      {running.log.mask_addresses == wanted.log.mask_addresses, "log.mask_addresses"},
      {running.metrics == wanted.metrics, "metrics"}};
  std::vector<std::string> differing;
  for (const auto& [same, name] : compared) {
    if (!same) differing.emplace_back(name);
  }
  return differing;
}

}  // namespace assay::config
