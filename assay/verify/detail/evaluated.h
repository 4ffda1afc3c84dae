#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "assay/verify/explain.h"
#include "assay/verify/verify.h"

/// What the parts of an explanation share.
namespace assay::verify::detail {

constexpr std::size_t most_octets_of_a_text = 300;

/// What a terminal may get of any text.
std::string clean(std::string_view octets);

/// A domain as an outcome has it: it may be none.
std::string shown(const std::string& domain);

std::optional<DomainName> name_of(const std::string& domain);

const spf::Outcome* mail_from_outcome(const Verdict& verdict);

/// An evaluation and what follows from it: who is meant, what would count.
class Evaluated {
 public:
  explicit Evaluated(const dmarc::Evaluation& evaluation);

  const dmarc::Evaluation& evaluation() const { return evaluation_; }
  std::string author() const { return for_people(evaluation_.author); }
  bool names_author() const { return !evaluation_.author.is_root(); }
  bool has_record() const { return !evaluation_.record.empty(); }
  dmarc::Alignment mode(dmarc::Method method) const {
    return method == dmarc::Method::spf ? aspf_ : adkim_;
  }
  /// The Organizational Domain, or the author domain where the DNS did not give it.
  const DomainName& organizational() const {
    return evaluation_.organizational ? *evaluation_.organizational : evaluation_.author;
  }

  /// Whether a pass of that domain would count; nothing where the DNS did not say.
  std::optional<bool> aligns(dmarc::Method method, const DomainName& domain) const;

 private:
  const dmarc::Evaluation& evaluation_;
  dmarc::Alignment adkim_ = dmarc::Alignment::relaxed;
  dmarc::Alignment aspf_ = dmarc::Alignment::relaxed;
};

/// The domains that a signature or an envelope sender of the author may have.
std::string own_domain(const Evaluated& about, dmarc::Method method);

/// What would make the message pass.
Section advice_section(const Evaluated& about, const Verdict& verdict, const Envelope& envelope);

}  // namespace assay::verify::detail
