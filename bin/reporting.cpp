#include "bin/reporting.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/domain_name.h"
#include "assay/base/try.h"
#include "system/reporting/https_sender.h"
#include "system/reporting/smtp_sender.h"
#include "system/store_sqlite/store_sqlite.h"

#include "bin/files.h"
#include "bin/filter_role.h"

namespace assay::cli {
namespace {

constexpr std::size_t max_key_file = 65'536;

std::string domain_of(std::string_view address) {
  return ascii::to_lower(address.substr(address.rfind('@') + 1));
}

}  // namespace

Failure store_failure(const Finding& finding) {
  const bool bad = finding.code == "store_damaged" || finding.code == "store_foreign" ||
                   finding.code == "store_newer" || finding.code == "store_books";
  return {.status = bad ? Status::bad_data : Status::io, .what = finding.what};
}

std::string store_path(const config::Settings& settings) {
  return data_folder(settings) + "/store.sqlite";
}

Expected<std::unique_ptr<store::Store>> open_store(const config::Settings& settings) {
  std::error_code error;
  std::filesystem::create_directories(data_folder(settings), error);
  if (error) {
    return fail(Status::io, "cannot make the folder " + ascii::printable(data_folder(settings)) +
                                ": " + error.message());
  }
  auto store = store_sqlite::open({.path = store_path(settings)});
  if (store) return std::move(*store);
  return std::unexpected(store_failure(store.error()));
}

reporting::Reporter reporter_of(const config::Reports& settings) {
  return {.email = settings.email,
          .org_name = settings.org_name,
          .contact = settings.contact,
          .submitter = domain_of(settings.email),
          .generator = "Assay " ASSAY_VERSION};
}

Expected<std::optional<dkim::Signer>> signer_of(const config::Reports& settings) {
  if (settings.dkim_key.empty()) return std::optional<dkim::Signer>();
  ASSAY_TRY(pem, read_secret_file(settings.dkim_key, max_key_file));
  auto key = crypto::PrivateKey::from_pem(pem);
  const std::string where = "[reports] dkim_key " + ascii::printable(settings.dkim_key) + ": ";
  if (!key) return fail(Status::bad_data, where + key.error().what);
  const auto domain = DomainName::parse(settings.dkim_domain.empty() ? domain_of(settings.email)
                                                                     : settings.dkim_domain);
  if (!domain) return fail(Status::bad_data, "[reports] dkim_domain: " + domain.error().what);
  auto signer = dkim::Signer::make(
      {.domain = *domain,
       .keys = {{.selector = settings.dkim_selector,
                 .key = std::make_shared<const crypto::PrivateKey>(std::move(*key))}}});
  if (!signer) return fail(Status::bad_data, where + signer.error().what);
  return std::optional<dkim::Signer>(std::move(*signer));
}

/// Null where nothing is posted.
Expected<std::unique_ptr<reporting::Sender>> https_of(const config::Settings& settings) {
  if (!settings.reports.https) return std::unique_ptr<reporting::Sender>();
  using reporting::Reach;
  auto sender = reporting::HttpsSender::open(
      {.timeout = settings.smtp.timeout,
       .ca_file = settings.reports.https_ca,
       .reach = settings.reports.https_private ? Reach::everybody : Reach::internet,
       .user_agent = "Assay/" ASSAY_VERSION});
  if (!sender) return fail(Status::no_input, sender.error().what);
  return std::unique_ptr<reporting::Sender>(std::move(*sender));
}

Expected<std::unique_ptr<Outgate>> Outgate::open(const config::Settings& settings,
                                                 store::Store& store) {
  std::unique_ptr<Outgate> gate(new Outgate);
  ASSAY_TRY(signer, signer_of(settings.reports));
  if (signer) gate->signer_.emplace(std::move(*signer));
  const reporting::Reporter reporter = reporter_of(settings.reports);
  auto key = store.tag_key();
  if (!key) return std::unexpected(store_failure(key.error()));
  std::string password;
  if (!settings.smtp.password_file.empty()) {
    ASSAY_TRY(secret, read_secret_line(settings.smtp.password_file));
    password = std::move(secret);
  }
  reporting::Senders senders;
  for (unsigned i = 0; i < settings.smtp.connections; ++i) {
    auto sender = reporting::SmtpSender::open(settings.smtp, password, reporter.submitter);
    if (!sender) return fail(Status::no_input, sender.error().what);
    ASSAY_TRY(https, https_of(settings));
    senders.push_back(
        std::make_unique<reporting::SenderByScheme>(std::move(*sender), std::move(https)));
  }
  gate->deliverer_ = std::make_unique<reporting::Deliverer>(
      store, std::move(senders),
      reporting::DeliverOptions{.settings = settings.reports,
                                .reporter = reporter,
                                .return_path_key = *key,
                                .signer = gate->signer_ ? &*gate->signer_ : nullptr,
                                .claim_time = 2 * settings.smtp.timeout + std::chrono::seconds{5}});
  return gate;
}

}  // namespace assay::cli
