#include "assay/archive/gzip.h"

#include <libdeflate.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <new>

namespace assay::archive {
namespace {

/// Of zlib: half the time of level 6, for a report that is a sixth larger.
constexpr int level = 3;
constexpr int whole_level = 6;
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

  void add(std::string_view piece, std::string& packed) {
    constexpr std::size_t most = 1U << 30;  // what zlib counts in 32 bits
    while (!piece.empty()) {
      const std::size_t size = std::min(piece.size(), most);
      z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
      z.avail_in = static_cast<uInt>(size);
      run(Z_NO_FLUSH, packed);
      piece.remove_prefix(size);
    }
  }

  void finish(std::string& packed) {
    z.avail_in = 0;
    run(Z_FINISH, packed);
  }
};

/// libdeflate: packs a text that is there whole, in less than half the time of zlib.
class GzipWriter::Whole {
 public:
  Whole() {
    if (compressor_ == nullptr) throw std::bad_alloc();
  }

  void pack(std::string_view text, std::string& packed) {
    const std::size_t before = packed.size();
    packed.resize(before + libdeflate_gzip_compress_bound(compressor_.get(), text.size()));
    const std::size_t size =
        libdeflate_gzip_compress(compressor_.get(), text.data(), text.size(),
                                 packed.data() + before, packed.size() - before);
    assert(size > 0);
    packed.resize(before + size);
  }

 private:
  std::unique_ptr<libdeflate_compressor, void (*)(libdeflate_compressor*)> compressor_{
      libdeflate_alloc_compressor(whole_level), libdeflate_free_compressor};
};

GzipWriter::GzipWriter(std::size_t hold) : hold_(hold), whole_(std::make_unique<Whole>()) {}
GzipWriter::~GzipWriter() = default;
GzipWriter::GzipWriter(GzipWriter&&) noexcept = default;
GzipWriter& GzipWriter::operator=(GzipWriter&&) noexcept = default;

void GzipWriter::add(std::string_view piece, std::string& packed) {
  if (!stream_ && held_.size() + piece.size() <= hold_) {
    held_ += piece;
    return;
  }
  if (!stream_) {
    stream_ = std::make_unique<Stream>();
    stream_->add(held_, packed);
    held_.clear();
  }
  stream_->add(piece, packed);
}

void GzipWriter::finish(std::string& packed) {
  if (stream_) {
    stream_->finish(packed);
    stream_.reset();
  } else {
    whole_->pack(held_, packed);
    held_.clear();
  }
}

std::string gzip(std::string_view octets) {
  std::string packed;
  GzipWriter writer;
  writer.add(octets, packed);
  writer.finish(packed);
  return packed;
}

}  // namespace assay::archive
