#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace assay::crypto {

/// So many octets by chance, fit for secrets: the system's generator (libsodium). Ends the program
/// where the system has none.
std::string random_octets(std::size_t count);

/// The same, as twice as many hexadecimal digits.
std::string random_hex(std::size_t octets);

/// Whether two secrets are the same, in a time that does not tell where they differ; their sizes
/// are no secret.
bool equal_secrets(std::string_view a, std::string_view b);

}  // namespace assay::crypto
