#include "system/reporting/bounces.h"

#include <algorithm>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/time.h"
#include "assay/base/try.h"
#include "system/reporting/retry.h"
#include "system/reporting/return_path.h"

namespace assay::reporting {
namespace {

using What = BookedBounce::What;
using Fate = BounceNotice::Fate;

/// A refusal counts as another one in a row so long after the time that the last one cost. The
/// server that takes our mail accepts it long before it comes back, so that this is no success.
constexpr std::chrono::days memory{30};

/// The first delivery that one of the addresses names.
std::int64_t delivery_of(const config::Reports& settings, std::string_view key,
                         const BounceNotice& notice) {
  for (const std::string& address : notice.addressed_to) {
    if (const auto id = parse_return_path(settings, key, address)) return *id;
  }
  return 0;
}

/// Whether it is about this delivery: it says nothing of whom, or names the destination, or brings
/// our report back (from an address that the destination forwards to).
bool is_about(const BounceNotice& notice, const store::Delivery& delivery) {
  const auto is_destination = [&](const std::string& one) {
    return ascii::iequals(one, delivery.destination);
  };
  if (notice.recipients.empty()) return true;
  if (std::ranges::any_of(notice.recipients, is_destination)) return true;
  const auto is_report = [&](const std::string& one) {
    return ascii::iequals(one, delivery.report_id);
  };
  return std::ranges::any_of(notice.report_ids, is_report);
}

BookedBounce noted(const store::Delivery& delivery, std::string why) {
  return {.what = What::noted,
          .delivery = delivery.id,
          .destination = delivery.destination,
          .why = std::move(why)};
}

std::expected<BookedBounce, Finding> book_permanent(store::Store& store,
                                                    const store::Delivery& delivery,
                                                    const BounceNotice& notice,
                                                    store::Instant now) {
  const std::string mailbox = ascii::to_lower(delivery.destination);
  ASSAY_TRY(before, store.suppression(mailbox));
  const store::Suppression suppression =
      next_suppression(before, mailbox, "came back: " + ascii::printable(notice.reason, 400), now);
  ASSAY_TRY(is_news, store.came_back(delivery.id, now, suppression));
  if (!is_news) {
    return noted(delivery, delivery.state == store::OutboxState::given_up
                               ? "it was given up before: " + delivery.reason
                               : "no try was made that could have come back");
  }
  return BookedBounce{.what = What::suppressed,
                      .delivery = delivery.id,
                      .destination = delivery.destination,
                      .until = suppression.until,
                      .why = suppression.reason};
}

}  // namespace

std::string_view to_text(What what) {
  switch (what) {
    case What::suppressed:
      return "suppressed";
    case What::noted:
      return "noted";
    case What::ignored:
      return "ignored";
  }
  return "ignored";
}

store::Suppression next_suppression(const std::optional<store::Suppression>& before,
                                    std::string address, std::string reason, store::Instant now) {
  const bool in_a_row = before && now < before->until + memory;
  const unsigned times = in_a_row ? before->times + 1 : 1;
  return {.address = std::move(address),
          .reason = std::move(reason),
          .since = now,
          .until = now + suppressed_for(times),
          .times = times};
}

std::expected<BookedBounce, Finding> book_bounce(store::Store& store,
                                                 const config::Reports& settings,
                                                 const BounceNotice& notice, store::Instant now) {
  if (settings.email.empty()) {
    return BookedBounce{.why = "no reports are made here: [reports] email is empty"};
  }
  ASSAY_TRY(key, store.tag_key());
  const std::int64_t id = delivery_of(settings, key, notice);
  if (id == 0) return BookedBounce{.why = "it is addressed to no return path of ours"};
  auto delivery = store.delivery(id);
  if (!delivery && delivery.error().code == "store_unknown") {
    return BookedBounce{.why = "the delivery " + std::to_string(id) + " is not known any more"};
  }
  if (!delivery) return std::unexpected(std::move(delivery.error()));
  if (!is_about(notice, *delivery)) {
    return noted(*delivery, "it is about another recipient, " +
                                ascii::printable(notice.recipients.front(), 200));
  }
  switch (notice.fate) {
    case Fate::permanent:
      return book_permanent(store, *delivery, notice, now);
    case Fate::temporary:
      return noted(*delivery, "not for good: " + ascii::printable(notice.reason, 400));
    case Fate::other:
      break;
  }
  return noted(*delivery, "it does not say that the mail could not be delivered");
}

}  // namespace assay::reporting
