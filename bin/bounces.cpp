#include "bin/bounces.h"

#include <utility>

#include "assay/base/try.h"
#include "system/reporting/return_path.h"

#include "bin/arguments.h"
#include "bin/reporting.h"

namespace assay::cli {

using reporting::BounceNotice;

/// One mail of ours has one recipient, so that the worst that is said counts.
BounceNotice notice_of(intake::Bounce bounce, const std::string& recipient) {
  BounceNotice notice{.addressed_to = std::move(bounce.addressed_to),
                      .report_ids = std::move(bounce.report_ids)};
  // Who knows the envelope need not look into the mail.
  if (!recipient.empty()) notice.addressed_to = {recipient};
  for (const intake::BouncedRecipient& one : bounce.recipients) {
    for (const std::string& name : {one.original_recipient, one.final_recipient}) {
      if (!name.empty()) notice.recipients.push_back(name);
    }
    const intake::BounceFate fate = fate_of(one);
    const bool permanent = fate == intake::BounceFate::permanent;
    if (!permanent && fate != intake::BounceFate::temporary) continue;
    if (notice.fate == BounceNotice::Fate::permanent) continue;
    notice.fate = permanent ? BounceNotice::Fate::permanent : BounceNotice::Fate::temporary;
    notice.reason =
        one.diagnostic.contains(one.status) ? one.diagnostic : one.status + " " + one.diagnostic;
  }
  return notice;
}

BounceDesk::BounceDesk(config::Reports settings, std::unique_ptr<store::Store> store,
                       std::string key)
    : settings_(std::move(settings)), store_(std::move(store)), key_(std::move(key)) {}

Expected<std::unique_ptr<BounceDesk>> BounceDesk::open(const config::Settings& settings) {
  if (settings.reports.email.empty()) return std::unique_ptr<BounceDesk>();
  ASSAY_TRY(store, open_store(settings));
  auto key = store->tag_key();
  if (!key) return std::unexpected(store_failure(key.error()));
  return std::unique_ptr<BounceDesk>(
      new BounceDesk(settings.reports, std::move(store), std::move(*key)));
}

bool BounceDesk::is_ours(std::string_view address) const {
  return reporting::parse_return_path(settings_, key_, address).has_value();
}

Expected<reporting::BookedBounce> BounceDesk::take(std::string_view mail,
                                                   std::string_view address) {
  const BounceNotice notice = notice_of(intake::read_bounce(mail), std::string(address));
  auto booked = reporting::book_bounce(*store_, settings_, notice, machine_time());
  if (booked) return std::move(*booked);
  return std::unexpected(store_failure(booked.error()));
}

}  // namespace assay::cli
