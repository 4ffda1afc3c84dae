#include "assay/dns_unbound/detail/context.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/dns_unbound/detail/rdata.h"

namespace assay::dns::detail {
namespace {

/// Names of special use that libunbound answers by itself (RFC 6761, RFC 7686, RFC 8375); private
/// and documentation addresses (RFC 6303) are another setting.
constexpr std::array built_in_zones = {
    "localhost.",
    "127.in-addr.arpa.",
    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa.",
    "home.arpa.",
    "service.arpa.",
    "resolver.arpa.",
    "onion.",
    "test.",
    "invalid."};

/// Collects settings and remembers the first refusal.
class Settings {
 public:
  explicit Settings(ub_ctx* context) : context_(context) {}

  void set(const std::string& option, const std::string& value) {
    note(ub_ctx_set_option(context_, (option + ":").c_str(), value.c_str()), option + " " + value);
  }
  void note(int status, const std::string& what) {
    if (status != UB_NOERROR && refusal_.empty()) refusal_ = what + ": " + ub_strerror(status);
  }
  const std::string& refusal() const { return refusal_; }

 private:
  ub_ctx* context_;
  std::string refusal_;
};

void set_limits(const UnboundOptions& options, Settings& settings) {
  // RFC 5452 §9.2, RFC 9989 §11.3: each question has a socket, and so a random port, of its own.
  settings.set("outgoing-range", std::to_string(std::max(options.udp_sockets, 1U)));
  settings.set("outgoing-num-tcp", std::to_string(std::max(options.tcp_sockets, 1U)));
  settings.set("num-queries-per-thread",
               std::to_string(std::max<std::size_t>(options.max_in_flight, 1)));
  settings.set("msg-cache-size", "4m");
  settings.set("rrset-cache-size", "8m");
  // The servers look further for what they do not hold, so that the first try needs time: 1, 2, 4
  // and 8 times this shall fit into the time that `ask` waits.
  const auto first_try = std::clamp<long long>(options.timeout.count() / 16, 50, 1000);
  settings.set("infra-cache-min-rtt", std::to_string(first_try));
  settings.set("outbound-msg-retry", "4");
  // Measured: names that nobody answers make libunbound hold the server for dead, and for this long
  // every other question fails at once; with the default of 900 s any sender of mail could do that.
  settings.set("infra-host-ttl", "1");
}

void set_servers(const UnboundOptions& options, ub_ctx* context, Settings& settings) {
  // Resolvers on this very host are the usual and best case.
  settings.set("do-not-query-localhost", "no");
  if (options.servers.empty()) {
    if (options.resolv_conf.empty()) return;
    settings.note(ub_ctx_resolvconf(context, options.resolv_conf.c_str()), options.resolv_conf);
    return;
  }
  for (const NameServer& server : options.servers) {
    const std::string text = to_text(server.address) + "@" + std::to_string(server.port);
    settings.note(ub_ctx_set_fwd(context, text.c_str()), "server " + text);
  }
  settings.set("unblock-lan-zones", "yes");
  settings.set("insecure-lan-zones", "yes");
}

void set_trust_anchor(const UnboundOptions& options, ub_ctx* context, Settings& settings) {
  if (options.trust_anchor_file.empty()) return;
  const std::string& file = options.trust_anchor_file;
  const bool readable = std::ifstream(file).good();
  settings.note(readable ? ub_ctx_add_ta_file(context, file.c_str()) : UB_READFILE, file);
}

/// The first call makes libunbound read its settings and files now, not in the first question.
void remove_built_in_zones(const UnboundOptions& options, ub_ctx* context, Settings& settings) {
  settings.note(ub_ctx_zone_remove(context, "none.invalid."), "settings or trust anchor");
  if (options.servers.empty()) return;
  for (const char* const zone : built_in_zones) {
    settings.note(ub_ctx_zone_remove(context, zone), zone);
  }
}

std::string_view why_failed(int rcode) {
  switch (rcode) {
    case 1:
      return "formerr";
    case 2:
      return "servfail";
    case 4:
      return "notimp";
    case 5:
      return "refused";
    default:
      return "rcode";
  }
}

Answer failed(std::string_view why) {
  return {.outcome = Outcome::temporary_failure, .why = std::string(why)};
}

Answer read_records(Type type, const ub_result& result) {
  Answer answer = {.outcome = Outcome::records};
  for (std::size_t i = 0; result.data[i] != nullptr; ++i) {
    const std::string_view rdata(result.data[i],
                                 static_cast<std::size_t>(std::max(result.len[i], 0)));
    if (!add_record(type, rdata, answer)) return failed("malformed");
  }
  const bool empty = answer.texts.empty() && answer.addresses.empty() && answer.exchanges.empty() &&
                     answer.names.empty();
  if (empty) answer.outcome = Outcome::no_data;
  std::ranges::sort(answer.exchanges, {}, [](const MailExchange& one) {
    return std::pair(one.preference, std::string_view(one.host.text()));
  });
  return answer;
}

}  // namespace

std::expected<Context, Finding> open_context(const UnboundOptions& options) {
  Context context(ub_ctx_create());
  if (!context) {
    return std::unexpected(
        Finding{.code = "resolver_options", .what = "libunbound gives no context"});
  }
  Settings settings(context.get());
  // Errors are told in answers; a library does not write to standard error.
  settings.note(ub_ctx_debugout(context.get(), nullptr), "log");
  settings.note(ub_ctx_async(context.get(), 1), "threads");
  set_limits(options, settings);
  set_servers(options, context.get(), settings);
  set_trust_anchor(options, context.get(), settings);
  if (settings.refusal().empty()) remove_built_in_zones(options, context.get(), settings);
  if (settings.refusal().empty()) return context;
  return std::unexpected(
      Finding{.code = "resolver_options", .what = ascii::printable(settings.refusal())});
}

int wire_type(Type type) {
  switch (type) {
    case Type::a:
      return 1;
    case Type::aaaa:
      return 28;
    case Type::mx:
      return 15;
    case Type::ptr:
      return 12;
    case Type::txt:
      return 16;
  }
  return 0;
}

Answer read_result(Type type, const ub_result& result) {
  constexpr int no_error = 0;
  constexpr int name_error = 3;
  // RFC 4035 §5.5: data that fails validation is not used.
  if (result.bogus != 0) return failed("bogus");
  // RFC 7208 §4.4: whatever is neither 0 nor 3 is an error that may pass.
  if (result.rcode != no_error && result.rcode != name_error) {
    const std::string_view why = why_failed(result.rcode);
    return failed(why != "rcode" ? std::string(why) : "rcode " + std::to_string(result.rcode));
  }
  Answer answer;
  if (result.rcode == name_error || result.nxdomain != 0) {
    answer.outcome = Outcome::name_error;
  } else if (result.havedata != 0) {
    answer = read_records(type, result);
    if (answer.outcome == Outcome::temporary_failure) return answer;
  }
  answer.ttl = std::chrono::seconds(std::max(result.ttl, 0));
  answer.authenticated = result.secure != 0;  // RFC 9989 §11.3
  return answer;
}

}  // namespace assay::dns::detail
