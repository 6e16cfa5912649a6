// SPDX-License-Identifier: Apache-2.0

#include <weir/io/csv_index.hpp>

#include <algorithm>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace weir {
namespace {

/// A bit for each of 64 bytes: which hold a delimiter, which a line feed or quote.
struct masks {
  std::uint64_t marks;
  std::uint64_t breaks;
};

/// Writes the position of every bit; both loops run rarely more than 16 and 4 times for 64 bytes.
[[gnu::always_inline]] inline void write_marks(masks found, std::uint32_t at,
                                               csv_index::output& out) {
  std::uint64_t rest = found.marks;
  const auto count = static_cast<std::size_t>(std::popcount(rest));
  std::uint32_t* to = out.marks + out.mark_count;
  for (std::uint64_t breaks = found.breaks; breaks != 0; breaks &= breaks - 1) {
    const std::uint64_t before = (breaks & (~breaks + 1)) - 1;
    out.breaks[out.break_count++] =
        static_cast<std::uint32_t>(out.mark_count + std::popcount(found.marks & before));
  }
  // Eight at once whether they are there or not: what is too much is overwritten by the next 64
  // bytes.
  do {
    for (int i = 0; i < 8; ++i) {
      to[i] = at + static_cast<std::uint32_t>(std::countr_zero(rest));
      rest &= rest - 1;
    }
    to += 8;
  } while (rest != 0);
  out.mark_count += count;
}

/// Looks at whole 64 bytes, then at what is left with the bytes behind `to` masked out.
template <class Find>
[[gnu::always_inline]] inline void search_all(const char* block, std::uint32_t from,
                                              std::uint32_t to, csv_index::output& out, Find find) {
  std::uint32_t at = from;
  for (; at + 64 <= to; at += 64) write_marks(find(block + at), at, out);
  if (at < to) {
    auto found = find(block + at);
    const std::uint64_t inside = (std::uint64_t{1} << (to - at)) - 1;
    write_marks({found.marks & inside, found.breaks & inside}, at, out);
  }
}

// A bit a byte of `word` that equals the byte all of `pattern` is made of, gathered into the low
// eight bits.
std::uint64_t equal_bytes(std::uint64_t word, std::uint64_t pattern) {
  constexpr std::uint64_t low = 0x7f7f7f7f7f7f7f7fU;
  const std::uint64_t differ = word ^ pattern;
  const std::uint64_t zero = ~(((differ & low) + low) | differ | low);
  return ((zero >> 7U) * 0x0102040810204080U) >> 56U;
}

void search_portable(const char* block, std::uint32_t from, std::uint32_t to, char delimiter,
                     char quote, csv_index::output& out) {
  const auto spread = [](char c) { return 0x0101010101010101U * static_cast<unsigned char>(c); };
  const std::uint64_t d = spread(delimiter);
  const std::uint64_t q = spread(quote);
  const std::uint64_t n = spread('\n');
  search_all(block, from, to, out, [=](const char* bytes) {
    masks found{0, 0};
    for (unsigned i = 0; i < 8; ++i) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes + 8 * i, 8);
      const std::uint64_t breaks = equal_bytes(word, n) | equal_bytes(word, q);
      found.breaks |= breaks << (8 * i);
      found.marks |= (breaks | equal_bytes(word, d)) << (8 * i);
    }
    return found;
  });
}

#if defined(__x86_64__)

[[gnu::target("avx2,bmi,bmi2,popcnt,lzcnt")]] void search_avx2(const char* block,
                                                               std::uint32_t from, std::uint32_t to,
                                                               char delimiter, char quote,
                                                               csv_index::output& out) {
  const __m256i d = _mm256_set1_epi8(delimiter);
  const __m256i q = _mm256_set1_epi8(quote);
  const __m256i n = _mm256_set1_epi8('\n');
  std::uint32_t at = from;
  const auto find = [=](const char* bytes)
      __attribute__((target("avx2,bmi,bmi2,popcnt,lzcnt"), always_inline)) {
    masks found{0, 0};
    for (int half = 0; half < 2; ++half) {
      const __m256i text = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes + 32 * half));
      const __m256i breaks =
          _mm256_or_si256(_mm256_cmpeq_epi8(text, n), _mm256_cmpeq_epi8(text, q));
      const __m256i marks = _mm256_or_si256(breaks, _mm256_cmpeq_epi8(text, d));
      const auto as_bits =
          [](__m256i v) __attribute__((target("avx2,bmi,bmi2,popcnt,lzcnt"), always_inline)) {
        return std::uint64_t{static_cast<std::uint32_t>(_mm256_movemask_epi8(v))};
      };
      found.breaks |= as_bits(breaks) << (32 * half);
      found.marks |= as_bits(marks) << (32 * half);
    }
    return found;
  };
  for (; at + 64 <= to; at += 64) write_marks(find(block + at), at, out);
  if (at < to) {
    auto found = find(block + at);
    const std::uint64_t inside = (std::uint64_t{1} << (to - at)) - 1;
    write_marks({found.marks & inside, found.breaks & inside}, at, out);
  }
}

