#include "bin/filter_role.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/try.h"
#include "system/config/load.h"
#include "system/filter/serve.h"
#include "system/net/endpoint.h"
#include "system/spool/folder.h"

#include "bin/arguments.h"
#include "bin/dns_source.h"
#include "bin/files.h"

namespace assay::cli {
namespace {

constexpr std::size_t max_snapshot = std::size_t{1} << 30;

std::string authserv_id_of(const config::Settings& settings) {
  return settings.filter.authserv_id.empty() ? host_name() : settings.filter.authserv_id;
}

journal::Time now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

Expected<std::shared_ptr<const suffix::SuffixList>> read_suffixes(const config::Filter& filter) {
  if (filter.standard == verify::Standard::rfc9989) {
    return std::shared_ptr<const suffix::SuffixList>();
  }
  const auto source = std::make_shared<SuffixSource>(filter.suffix_list);
  ASSAY_TRY(list, source->get());
  return std::shared_ptr<const suffix::SuffixList>(source, list);  // lives as long as its source
}

Expected<evidence::Knowledge> read_snapshot(const std::string& path) {
  if (path.empty()) return evidence::Knowledge{};
  ASSAY_TRY(text, read_file(path, max_snapshot));
  auto knowledge = evidence::read_knowledge(text);
  if (knowledge) return std::move(*knowledge);
  return fail(Status::bad_data, ascii::printable(path) + ": " + knowledge.error().what);
}

Expected<> make_folder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error) return {};
  return fail(Status::io,
              "cannot make the folder " + ascii::printable(path) + ": " + error.message());
}

/// Unique for this process on this host.
std::string id_prefix(const config::Settings& settings) {
  return authserv_id_of(settings) + "-" + std::to_string(now().time_since_epoch().count()) + "-" +
         std::to_string(::getpid()) + "-";
}

}  // namespace

std::string host_name() {
  std::array<char, 256> name = {};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  return name.data();
}

std::string data_folder(const config::Settings& settings) {
  if (!settings.data.empty()) return settings.data;
  const char* const given = std::getenv("STATE_DIRECTORY");  // systemd.exec(5): a list
  const std::string_view folders = given != nullptr ? given : "";
  return folders.starts_with('/') ? std::string(folders.substr(0, folders.find(':'))) : "./var";
}

std::string journal_folder(const config::Settings& settings) {
  const std::string& folder = settings.journal.folder;
  return folder.empty() ? data_folder(settings) + "/journal" : folder;
}

std::string failure_folder(const config::Settings& settings) {
  const std::string& folder = settings.reports.failure_folder;
  return folder.empty() ? data_folder(settings) + "/failures" : folder;
}

Expected<config::Settings> load_configuration(const std::string& path) {
  std::error_code ignored;
  if (path == usual_config && !std::filesystem::exists(path, ignored)) {
    const std::string here = "var/assay.toml";
    return std::filesystem::exists(here, ignored) ? load_configuration(here) : config::Settings{};
  }
  auto settings = config::load_settings(path);
  if (settings) return std::move(*settings);
  std::string text;
  for (const config::Problem& one : settings.error()) {
    text += (text.empty() ? "" : "\n") + config::to_text(one, path);
  }
  return fail(Status::bad_data, text);
}

Expected<std::shared_ptr<const filter::Policy>> make_policy(const config::Settings& settings) {
  auto policy = std::make_shared<filter::Policy>();
  policy->settings = settings;
  policy->authserv_id = authserv_id_of(settings);
  policy->sources = filter::sources_of(settings);
  ASSAY_TRY(knowledge, read_snapshot(settings.evidence.snapshot));
  policy->knowledge = std::move(knowledge);
  ASSAY_TRY(suffixes, read_suffixes(settings.filter));
  policy->suffixes = std::move(suffixes);
  return std::shared_ptr<const filter::Policy>(std::move(policy));
}

