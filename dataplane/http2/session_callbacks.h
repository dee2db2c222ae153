// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "nghttp2/nghttp2.h"

namespace sluice::http2 {

class Session;

// The table of C functions through which nghttp2 reaches a Session; each is one line.
struct SessionCallbacks {
  // Made once, never freed; any thread.
  static const nghttp2_session_callbacks* Table();

  // The data source of every body that we send.
  static const nghttp2_data_provider2* BodySource();

  static nghttp2_ssize Send(Session& session, const uint8_t* data, size_t size);
  static int SendData(Session& session, const nghttp2_frame& frame, const uint8_t* header,
                      size_t size);
  static int BeginHeaders(Session& session, const nghttp2_frame& frame);
  static int Header(Session& session, const nghttp2_frame& frame, nghttp2_rcbuf* name,
                    nghttp2_rcbuf* value);
  static int DataChunk(Session& session, int32_t id, const uint8_t* data, size_t size);
  static int FrameReceived(Session& session, const nghttp2_frame& frame);
  static int InvalidFrame(Session& session, const nghttp2_frame& frame, int error);
  static int FrameSent(Session& session, const nghttp2_frame& frame);
  static int FrameNotSent(Session& session, const nghttp2_frame& frame);
  static int StreamClose(Session& session, int32_t id, uint32_t error_code);
  static nghttp2_ssize ReadBody(Session& session, int32_t id, size_t max, uint32_t* flags);
};

}  // namespace sluice::http2
