#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "assay/spf/detail/loaded_record.h"
#include "assay/spf/detail/sender.h"
#include "assay/spf/spf.h"

namespace assay::spf::detail {

/// One run of check_host with everything it includes and is redirected to (RFC 7208 §4). Holds
/// what all levels share: the limits used up, the names of the client, the trace.
class Evaluation {
 public:
  Evaluation(const Request& request, const Sender& sender, dns::Resolver& resolver,
             const Limits& limits);

  Outcome run();

 private:
  /// What came of a mechanism (RFC 7208 §4.6.2).
  enum class Match : std::uint8_t { no, yes, temperror, permerror };

  /// A record in use.
  struct Frame {
    const DomainName& domain;  ///< <domain> of this check_host: %{d}
    const LoadedRecord& loaded;
    unsigned depth = 0;

    const Term& term(std::size_t index) const { return loaded.record.terms[index]; }
  };

  /// What a term asks first: a question kept with the record, or one made for this message.
  struct Target {
    const dns::Question* question = nullptr;
    dns::Question made = {};
  };
  enum class Aim : std::uint8_t { ready, malformed, never_matches, limit_exceeded };

  /// A name that the client's address points to.
  struct ClientName {
    DomainName name;
    std::optional<bool> validated = {};  ///< nothing until it is asked
  };

  // evaluate.cpp: check_host in the order of RFC 7208 §4.
  Result check_host(const dns::Question& first, unsigned depth);
  std::optional<Result> find_problem(const dns::Question& question, const dns::Answer& answer,
                                     const LoadedRecord*& loaded);
  std::optional<Result> match_directives(const Frame& frame);
  Match evaluate(const Frame& frame, std::size_t index, const Directive& directive);
  std::optional<Result> follow_redirect(const Frame& frame, dns::Question& next);
  Result default_result(const Frame& frame);
  void decide(const Frame& frame, const Term& term, Result result);
  void prefetch(const Frame& frame);
  std::size_t questions_needed(const Frame& frame) const;
  bool is_client_in(const Mechanism& mechanism) const;

  // mechanisms.cpp: RFC 7208 §5.
  Match include(const Frame& frame, std::size_t index);
  Match a(const Frame& frame, std::size_t index, const DualPrefix& prefix);
  Match mx(const Frame& frame, std::size_t index, const DualPrefix& prefix);
  Match exists(const Frame& frame, std::size_t index);
  Match ptr(const Frame& frame, std::size_t index);
  Match match_addresses(const dns::Question& question, const DualPrefix& prefix);
  std::optional<Match> find_failure(const dns::Question& question, const dns::Answer& answer);
  Match no_match_for(Aim aim);

  // client_names.cpp: RFC 7208 §5.5.
  dns::Question client_question() const;
  dns::Outcome fetch_client_names();
  bool is_validated(ClientName& name);
  void prefetch_addresses(std::span<const DomainName> names);
  std::string validated_name(const DomainName& domain);
  dns::Type address_type() const;

  // targets.cpp: names and macros, RFC 7208 §4.8 and §7.
  Aim aim(const Frame& frame, std::size_t index, Target& target);
  Aim expand_target(const Frame& frame, const DomainSpec& domain, DomainName& name);
  MacroValues macro_values(const Frame& frame) const;
  dns::AnswerPtr ask(const dns::Question& question);
  bool is_out_of_time();

  // explanation.cpp: RFC 7208 §6.2, and words for people.
  std::string fetch_explanation(const Frame& frame);
  std::string reason(Result result) const;
  static std::string shown(const Term& term);
  static std::string to_words(const dns::Question& question);
  static std::string no_answer(const dns::Question& question, const dns::Answer& answer);
  Result problem(Result result, std::string what);
  Match problem(Match match, std::string what);
  std::size_t begin_step(const Frame& frame, const Term& term);
  void end_step(std::size_t step, Match match);
  void note_unusable(const dns::Question& question, unsigned depth, Result result);

  const Request& request_;
  const Sender& sender_;
  dns::Resolver& resolver_;
  const Limits& limits_;
  const std::size_t family_;  ///< which of LoadedRecord::questions
  const bool local_part_is_ascii_;
  std::chrono::steady_clock::time_point deadline_ = {};
  bool out_of_time_ = false;

  Outcome outcome_ = {};
  std::size_t prefetched_ = 0;  ///< questions of terms asked ahead
  std::optional<dns::Outcome> client_names_outcome_ = {};
  std::vector<ClientName> client_names_ = {};

  DomainName decisive_domain_ = {};  ///< whose record `mechanism` stands in
  std::string inner_ = {};           ///< what matched inside of an include, for the reason
  std::string problem_ = {};         ///< why temperror or permerror
  std::string_view note_ = {};       ///< beside "match" or "no match" in the trace
};

}  // namespace assay::spf::detail
