// SPDX-License-Identifier: Apache-2.0

#include <weir/io/words.hpp>

#include <algorithm>
#include <array>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace weir::detail {
namespace {

// The first bytes of white space: U+0009-000D and U+0020; U+0085 and U+00A0 begin with C2, U+1680
// with E1, U+2000-200A, U+2028, U+2029, U+202F and U+205F with E2, U+3000 with E3.
constexpr bool may_begin_space(unsigned char byte) {
  return byte == ' ' || (byte >= '\t' && byte <= '\r') || byte == 0xc2 || byte == 0xe1
         || byte == 0xe2 || byte == 0xe3;
}

#if defined(__SSE2__)
std::uint64_t find_in_16(const char* text) {
  const auto bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text));
  const auto is = [&](int byte) {
    return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(static_cast<char>(byte)));
  };
  // Bytes from `first` on, `more` at most.
  const auto is_in = [&](int first, int more) {
    const auto since = _mm_sub_epi8(bytes, _mm_set1_epi8(static_cast<char>(first)));
    return _mm_cmpeq_epi8(_mm_min_epu8(since, _mm_set1_epi8(static_cast<char>(more))), since);
  };
  const auto found = _mm_or_si128(_mm_or_si128(is(' '), is_in('\t', '\r' - '\t')),
                                  _mm_or_si128(is(0xc2), is_in(0xe1, 2)));
  return static_cast<std::uint64_t>(_mm_movemask_epi8(found));
}
#else
std::uint64_t find_in_16(const char* text) {
  std::uint64_t found = 0;
  for (unsigned i = 0; i < 16; ++i)
    found |= static_cast<std::uint64_t>(may_begin_space(static_cast<unsigned char>(text[i]))) << i;
  return found;
}
#endif

} // namespace

std::uint64_t may_be_space(const char* text, std::size_t bytes) noexcept {
  if (bytes >= 64)
    return find_in_16(text) | find_in_16(text + 16) << 16U | find_in_16(text + 32) << 32U
           | find_in_16(text + 48) << 48U;
  std::uint64_t found = 0;
  std::size_t at = 0;
  for (; at + 16 <= bytes; at += 16) found |= find_in_16(text + at) << at;
  if (at == bytes) return found;
  if (bytes >= 16) return found | find_in_16(text + bytes - 16) << (bytes - 16); // some twice
  for (; at < bytes; ++at)
    found |= static_cast<std::uint64_t>(may_begin_space(static_cast<unsigned char>(text[at])))
             << at;
  return found;
}

std::size_t space_bytes(const char* text, const char* end) noexcept {
  const auto byte = [&](std::ptrdiff_t i) -> unsigned {
    return i < end - text ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const unsigned first = byte(0), second = byte(1), third = byte(2);
  switch (first) {
    case 0xc2: return second == 0x85 || second == 0xa0 ? 2 : 0;
    case 0xe1: return second == 0x9a && third == 0x80 ? 3 : 0;
    case 0xe2:
      if (second == 0x80)
        return (third >= 0x80 && third <= 0x8a) || third == 0xa8 || third == 0xa9 || third == 0xaf
                   ? 3
                   : 0;
      return second == 0x81 && third == 0x9f ? 3 : 0;
    case 0xe3: return second == 0x80 && third == 0x80 ? 3 : 0;
    default: return 1;
  }
}

} // namespace weir::detail
