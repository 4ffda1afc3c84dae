#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "assay/dns/resolver.h"
#include "system/filter/deferrals.h"
#include "system/filter/entry.h"
#include "system/filter/failures.h"
#include "system/filter/policy.h"
#include "system/filter/transaction.h"
#include "system/milter/milter.h"

/// A message's way through the filter: events of the MTA in, verify and evidence, a decision, and
/// replies with header edits out; an Entry for the journal. Blocking, a thread a connection.
namespace assay::filter {

/// Told of each message and each fault. Called by the threads of connections.
class Watch {
 public:
  virtual ~Watch() = default;
  /// `judging`: from the end of the message to the decision.
  virtual void message(const journal::Entry& entry, std::chrono::microseconds judging) = 0;
  /// A message that could not be judged: why, and what was answered.
  virtual void fault(std::string_view what) = 0;
};

/// What all connections share. Outlives them.
struct Shared {
  dns::Resolver& resolver;
  Watch& watch;
  std::function<std::shared_ptr<const Policy>()> policy;  ///< the present one; any thread
  std::function<journal::Time()> now;
  std::string id_prefix = {};          ///< of Entry::id, unique for this process
  const Failures* failures = nullptr;  ///< null: there are no failure reports; outlives it
  Deferrals deferrals{};
  std::atomic<std::uint64_t> number = 0;
  std::atomic<std::size_t> octets = 0;  ///< held for messages under way
};

/// The messages of one connection.
class MessageFilter final : public milter::Handler {
 public:
  /// `listener`: which of the settings' listeners the connection came by.
  MessageFilter(Shared& shared, std::size_t listener);
  ~MessageFilter() override;

  /// Whether octets of a message have come that were not answered yet.
  bool busy() const;
  /// Set once the session has agreed on it (milter::Session::leading_space).
  void set_leading_space(HeaderOctets::LeadingSpace space);

  milter::Reply connect(const milter::Connection& connection,
                        const milter::Macros& macros) override;
  milter::Reply helo(std::string_view name, const milter::Macros& macros) override;
  milter::Reply mail(const milter::Path& from, const milter::Macros& macros) override;
  milter::Reply recipient(const milter::Path& to, const milter::Macros& macros) override;
  milter::Reply data(const milter::Macros& macros) override;
  milter::Reply header(std::string_view name, std::string_view value) override;
  milter::Reply end_of_header(const milter::Macros& macros) override;
  milter::Reply body(std::string_view octets) override;
  milter::Ending end_of_message(const milter::Macros& macros) override;
  void abort() override;
  void start_over() override;

 private:
  struct Message;
  struct Judged;
  milter::Ending judge(Message& message);
  Judged evaluate(Message& message);
  verify::Decision decide(const Message& message, const Judged& judged);
  void tell_failures(const Message& message, const Judged& judged, std::string_view host) const;
  milter::Ending answer(const Message& message, const Judged& judged, std::string_view host) const;
  milter::Ending let_through(Message& message, std::string exempt);
  milter::Ending refuse_forged();
  milter::Ending fault(const Message& message, std::string_view what);
  const config::Listener& listener_of(const Policy& policy) const;
  /// Our name in Authentication-Results.
  std::string_view host_of(const Policy& policy) const;

  Shared& shared_;
  std::size_t listener_;
  HeaderOctets::LeadingSpace leading_space_ = HeaderOctets::LeadingSpace::kept;
  Client peer_ = {};
  std::unique_ptr<Message> message_;
};

}  // namespace assay::filter
