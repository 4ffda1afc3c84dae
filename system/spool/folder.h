#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/domain_name.h"
#include "assay/base/finding.h"
#include "system/spool/item.h"

/// The folder of the spool. Folder and files are for their owner alone.
/// Errors of all: `spool_failed`, naming the file and what the system says.
namespace assay::spool {

/// What lies in the folder, by name, which is by age; without those still being written.
struct Listed {
  std::string name;
  std::uint64_t octets = 0;
};
std::expected<std::vector<Listed>, Finding> list(const std::string& folder);

/// Makes the folder, of mode 0700; one that is there already must be so too.
std::expected<void, Finding> make_folder(const std::string& folder);

/// Writes a file of that name, mode 0600, in a way that it is there whole or not at all.
std::expected<void, Finding> write_file(const std::string& folder, const std::string& name,
                                        std::string_view octets);

/// What a file holds. Errors: also `bad_item`; `spool_gone` where it is not there any more.
std::expected<Item, Finding> read_file(const std::string& folder, const std::string& name);
bool is_there(const std::string& folder, const std::string& name);
/// One that is not there is no error.
std::expected<void, Finding> remove_file(const std::string& folder, const std::string& name);

/// Removes the remains of a process that died while it wrote.
void remove_remains(const std::string& folder);

/// Removes what is there of a policy domain and those below it; says how many files.
std::expected<std::size_t, Finding> erase(const std::string& folder, const DomainName& domain);

/// The key of the redaction (RFC 6590 §3), 256 bits at random: read from the file, which is made
/// the first time, mode 0600. A file that others may read is refused (`open_key`), and one that is
/// no key (`bad_key`).
std::expected<std::string, Finding> open_key(const std::string& path);

}  // namespace assay::spool
