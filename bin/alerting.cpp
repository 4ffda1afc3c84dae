#include "bin/alerting.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/try.h"
#include "assay/dmarc/record.h"
#include "system/reporting/https_sender.h"
#include "system/reporting/smtp_sender.h"
#include "system/store_sqlite/store_sqlite.h"

#include "bin/files.h"
#include "bin/filter_role.h"
#include "bin/insight.h"
#include "bin/reporting.h"

namespace assay::cli {
namespace {

constexpr std::size_t max_domains = 10'000;
constexpr std::chrono::days selectors_seen_for{90};

/// A result of the Store as one of a command.
template <class T>
Expected<T> checked(std::expected<T, Finding> result) {
  if (!result) return std::unexpected(store_failure(result.error()));
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return std::move(*result);
  }
}

template <class Of>
std::optional<Of> unless_zero(Of value) {
  if (value == Of{}) return std::nullopt;
  return value;
}

Expected<std::unique_ptr<reporting::Sender>> mail_of(const config::Settings& settings,
                                                     const std::string& from) {
  if (from.empty()) return std::unique_ptr<reporting::Sender>();
  std::string password;
  if (!settings.smtp.password_file.empty()) {
    ASSAY_TRY(secret, read_secret_line(settings.smtp.password_file));
    password = std::move(secret);
  }
  auto sender =
      reporting::SmtpSender::open(settings.smtp, password, from.substr(from.rfind('@') + 1));
  if (!sender) return fail(Status::no_input, sender.error().what);
  return std::unique_ptr<reporting::Sender>(std::move(*sender));
}

Expected<std::unique_ptr<reporting::Sender>> web_of(const config::Settings& settings) {
  const config::Alerts& alerts = settings.alerts;
  if (alerts.webhooks.empty()) return std::unique_ptr<reporting::Sender>();
  using reporting::Reach;
  auto sender = reporting::HttpsSender::open(
      {.timeout = settings.smtp.timeout,
       .ca_file = alerts.webhook_ca,
       .reach = alerts.webhook_private ? Reach::everybody : Reach::internet,
       .user_agent = "Assay/" ASSAY_VERSION});
  if (!sender) return fail(Status::no_input, sender.error().what);
  return std::unique_ptr<reporting::Sender>(std::move(*sender));
}

}  // namespace

std::string alerts_path(const config::Settings& settings) {
  return data_folder(settings) + "/alerts.sqlite";
}

Expected<std::unique_ptr<store::AlertBook>> open_alerts(const config::Settings& settings,
                                                        const std::string& path) {
  if (path.empty()) {
    std::error_code error;
    std::filesystem::create_directories(data_folder(settings), error);
    if (error) {
      return fail(Status::io, "cannot make the folder " + ascii::printable(data_folder(settings)) +
                                  ": " + error.message());
    }
  }
  return checked(store_sqlite::open_alerts({.path = path.empty() ? alerts_path(settings) : path}));
}

Expected<std::unique_ptr<store::AlertBook>> open_alerts_if_there(const config::Settings& settings,
                                                                 const std::string& path) {
  std::error_code error;
  if (path.empty() && !std::filesystem::exists(alerts_path(settings), error)) {
    return std::unique_ptr<store::AlertBook>();
  }
  return open_alerts(settings, path);
}

std::vector<analysis::RuleSetting> rule_settings(const config::Settings& settings) {
  std::vector<analysis::RuleSetting> all;
  for (const config::AlertRule& each : settings.alert_rules) {
    analysis::RuleSetting setting{
        .rule = analysis::parse_rule(each.rule).value_or(analysis::Rule::newcomer),
        .enabled = each.enabled,
        .factor = unless_zero(each.factor),
        .share = unless_zero(each.share),
        .after = unless_zero(each.after),
        .cool_down = unless_zero(each.cool_down)};
    if (each.minimum > 0) setting.minimum = each.minimum;
    for (const DomainName& domain : each.domains) setting.domains.push_back(domain.text());
    all.push_back(std::move(setting));
  }
  return all;
}

telling::Telling telling_of(const config::Settings& settings) {
  const config::Alerts& alerts = settings.alerts;
  return {.from = alerts.from.empty() ? settings.reports.email : alerts.from,
          .mails = alerts.to,
          .webhooks = alerts.webhooks};
}

// ---- Lookout -----------------------------------------------------------------------------------

Lookout::Lookout(const config::Settings& settings, store::ReceivedReports& reports,
                 store::AlertBook& book)
    : settings_(settings), reports_(reports), book_(book), suffixes_(settings.filter.suffix_list) {}

Expected<std::unique_ptr<Lookout>> Lookout::open(const config::Settings& settings,
                                                 store::ReceivedReports& reports,
                                                 store::AlertBook& book) {
  std::unique_ptr<Lookout> lookout(new Lookout(settings, reports, book));
  ASSAY_TRY(catalogue, read_catalogue(settings, {}));
  lookout->catalogue_ = std::move(catalogue);
  // Without a list each name is its own organization.
  if (const auto list = lookout->suffixes_.get()) lookout->list_ = *list;
  return lookout;
}

