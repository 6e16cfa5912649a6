// SPDX-License-Identifier: Apache-2.0
//
// select: which rows a predicate takes, as a list of row numbers, for filter and split.
//
// The predicate is judged on eight rows at a time; their numbers leave a register compressed, so
// nothing branches on the answer. Numbers begin at `start` and ascend; there must be room for `n`,
// though fewer are valid. What the predicate throws becomes a row_failure.
//
//   std::size_t kept = select_rows(rows, n, pred, 0, numbers);      // numbers[0..kept)

#pragma once

#include <weir/actors/operators/instruction_set.hpp>
#include <weir/actors/operators/row_failure.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <type_traits>

#if defined(__x86_64__) && defined(__GNUC__) && defined(__OPTIMIZE__)
#include <immintrin.h>
#endif

namespace weir {

namespace detail {

/// For AVX2: the row numbers 0 to 7 that are set in each byte, and for half a byte how the chosen
/// of four rows of 8 bytes move to the front, as the halves of rows.
struct select_table {
  alignas(64) std::uint8_t numbers[256][8];
  alignas(64) std::int32_t moves[16][8];
};
extern const select_table selected_of_byte;

/// Rows that leave a register together with their numbers.
template <class T>
inline constexpr bool moves_by_register = std::is_trivially_copyable_v<T> && sizeof(T) == 8
                                          && alignof(T) == 8;

/// Whether a predicate may be vectorised: then its answers for eight rows best meet in memory.
/// Where it is judged row by row they are gathered as bits; reading them back at once would wait
/// for every one of eight stores.
template <class T>
inline constexpr bool judged_wide = std::is_arithmetic_v<T>;

// `kept`: nullptr, or where the chosen rows go (`rows` itself is allowed). What follows the last
// group of eight, and machines without the instructions:
template <class T, class Match>
std::size_t select_rest(const T* rows, std::size_t at, std::size_t n, Match& match,
                        std::uint32_t start, std::uint32_t* numbers, std::size_t count, T* kept) {
  try {
    for (; at < n; ++at) {
      numbers[count] = start + static_cast<std::uint32_t>(at);
      if constexpr (moves_by_register<T>)
        if (kept != nullptr) kept[count] = rows[at];
      const bool takes = std::invoke(match, rows[at]);
      count += takes ? 1 : 0;
    }
  } catch (...) {
    throw_row_failure(at);
  }
  return count;
}

#if defined(__x86_64__) && defined(__GNUC__) && defined(__OPTIMIZE__)
/// A bit for each of eight rows. `at`: the row being judged, for when that throws. A small row is
/// judged as a copy: the compiler may then read members that `a && b` would not reach, and needs no
/// branch, which is predicted badly where the data decides it.
template <class T, class Match>
[[gnu::always_inline]] inline unsigned judge_eight(const T* rows, std::size_t first, Match& match,
                                                   std::size_t& at) {
  using judged = std::conditional_t<sizeof(T) <= 64, const T, const T&>;
  unsigned mask = 0;
  for (unsigned j = 0; j < 8; ++j) {
    at = first + j;
    judged row = rows[j];
    const bool takes = std::invoke(match, row);
    mask |= static_cast<unsigned>(takes) << j;
  }
  return mask;
}

template <class T, class Match>
[[gnu::noinline,
  gnu::target("avx512f,avx512bw,avx512cd,avx512dq,avx512vl,bmi,bmi2,fma,lzcnt,popcnt")]] std::size_t
select_avx512(const T* rows, std::size_t n, Match& match, std::uint32_t start,
              std::uint32_t* numbers, T* kept) {
  const __m256i step = _mm256_set1_epi32(8);
  __m256i eight = _mm256_add_epi32(_mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0),
                                   _mm256_set1_epi32(static_cast<int>(start)));
  std::size_t count = 0;
  std::size_t at = 0;
  try {
    for (std::size_t i = 0; i + 8 <= n; i += 8) {
      __mmask8 mask = 0;
      if constexpr (judged_wide<T>) {
        alignas(64) std::int64_t taken[8];
        for (std::size_t j = 0; j < 8; ++j) {
          at = i + j;
          const bool takes = std::invoke(match, rows[i + j]);
          taken[j] = takes ? -1 : 0;
        }
        mask = _mm512_movepi64_mask(_mm512_load_si512(taken));
      } else {
        mask = static_cast<__mmask8>(judge_eight(rows + i, i, match, at));
      }
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(numbers + count),
                          _mm256_maskz_compress_epi32(mask, eight));
      if constexpr (moves_by_register<T>)
        if (kept != nullptr) {
          const __m512i all = _mm512_loadu_si512(static_cast<const void*>(rows + i));
          _mm512_storeu_si512(static_cast<void*>(kept + count),
                              _mm512_maskz_compress_epi64(mask, all));
        }
      eight = _mm256_add_epi32(eight, step);
      count += static_cast<std::size_t>(__builtin_popcount(mask));
    }
  } catch (...) {
    throw_row_failure(at);
  }
  return select_rest(rows, n / 8 * 8, n, match, start, numbers, count, kept);
}

