// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif
#ifdef __SSSE3__
#include <tmmintrin.h>
#endif

namespace sluice::http1 {

// Byte scans of the head parser and writer, sixteen bytes at a step where the machine has SSE2.
// They never read at or beyond `end`: a block may end there.
//
// Thread: any; pure.

// Maps a byte of a field name to its lower-case form, or to 0 if it may not stand in a token.
constexpr std::array<char, 256> MakeNameMap() {
  std::array<char, 256> map{};
  for (const char c : std::string_view("abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~")) {
    map[static_cast<uint8_t>(c)] = c;
  }
  for (char c = 'A'; c <= 'Z'; ++c) map[static_cast<uint8_t>(c)] = static_cast<char>(c | 0x20);
  return map;
}
inline constexpr std::array<char, 256> kNameMap = MakeNameMap();

// A byte that ends a field value: a control other than tab (RFC 9110 §5.5).
constexpr bool IsControl(char c) {
  const auto u = static_cast<uint8_t>(c);
  return (u < 0x20 && u != '\t') || u == 0x7f;
}

// A byte that may stand in a request target as we take it: visible ASCII without '#' (H1-24).
// What RFC 3986 leaves out besides ("|", "{") is common in practice and harmless to framing.
constexpr bool IsTargetChar(char c) {
  const auto u = static_cast<uint8_t>(c);
  return u > 0x20 && u < 0x7f && u != '#';
}

#ifdef __SSE2__
inline __m128i Load16(const char* p) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
}

// One bit for each of sixteen bytes that IsControl.
inline uint32_t ControlMask(__m128i x) {
  const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(0x1f)), x);
  const __m128i tab = _mm_cmpeq_epi8(x, _mm_set1_epi8('\t'));
  const __m128i del = _mm_cmpeq_epi8(x, _mm_set1_epi8(0x7f));
  return static_cast<uint32_t>(_mm_movemask_epi8(_mm_or_si128(_mm_andnot_si128(tab, low), del)));
}
#endif

#ifdef __SSSE3__
// Which bytes are token characters, by nibbles: bit h of kTokenRows[l] says so of the byte 0xhl.
// Bytes of 0x80 and above have no bit.
constexpr std::array<uint8_t, 16> MakeTokenRows() {
  std::array<uint8_t, 16> rows{};
  for (int c = 0; c < 0x80; ++c) {
    if (kNameMap[static_cast<size_t>(c)] != 0) {
      rows[static_cast<size_t>(c & 15)] |= static_cast<uint8_t>(1 << (c >> 4));
    }
  }
  return rows;
}
alignas(16) inline constexpr std::array<uint8_t, 16> kTokenRows = MakeTokenRows();

// One bit for each of sixteen bytes that may not stand in a field name.
inline uint32_t NonTokenMask(__m128i x) {
  const __m128i rows = _mm_load_si128(reinterpret_cast<const __m128i*>(kTokenRows.data()));
  const __m128i bits =
      _mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, static_cast<char>(128), 0, 0, 0, 0, 0, 0, 0, 0);
  const __m128i nibble = _mm_set1_epi8(15);
  const __m128i row = _mm_shuffle_epi8(rows, _mm_and_si128(x, nibble));
  const __m128i bit = _mm_shuffle_epi8(bits, _mm_and_si128(_mm_srli_epi16(x, 4), nibble));
  const __m128i none = _mm_cmpeq_epi8(_mm_and_si128(row, bit), _mm_setzero_si128());
  return static_cast<uint32_t>(_mm_movemask_epi8(none));
}

// One bit for each of sixteen bytes that is an upper-case letter.
inline uint32_t UpperMask(__m128i x) {
  const __m128i from_a = _mm_cmpgt_epi8(x, _mm_set1_epi8('A' - 1));
  const __m128i to_z = _mm_cmplt_epi8(x, _mm_set1_epi8('Z' + 1));
  return static_cast<uint32_t>(_mm_movemask_epi8(_mm_and_si128(from_a, to_z)));
}
#endif

// Lower-cases the field name at `p` and returns the first byte behind it, which is no token
// character. One must come before `end`.
inline char* LowerName(char* p, [[maybe_unused]] const char* end) {
#ifdef __SSSE3__
  for (; end - p >= 16; p += 16) {
    const __m128i x = Load16(p);
    const uint32_t mask = NonTokenMask(x);
    const uint32_t n = mask == 0 ? 16 : static_cast<uint32_t>(std::countr_zero(mask));
    // Byte by byte, for few are upper case: a store of all sixteen would make the load of the value
    // behind them wait for it.
    for (uint32_t upper = UpperMask(x) & ((1u << n) - 1); upper != 0; upper &= upper - 1) {
      p[std::countr_zero(upper)] |= 0x20;
    }
    if (mask != 0) return p + n;
  }
#endif
  for (char c; (c = kNameMap[static_cast<uint8_t>(*p)]) != 0; ++p) *p = c;
  return p;
}

// The first control byte in [p, end), or end.
inline const char* FindControl(const char* p, const char* end) {
#ifdef __SSE2__
  for (; end - p >= 16; p += 16) {
    const uint32_t mask = ControlMask(Load16(p));
    if (mask != 0) return p + std::countr_zero(mask);
  }
#endif
  while (p != end && !IsControl(*p)) ++p;
  return p;
}

// The first byte in [p, end) that is no IsTargetChar, or end.
inline const char* FindTargetEnd(const char* p, const char* end) {
#ifdef __SSE2__
  for (; end - p >= 16; p += 16) {
    const __m128i x = Load16(p);
    // Signed: bytes of 0x80 and above are negative, so below 0x21 as well.
    const __m128i low = _mm_cmplt_epi8(x, _mm_set1_epi8(0x21));
    const __m128i del = _mm_cmpeq_epi8(x, _mm_set1_epi8(0x7f));
    const __m128i hash = _mm_cmpeq_epi8(x, _mm_set1_epi8('#'));
    const auto mask =
        static_cast<uint32_t>(_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(low, del), hash)));
    if (mask != 0) return p + std::countr_zero(mask);
  }
#endif
  while (p != end && IsTargetChar(*p)) ++p;
  return p;
}

// How many bytes of [p, end) are controls.
inline size_t CountControls(const char* p, const char* end) {
  size_t n = 0;
#ifdef __SSE2__
  for (; end - p >= 16; p += 16) n += static_cast<size_t>(std::popcount(ControlMask(Load16(p))));
#endif
  for (; p != end; ++p) n += IsControl(*p);
  return n;
}

}  // namespace sluice::http1
