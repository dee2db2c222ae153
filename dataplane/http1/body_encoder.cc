// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http1/body_encoder.h"

#include <charconv>
#include <string_view>

#include "dataplane/http1/head_writer.h"

namespace sluice::http1 {
namespace {

void AppendData(base::Buffer& data, base::Buffer& out) {
  if (out.empty() || data.size() > BodyEncoder::kCopyBytes) return out.MoveFrom(data);
  data.ForEach([&out](std::string_view piece) { out.AppendCopy(piece); });
  data.Clear();
}

void AppendChunk(base::Buffer& data, base::Buffer& out) {
  char line[18];
  char* end = std::to_chars(line, line + 16, data.size(), 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  out.AppendCopy({line, static_cast<size_t>(end - line)});
  AppendData(data, out);
  out.AppendCopy("\r\n");
}

}  // namespace

bool BodyEncoder::Encode(base::Buffer& data, bool end, base::Buffer& out) {
  switch (kind_) {
    case Kind::kNothing:
      data.Clear();
      return true;
    case Kind::kLength: {
      const bool fits = data.size() <= left_;
      if (!fits) {
        base::Buffer head;
        head.MoveFrom(data, static_cast<size_t>(left_));
        data = std::move(head);
      }
      left_ -= data.size();
      AppendData(data, out);
      return fits && (!end || left_ == 0);
    }
    case Kind::kChunked:
      // A chunk of size zero would end the body.
      if (!data.empty()) AppendChunk(data, out);
      return !end || End(nullptr, out);
    case Kind::kRaw:
      AppendData(data, out);
      return true;
  }
  return true;
}

bool BodyEncoder::End(const http::HeaderMap* trailers, base::Buffer& out) {
  if (kind_ == Kind::kLength) return left_ == 0;
  if (kind_ != Kind::kChunked) return true;
  if (trailers == nullptr) {
    out.AppendCopy("0\r\n\r\n");
    return true;
  }
  out.AppendCopy("0\r\n");
  WriteTrailers(*trailers, out);
  return true;
}

}  // namespace sluice::http1
