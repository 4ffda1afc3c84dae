#include "bin/receive_desk.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "system/intake/mail_trust.h"

#include "bin/arguments.h"
#include "bin/intake.h"

namespace assay::cli {
namespace {

constexpr std::array<std::string_view, 4> kept_words = {"added", "set_aside", "duplicate",
                                                        "sampled_out"};

intake::Committer::Add adder(const config::Settings& settings, store::ReceivedReports& received,
                             const intake::AssessOptions& assess) {
  return [&received, decide = intake::decider(assess),
          sampling = sampling_of(settings.intake)](std::span<const store::Arrival> arrivals) {
    return received.add(arrivals, decide, sampling);
  };
}

}  // namespace

bool Receipt::kept() const {
  return !failure && std::ranges::any_of(lines, [](const IntakeLine& line) {
    return std::ranges::count(kept_words, line.outcome) != 0;
  });
}

bool Receipt::refused() const {
  return lines.empty() || std::ranges::count(lines, "refused", &IntakeLine::outcome) > 0;
}

std::string Receipt::summary() const {
  if (failure) return failure->what;
  if (!kept()) return lines.empty() ? "There is no report in it" : lines.front().why;
  std::string text;
  std::size_t all = 0;
  for (const std::string_view word : kept_words) {
    const auto count =
        static_cast<std::size_t>(std::ranges::count(lines, word, &IntakeLine::outcome));
    all += count;
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, word);
  }
  return fmt::format("{} {}: {}", all, all == 1 ? "report" : "reports", text);
}

Desk::Desk(const config::Settings& settings, store::ReceivedReports& received,
           dns::Resolver* resolver, ops::Log& log, ops::Metrics& metrics)
    : options_(arrival_options(settings, {})),
      resolver_(resolver),
      committer_(adder(settings, received, options_.assess)),
      log_(log),
      metrics_(metrics) {}

intake::Taken Desk::read(intake::Incoming incoming, const intake::Session& session) const {
  intake::ArrivalOptions options = options_;
  if (resolver_ != nullptr) {
    options.examine = [&](std::string_view mail) {
      return intake::examine(mail, session, *resolver_, machine_time());
    };
  }
  incoming.arrived = machine_time();
  return intake::read_arrivals(incoming, options);
}

Receipt Desk::take(std::string_view octets, const std::string& name, store::Channel channel,
                   const intake::Session& session) {
  return take({.octets = octets, .name = name, .channel = channel}, session);
}

Receipt Desk::take(const intake::Incoming& incoming, const intake::Session& session) {
  return keep(read(incoming, session), incoming.name, incoming.channel);
}

Receipt Desk::take_permitted(std::string_view octets, const std::string& name,
                             store::Channel channel, const Permitted& permitted) {
  intake::Taken taken = read({.octets = octets, .name = name, .channel = channel}, {});
  const auto is_foreign = [&](const store::Arrival& each) {
    return !permitted(each.head.policy_domain);
  };
  for (const store::Arrival& each : taken.arrivals) {
    if (!is_foreign(each)) continue;
    taken.refused.push_back({.member = each.raw.member,
                             .code = "not_permitted",
                             .what = "it is on a domain that you do not see"});
  }
  std::erase_if(taken.arrivals, is_foreign);
  return keep(std::move(taken), name, channel);
}

Receipt Desk::keep(intake::Taken taken, const std::string& name, store::Channel channel) {
  Receipt receipt;
  const auto placed = committer_.commit(taken.arrivals);
  if (placed) {
    for (std::size_t i = 0; i < taken.arrivals.size(); ++i) {
      receipt.lines.push_back(placed_line(name, taken.arrivals[i], (*placed)[i]));
    }
    for (const intake::Refused& each : taken.refused) {
      receipt.lines.push_back(refused_line(name, each));
    }
  } else {
    receipt.failure = placed.error();
  }
  count(receipt, channel);
  return receipt;
}

void Desk::count(const Receipt& receipt, store::Channel channel) {
  const std::string word(store::to_text(channel));
  {
    const std::scoped_lock lock(mutex_);
    trouble_ = receipt.failure ? receipt.failure->what : "";
    const auto hour = std::chrono::floor<std::chrono::hours>(machine_time());
    for (const IntakeLine& line : receipt.lines) {
      store::IntakeCount& count = counts_[{hour, word, line.outcome}];
      count = {.hour = hour,
               .channel = word,
               .outcome = line.outcome,
               .count = count.count + 1,
               .sample = line.why};
    }
    // A day or two where nobody takes them.
    constexpr std::size_t most = 1'000;
    if (counts_.size() > most) counts_.erase(counts_.begin());
  }
  if (receipt.failure) {
    metrics_
        .counter("assay_receive_store_failures_total", "Times that reports could not be kept",
                 {{"channel", word}})
        .add();
    log_.write(ops::LogLevel::error, "store_failed",
               [&](ops::Fields& fields) { fields.text("what", receipt.failure->what); });
  }
  {
    const std::scoped_lock lock(mutex_);
    const auto today = std::chrono::floor<std::chrono::days>(machine_time());
    if (refused_day_ != today) refused_ = 0;
    refused_day_ = today;
    refused_ += static_cast<std::uint64_t>(
        std::ranges::count(receipt.lines, "refused", &IntakeLine::outcome));
  }
  for (const IntakeLine& line : receipt.lines) {
    metrics_
        .counter("assay_receive_reports_total", "Reports that came in",
                 {{"channel", word}, {"outcome", line.outcome}})
        .add();
    log_.write(ops::LogLevel::info, "report", [&](ops::Fields& fields) {
      fields.text("channel", word);
      fields.text("outcome", line.outcome);
      if (!line.code.empty()) fields.text("code", line.code);
      if (!line.head.reporter.empty()) fields.text("reporter", line.head.reporter);
      if (!line.head.policy_domain.empty()) fields.text("domain", line.head.policy_domain);
      fields.text("from", line.file);
    });
  }
}

std::uint64_t Desk::refused_on(std::chrono::sys_days day) const {
  const std::scoped_lock lock(mutex_);
  return day == refused_day_ ? refused_ : 0;
}

std::vector<store::IntakeCount> Desk::take_counts() {
  const std::scoped_lock lock(mutex_);
  std::vector<store::IntakeCount> counts;
  for (auto& [key, count] : counts_) counts.push_back(std::move(count));
  counts_.clear();
  return counts;
}

std::string Desk::trouble() const {
  const std::scoped_lock lock(mutex_);
  return trouble_;
}

}  // namespace assay::cli
