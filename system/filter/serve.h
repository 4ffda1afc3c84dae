#pragma once

#include <cstddef>

#include "system/filter/message_filter.h"
#include "system/net/socket.h"

namespace assay::filter {

/// Serves one connection of an MTA until it ends, is silent for longer than the settings allow,
/// breaks the protocol, or the server wants to end and no message is under way.
void serve(net::Connection& connection, Shared& shared, std::size_t listener);

}  // namespace assay::filter
