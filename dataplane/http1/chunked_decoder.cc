// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http1/chunked_decoder.h"

#include <algorithm>
#include <cstring>

#include "dataplane/http1/char_scan.h"

namespace sluice::http1 {
namespace {

constexpr uint8_t kMaxDigits = 16;
// Copying less than this is cheaper than a slice and what it pins.
constexpr size_t kJoinBytes = 512;

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  if (lower >= 'a' && lower <= 'f') return lower - 'a' + 10;
  return -1;
}

}  // namespace

// Collects the data pieces of one slice of input, in order, joining small neighbours in place.
class ChunkedDecoder::Joiner {
 public:
  Joiner(base::Block* block, base::Buffer& out) : block_(block), out_(out) {}
  ~Joiner() { Flush(); }

  void Add(char* data, size_t size) {
    if (size_ > 0 && size <= kJoinBytes) {
      std::memmove(data_ + size_, data, size);
      size_ += size;
      return;
    }
    Flush();
    data_ = data;
    size_ = size;
  }

 private:
  void Flush() {
    out_.Append(base::Slice(block_, data_, size_));
    size_ = 0;
  }

  base::Block* block_;
  base::Buffer& out_;
  char* data_ = nullptr;
  size_t size_ = 0;
};

ParseError ChunkedDecoder::Decode(base::Buffer& in, base::Buffer& out,
                                  const http::Http1Options& options) {
  while (!in.empty() && !done()) {
    const base::Slice piece = in.front();
    char* begin = const_cast<char*>(piece.data());
    size_t used = 0;
    ParseError error;
    {
      Joiner joiner(piece.block(), out);
      error = DecodePiece(begin, begin + piece.size(), used, joiner, options);
    }
    in.Drain(used);
    if (!error.ok()) return error;
  }
  return {};
}

ParseError ChunkedDecoder::DecodePiece(char* p, const char* end, size_t& used, Joiner& joiner,
                                       const http::Http1Options& options) {
  const char* begin = p;
  ParseError error;
  while (p != end && !done() && error.ok()) {
    if (state_ == State::kData) {
      const size_t n =
          static_cast<size_t>(std::min<uint64_t>(left_, static_cast<uint64_t>(end - p)));
      joiner.Add(p, n);
      p += n;
      left_ -= n;
      if (left_ == 0) state_ = State::kDataCr;
    } else {
      error = OnFramingByte(*p++, options);
    }
  }
  used = static_cast<size_t>(p - begin);
  return error;
}

ParseError ChunkedDecoder::OnFramingByte(char c, const http::Http1Options& options) {
  switch (state_) {
    case State::kSize:
      return OnSizeByte(c);
    case State::kExt:
      return OnExtByte(c, options);
    case State::kSizeLf:
      if (c != '\n') return BadSyntax("bare-cr-in-chunk-line");
      state_ = left_ == 0 ? State::kDone : State::kData;
      return {};
    case State::kDataCr:
      if (c != '\r') return BadSyntax("chunk-data-without-crlf");
      state_ = State::kDataLf;
      return {};
    case State::kDataLf:
      if (c != '\n') return BadSyntax("chunk-data-without-crlf");
      state_ = State::kSize;
      digits_ = 0;
      ext_bytes_ = 0;
      return {};
    case State::kData:
    case State::kDone:
      break;
  }
  return {};
}

ParseError ChunkedDecoder::OnSizeByte(char c) {
  const int value = HexValue(c);
  if (value < 0) {
    if (digits_ == 0 || (c != '\r' && c != ';')) return BadSyntax("bad-chunk-size");
    state_ = c == ';' ? State::kExt : State::kSizeLf;
    return {};
  }
  if (++digits_ > kMaxDigits) return BadSyntax("chunk-size-too-long");
  // Checked before the shift, so that nothing is cut off the top.
  if (left_ > uint64_t{INT64_MAX} >> 4) return BadSyntax("chunk-size-too-large");
  left_ = (left_ << 4) | static_cast<uint64_t>(value);
  return {};
}

ParseError ChunkedDecoder::OnExtByte(char c, const http::Http1Options& options) {
  if (c == '\r' && !in_quotes_) {
    state_ = State::kSizeLf;
    return {};
  }
  if (IsControl(c)) return BadSyntax("control-in-chunk-extension");
  if (++ext_bytes_ > options.max_chunk_ext_bytes ||
      ++ext_total_bytes_ > options.max_chunk_ext_total_bytes) {
    return BadSyntax("chunk-extension-too-long");
  }
  if (escaped_) {
    escaped_ = false;
  } else if (in_quotes_ && c == '\\') {
    escaped_ = true;
  } else if (c == '"') {
    in_quotes_ = !in_quotes_;
  }
  return {};
}

}  // namespace sluice::http1
