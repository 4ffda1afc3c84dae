#include "assay/archive/unpack.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "assay/archive/detail/budget.h"
#include "assay/base/ascii.h"

namespace assay::archive {
namespace detail {

std::string where(const std::string& path) {
  return path.empty() ? std::string() : ascii::printable(path) + ": ";
}

void Budget::complain(std::string_view code, std::string what, Level level) {
  add_bounded(findings, {.code = code, .what = std::move(what), .level = level});
}

// RFC 9990 §8.1
bool Budget::spend(std::size_t octets, std::uint64_t out, std::uint64_t in) {
  expanded += octets;
  if (expanded > limits.expanded) {
    complain("expanded_too_large",
             "expanded it is larger than " + std::to_string(limits.expanded) + " octets");
    return false;
  }
  if (out >= limits.ratio_from && out / limits.ratio > in) {
    complain("ratio",
             "it expands more than " + std::to_string(limits.ratio) + " times, as reports do not");
    return false;
  }
  return true;
}

std::size_t read_full(const Source& source, std::uint64_t at, std::span<char> into) {
  std::size_t filled = 0;
  while (filled < into.size()) {
    const std::size_t more = source.read_at(at + filled, into.subspan(filled));
    if (more == 0) break;
    filled += more;
  }
  return filled;
}

bool Budget::open_member() {
  if (++members <= limits.members) return true;
  complain("too_many_members", "more than " + std::to_string(limits.members) +
                                   " files are packed together; the others are left out");
  return false;
}

}  // namespace detail

namespace {

using detail::Budget;

constexpr std::size_t enough_to_detect = 4;

/// Opens what is packed and passes on what is plain.
class Unpacking {
 public:
  Unpacking(const Visit& visit, Budget& budget) : visit_(visit), budget_(budget) {}

  void open(std::string_view octets, const std::string& path, std::size_t depth) {
    const Format format = detect(octets);
    if (format == Format::plain) return pass_plain(octets, path);
    open_packed(octets, octets.size(), format, path, depth);
  }

  void open(const Source& source, const std::string& path) {
    std::array<char, enough_to_detect> head;
    const std::size_t size = detail::read_full(source, 0, head);
    const Format format = detect(std::string_view(head.data(), size));
    if (format == Format::plain) return visit_(path, read_all(source));
    open_packed(source, source.size, format, path, 0);
  }

 private:
  /// Of octets or a Source.
  template <class Packed>
  void open_packed(const Packed& packed, std::uint64_t size, Format format, const std::string& path,
                   std::size_t depth) {
    if (depth >= budget_.limits.depth) {
      budget_.complain("too_deep", detail::where(path) + "packed files stand more than " +
                                       std::to_string(budget_.limits.depth) +
                                       " deep in each other");
    } else if (size > budget_.limits.packed) {
      complain_of_size(path);
    } else if (format == Format::zip) {
      detail::for_each_zip_member(packed, path, budget_,
                                  [&](const std::string& inside, const Read& read) {
                                    look_into(inside, read, depth + 1);
                                    return budget_.expanded <= budget_.limits.expanded;
                                  });
    } else if (budget_.open_member()) {
      look_into(path, detail::read_deflated(packed, path, budget_), depth + 1);
    }
  }

  void complain_of_size(const std::string& path) {
    budget_.complain("packed_too_large", detail::where(path) + "the packed file is larger than " +
                                             std::to_string(budget_.limits.packed) + " octets");
  }

  void pass_plain(std::string_view octets, const std::string& path) {
    visit_(path, [octets](std::span<char> into) mutable {
      const std::size_t size = std::min(into.size(), octets.size());
      if (size > 0) std::memcpy(into.data(), octets.data(), size);
      octets.remove_prefix(size);
      return size;
    });
  }

  /// One file that comes out: passed on, or opened where it is packed itself.
  void look_into(const std::string& path, const Read& read, std::size_t depth) {
    std::string head(enough_to_detect, '\0');
    std::size_t size = 0;
    while (size < head.size()) {
      const std::size_t more = read(std::span(head).subspan(size));
      if (more == 0) break;
      size += more;
    }
    head.resize(size);
    if (detect(head) != Format::plain) {
      if (collect(head, path, read)) open(head, path, depth);
      return;
    }
    visit_(path, [&head, &read](std::span<char> into) {
      if (head.empty()) return read(into);
      const std::size_t given = std::min(into.size(), head.size());
      std::memcpy(into.data(), head.data(), given);
      head.erase(0, given);
      return given;
    });
  }

  /// Appends what is left of a packed thing inside another.
  bool collect(std::string& octets, const std::string& path, const Read& read) {
    std::array<char, 65'536> block;
    while (const std::size_t size = read(block)) {
      octets.append(block.data(), size);
      if (octets.size() > budget_.limits.packed) {
        complain_of_size(path);
        return false;
      }
    }
    return true;
  }

  const Visit& visit_;
  Budget& budget_;
};

}  // namespace

Read read_all(const Source& source) {
  return [&source, at = std::uint64_t{0}](std::span<char> into) mutable {
    const std::size_t size = source.read_at(at, into);
    at += size;
    return size;
  };
}

Format detect(std::string_view octets) {
  if (octets.starts_with("\x1f\x8b")) return Format::gzip;
  if (octets.starts_with(std::string_view("PK\x03\x04", 4)) ||
      octets.starts_with(std::string_view("PK\x05\x06", 4))) {
    return Format::zip;
  }
  // RFC 1950 §2.2: deflate with the window that all writers take; "x" begins no report.
  if (octets.size() >= 2 && octets[0] == 'x' &&
      (octets[1] == '\x01' || octets[1] == '\x5e' || octets[1] == '\x9c' || octets[1] == '\xda')) {
    return octets[1] == '\x5e' && octets.size() >= 3 && ascii::is_graph(octets[2]) ? Format::plain
                                                                                   : Format::zlib;
  }
  return Format::plain;
}

Findings unpack(std::string_view packed, const std::string& path, const Visit& visit,
                const UnpackLimits& limits) {
  Budget budget{.limits = limits};
  Unpacking(visit, budget).open(packed, path, 0);
  return std::move(budget.findings);
}

Findings unpack(const Source& packed, const std::string& path, const Visit& visit,
                const UnpackLimits& limits) {
  Budget budget{.limits = limits};
  Unpacking(visit, budget).open(packed, path);
  return std::move(budget.findings);
}

Findings unpack(std::string_view packed, const Visit& visit, const UnpackLimits& limits) {
  return unpack(packed, {}, visit, limits);
}

}  // namespace assay::archive
