#include <zlib.h>

#include <algorithm>
#include <memory>
#include <new>

#include "assay/archive/detail/budget.h"

namespace assay::archive::detail {
namespace {

constexpr int any_format = 15 + 32;  // gzip or zlib, by the header

class Inflating {
 public:
  Inflating(std::string_view packed, std::string path, Budget& budget)
      : rest_(packed), path_(std::move(path)), budget_(budget) {
    if (inflateInit2(&z_, any_format) != Z_OK) throw std::bad_alloc();
  }
  ~Inflating() { inflateEnd(&z_); }
  Inflating(const Inflating&) = delete;
  Inflating& operator=(const Inflating&) = delete;

  std::size_t read(std::span<char> into) {
    constexpr std::size_t most = 1U << 30;
    while (!ended_ && !into.empty()) {
      const std::size_t room = std::min(into.size(), most);
      const std::size_t input = std::min(rest_.size(), most);
      z_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(rest_.data()));
      z_.avail_in = static_cast<uInt>(input);
      z_.next_out = reinterpret_cast<Bytef*>(into.data());
      z_.avail_out = static_cast<uInt>(room);
      const int result = inflate(&z_, Z_NO_FLUSH);
      const std::size_t size = room - z_.avail_out;
      in_ += input - z_.avail_in;
      out_ += size;
      rest_.remove_prefix(input - z_.avail_in);
      settle(result, size);
      if (size > 0 && !budget_.spend(size, out_, in_)) {
        ended_ = true;
        return 0;
      }
      if (size > 0) return size;
    }
    return 0;
  }

 private:
  void settle(int result, std::size_t size) {
    if (result == Z_STREAM_END) {
      next_member();
    } else if (result == Z_BUF_ERROR || (result == Z_OK && size == 0 && rest_.empty())) {
      stop("truncated", "ends too early");
    } else if (result != Z_OK) {
      stop("damaged", "is no sound gzip");
    }
  }

  /// RFC 1952 §2.2: members follow each other.
  void next_member() {
    if (detect(rest_) == Format::gzip && inflateReset(&z_) == Z_OK) return;
    ended_ = true;
    const bool padding = std::ranges::all_of(rest_, [](char c) { return c == '\0'; });
    if (!padding) {
      budget_.complain("trailing", where(path_) + "octets behind the gzip are left out",
                       Level::warning);
    }
  }

  void stop(std::string_view code, std::string_view what) {
    ended_ = true;
    budget_.complain(code, where(path_) + "the packed file " + std::string(what));
  }

  z_stream z_ = {};
  std::string_view rest_;
  std::string path_;
  Budget& budget_;
  std::uint64_t in_ = 0;
  std::uint64_t out_ = 0;
  bool ended_ = false;
};

}  // namespace

Read read_deflated(std::string_view packed, const std::string& path, Budget& budget) {
  const auto stream = std::make_shared<Inflating>(packed, path, budget);
  return [stream](std::span<char> into) { return stream->read(into); };
}

}  // namespace assay::archive::detail