/// Sixteen of 64 bytes as positions from `base` on. (The masked forms: the plain ones warn in
/// g++ 12.)
template <int Quarter>
[[gnu::target("avx512f,avx512bw,avx512vl,avx512vbmi2,bmi,bmi2,popcnt,lzcnt"),
  gnu::always_inline]] inline void
widen(__m512i packed, __m512i base, std::uint32_t* to) {
  const __m128i bytes = _mm512_maskz_extracti32x4_epi32(0xff, packed, Quarter);
  const __m512i positions =
      _mm512_add_epi32(base, _mm512_maskz_cvtepu8_epi32(static_cast<__mmask16>(-1), bytes));
  _mm512_storeu_si512(to + 16 * Quarter, positions);
}

[[gnu::target("avx512f,avx512bw,avx512vl,avx512vbmi2,bmi,bmi2,popcnt,lzcnt")]] void
search_avx512(const char* block, std::uint32_t from, std::uint32_t to, char delimiter, char quote,
              csv_index::output& out) {
  const __m512i d = _mm512_set1_epi8(delimiter);
  const __m512i q = _mm512_set1_epi8(quote);
  const __m512i n = _mm512_set1_epi8('\n');
  alignas(64) static constexpr auto counted = [] {
    struct {
      unsigned char bytes[64];
    } made{};
    for (unsigned i = 0; i < 64; ++i) made.bytes[i] = static_cast<unsigned char>(i);
    return made;
  }();
  const __m512i numbers = _mm512_load_si512(counted.bytes);
  for (std::uint32_t at = from; at < to; at += 64) {
    const __mmask64 inside =
        to - at >= 64 ? ~__mmask64{0} : static_cast<__mmask64>((std::uint64_t{1} << (to - at)) - 1);
    const __m512i text = _mm512_loadu_si512(block + at);
    std::uint64_t breaks =
        _mm512_mask_cmpeq_epi8_mask(inside, text, n) | _mm512_mask_cmpeq_epi8_mask(inside, text, q);
    const std::uint64_t marks = breaks | _mm512_mask_cmpeq_epi8_mask(inside, text, d);
    for (; breaks != 0; breaks &= breaks - 1) {
      const std::uint64_t before = (breaks & (~breaks + 1)) - 1;
      out.breaks[out.break_count++] =
          static_cast<std::uint32_t>(out.mark_count + std::popcount(marks & before));
    }
    // The numbers of the bytes that are marks, packed together; sixteen at a time become positions.
    const __m512i packed = _mm512_maskz_compress_epi8(marks, numbers);
    const __m512i base = _mm512_set1_epi32(static_cast<int>(at));
    const auto count = static_cast<std::size_t>(std::popcount(marks));
    std::uint32_t* to_marks = out.marks + out.mark_count;
    widen<0>(packed, base, to_marks);
    if (count > 16) [[unlikely]] {
      widen<1>(packed, base, to_marks);
      widen<2>(packed, base, to_marks);
      widen<3>(packed, base, to_marks);
    }
    out.mark_count += count;
  }
}

#endif

csv_index::search search_for(csv_instructions instructions) {
#if defined(__x86_64__)
  switch (std::min(instructions, csv_index::widest())) {
    case csv_instructions::avx512: return search_avx512;
    case csv_instructions::avx2: return search_avx2;
    case csv_instructions::portable: return search_portable;
  }
#else
  static_cast<void>(instructions);
#endif
  return search_portable;
}

} // namespace

csv_instructions csv_index::widest() noexcept {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("avx512bw")
      && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("bmi2"))
    return csv_instructions::avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2"))
    return csv_instructions::avx2;
#endif
  return csv_instructions::portable;
}

csv_index::csv_index(char delimiter, char quote, csv_instructions best)
    : delimiter_{delimiter}, quote_{quote}, search_{search_for(best)} {
  clear(0);
}

void csv_index::clear(std::uint32_t begin) {
  if (marks_.empty()) marks_.resize(1);
  marks_[0] = begin - 1; // may wrap: only ever used as "+ 1"
  mark_count_ = 0;
  break_count_ = 0;
}

void csv_index::add(const char* block, std::uint32_t from, std::uint32_t to) {
  // A mark a byte at worst, and 64 written behind the last.
  const std::size_t most = to - from;
  if (marks_.size() < mark_count_ + most + 65) marks_.resize(mark_count_ + most + 65);
  if (breaks_.size() < break_count_ + most) breaks_.resize(break_count_ + most);
  output out{marks_.data() + 1, mark_count_, breaks_.data(), break_count_};
  search_(block, from, to, delimiter_, quote_, out);
  mark_count_ = out.mark_count;
  break_count_ = out.break_count;
}

void csv_index::drop(std::size_t marks) {
  if (marks == 0) return;
  std::memmove(marks_.data(), marks_.data() + marks, (mark_count_ - marks + 1) * sizeof marks_[0]);
  mark_count_ -= marks;
  const auto* begin = breaks_.data();
  const auto* first = std::lower_bound(begin, begin + break_count_, marks);
  const auto gone = static_cast<std::size_t>(first - begin);
  for (std::size_t i = gone; i < break_count_; ++i)
    breaks_[i - gone] = static_cast<std::uint32_t>(breaks_[i] - marks);
  break_count_ -= gone;
}

} // namespace weir
