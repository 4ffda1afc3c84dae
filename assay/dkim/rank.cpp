#include "assay/dkim/detail/rank.h"

#include <algorithm>
#include <compare>
#include <cstdint>
#include <numeric>
#include <string_view>

#include "assay/dkim/detail/first_tag.h"
#include "assay/dkim/signature.h"

namespace assay::dkim::detail {
namespace {

enum class Kinship : std::uint8_t { equal, in_line, other };

/// How near a signing domain is to an author's domain; less is nearer.
struct Distance {
  Kinship kinship = Kinship::other;
  std::ptrdiff_t minus_shared = 0;  // labels shared at the end, negated
  std::size_t position = 0;

  friend auto operator<=>(const Distance&, const Distance&) = default;
};

std::ptrdiff_t shared_labels(std::string_view a, std::string_view b) {
  const auto [in_a, in_b] = std::mismatch(a.rbegin(), a.rend(), b.rbegin(), b.rend());
  const std::string_view same(in_a.base(), static_cast<std::size_t>(a.end() - in_a.base()));
  const bool whole_label = (in_a == a.rend() || *in_a == '.') && (in_b == b.rend() || *in_b == '.');
  return std::ranges::count(same, '.') + (whole_label && !same.empty() ? 1 : 0);
}

Distance distance(const DomainName& domain, std::span<const DomainName> authors) {
  Distance nearest;
  for (const DomainName& author : authors) {
    Distance one = {.minus_shared = -shared_labels(domain.text(), author.text())};
    if (domain == author) {
      one.kinship = Kinship::equal;
    } else if (domain.equal_or_below(author) || author.equal_or_below(domain)) {
      one.kinship = Kinship::in_line;
    }
    nearest = std::min(nearest, one);
  }
  return nearest;
}

}  // namespace

std::vector<std::size_t> choose_signatures(const std::vector<const mail::Field*>& fields,
                                           std::span<const DomainName> authors, std::size_t limit) {
  std::vector<std::size_t> chosen(std::min(fields.size(), limit));
  std::iota(chosen.begin(), chosen.end(), std::size_t{0});
  if (fields.size() <= limit || authors.empty()) return chosen;
  std::vector<Distance> distances;
  distances.reserve(fields.size());
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto d = first_tag(fields[i]->value.substr(0, max_signature_octets), "d");
    const auto domain = to_a_labels(d ? d->value : std::string_view());
    distances.push_back(domain ? distance(*domain, authors) : Distance{});
    distances.back().position = i;
  }
  std::ranges::partial_sort(distances, distances.begin() + static_cast<std::ptrdiff_t>(limit));
  for (std::size_t i = 0; i < limit; ++i) chosen[i] = distances[i].position;
  return chosen;
}

}  // namespace assay::dkim::detail
