#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace assay::store {

/// Chunks that are too many to be held: a file without a name, gone with the last who reads it.
class ChunkFile {
 public:
  struct Place {
    std::uint64_t at = 0;
    std::size_t size = 0;
  };

  /// In a folder, which must be there. Null where no file can be made.
  static std::shared_ptr<ChunkFile> make(const std::string& folder);
  ~ChunkFile();
  ChunkFile(const ChunkFile&) = delete;
  ChunkFile& operator=(const ChunkFile&) = delete;

  /// Writes behind what is there; false where the disk does not take it, and nothing has changed.
  bool append(std::string_view octets, Place& place);
  /// Exactly those; false where the disk does not give them.
  bool read(const Place& place, std::string& octets) const;
  /// As of LargeOctets.
  std::size_t read_at(std::uint64_t at, std::span<char> into) const;
  std::uint64_t size() const { return size_; }

 private:
  explicit ChunkFile(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
  std::uint64_t size_ = 0;
};

}  // namespace assay::store