template <class T, class Match>
[[gnu::noinline, gnu::target("avx2,bmi,bmi2,fma,lzcnt,popcnt")]] std::size_t
select_avx2(const T* rows, std::size_t n, Match& match, std::uint32_t start, std::uint32_t* numbers,
            T* kept) {
  std::size_t count = 0;
  std::size_t at = 0;
  try {
    for (std::size_t i = 0; i + 8 <= n; i += 8) {
      unsigned mask = 0;
      if constexpr (judged_wide<T>) {
        alignas(32) std::int64_t taken[8];
        for (std::size_t j = 0; j < 8; ++j) {
          at = i + j;
          const bool takes = std::invoke(match, rows[i + j]);
          taken[j] = takes ? -1 : 0;
        }
        const __m256i first = _mm256_load_si256(reinterpret_cast<const __m256i*>(taken));
        const __m256i second = _mm256_load_si256(reinterpret_cast<const __m256i*>(taken + 4));
        mask = static_cast<unsigned>(_mm256_movemask_pd(_mm256_castsi256_pd(first)))
               | static_cast<unsigned>(_mm256_movemask_pd(_mm256_castsi256_pd(second))) << 4U;
      } else {
        mask = judge_eight(rows + i, i, match, at);
      }
      const auto* chosen = selected_of_byte.numbers[mask];
      const __m256i offsets =
          _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(chosen)));
      _mm256_storeu_si256(
          reinterpret_cast<__m256i*>(numbers + count),
          _mm256_add_epi32(offsets, _mm256_set1_epi32(static_cast<int>(start + i))));
      if constexpr (moves_by_register<T>)
        if (kept != nullptr) {
          // Both halves are read before they may be overwritten.
          const auto* from = reinterpret_cast<const __m256i*>(rows + i);
          const auto* moves = reinterpret_cast<const __m256i*>(selected_of_byte.moves);
          const __m256i low = _mm256_permutevar8x32_epi32(_mm256_loadu_si256(from),
                                                          _mm256_load_si256(moves + (mask & 15U)));
          const __m256i high = _mm256_permutevar8x32_epi32(_mm256_loadu_si256(from + 1),
                                                           _mm256_load_si256(moves + (mask >> 4U)));
          T* const behind_low = kept + count + __builtin_popcount(mask & 15U);
          _mm256_storeu_si256(reinterpret_cast<__m256i*>(kept + count), low);
          _mm256_storeu_si256(reinterpret_cast<__m256i*>(behind_low), high);
        }
      count += static_cast<std::size_t>(__builtin_popcount(mask));
    }
  } catch (...) {
    throw_row_failure(at);
  }
  return select_rest(rows, n / 8 * 8, n, match, start, numbers, count, kept);
}
#endif

template <class T, class Match>
std::size_t select_for(instruction_set set, const T* rows, std::size_t n, Match& match,
                       std::uint32_t start, std::uint32_t* numbers, T* kept) {
#if defined(__x86_64__) && defined(__GNUC__) && defined(__OPTIMIZE__)
  if constexpr (std::is_trivially_copyable_v<T>) {
    if (set == instruction_set::avx512) return select_avx512(rows, n, match, start, numbers, kept);
    if (set == instruction_set::avx2) return select_avx2(rows, n, match, start, numbers, kept);
  }
#endif
  static_cast<void>(set);
  return select_rest(rows, 0, n, match, start, numbers, 0, kept);
}

} // namespace detail

/// The numbers of the rows that `match` takes. Gives how many there are.
template <class T, class Match>
std::size_t select_rows(const T* rows, std::size_t n, Match& match, std::uint32_t start,
                        std::uint32_t* numbers) {
  T* const kept = nullptr;
  return detail::select_for(best_instruction_set(), rows, n, match, start, numbers, kept);
}

/// Copies the chosen rows to `kept` as well, which is `rows` itself or has room for `n`.
template <class T, class Match>
requires std::is_trivially_copyable_v<T> std::size_t
select_and_copy(const T* rows, std::size_t n, Match& match, std::uint32_t start,
                std::uint32_t* numbers, T* kept) {
  if constexpr (detail::moves_by_register<T>) {
    return detail::select_for(best_instruction_set(), rows, n, match, start, numbers, kept);
  } else {
    const std::size_t count = select_rows(rows, n, match, start, numbers);
    for (std::size_t i = 0; i < count; ++i) kept[i] = rows[numbers[i] - start];
    return count;
  }
}

} // namespace weir
