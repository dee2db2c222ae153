// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http2/outbound_fields.h"

#include <charconv>

namespace sluice::http2 {

using http::HeaderId;

namespace {

bool IsNeverSent(HeaderId id) {
  switch (id) {
    case HeaderId::kConnection:
    case HeaderId::kContentLength:
    case HeaderId::kHost:
    case HeaderId::kHttp2Settings:
    case HeaderId::kKeepAlive:
    case HeaderId::kProxyConnection:
    case HeaderId::kTe:
    case HeaderId::kTransferEncoding:
    case HeaderId::kUpgrade:
      return true;
    default:
      return false;
  }
}

uint8_t* Bytes(std::string_view s) {
  return const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(s.data()));
}

}  // namespace

void OutboundFields::Add(std::string_view name, std::string_view value, uint8_t flags) {
  fields_.push_back({Bytes(name), Bytes(value), name.size(), value.size(), flags});
}

void OutboundFields::AddAll(const http::HeaderMap& headers) {
  for (const http::HeaderMap::Field& field : headers) {
    if (IsNeverSent(field.id)) continue;
    // The names that we know are literals: nghttp2 need not copy them.
    const uint8_t flags =
        field.id == HeaderId::kOther ? NGHTTP2_NV_FLAG_NONE : NGHTTP2_NV_FLAG_NO_COPY_NAME;
    Add(field.name, field.value, flags);
  }
}

void OutboundFields::AddContentLength(const http::Framing& framing) {
  if (framing.kind != http::Framing::Kind::kLength) return;
  const char* end = std::to_chars(length_, length_ + sizeof(length_), framing.length).ptr;
  Add("content-length", {length_, static_cast<size_t>(end - length_)},
      NGHTTP2_NV_FLAG_NO_COPY_NAME);
}

void OutboundFields::SetRequest(const http::RequestHead& head) {
  fields_.clear();
  Add(":method", head.method, NGHTTP2_NV_FLAG_NO_COPY_NAME);
  if (head.method != "CONNECT") {
    Add(":scheme", head.scheme, NGHTTP2_NV_FLAG_NO_COPY_NAME);
    Add(":path", head.path, NGHTTP2_NV_FLAG_NO_COPY_NAME);
  }
  Add(":authority", head.authority, NGHTTP2_NV_FLAG_NO_COPY_NAME);
  AddAll(head.headers);
  if (head.accepts_trailers) Add("te", "trailers", NGHTTP2_NV_FLAG_NO_COPY_NAME);
  if (head.expects_continue) Add("expect", "100-continue", NGHTTP2_NV_FLAG_NO_COPY_NAME);
  AddContentLength(head.framing);
}

void OutboundFields::SetResponse(const http::ResponseHead& head) {
  fields_.clear();
  // A tunnel opens with 200 on HTTP/2 (RFC 8441 §5).
  const uint16_t status = head.status == 101 ? 200 : head.status;
  std::to_chars(status_, status_ + sizeof(status_), status);
  Add(":status", {status_, sizeof(status_)}, NGHTTP2_NV_FLAG_NO_COPY_NAME);
  AddAll(head.headers);
  if (status >= 200 && status != 204) AddContentLength(head.framing);
}

void OutboundFields::SetTrailers(const http::HeaderMap& trailers) {
  fields_.clear();
  AddAll(trailers);
}

}  // namespace sluice::http2
