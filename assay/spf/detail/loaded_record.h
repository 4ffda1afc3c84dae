#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "assay/dns/resolver.h"
#include "assay/spf/record.h"

namespace assay::spf::detail {

/// What the TXT records of a name come to for SPF. Made once and kept with the answer
/// (dns::Answer::memo), so that a cached record is evaluated without being read again.
struct LoadedRecord {
  enum class State : std::uint8_t { none, several, broken, usable };

  State state = State::none;
  std::size_t text_at = 0;  ///< which of the answer's texts
  Finding error = {};       ///< of a broken one
  Record record = {};
  std::optional<std::size_t> redirect = {};     ///< its term; nothing where `all` makes it void
  std::optional<std::size_t> explanation = {};  ///< its term

  /// For which name the questions were made.
  DomainName owner = {};
  /// What the terms without macros ask first, for clients of IPv4 and of IPv6: those of the
  /// mechanisms in order, that of redirect= last.
  std::array<std::vector<dns::Question>, 2> questions = {};
  /// For each term its question, where it has one.
  std::vector<std::optional<std::size_t>> question_of = {};
};

/// Chooses the SPF record among the TXT records (RFC 7208 §4.5) and reads it.
LoadedRecord load_record(std::span<const std::string> texts, const DomainName& owner);

/// The type that a term asks for first, for a client of this family (RFC 7208 §5).
dns::Type first_type(const Term& term, bool client_is_v4);

}  // namespace assay::spf::detail
