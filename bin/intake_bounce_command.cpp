/// assay intake bounce: mails that say what became of reports.
#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "assay/base/ascii.h"
#include "assay/base/time.h"
#include "assay/base/try.h"
#include "system/intake/bounce.h"
#include "system/json/writer.h"
#include "system/reporting/bounces.h"

#include "bin/arguments.h"
#include "bin/bounces.h"
#include "bin/command.h"
#include "bin/files.h"
#include "bin/filter_role.h"
#include "bin/reporting.h"

namespace assay::cli {
namespace {

constexpr std::size_t max_file = std::size_t{64} << 20U;

constexpr std::string_view bounce_footer = R"(Examples:
  assay intake bounce /var/mail/dmarc-reports
  assay intake bounce --recipient reports+17-k3jx7aqm2c@example.org - < bounce.eml

A FILE is a mail, or an mbox of them; - is standard input. Says what was done with each: a failure for good puts the destination
on the list of `assay suppress`; another one is noted; a mail that answers none of our deliveries changes nothing. The same
mail may be given again.
)";

struct Options {
  std::string config = usual_config;
  std::vector<std::string> files = {};
  std::string recipient = {};
  OutputOptions output = {};
};

std::string as_json(const reporting::BookedBounce& booked) {
  json::Writer out;
  out.begin_object();
  out.member("outcome", to_text(booked.what));
  if (booked.delivery > 0) {
    out.member_number("delivery", static_cast<std::uint64_t>(booked.delivery));
  }
  out.member("to", booked.destination);
  if (booked.what == reporting::BookedBounce::What::suppressed) {
    out.member("until", to_rfc3339(booked.until));
  }
  out.member("why", booked.why);
  out.end_object();
  return out.take() + "\n";
}

std::string in_words(const reporting::BookedBounce& booked) {
  std::string text(to_text(booked.what));
  if (booked.delivery > 0) {
    text +=
        fmt::format(": delivery {} to {}", booked.delivery, ascii::printable(booked.destination));
  }
  if (booked.what == reporting::BookedBounce::What::suppressed) {
    text += ", left alone until " + to_rfc3339(booked.until);
  }
  return text + ": " + booked.why + "\n";
}

Expected<> run_bounce(const Options& options) {
  ASSAY_TRY(settings, load_configuration(options.config));
  ASSAY_TRY(store, open_store(settings));
  const store::Instant now =
      std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  for (const std::string& file : options.files) {
    ASSAY_TRY(octets, read_file(file, max_file));
    for (const std::string_view mail : intake::split_mbox(octets)) {
      const reporting::BounceNotice notice =
          notice_of(intake::read_bounce(mail), options.recipient);
      const auto booked = book_bounce(*store, settings.reports, notice, now);
      if (!booked) return std::unexpected(store_failure(booked.error()));
      auto written = write_output(options.output.json ? as_json(*booked) : in_words(*booked));
      if (!written) return written;
    }
  }
  return {};
}

}  // namespace

void add_intake_bounce(const Command& intake) {
  const auto options = std::make_shared<Options>();
  const Command bounce = intake.subcommand("bounce", "Book mails that say what became of a report");
  bounce.option("--config", options->config, "The configuration").named("FILE").default_shown();
  bounce
      .option("--recipient", options->recipient,
              "Whom the mails were sent to, as the envelope says; else they are asked")
      .named("ADDRESS");
  bounce.option("FILE", options->files, "Mails").named("").required();
  add_json_option(bounce, options->output);
  bounce.footer(bounce_footer);
  bounce.runs([options] { return run_bounce(*options); });
}

}  // namespace assay::cli
