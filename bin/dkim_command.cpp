/// assay dkim: signs messages, says whether keys are published, and makes keys.
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "assay/base/ascii.h"
#include "assay/base/try.h"
#include "assay/dkim/dkim.h"
#include "assay/mail/line_ends.h"
#include "system/json/key_answer.h"

#include "bin/arguments.h"
#include "bin/command.h"
#include "bin/dns_source.h"
#include "bin/files.h"

namespace assay::cli {
namespace {

using crypto::PrivateKey;

constexpr std::string_view help_footer = R"(Examples:
  assay dkim key --type rsa --domain example.com --selector s2026 --out s2026.pem
  assay dkim check --domain example.com --selector s2026 --key s2026.pem
  assay dkim sign --domain example.com --selector s2026 --key s2026.pem message.eml

First make a key, then publish its record, then check that the world sees it, then sign.
)";

constexpr std::string_view sign_footer = R"(Examples:
  assay dkim sign --domain example.com --selector s2026 --key s2026.pem message.eml > signed.eml
  assay dkim sign --domain example.com --selector r2026 --key rsa.pem --selector e2026 --key ed.pem \
    --expire 7d --field-only < message.eml

A --selector and a --key belong together in the order given; each pair makes a signature, the first
one topmost. Sign what will be sent: after all other changes. Line ends that are LF or CR alone
become CRLF. From is signed once more than it stands there, as are Subject, Date, To, Cc, Reply-To,
MIME-Version and Content-Type, so that none can be added; other fields of weight are signed as they
stand. A message without exactly one From field, or with lines that are no fields, is not signed.
)";

constexpr std::string_view check_footer = R"(Example:
  assay dkim check --domain example.com --selector s2026 --key s2026.pem

Signs for trial and verifies with what the DNS answers. Exit code 0 if the key may be signed with; 65 if
it is not published, another one, revoked or not usable; 69 if the DNS does not answer.
)";

constexpr std::string_view key_footer = R"(Examples:
  assay dkim key --type rsa --domain example.com --selector s2026 --out s2026.pem >> example.com.zone
  assay dkim key --type ed25519 --out ed.pem

The key is written to a new file that only you may read. The record goes to standard output: as lines
of a zone with --domain and --selector, or else its text alone.
)";

constexpr std::size_t max_key_file = std::size_t{1} << 20;
constexpr std::size_t max_message = std::size_t{1} << 30;

Expected<std::shared_ptr<const PrivateKey>> read_key(const std::string& path) {
  ASSAY_TRY(pem, read_secret_file(path, max_key_file));
  auto key = PrivateKey::from_pem(pem);
  if (key) return std::make_shared<const PrivateKey>(std::move(*key));
  return fail(Status::bad_data, ascii::printable(path) + ": " + key.error().what +
                                    "; give a key as assay dkim key makes them");
}

Expected<dns::Question> key_name(const DomainName& domain, const std::string& selector) {
  ASSAY_TRY(labels, parse_domain("--selector", selector));
  auto question = dkim::key_question(labels.text(), domain);
  if (question) return std::move(*question);
  return fail(Status::usage, "--selector: " + question.error().what + "; give one like s2026");
}

// ---- sign --------------------------------------------------------------------------------------

struct SignOptions {
  std::string domain = {};
  std::vector<std::string> selectors = {};
  std::vector<std::string> keys = {};
  std::string identity = {};
  std::string expire = {};
  std::string at = {};
  std::string canonicalization = "relaxed/relaxed";
  bool unaligned = false;
  bool field_only = false;
  std::string file = "-";
};

dkim::Canonicalization form_of(std::string_view word) {
  return word == "simple" ? dkim::Canonicalization::simple : dkim::Canonicalization::relaxed;
}