FilterRole::FilterRole(const config::Settings& settings, ops::Log& log, ops::Metrics& metrics,
                       std::unique_ptr<World> world)
    : world_(std::move(world)),
      journal_({.folder = journal_folder(settings),
                .host = authserv_id_of(settings),
                .max_backlog = settings.journal.max_backlog,
                .keep = std::chrono::ceil<std::chrono::hours>(settings.journal.keep)}),
      watch_(journal_, log, metrics),
      shared_(new filter::Shared{.resolver = world_->resolver(),
                                 .watch = watch_,
                                 .policy = [this] { return policy(); },
                                 .now = now,
                                 .id_prefix = id_prefix(settings)}) {}

FilterRole::~FilterRole() {
  stop(std::chrono::milliseconds(0));
}

Expected<std::unique_ptr<FilterRole>> FilterRole::start(const config::Settings& settings,
                                                        ops::Log& log, ops::Metrics& metrics) {
  ASSAY_TRY(policy, make_policy(settings));
  ASSAY_TRY(world, World::open(settings.dns, settings.filter.lookup_time));
  if (auto made = make_folder(journal_folder(settings)); !made) {
    return std::unexpected(std::move(made.error()));
  }
  std::unique_ptr<FilterRole> role(new FilterRole(settings, log, metrics, std::move(world)));
  role->policy_ = std::move(policy);
  if (auto opened = role->open_spool(settings); !opened) {
    return std::unexpected(std::move(opened.error()));
  }
  if (auto listening = role->listen(settings); !listening) {
    return std::unexpected(std::move(listening.error()));
  }
  role->show(metrics);
  return role;
}

/// What is asked for when somebody looks.
void FilterRole::show(ops::Metrics& metrics) {
  using Kind = ops::Metrics::Kind;
  const auto number = [](auto value) { return static_cast<double>(value); };
  const auto gauge = [&](std::string_view name, std::string_view help, auto value) {
    metrics.read(Kind::gauge, name, help, {}, [=] { return number(value()); });
  };
  const auto counter = [&](std::string_view name, std::string_view help, auto value) {
    metrics.read(Kind::counter, name, help, {}, [=] { return number(value()); });
  };
  net::Server* server = server_.get();
  gauge("assay_connections", "Connections of MTAs", [=] { return server->stats().open; });
  counter("assay_connections_total", "Connections accepted",
          [=] { return server->stats().accepted; });
  counter("assay_connections_refused_total", "Connections beyond the limit",
          [=] { return server->stats().refused; });
  gauge("assay_held_octets", "Octets held for messages under way",
        [shared = shared_.get()] { return shared->octets.load(); });
  World* world = world_.get();
  counter("assay_dns_cache_hits_total", "Questions answered by the cache",
          [=] { return world->cache_stats().hits; });
  counter("assay_dns_cache_misses_total", "Questions that went upstream",
          [=] { return world->cache_stats().misses; });
  gauge("assay_dns_cache_entries", "Answers in the cache",
        [=] { return world->cache_stats().entries; });
  gauge("assay_dns_cache_octets", "Their size", [=] { return world->cache_stats().octets; });
  counter("assay_dns_timeouts_total", "Lookups that were given up",
          [=] { return world->network_stats().timeouts; });
  show_spool(metrics);
  journal::Writer* journal = &journal_;
  counter("assay_journal_written_total", "Lines written", [=] { return journal->stats().written; });
  counter("assay_journal_lost_total", "Lines lost", [=] { return journal->stats().lost; });
  counter("assay_journal_expired_files_total", "Files removed for their age",
          [=] { return journal->stats().expired_files; });
  gauge("assay_journal_waiting_octets", "Octets that wait for the disk",
        [=] { return journal->stats().waiting; });
}

