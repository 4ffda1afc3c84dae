#include "assay/archive/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <new>

namespace assay::archive {
namespace {

/// Half the time of level 6, for a report that is a sixth larger.
constexpr int level = 3;
constexpr int gzip_format = 15 + 16;  // the largest window, and the frame of gzip
constexpr int memory = 8;
constexpr std::size_t block = 65'536;

}  // namespace

struct GzipWriter::Stream {
  z_stream z = {};
  gz_header header = {};
  std::array<char, block> out = {};

  Stream() {
    if (deflateInit2(&z, level, Z_DEFLATED, gzip_format, memory, Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();  // zlib gives no other reason for these constants
    }
    header.os = 255;  // unknown: the same wherever it is written
    deflateSetHeader(&z, &header);
  }
  ~Stream() { deflateEnd(&z); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  void run(int flush, std::string& packed) {
    do {
      z.next_out = reinterpret_cast<Bytef*>(out.data());
      z.avail_out = static_cast<uInt>(out.size());
      [[maybe_unused]] const int result = deflate(&z, flush);
      assert(result != Z_STREAM_ERROR);
      packed.append(out.data(), out.size() - z.avail_out);
    } while (z.avail_out == 0);
  }
};

GzipWriter::GzipWriter() : stream_(std::make_unique<Stream>()) {}
GzipWriter::~GzipWriter() = default;
GzipWriter::GzipWriter(GzipWriter&&) noexcept = default;
GzipWriter& GzipWriter::operator=(GzipWriter&&) noexcept = default;

void GzipWriter::add(std::string_view piece, std::string& packed) {
  constexpr std::size_t most = 1U << 30;  // what zlib counts in 32 bits
  while (!piece.empty()) {
    const std::size_t size = std::min(piece.size(), most);
    stream_->z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
    stream_->z.avail_in = static_cast<uInt>(size);
    stream_->run(Z_NO_FLUSH, packed);
    piece.remove_prefix(size);
  }
}

void GzipWriter::finish(std::string& packed) {
  stream_->z.avail_in = 0;
  stream_->run(Z_FINISH, packed);
}

std::string gzip(std::string_view octets) {
  std::string packed;
  GzipWriter writer;
  writer.add(octets, packed);
  writer.finish(packed);
  return packed;
}

}  // namespace assay::archive
