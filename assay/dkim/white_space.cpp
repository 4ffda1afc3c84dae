#include "assay/dkim/detail/white_space.h"

#include <array>
#include <bit>
#include <cstdint>

#include "assay/base/ascii.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace assay::dkim::detail {
namespace {

using ascii::is_wsp;

std::size_t clean_from(std::size_t at, const char* octets, std::size_t size) {
  for (; at < size; ++at) {
    if (octets[at] == '\t') break;
    if (octets[at] != ' ') continue;
    if (at + 1 == size || is_wsp(octets[at + 1]) || octets[at + 1] == '\r') break;
  }
  return at;
}

/// Reduces the octets up to `end`, which has look_ahead octets behind it. No branch depends on an
/// octet, so that hostile text costs what any other does.
Reduced reduce_from(Reduced done, const char* octets, std::size_t end, char* out) {
  for (; done.read < end; ++done.read) {
    const char* here = octets + done.read;
    const bool space = (here[0] == ' ') | (here[0] == '\t');
    const bool before_space = (here[1] == ' ') | (here[1] == '\t');
    const bool before_end = (here[1] == '\r') & (here[2] == '\n');
    out[done.written] = space ? ' ' : here[0];
    done.written += (space & (before_space | before_end)) ? 0 : 1;
  }
  return done;
}

std::size_t end_of(std::size_t size) {
  return size > look_ahead ? size - look_ahead : 0;
}

std::size_t clean_portable(const char* octets, std::size_t size) {
  return clean_from(0, octets, size);
}
Reduced reduce_portable(const char* octets, std::size_t size, char* out) {
  return reduce_from({}, octets, end_of(size), out);
}

#if defined(__x86_64__)

constexpr std::size_t block = sizeof(__m128i);

__m128i load(const char* octets) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(octets));
}
void store(char* out, __m128i octets) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), octets);
}
__m128i white_space_in(__m128i octets) {
  return _mm_or_si128(_mm_cmpeq_epi8(octets, _mm_set1_epi8(' ')),
                      _mm_cmpeq_epi8(octets, _mm_set1_epi8('\t')));
}

/// A block with its white space as spaces, and which octets of it go.
struct Judged {
  __m128i octets;
  std::uint32_t gone;
};

Judged judge(const char* octets) {
  const __m128i here = load(octets);
  const __m128i next = load(octets + 1);
  const __m128i space = white_space_in(here);
  const __m128i before_end = _mm_and_si128(_mm_cmpeq_epi8(next, _mm_set1_epi8('\r')),
                                           _mm_cmpeq_epi8(load(octets + 2), _mm_set1_epi8('\n')));
  const __m128i gone = _mm_and_si128(space, _mm_or_si128(white_space_in(next), before_end));
  const __m128i spaces = _mm_and_si128(space, _mm_set1_epi8(' '));
  return {.octets = _mm_or_si128(_mm_andnot_si128(space, here), spaces),
          .gone = static_cast<std::uint32_t>(_mm_movemask_epi8(gone))};
}

std::size_t clean_sse2(const char* octets, std::size_t size) {
  std::size_t at = 0;
  for (; size - at > block; at += block) {
    const __m128i here = load(octets + at);
    const __m128i next = load(octets + at + 1);
    const __m128i follows =
        _mm_or_si128(_mm_cmpeq_epi8(next, _mm_set1_epi8('\r')), white_space_in(next));
    const __m128i found =
        _mm_or_si128(_mm_cmpeq_epi8(here, _mm_set1_epi8('\t')),
                     _mm_and_si128(_mm_cmpeq_epi8(here, _mm_set1_epi8(' ')), follows));
    const auto mask = static_cast<std::uint32_t>(_mm_movemask_epi8(found));
    if (mask != 0) return at + static_cast<std::size_t>(std::countr_zero(mask));
  }
  return clean_from(at, octets, size);
}

Reduced reduce_sse2(const char* octets, std::size_t size, char* out) {
  const std::size_t end = end_of(size);
  Reduced done;
  while (end - done.read >= block) {
    const Judged judged = judge(octets + done.read);
    if (judged.gone == 0) {
      store(out + done.written, judged.octets);
      done.read += block;
      done.written += block;
    } else {
      done = reduce_from(done, octets, done.read + block, out);
    }
  }
  return reduce_from(done, octets, end, out);
}

