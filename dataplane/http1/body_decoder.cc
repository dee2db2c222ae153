// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http1/body_decoder.h"

#include <algorithm>

namespace sluice::http1 {

void BodyDecoder::Start(Kind kind) {
  kind_ = kind;
  trailers_.Clear();
}

void BodyDecoder::StartLength(uint64_t length) {
  Start(length == 0 ? Kind::kDone : Kind::kLength);
  left_ = length;
}

void BodyDecoder::StartChunked(TrailerBudget budget) {
  Start(Kind::kChunked);
  chunks_.Reset();
  scanner_.Reset();
  budget_ = budget;
}

BodyDecoder::Result BodyDecoder::Fail(ParseError error) {
  error_ = error;
  return Result::kError;
}

BodyDecoder::Result BodyDecoder::Decode(base::Buffer& in, base::Buffer& out,
                                        const http::Http1Options& options, base::Arena& arena) {
  switch (kind_) {
    case Kind::kDone:
      return Result::kEnd;
    case Kind::kLength:
      return DecodeLength(in, out);
    case Kind::kChunked:
      if (const ParseError error = chunks_.Decode(in, out, options); !error.ok()) {
        return Fail(error);
      }
      if (!chunks_.done()) return Result::kMore;
      kind_ = Kind::kTrailers;
      [[fallthrough]];
    case Kind::kTrailers:
      return DecodeTrailers(in, options, arena);
    case Kind::kUntilClose:
    case Kind::kTunnel:
      out.MoveFrom(in);
      return Result::kMore;
  }
  return Result::kMore;
}

BodyDecoder::Result BodyDecoder::DecodeLength(base::Buffer& in, base::Buffer& out) {
  const auto n = static_cast<size_t>(std::min<uint64_t>(left_, in.size()));
  out.MoveFrom(in, n);
  left_ -= n;
  if (left_ > 0) return Result::kMore;
  kind_ = Kind::kDone;
  return Result::kEnd;
}

BodyDecoder::Result BodyDecoder::DecodeTrailers(base::Buffer& in, const http::Http1Options& options,
                                                base::Arena& arena) {
  // The empty line alone is no field and costs no budget.
  const size_t limit = std::max<size_t>(budget_.bytes, 2);
  switch (scanner_.Scan(in, limit)) {
    case HeadScanner::Result::kIncomplete:
      return Result::kMore;
    case HeadScanner::Result::kBareLf:
      return Fail(BadSyntax("bare-lf-in-trailers"));
    case HeadScanner::Result::kTooLarge:
      return Fail(HeadersTooLarge("trailers-too-large"));
    case HeadScanner::Result::kComplete:
      break;
  }
  base::Slice section = in.Linearize(scanner_.size());
  in.Drain(scanner_.size());
  kind_ = Kind::kDone;
  if (section.size() == 2) return Result::kEnd;
  const ParseError error =
      ParseTrailers(std::move(section), options, budget_.fields, arena, trailers_);
  return error.ok() ? Result::kEnd : Fail(error);
}

}  // namespace sluice::http1
