#pragma once

#include <unbound.h>

#include <expected>
#include <memory>

#include "assay/base/finding.h"
#include "assay/dns_unbound/unbound_resolver.h"

namespace assay::dns::detail {

struct ContextDelete {
  void operator()(ub_ctx* context) const { ub_ctx_delete(context); }
};
using Context = std::unique_ptr<ub_ctx, ContextDelete>;

/// A libunbound context that is ready to be asked.
std::expected<Context, Finding> open_context(const UnboundOptions& options);

/// What libunbound's result says. Total: whatever a server sent becomes an answer.
Answer read_result(Type type, const ub_result& result);

/// The number of the type on the wire.
int wire_type(Type type);

}  // namespace assay::dns::detail
