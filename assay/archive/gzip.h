#pragma once

#include <memory>
#include <string>
#include <string_view>

/// gzip (RFC 1952) written without time stamp and name: the same octets give the same octets.
namespace assay::archive {

std::string gzip(std::string_view octets);

/// The same piece by piece, so that what is packed need never be held whole.
///
///     GzipWriter gzip;
///     std::string packed;
///     gzip.add(piece, packed);    // for each
///     gzip.finish(packed);
class GzipWriter {
 public:
  GzipWriter();
  ~GzipWriter();
  GzipWriter(GzipWriter&&) noexcept;
  GzipWriter& operator=(GzipWriter&&) noexcept;

  /// Appends to `packed` what is ready by now; it may be nothing.
  void add(std::string_view piece, std::string& packed);
  /// Appends the rest. Nothing may be added afterwards.
  void finish(std::string& packed);

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
};

}  // namespace assay::archive
