#include "assay/spf/spf.h"

#include "assay/spf/detail/evaluation.h"
#include "assay/spf/detail/sender.h"

namespace assay::spf {

std::string_view to_text(Result result) {
  switch (result) {
    case Result::none:
      return "none";
    case Result::neutral:
      return "neutral";
    case Result::pass:
      return "pass";
    case Result::fail:
      return "fail";
    case Result::softfail:
      return "softfail";
    case Result::temperror:
      return "temperror";
    case Result::permerror:
      return "permerror";
  }
  return "";
}

std::string_view to_text(Identity identity) {
  return identity == Identity::mfrom ? "mfrom" : "helo";
}

// RFC 7208 §7.3: a result may be kept for others only where no macro of the sender took part. None
// is kept; what is kept are the answers and, in their memos, the records.
Outcome check_mail_from(const Request& request, dns::Resolver& resolver, const Limits& limits) {
  // RFC 7208 §2.4
  const detail::Sender sender = detail::sender_of_mail_from(request);
  return detail::Evaluation(request, sender, resolver, limits).run();
}

Outcome check_helo(const Request& request, dns::Resolver& resolver, const Limits& limits) {
  // RFC 7208 §2.3
  const detail::Sender sender = detail::sender_of_helo(request);
  return detail::Evaluation(request, sender, resolver, limits).run();
}

std::vector<dns::Question> first_questions(const Request& request) {
  std::vector<dns::Question> questions;
  for (const detail::Sender& sender :
       {detail::sender_of_helo(request), detail::sender_of_mail_from(request)}) {
    if (sender.domain.is_root()) continue;
    const dns::Question question{.name = sender.domain, .type = dns::Type::txt};
    if (questions.empty() || questions.front() != question) questions.push_back(question);
  }
  return questions;
}

}  // namespace assay::spf