/// Nothing where no domain is listed, as by default (RFC 9989 §5.3.9), or nobody sends reports.
Expected<> FilterRole::open_spool(const config::Settings& settings) {
  const config::Reports& reports = settings.reports;
  if (reports.failure_domains.empty() || reports.email.empty()) return {};
  if (auto made = make_folder(data_folder(settings)); !made) return made;
  auto key = spool::open_key(data_folder(settings) + "/failure.key");
  if (!key) return fail(Status::io, key.error().what);
  spool_ = std::make_unique<spool::Writer>(
      spool::WriterOptions{.folder = failure_folder(settings),
                           .max_files = reports.failure_spool_files,
                           .max_octets = reports.failure_spool_octets});
  failures_ = {.key = std::move(*key),
               .user_agent = "Assay/" ASSAY_VERSION,
               .put = [spool = spool_.get()](spool::Item item) { spool->offer(std::move(item)); }};
  shared_->failures = &failures_;
  return {};
}

void FilterRole::show_spool(ops::Metrics& metrics) {
  if (!spool_) return;
  using Kind = ops::Metrics::Kind;
  const auto counter = [&](std::string_view name, std::string_view help, auto value) {
    metrics.read(Kind::counter, name, help, {}, [spool = spool_.get(), value] {
      return static_cast<double>(value(spool->stats()));
    });
  };
  counter("assay_failures_total", "Messages that a failure report was asked for",
          [](const spool::WriterStats& stats) { return stats.offered; });
  counter("assay_failures_written_total", "Of these, put into the spool",
          [](const spool::WriterStats& stats) { return stats.written; });
  counter("assay_failures_dropped_total",
          "Of these, dropped: the spool is full, or the disk refuses",
          [](const spool::WriterStats& stats) { return stats.dropped; });
}

std::vector<std::string> FilterRole::troubles() const {
  const journal::WriterStats stats = journal_.stats();
  std::vector<std::string> all;
  const spool::WriterStats spool = spool_ ? spool_->stats() : spool::WriterStats{};
  if (spool.failing) all.push_back("failure reports cannot be written: " + spool.last_error);
  if (stats.failing) all.push_back("the journal cannot be written: " + stats.last_error);
  if (stats.lost > 0) all.push_back(std::to_string(stats.lost) + " lines of the journal were lost");
  return all;
}

Expected<> FilterRole::listen(const config::Settings& settings) {
  std::vector<net::Listening> sockets;
  for (const config::Listener& one : settings.listeners) {
    const auto endpoint = net::parse_endpoint(one.address);
    if (!endpoint) return fail(Status::bad_data, "[[listen]] address: " + endpoint.error().what);
    auto socket = net::Listening::open(*endpoint, one.mode);
    if (!socket) return fail(Status::unavailable, socket.error().what);
    addresses_.push_back(net::to_text(socket->at()));
    sockets.push_back(std::move(*socket));
  }
  server_ = std::make_unique<net::Server>(
      std::move(sockets),
      [shared = shared_.get()](net::Connection& connection, std::size_t listener) {
        filter::serve(connection, *shared, listener);
      },
      net::ServerOptions{.max_connections = settings.filter.max_connections});
  return {};
}

std::shared_ptr<const filter::Policy> FilterRole::policy() const {
  const std::scoped_lock lock(mutex_);
  return policy_;
}

Expected<> FilterRole::reload(config::Settings settings) {
  // The sockets stay, and so each has to find its own settings at its place.
  const std::vector<config::Listener> open = policy()->settings.listeners;
  const bool same = std::ranges::equal(open, settings.listeners, {}, &config::Listener::address,
                                       &config::Listener::address);
  if (!same) settings.listeners = open;
  ASSAY_TRY(policy, make_policy(settings));
  const std::scoped_lock lock(mutex_);
  policy_ = std::move(policy);
  return {};
}

std::size_t FilterRole::stop(std::chrono::milliseconds patience) {
  const std::size_t open = server_ ? server_->stop(patience) : 0;
  if (spool_) spool_->close();
  journal_.close();
  return open;
}

std::vector<std::string> FilterRole::addresses() const {
  return addresses_;
}

}  // namespace assay::cli
