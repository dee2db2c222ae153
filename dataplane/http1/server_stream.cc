// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http1/server_stream.h"

#include "dataplane/http1/server_codec.h"

namespace sluice::http1 {

void Http1ServerStream::SendData(base::Buffer& data, bool end_stream) {
  if (!core.gone) codec->SendData(data, end_stream);
}

void Http1ServerStream::SendTrailers(const http::HeaderMap& trailers) {
  if (!core.gone) codec->SendTrailers(trailers);
}

void Http1ServerStream::Reset(const http::StreamError& error) {
  if (!core.gone) codec->ResetStream(error);
}

void Http1ServerStream::PauseReceiving() { ++core.pauses; }

void Http1ServerStream::ResumeReceiving() {
  if (!core.gone && core.pauses > 0 && --core.pauses == 0) codec->Resume();
}

void Http1ServerStream::SendInformational(const http::ResponseHead& response) {
  if (!core.gone) codec->SendInformational(response);
}

void Http1ServerStream::SendResponse(const http::ResponseHead& response, bool end_stream) {
  if (!core.gone) codec->SendResponse(response, end_stream);
}

void Http1ServerStream::Clear() {
  core.Clear();
  codec = nullptr;
  sink = nullptr;
  head.version = http::Version::kHttp11;
  head.method = head.scheme = head.authority = head.path = head.upgrade = {};
  head.headers.Clear();
  head.framing = {};
  head.expects_continue = head.accepts_trailers = false;
  version = http::Version::kHttp11;
  upgrade = {};
  is_head = is_connect = expects_continue = false;
  may_tunnel = sent_continue = body_begun = false;
}

}  // namespace sluice::http1
