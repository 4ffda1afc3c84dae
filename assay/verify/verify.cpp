#include "assay/verify/verify.h"

#include <algorithm>
#include <utility>

#include "assay/verify/judge.h"
#include "assay/verify/results_field.h"

namespace assay::verify {

struct Session::State {
  State(Envelope said, dns::Resolver& asked, Instant at, Options chosen)
      : envelope(std::move(said)), resolver(asked), now(at), options(std::move(chosen)) {}

  Envelope envelope;
  dns::Resolver& resolver;
  Instant now;
  Options options;

  std::string octets;  // the header section; `header` views it
  mail::Header header;
  Authors authors;
  dkim::BodyHashes hashes;
  std::optional<dkim::Verifier> dkim;
  std::optional<arc::Validator> arc;

  void read_header(std::string_view section);
  void prefetch();
  std::vector<spf::Outcome> check_spf();
  dmarc::GatherOptions gather_options(dmarc::Standard standard) const;
  std::vector<dmarc::Evaluation> evaluate(const std::vector<dmarc::Identifier>& found,
                                          dmarc::Standard standard) const;
  Verdict judge_all();
  spf::Request spf_request() const;
};

void Session::State::read_header(std::string_view section) {
  // One octet beyond the limit is enough for parse_header to see that there is more.
  octets = section.substr(0, options.header.octets + 1);
  header = mail::parse_header(octets, options.header);
  authors = find_authors(header);
  if (header.truncated) authors.usable = false;
  dkim.emplace(header, hashes, options.dkim, authors.domains);
  arc.emplace(header, hashes, options.dkim);
  prefetch();
}

/// Starts together all that can be known to be asked once the header is there.
void Session::State::prefetch() {
  std::vector<dns::Question> questions = dkim->questions();
  const auto add = [&](std::vector<dns::Question> more) {
    std::ranges::move(more, std::back_inserter(questions));
  };
  add(arc->questions());
  if (envelope.client) add(spf::first_questions(spf_request()));
  for (const DomainName& author : authors.domains) add(dmarc::walk_questions(author));
  resolver.prefetch(questions);
}

spf::Request Session::State::spf_request() const {
  return {.client = *envelope.client,
          .helo = envelope.helo,
          .mail_from = envelope.mail_from,
          .receiver = options.authserv_id,
          .now = now,
          .trace = options.spf_trace};
}

/// HELO first, then MAIL FROM, which DMARC always needs (RFC 7208 §2.3, §2.4).
std::vector<spf::Outcome> Session::State::check_spf() {
  if (!envelope.client) return {};
  const spf::Request request = spf_request();
  std::vector<spf::Outcome> outcomes;
  if (!envelope.helo.empty()) {
    outcomes.push_back(spf::check_helo(request, resolver, options.spf));
  }
  if (envelope.mail_from.empty() && !outcomes.empty()) {
    // RFC 7208 §2.4: with a null reverse-path MAIL FROM is postmaster at the HELO name: the same
    // check.
    outcomes.push_back(outcomes.front());
    outcomes.back().identity = spf::Identity::mfrom;
  } else {
    outcomes.push_back(spf::check_mail_from(request, resolver, options.spf));
  }
  return outcomes;
}

dmarc::GatherOptions Session::State::gather_options(dmarc::Standard standard) const {
  dmarc::GatherOptions chosen{.standard = standard};
  if (options.suffixes != nullptr) {
    chosen.psl_organizational_domain = [list = options.suffixes](const DomainName& name) {
      return list->organizational_domain(name);
    };
  }
  return chosen;
}

std::vector<dmarc::Evaluation> Session::State::evaluate(const std::vector<dmarc::Identifier>& found,
                                                        dmarc::Standard standard) const {
  const dmarc::GatherOptions chosen = gather_options(standard);
  // RFC 7489 §6.6.4 alone draws a sample.
  const unsigned sample = standard == dmarc::Standard::rfc7489 ? sample_of(octets) : 0;
  std::vector<dmarc::Evaluation> evaluations;
  for (const DomainName& author : authors.domains) {
    const dmarc::Facts facts = dmarc::gather(author, found, resolver, chosen);
    evaluations.push_back(dmarc::evaluate(facts, {.sample = sample}));
  }
  return evaluations;
}

// RFC 9989 §5.3, step by step.
Verdict Session::State::judge_all() {
  Verdict verdict;
  verdict.spf = check_spf();
  verdict.dkim = dkim->finish(hashes, resolver, now);
  verdict.arc = arc->finish(hashes, resolver, now);
  const std::vector<dmarc::Identifier> found = identifiers(verdict.spf, verdict.dkim);
  const bool old_only = options.standard == Standard::rfc7489;
  verdict.evaluations =
      evaluate(found, old_only ? dmarc::Standard::rfc7489 : dmarc::Standard::rfc9989);
  verdict.dmarc = judge(authors, verdict.evaluations);
  if (options.standard == Standard::compare) {
    verdict.rfc7489 = judge(authors, evaluate(found, dmarc::Standard::rfc7489));
    verdict.differs = differences(verdict.dmarc, *verdict.rfc7489);
  }
  verdict.decision = decide(verdict.dmarc);
  verdict.authentication_results =
      authres::to_field(results_of(verdict, envelope, options.authserv_id));
  verdict.authors = std::move(authors);
  return verdict;
}

Session::Session(Envelope envelope, dns::Resolver& resolver, Instant now, Options options)
    : state_(std::make_unique<State>(std::move(envelope), resolver, now, std::move(options))) {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;

void Session::header(std::string_view octets) {
  state_->read_header(octets);
}

void Session::body(std::string_view octets) {
  state_->hashes.update(octets);
}

Verdict Session::finish() {
  if (!state_->dkim) state_->read_header({});
  state_->hashes.finish();
  return state_->judge_all();
}

Verdict verify(std::string_view message, Envelope envelope, dns::Resolver& resolver, Instant now,
               Options options) {
  Session session(std::move(envelope), resolver, now, std::move(options));
  const std::size_t body = mail::find_body(message);
  session.header(message.substr(0, body));
  if (body != std::string_view::npos) session.body(message.substr(body));
  return session.finish();
}

}  // namespace assay::verify