Expected<std::vector<std::string>> Lookout::domains() {
  std::set<std::string> names;
  for (const DomainName& each : settings_.intake.domains) names.insert(each.text());
  auto known = reports_.policy_domains();
  if (!known) return std::unexpected(store_failure(known.error()));
  for (const std::string& each : *known) {
    const auto name = DomainName::parse(each);
    if (!name) continue;
    const auto is_above = [&](const DomainName& own) { return name->equal_or_below(own); };
    const auto& own = settings_.intake.domains;
    if (own.empty() || std::ranges::any_of(own, is_above)) names.insert(name->text());
  }
  std::vector<std::string> list(names.begin(), names.end());
  if (list.size() > max_domains) list.resize(max_domains);
  return list;
}

Expected<std::vector<store::RecordChange>> Lookout::look(const std::string& domain,
                                                         dns::Resolver& resolver,
                                                         store::Instant now) {
  const auto name = DomainName::parse(domain);
  if (!name) return std::vector<store::RecordChange>();
  const auto today = std::chrono::floor<std::chrono::days>(now);
  auto sources = reports_.sources({.policy_domain = domain,
                                   .days = {.from = today - selectors_seen_for, .until = today},
                                   .source = store::SourceLevel::none});
  if (!sources) return std::unexpected(store_failure(sources.error()));
  const std::vector<std::string> selectors = analysis::selectors_seen(domain, *sources);
  const auto sights = analysis::look_at_records(*name, selectors, resolver);
  return checked(book_.note_records(sights, now));
}

Expected<analysis::AlertWorld> Lookout::world() {
  ASSAY_TRY(marks, read_marks_file(marks_path(settings_, "")));
  marks_ = std::move(marks);
  analysis::AlertWorld world{.reports = &reports_,
                             .book = &book_,
                             .catalogue = &catalogue_,
                             .marks = &marks_,
                             .organization = [this](std::string_view domain) {
                               const auto name = DomainName::parse(domain);
                               if (!name || list_ == nullptr) return std::string(domain);
                               return list_->organizational_domain(*name).text();
                             }};
  for (const config::Scoped& each : settings_.alerts.policies) {
    world.planned[each.domain] = {
        .policy = dmarc::parse_policy(each.value).value_or(dmarc::Policy::none)};
  }
  return world;
}

Expected<std::vector<store::AlertChange>> Lookout::check(store::Instant now) {
  ASSAY_TRY(these, domains());
  ASSAY_TRY(facts, world());
  const telling::Telling telling = telling_of(settings_);
  const auto write = [&](std::span<const store::AlertChange> told) {
    return telling::write_alerts(telling, told, now);
  };
  return checked(analysis::evaluate_alerts(facts, these, rule_settings(settings_), now, write));
}

Expected<analysis::WeekDigest> Lookout::digest(std::chrono::sys_days monday,
                                               std::span<const std::string> domains,
                                               store::Instant now) {
  ASSAY_TRY(facts, world());
  return checked(analysis::gather_digest(facts, domains, monday, now));
}

Expected<std::size_t> Lookout::post_digests(std::chrono::sys_days monday, store::Instant now) {
  std::set<std::string> waiting;
  for (const config::Scoped& each : settings_.digest.to) {
    ASSAY_TRY(last, checked(book_.last_digest(each.value)));
    if (!last || *last < monday) waiting.insert(each.value);
  }
  if (waiting.empty()) return std::size_t{0};
  ASSAY_TRY(these, domains());
  ASSAY_TRY(all, digest(monday, these, now));
  const telling::Telling telling = telling_of(settings_);
  std::size_t posted = 0;
  for (const std::string& each : waiting) {
    const auto chosen = digest_for(all, telling::domains_for(settings_.digest.to, each, these));
    const store::Letter letter = telling::write_digest(telling, each, chosen, now);
    ASSAY_TRY(is_new, checked(book_.post_digest(each, monday, letter)));
    posted += is_new ? 1 : 0;
  }
  return posted;
}

// ---- Messenger ---------------------------------------------------------------------------------

Expected<std::unique_ptr<Messenger>> Messenger::open(const config::Settings& settings,
                                                     store::AlertBook& book) {
  std::unique_ptr<Messenger> messenger(new Messenger);
  const std::string from = telling_of(settings).from;
  if (!from.empty() && (!settings.reports.email.empty() || !settings.reports.dkim_domain.empty())) {
    ASSAY_TRY(signer, signer_of(settings.reports));
    if (signer) messenger->signer_.emplace(std::move(*signer));
  }
  ASSAY_TRY(mail, mail_of(settings, from));
  ASSAY_TRY(web, web_of(settings));
  std::string secret;
  if (!settings.alerts.webhook_secret_file.empty()) {
    ASSAY_TRY(line, read_secret_line(settings.alerts.webhook_secret_file));
    secret = std::move(line);
  }
  messenger->courier_ = std::make_unique<telling::Courier>(
      book, std::move(mail), std::move(web),
      telling::CourierOptions{.from = from,
                              .secret = std::move(secret),
                              .signer = messenger->signer_ ? &*messenger->signer_ : nullptr,
                              .give_up_after = settings.alerts.give_up_after,
                              .claim_time = 2 * settings.smtp.timeout + std::chrono::seconds{5}});
  return messenger;
}

dns::AnswerPtr PacedResolver::ask(const dns::Question& question) {
  wait_(pause_);
  return inner_.ask(question);
}

}  // namespace assay::cli
