// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http1/client_stream.h"

#include "dataplane/http1/client_codec.h"

namespace sluice::http1 {

void Http1ClientStream::SendData(base::Buffer& data, bool end_stream) {
  if (!core.gone) codec->SendData(data, end_stream);
}

void Http1ClientStream::SendTrailers(const http::HeaderMap& trailers) {
  if (!core.gone) codec->SendTrailers(trailers);
}

void Http1ClientStream::Reset(const http::StreamError& error) {
  if (!core.gone) codec->ResetStream();
}

void Http1ClientStream::PauseReceiving() { ++core.pauses; }

void Http1ClientStream::ResumeReceiving() {
  if (!core.gone && core.pauses > 0 && --core.pauses == 0) codec->Resume();
}

void Http1ClientStream::SendRequest(const http::RequestHead& request, bool end_stream) {
  if (!core.gone) codec->SendRequest(request, end_stream);
}

void Http1ClientStream::Clear() {
  core.Clear();
  codec = nullptr;
  sink = nullptr;
  ClearHead();
  context = {};
  held.Clear();
  informational = 0;
  may_tunnel = produced = answered = have_head = false;
}

void Http1ClientStream::ClearHead() {
  head.version = http::Version::kHttp11;
  head.status = 0;
  head.headers.Clear();
  head.framing = {};
  head.upgrade = {};
}

}  // namespace sluice::http1