Expected<dkim::Signer> make_signer(const SignOptions& options) {
  dkim::SigningOptions signing = {.domain = {}, .keys = {}};
  ASSAY_TRY(domain, parse_domain("--domain", options.domain));
  signing.domain = std::move(domain);
  if (options.selectors.size() != options.keys.size()) {
    return fail(Status::usage, "each --key needs a --selector of its own; give as many of both");
  }
  for (std::size_t i = 0; i < options.keys.size(); ++i) {
    ASSAY_TRY(key, read_key(options.keys[i]));
    signing.keys.push_back({.selector = options.selectors[i], .key = std::move(key)});
  }
  const std::string_view both = options.canonicalization;
  signing.header_canonicalization = form_of(both.substr(0, both.find('/')));
  signing.body_canonicalization = form_of(both.substr(both.find('/') + 1));
  if (!options.expire.empty()) {
    ASSAY_TRY(lifetime, parse_seconds("--expire", options.expire));
    signing.lifetime = lifetime;
  }
  signing.identity = options.identity;
  if (options.unaligned) signing.unaligned = dkim::Unaligned::warn;
  auto signer = dkim::Signer::make(std::move(signing));
  if (signer) return std::move(*signer);
  const Finding& why = signer.error();
  const bool key = why.code == "weak_key" || why.code == "bad_key";
  return fail(key ? Status::bad_data : Status::usage,
              "cannot sign with this: " + why.what +
                  (key ? "; make another with assay dkim key" : "; see assay dkim sign --help"));
}

std::string what_to_do(const Finding& why) {
  if (why.code == "not_aligned" || why.code == "no_author_domain") {
    return "; sign for the author's domain, or give --unaligned";
  }
  return "; repair the message";
}

Expected<> run_sign(const SignOptions& options) {
  ASSAY_TRY(at, parse_at(options.at));
  ASSAY_TRY(signer, make_signer(options));
  ASSAY_TRY(text, read_file(options.file, max_message));
  // RFC 6376 §5.3: what is written is what was signed.
  const std::string message = mail::to_crlf(text);
  const auto made = signer.sign(message, at);
  if (!made) {
    const std::string name =
        options.file == "-" ? "standard input" : ascii::printable(options.file);
    return fail(Status::bad_data,
                name + ": not signed: " + made.error().what + what_to_do(made.error()));
  }
  for (const Finding& finding : made->findings) {
    report("dkim sign", {.status = Status::ok, .what = "warning: " + finding.what});
  }
  // RFC 6376 §5.6: above all other fields.
  if (auto written = write_output(made->fields); !written) return written;
  return options.field_only ? Expected<>() : write_output(message);
}

void add_sign(const Command& dkim) {
  const Command command = dkim.subcommand("sign", "Sign a message");
  const auto options = std::make_shared<SignOptions>();
  command.option("--domain", options->domain, "Who signs (d=)").named("DOMAIN").required();
  command.option("--selector", options->selectors, "Where the key is published (repeatable)")
      .named("NAME")
      .required()
      .repeatable();
  command.option("--key", options->keys, "The private key, RSA or Ed25519, in PEM (repeatable)")
      .named("FILE")
      .required()
      .repeatable();
  command.option("--identity", options->identity, "On whose behalf (i=); at the domain or below")
      .named("ADDR");
  command.option("--expire", options->expire, "The signature ends so long after the time (x=)")
      .named("DURATION");
  command.option("--at", options->at, "The time of the signature (t=); default now").named("TIME");
  command.option("--canonicalization", options->canonicalization, "Of header and body (c=)")
      .one_of({"relaxed/relaxed", "relaxed/simple", "simple/relaxed", "simple/simple"})
      .default_shown();
  command.flag("--unaligned", options->unaligned,
               "Sign also for a domain that is not aligned with the author's");
  command.flag("--field-only", options->field_only, "Write the signature without the message");
  command.option("FILE", options->file, "The message; - or nothing reads standard input").named("");
  command.footer(sign_footer);
  command.runs([options] { return run_sign(*options); });
}

// ---- check -------------------------------------------------------------------------------------

struct CheckOptions {
  std::string domain = {};
  std::string selector = {};
  std::string key = {};
  DnsOptions dns = {};
  OutputOptions output = {};
};

std::string in_words(const json::KeyAnswer& answer) {
  const dkim::PublishedKey& published = answer.published;
  const std::string name = answer.question.name.text();
  std::string text =
      fmt::format("{}: {}\n", ascii::printable(name, 255), ascii::printable(published.reason, 500));
  for (const Finding& finding : published.findings) {
    text += fmt::format("{}: {}\n", to_text(finding.level), ascii::printable(finding.what, 500));
  }
  if (published.publication == dkim::Publication::matches) return text;
  return text + fmt::format("The record to publish: {}\n", answer.expected);
}

