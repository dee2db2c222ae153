// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http1/head_scanner.h"

#include <algorithm>
#include <bit>

#include "dataplane/http1/char_scan.h"

namespace sluice::http1 {

HeadScanner::Result HeadScanner::Scan(const base::Buffer& in, size_t limit) {
  if (result_ != Result::kIncomplete) return result_;
  size_t at = 0;  // Offset of the piece's first byte.
  in.ForEach([&](std::string_view piece) {
    const size_t start = at;
    at += piece.size();
    if (result_ != Result::kIncomplete || at <= offset_ || offset_ >= limit) return;
    piece.remove_prefix(offset_ - start);
    piece = piece.substr(0, limit - offset_);
    ScanPiece(piece.data(), piece.size());
  });
  if (result_ == Result::kIncomplete && offset_ >= limit) result_ = Result::kTooLarge;
  return result_;
}

bool HeadScanner::ScanPiece(const char* piece, size_t size) {
  size_t i = 0;
#ifdef __SSE2__
  for (; i + 16 <= size; i += 16) {
    const __m128i lf = _mm_cmpeq_epi8(Load16(piece + i), _mm_set1_epi8('\n'));
    auto mask = static_cast<uint32_t>(_mm_movemask_epi8(lf));
    for (; mask != 0; mask &= mask - 1) {
      if (AtLineFeed(piece, i + static_cast<size_t>(std::countr_zero(mask)))) return true;
    }
  }
#endif
  for (; i < size; ++i) {
    if (piece[i] == '\n' && AtLineFeed(piece, i)) return true;
  }
  last_byte_ = piece[size - 1];
  offset_ += size;
  return false;
}

bool HeadScanner::AtLineFeed(const char* piece, size_t i) {
  const size_t at = offset_ + i;
  const char before = i > 0 ? piece[i - 1] : last_byte_;
  if (before != '\r') {
    result_ = Result::kBareLf;
    return true;
  }
  if (at - line_start_ == 1) {  // Nothing but CR before it.
    result_ = Result::kComplete;
    offset_ = at + 1;
    return true;
  }
  line_start_ = at + 1;
  return false;
}

}  // namespace sluice::http1
