#pragma once

/// What mail authentication asks of the DNS, as an interface and answers that are plain values.
///
/// Resolver is the interface: a Question (name and type) has one Answer. Everything that checks
/// mail takes a `Resolver&`. This module has those that need no network: Zone answers from
/// master-file text, Cache remembers what another Resolver said, Recorder counts and bounds what
/// one message asks, Replay lets an event loop bring the answers. The one that really asks is
/// UnboundResolver in assay/dns_unbound. They stack:
///
///     auto network = dns::UnboundResolver::open({});               // asks
///     dns::Cache cache(**network, [] { return now(); });           // one for the process
///     dns::Recorder recorder(cache, &steady_clock::now);           // one for each message
///     AnswerPtr answer = recorder.ask({.name = name, .type = dns::Type::txt});
///     if (answer->outcome == dns::Outcome::records) use(answer->texts);
///
/// Left to others: which names to ask, and what records mean.
#include "assay/dns/cache.h"
#include "assay/dns/memo.h"
#include "assay/dns/recorder.h"
#include "assay/dns/replay.h"
#include "assay/dns/resolver.h"
#include "assay/dns/zone.h"