Expected<> run_check(const CheckOptions& options) {
  ASSAY_TRY(domain, parse_domain("--domain", options.domain));
  ASSAY_TRY(question, key_name(domain, options.selector));
  ASSAY_TRY(key, read_key(options.key));
  DnsSource dns(options.dns);
  ASSAY_TRY(resolver, dns.common());
  const dns::AnswerPtr found = resolver->ask(question);
  const json::KeyAnswer answer = {.question = question,
                                  .key_type = key->is_rsa() ? "rsa" : "ed25519",
                                  .published = dkim::check_published(*key, *found),
                                  .expected = dkim::key_record(*key)};
  const auto written =
      write_output(options.output.json ? json::key_line(answer) + "\n" : in_words(answer));
  if (!written) return written;
  switch (answer.published.publication) {
    case dkim::Publication::matches:
      return {};
    case dkim::Publication::not_answered:
      return fail(Status::unavailable, "the DNS did not answer; try again");
    default:
      return fail(Status::bad_data,
                  "do not sign with this key: " + ascii::printable(answer.published.reason, 500));
  }
}

void add_check(const Command& dkim) {
  const Command command =
      dkim.subcommand("check", "Is the key published, and may it be signed with?");
  const auto options = std::make_shared<CheckOptions>();
  command.option("--domain", options->domain, "Who signs (d=)").named("DOMAIN").required();
  command.option("--selector", options->selector, "Where the key is published (s=)")
      .named("NAME")
      .required();
  command.option("--key", options->key, "The private key in PEM").named("FILE").required();
  add_dns_options(command, options->dns);
  add_json_option(command, options->output);
  command.footer(check_footer);
  command.runs([options] { return run_check(*options); });
}

// ---- key ---------------------------------------------------------------------------------------

struct KeyOptions {
  std::string type = "rsa";
  unsigned bits = 2048;
  std::string out = {};
  std::string domain = {};
  std::string selector = {};
};

/// A TXT record as a master file has it (RFC 1035 §5.1): strings of 255 octets at most.
std::string zone_lines(const std::string& owner, std::string_view text) {
  constexpr std::size_t most = 255;
  std::string lines = owner + ". TXT (";
  for (; !text.empty(); text.remove_prefix(std::min(most, text.size()))) {
    lines += fmt::format("\n    \"{}\"", text.substr(0, most));
  }
  return lines + " )\n";
}

/// Where the record stands, or nothing where that is not said.
Expected<std::optional<std::string>> owner_of(const KeyOptions& options) {
  if (options.domain.empty() && options.selector.empty()) return std::nullopt;
  if (options.domain.empty() || options.selector.empty()) {
    return fail(Status::usage,
                "--domain and --selector say together where the record stands; "
                "give both or none");
  }
  ASSAY_TRY(domain, parse_domain("--domain", options.domain));
  ASSAY_TRY(question, key_name(domain, options.selector));
  return question.name.text();
}

Expected<> run_key(const KeyOptions& options) {
  ASSAY_TRY(owner, owner_of(options));
  const auto key = options.type == "rsa" ? PrivateKey::generate_rsa(options.bits)
                                         : PrivateKey::generate_ed25519();
  if (!key) return fail(Status::unavailable, key.error().what + "; try again");
  if (auto made = write_secret_file(options.out, key->to_pem()); !made) return made;
  const std::string record = dkim::key_record(*key);
  return write_output(owner ? zone_lines(*owner, record) : record + "\n");
}

void add_key(const Command& dkim) {
  const Command command = dkim.subcommand("key", "Make a key and show the record to publish");
  const auto options = std::make_shared<KeyOptions>();
  command.option("--type", options->type, "The kind of key")
      .one_of({"rsa", "ed25519"})
      .default_shown();
  command.option("--bits", options->bits, "The size of an RSA key")
      .named("N")
      .between(1024, 4096)
      .default_shown();
  command.option("--out", options->out, "Where the private key goes; must not be there yet")
      .named("FILE")
      .required();
  command.option("--domain", options->domain, "Who will sign (d=)").named("DOMAIN");
  command.option("--selector", options->selector, "Where the key will be published (s=)")
      .named("NAME");
  command.footer(key_footer);
  command.runs([options] { return run_key(*options); });
}

}  // namespace

void add_dkim(const Command& program) {
  const Command dkim = program.subcommand("dkim", "Sign messages, check published keys, make keys");
  dkim.footer(help_footer);
  dkim.needs_subcommand();
  add_sign(dkim);
  add_check(dkim);
  add_key(dkim);
}

}  // namespace assay::cli
