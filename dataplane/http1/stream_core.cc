// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http1/stream_core.h"

namespace sluice::http1 {

void StreamCore::Clear() {
  decoder.StartNothing();
  encoder.Start(BodyEncoder::Kind::kNothing);
  arena.Reset();
  sink = nullptr;
  pauses = 0;
  head_sent = send_ended = sink_told_end = gone = above_high_mark = false;
}

StreamCore::Pumped StreamCore::PumpBody(base::Buffer& in, const http::Http1Options& options) {
  base::Buffer data;
  const BodyDecoder::Result result = decoder.Decode(in, data, options, arena);
  const bool with_trailers = result == BodyDecoder::Result::kEnd && !decoder.trailers().empty();
  const bool end_with_data = result == BodyDecoder::Result::kEnd && !with_trailers;
  if (!data.empty() || end_with_data) {
    sink_told_end = end_with_data;
    sink->OnData(data, end_with_data);
    if (result == BodyDecoder::Result::kMore) return Pumped::kSome;
  }
  if (with_trailers && !gone) {
    sink_told_end = true;
    sink->OnTrailers(decoder.trailers());
  }
  switch (result) {
    case BodyDecoder::Result::kMore:
      return Pumped::kNothing;
    case BodyDecoder::Result::kEnd:
      return Pumped::kEnd;
    case BodyDecoder::Result::kError:
      return Pumped::kError;
  }
  return Pumped::kNothing;
}

void StreamCore::TellEnd() {
  decoder.Finish();
  if (sink_told_end || gone) return;
  sink_told_end = true;
  base::Buffer nothing;
  sink->OnData(nothing, true);
}

}  // namespace sluice::http1
