#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <optional>

#include "assay/archive/detail/budget.h"
#include "assay/archive/detail/inflater.h"

namespace assay::archive::detail {
namespace {

constexpr int any_format = 15 + 32;  // gzip or zlib, by the header

class Inflating {
 public:
  /// `source` holds what follows `packed`; null: nothing does.
  Inflating(std::string_view packed, const Source* source, std::string path, Budget& budget)
      : rest_(packed), source_(source), path_(std::move(path)), budget_(budget) {
    if (inflateInit2(&z_, any_format) != Z_OK) throw std::bad_alloc();
  }
  ~Inflating() { inflateEnd(&z_); }
  Inflating(const Inflating&) = delete;
  Inflating& operator=(const Inflating&) = delete;

  std::size_t read(std::span<char> into) {
    constexpr std::size_t most = 1U << 30;
    while (!ended_ && !into.empty()) {
      if (rest_.empty()) fill();
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
  /// Reads more behind what is left; false at the end.
  bool fill() {
    if (source_ == nullptr) return false;
    window_.erase(0, window_.size() - rest_.size());
    const std::size_t kept = window_.size();
    window_.resize_and_overwrite(kept + block, [&](char* data, std::size_t) {
      return kept + read_full(*source_, at_, std::span(data + kept, block));
    });
    at_ += window_.size() - kept;
    rest_ = window_;
    return window_.size() > kept;
  }

  void settle(int result, std::size_t size) {
    if (result == Z_STREAM_END) {
      next_member();
    } else if (result == Z_BUF_ERROR || (result == Z_OK && size == 0 && rest_.empty())) {
      if (!fill()) stop("truncated", "ends too early");
    } else if (result != Z_OK) {
      stop("damaged", "is no sound gzip");
    }
  }

  /// RFC 1952 §2.2: members follow each other.
  void next_member() {
    if (rest_.size() < enough_to_detect) fill();
    if (detect(rest_) == Format::gzip && inflateReset(&z_) == Z_OK) return;
    ended_ = true;
    const auto is_padding = [&] {
      return std::ranges::all_of(rest_, [](char c) { return c == '\0'; });
    };
    bool padding = is_padding();
    while (padding) {
      rest_ = {};
      if (!fill()) break;
      padding = is_padding();
    }
    if (!padding) {
      budget_.complain("trailing", where(path_) + "octets behind the gzip are left out",
                       Level::warning);
    }
  }

  void stop(std::string_view code, std::string_view what) {
    ended_ = true;
    budget_.complain(code, where(path_) + "the packed file " + std::string(what));
  }

  static constexpr std::size_t block = 65'536;
  static constexpr std::size_t enough_to_detect = 4;

  z_stream z_ = {};
  std::string_view rest_;  ///< in window_, where there is a source
  const Source* source_;
  std::uint64_t at_ = 0;  ///< in the source, behind the window
  std::string window_ = {};
  std::string path_;
  Budget& budget_;
  std::uint64_t in_ = 0;
  std::uint64_t out_ = 0;
  bool ended_ = false;
};

struct Free {
  void operator()(libdeflate_decompressor* one) const { libdeflate_free_decompressor(one); }
};
using Inflater = std::unique_ptr<libdeflate_decompressor, Free>;

Inflater make_inflater() {
  Inflater made(libdeflate_alloc_decompressor());
  if (!made) throw std::bad_alloc();
  return made;
}

/// The size that the last octets of a gzip name (RFC 1952 §2.3.1), where it has one member.
std::size_t named_size(std::string_view packed) {
  constexpr std::size_t header_and_trailer = 18;
  if (detect(packed) != Format::gzip || packed.size() < header_and_trailer) return 0;
  std::size_t size = 0;
  for (const char c : {packed.end()[-1], packed.end()[-2], packed.end()[-3], packed.end()[-4]}) {
    size = size << 8U | static_cast<unsigned char>(c);
  }
  return size;
}

/// All of a small gzip of one member at once, which is twice as fast as in pieces; nothing where it
/// is anything else, which is for Inflating to say.
std::optional<std::string> inflate_at_once(std::string_view packed, const Budget& budget) {
  const std::size_t size = named_size(packed);
  const UnpackLimits& limits = budget.limits;
  if (size == 0 || size > small || size > limits.ratio_from || size > limits.expanded) {
    return std::nullopt;
  }
  std::string text;
  bool sound = false;
  text.resize_and_overwrite(size, [&](char* data, std::size_t room) {
    std::size_t in = 0;
    std::size_t out = 0;
    const auto result = libdeflate_gzip_decompress_ex(inflater(), packed.data(), packed.size(),
                                                      data, room, &in, &out);
    sound = result == LIBDEFLATE_SUCCESS && in == packed.size() && out == room;
    return sound ? out : 0;
  });
  if (!sound) return std::nullopt;
  return text;
}

/// What has been expanded, given out within the budget.
class Expanded {
 public:
  Expanded(std::string text, std::size_t packed, Budget& budget)
      : text_(std::move(text)), packed_(packed), budget_(budget) {}

  std::size_t read(std::span<char> into) {
    const std::size_t size = std::min(into.size(), text_.size() - given_);
    if (size == 0) return 0;
    std::memcpy(into.data(), text_.data() + given_, size);
    given_ += size;
    if (budget_.spend(size, given_, packed_)) return size;
    given_ = text_.size();
    return 0;
  }

 private:
  std::string text_;
  std::size_t packed_;
  Budget& budget_;
  std::size_t given_ = 0;
};

}  // namespace

libdeflate_decompressor* inflater() {
  static thread_local const Inflater kept = make_inflater();
  return kept.get();
}

Read read_expanded(std::string text, std::size_t packed, Budget& budget) {
  const auto whole = std::make_shared<Expanded>(std::move(text), packed, budget);
  return [whole](std::span<char> into) { return whole->read(into); };
}

Read read_deflated(std::string_view packed, const std::string& path, Budget& budget) {
  if (auto text = inflate_at_once(packed, budget)) {
    return read_expanded(std::move(*text), packed.size(), budget);
  }
  const auto stream = std::make_shared<Inflating>(packed, nullptr, path, budget);
  return [stream](std::span<char> into) { return stream->read(into); };
}

Read read_deflated(const Source& packed, const std::string& path, Budget& budget) {
  const auto stream = std::make_shared<Inflating>(std::string_view(), &packed, path, budget);
  return [stream](std::span<char> into) { return stream->read(into); };
}

}  // namespace assay::archive::detail
