// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "dataplane/http/header_map.h"
#include "dataplane/http/message.h"
#include "nghttp2/nghttp2.h"

namespace sluice::http2 {

// Lays out the fields of one outbound header block as nghttp2 takes them. One is reused for all
// messages of a connection, so that its memory is taken once.
//
// It never emits a connection-specific field, nor one that framing or pseudo-headers say already,
// whatever stands in the map.
//
// Thread:   its connection's worker only.
// Lifetime: what data() returns points into the message; use it before either changes.
class OutboundFields {
 public:
  void SetRequest(const http::RequestHead& head);
  void SetResponse(const http::ResponseHead& head);
  void SetTrailers(const http::HeaderMap& trailers);

  const nghttp2_nv* data() const { return fields_.data(); }
  size_t size() const { return fields_.size(); }

 private:
  void Add(std::string_view name, std::string_view value, uint8_t flags = NGHTTP2_NV_FLAG_NONE);
  void AddAll(const http::HeaderMap& headers);
  void AddContentLength(const http::Framing& framing);

  std::vector<nghttp2_nv> fields_;
  char status_[3] = {};
  char length_[20] = {};
};

}  // namespace sluice::http2
