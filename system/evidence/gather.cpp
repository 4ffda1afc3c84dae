#include "system/evidence/detail/look.h"
#include "system/evidence/evidence.h"

namespace assay::evidence {

std::vector<Finding> gather(const Seen& seen, const Sources& sources, const Knowledge& knowledge,
                            Instant now) {
  const Look look(seen, sources, knowledge, now);
  std::vector<Finding> findings;
  // In the order of the tables in docs/evidence.md.
  for (const auto find :
       {find_recovered, find_mailing_list, find_trusted_arc, find_known_forwarder, find_listed,
        find_passed_lately, find_always_passes, find_only_failing_client, find_no_relay,
        find_non_existent_author, find_misleading_from}) {
    if (auto finding = find(look)) findings.push_back(std::move(*finding));
  }
  return findings;
}

}  // namespace assay::evidence
