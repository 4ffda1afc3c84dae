#pragma once

#include <cstdint>
#include <expected>

#include "assay/base/finding.h"
#include "system/milter/detail/codec.h"

/// Which steps of the protocol and which changes of a message the two sides agree on.
namespace assay::milter::detail {

/// SMFIF_*: what the filter may do.
namespace action {
inline constexpr std::uint32_t add_headers = 0x01;
inline constexpr std::uint32_t change_headers = 0x10;
inline constexpr std::uint32_t quarantine = 0x20;
inline constexpr std::uint32_t version_1 = 0x0f;  ///< meant by an MTA that says nothing
}  // namespace action

/// SMFIP_*: what the MTA leaves out, or bears with.
namespace step {
inline constexpr std::uint32_t no_recipients = 0x08;
inline constexpr std::uint32_t no_body = 0x10;
inline constexpr std::uint32_t no_unknown = 0x100;
inline constexpr std::uint32_t skip = 0x400;
inline constexpr std::uint32_t header_unanswered = 0x80;
inline constexpr std::uint32_t connect_unanswered = 0x1000;
inline constexpr std::uint32_t helo_unanswered = 0x2000;
inline constexpr std::uint32_t mail_unanswered = 0x4000;
inline constexpr std::uint32_t recipient_unanswered = 0x8000;
inline constexpr std::uint32_t data_unanswered = 0x10000;
inline constexpr std::uint32_t unknown_unanswered = 0x20000;
inline constexpr std::uint32_t end_of_header_unanswered = 0x40000;
inline constexpr std::uint32_t body_unanswered = 0x80000;
inline constexpr std::uint32_t leading_space = 0x100000;
inline constexpr std::uint32_t version_1 = 0x3f;  ///< meant by an MTA that says nothing
}  // namespace step

inline constexpr std::uint32_t oldest_version = 2;
inline constexpr std::uint32_t newest_version = 6;

/// Our answer, which is also what holds from then on. Errors: a version below 2, or an MTA that
/// will not let us change what we must change (better no filter than one that cannot act).
std::expected<Offer, Finding> negotiate(const Offer& mta, const Options& options);

}  // namespace assay::milter::detail