/// For each set of octets that go from eight: where those that stay stand, one octet each.
constexpr std::array<std::uint64_t, 256> make_stayers() {
  std::array<std::uint64_t, 256> stayers{};
  for (std::size_t gone = 0; gone < stayers.size(); ++gone) {
    unsigned shift = 0;
    for (std::uint64_t at = 0; at < 8; ++at) {
      if ((gone >> at & 1U) != 0) continue;
      stayers[gone] |= at << shift;
      shift += 8;
    }
  }
  return stayers;
}
constexpr std::array<std::uint64_t, 256> stayers = make_stayers();

/// Moves the octets that stay to the front of eight.
__attribute__((target("avx2"))) void store_stayers(char* out, __m128i octets, std::uint32_t gone) {
  const __m128i places = _mm_cvtsi64_si128(static_cast<long long>(stayers[gone]));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(out), _mm_shuffle_epi8(octets, places));
}

std::size_t stay(std::uint32_t gone) {
  return 8 - static_cast<std::size_t>(std::popcount(gone));
}

__attribute__((target("avx2,popcnt"))) Reduced reduce_avx2(const char* octets, std::size_t size,
                                                           char* out) {
  const std::size_t end = end_of(size);
  Reduced done;
  for (; end - done.read >= block; done.read += block) {
    const Judged judged = judge(octets + done.read);
    if (judged.gone == 0) {
      store(out + done.written, judged.octets);
      done.written += block;
      continue;
    }
    const std::uint32_t low = judged.gone & 0xffU;
    const std::uint32_t high = judged.gone >> 8;
    store_stayers(out + done.written, judged.octets, low);
    done.written += stay(low);
    store_stayers(out + done.written, _mm_srli_si128(judged.octets, 8), high);
    done.written += stay(high);
  }
  return reduce_from(done, octets, end, out);
}

__attribute__((target("avx2"))) std::size_t clean_avx2(const char* octets, std::size_t size) {
  const __m256i space = _mm256_set1_epi8(' ');
  const __m256i tab = _mm256_set1_epi8('\t');
  const __m256i cr = _mm256_set1_epi8('\r');
  std::size_t at = 0;
  for (; size - at > sizeof(__m256i); at += sizeof(__m256i)) {
    const __m256i here = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(octets + at));
    const __m256i next = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(octets + at + 1));
    const __m256i blank =
        _mm256_or_si256(_mm256_cmpeq_epi8(next, space), _mm256_cmpeq_epi8(next, tab));
    const __m256i follows = _mm256_or_si256(_mm256_cmpeq_epi8(next, cr), blank);
    const __m256i found = _mm256_or_si256(
        _mm256_cmpeq_epi8(here, tab), _mm256_and_si256(_mm256_cmpeq_epi8(here, space), follows));
    const auto mask = static_cast<std::uint32_t>(_mm256_movemask_epi8(found));
    if (mask != 0) return at + static_cast<std::size_t>(std::countr_zero(mask));
  }
  return clean_from(at, octets, size);
}

constexpr WhiteSpaceReducer sse2_reducer = {.clean = clean_sse2, .reduce = reduce_sse2};
constexpr WhiteSpaceReducer avx2_reducer = {.clean = clean_avx2, .reduce = reduce_avx2};

#endif

}  // namespace

const WhiteSpaceReducer portable_reducer = {.clean = clean_portable, .reduce = reduce_portable};

Reducers available_reducers() {
  Reducers reducers;
  reducers.known[reducers.count++] = &portable_reducer;
#if defined(__x86_64__)
  reducers.known[reducers.count++] = &sse2_reducer;
  if (__builtin_cpu_supports("avx2")) reducers.known[reducers.count++] = &avx2_reducer;
#endif
  return reducers;
}

const WhiteSpaceReducer& fastest_reducer() {
  const Reducers reducers = available_reducers();
  return *reducers.known[reducers.count - 1];
}

}  // namespace assay::dkim::detail
