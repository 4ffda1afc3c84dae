#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "assay/verify/author.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using assay::verify::Authors;
  const std::string octets(reinterpret_cast<const char*>(data), size);
  const assay::mail::Header header = assay::mail::parse_header(octets);
  const Authors authors = assay::verify::find_authors(header);
  require(authors.domains.size() <= assay::verify::max_authors && authors.findings.size() <= 100);
  require(authors.usable ==
          (authors.from_fields == 1 && !authors.domains.empty() && !has_error(authors.findings)));
  for (const assay::DomainName& domain : authors.domains) {
    require(std::ranges::count(authors.domains, domain) == 1);
    const auto again = assay::to_a_labels(domain.text());
    require(again && *again == domain);
  }
  // Another From field above takes nothing away, and nobody is a certain author any more.
  const assay::mail::Field forged{
      .raw = "From: x@evil.example", .name = "From", .value = " x@evil.example"};
  assay::mail::Header longer = header;
  longer.fields.insert(longer.fields.begin(), forged);
  const Authors both = assay::verify::find_authors(longer);
  require(!both.usable || authors.from_fields == 0);
  require(both.domains.front().text() == "evil.example");
  // What is cut is said, in a list of findings that is not itself full.
  const bool cut =
      both.findings.size() == 100 ||
      std::ranges::count(both.findings, "too_many_authors", &assay::Finding::code) != 0;
  for (const assay::DomainName& domain : authors.domains) {
    require(cut || std::ranges::find(both.domains, domain) != both.domains.end());
  }
  return 0;
}
