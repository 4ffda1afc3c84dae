#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

/// gzip (RFC 1952) written without time stamp and name: the same octets give the same octets.
namespace assay::archive {

std::string gzip(std::string_view octets);

/// The same piece by piece, of one member whatever its length. What is short is packed at once in
/// the end, which costs less than half; what is longer need never be held whole.
///
///     GzipWriter gzip;
///     std::string packed;
///     gzip.add(piece, packed);    // for each
///     gzip.finish(packed);        // the next piece begins another file
class GzipWriter {
 public:
  /// Octets up to which a text is held whole, and what gzip() holds.
  static constexpr std::size_t usual_hold = std::size_t{1} << 20U;

  explicit GzipWriter(std::size_t hold = usual_hold);
  ~GzipWriter();
  GzipWriter(GzipWriter&&) noexcept;
  GzipWriter& operator=(GzipWriter&&) noexcept;

  /// Appends to `packed` what is ready by now; it may be nothing.
  void add(std::string_view piece, std::string& packed);
  /// Appends the rest.
  void finish(std::string& packed);

 private:
  class Whole;
  struct Stream;

  std::size_t hold_;
  std::unique_ptr<Whole> whole_;
  std::unique_ptr<Stream> stream_;  ///< once there is more than is held
  std::string held_ = {};
};

}  // namespace assay::archive
