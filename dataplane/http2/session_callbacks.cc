// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http2/session_callbacks.h"

#include "absl/log/check.h"
#include "dataplane/http2/session.h"

namespace sluice::http2 {
namespace {

Session& Of(void* user_data) { return *static_cast<Session*>(user_data); }

std::string_view View(nghttp2_rcbuf* buffer) {
  const nghttp2_vec vec = nghttp2_rcbuf_get_buf(buffer);
  return {reinterpret_cast<const char*>(vec.base), vec.len};
}

nghttp2_session_callbacks* MakeTable() {
  using Callbacks = SessionCallbacks;
  nghttp2_session_callbacks* table = nullptr;
  CHECK_EQ(nghttp2_session_callbacks_new(&table), 0);
  nghttp2_session_callbacks_set_send_callback2(
      table, [](nghttp2_session*, const uint8_t* data, size_t size, int, void* user) noexcept {
        return Callbacks::Send(Of(user), data, size);
      });
  nghttp2_session_callbacks_set_send_data_callback(
      table, [](nghttp2_session*, nghttp2_frame* frame, const uint8_t* header, size_t size,
                nghttp2_data_source*, void* user) noexcept {
        return Callbacks::SendData(Of(user), *frame, header, size);
      });
  nghttp2_session_callbacks_set_on_begin_headers_callback(
      table, [](nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept {
        return Callbacks::BeginHeaders(Of(user), *frame);
      });
  nghttp2_session_callbacks_set_on_header_callback2(
      table, [](nghttp2_session*, const nghttp2_frame* frame, nghttp2_rcbuf* name,
                nghttp2_rcbuf* value, uint8_t,
                void* user) noexcept { return Callbacks::Header(Of(user), *frame, name, value); });
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
      table, [](nghttp2_session*, uint8_t, int32_t id, const uint8_t* data, size_t size,
                void* user) noexcept { return Callbacks::DataChunk(Of(user), id, data, size); });
  nghttp2_session_callbacks_set_on_frame_recv_callback(
      table, [](nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept {
        return Callbacks::FrameReceived(Of(user), *frame);
      });
  nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(
      table, [](nghttp2_session*, const nghttp2_frame* frame, int error, void* user) noexcept {
        return Callbacks::InvalidFrame(Of(user), *frame, error);
      });
  nghttp2_session_callbacks_set_on_frame_send_callback(
      table, [](nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept {
        return Callbacks::FrameSent(Of(user), *frame);
      });
  nghttp2_session_callbacks_set_on_frame_not_send_callback(
      table, [](nghttp2_session*, const nghttp2_frame* frame, int, void* user) noexcept {
        return Callbacks::FrameNotSent(Of(user), *frame);
      });
  nghttp2_session_callbacks_set_on_stream_close_callback(
      table, [](nghttp2_session*, int32_t id, uint32_t error_code, void* user) noexcept {
        return Callbacks::StreamClose(Of(user), id, error_code);
      });
  return table;
}

}  // namespace

const nghttp2_session_callbacks* SessionCallbacks::Table() {
  static const nghttp2_session_callbacks* const table = MakeTable();
  return table;
}

const nghttp2_data_provider2* SessionCallbacks::BodySource() {
  static const nghttp2_data_provider2 source = {
      {0},
      [](nghttp2_session*, int32_t id, uint8_t*, size_t max, uint32_t* flags, nghttp2_data_source*,
         void* user) noexcept { return ReadBody(Of(user), id, max, flags); }};
  return &source;
}

nghttp2_ssize SessionCallbacks::Send(Session& session, const uint8_t* data, size_t size) {
  return session.OnSend({reinterpret_cast<const char*>(data), size});
}

int SessionCallbacks::SendData(Session& session, const nghttp2_frame& frame, const uint8_t* header,
                               size_t size) {
  return session.OnSendData(frame, header, size);
}

int SessionCallbacks::BeginHeaders(Session& session, const nghttp2_frame& frame) {
  return session.OnBeginHeaders(frame);
}

int SessionCallbacks::Header(Session& session, const nghttp2_frame& frame, nghttp2_rcbuf* name,
                             nghttp2_rcbuf* value) {
  return session.OnHeader(frame, View(name), View(value));
}

int SessionCallbacks::DataChunk(Session& session, int32_t id, const uint8_t* data, size_t size) {
  session.OnDataChunk(id, data, size);
  return 0;
}

int SessionCallbacks::FrameReceived(Session& session, const nghttp2_frame& frame) {
  session.OnFrameReceived(frame);
  return 0;
}

int SessionCallbacks::InvalidFrame(Session& session, const nghttp2_frame& frame, int error) {
  session.OnInvalidFrame(frame, error);
  return 0;
}

int SessionCallbacks::FrameSent(Session& session, const nghttp2_frame& frame) {
  session.OnFrameSent(frame);
  return 0;
}

int SessionCallbacks::FrameNotSent(Session& session, const nghttp2_frame& frame) {
  session.OnFrameNotSent(frame);
  return 0;
}

int SessionCallbacks::StreamClose(Session& session, int32_t id, uint32_t error_code) {
  session.OnStreamClose(id, error_code);
  return 0;
}

nghttp2_ssize SessionCallbacks::ReadBody(Session& session, int32_t id, size_t max,
                                         uint32_t* flags) {
  WireStream* stream = session.Find(id);
  // A stream given up on between two frames: nghttp2 drops the body and sends RST_STREAM.
  if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  return stream->OnReadBody(max, *flags);
}

}  // namespace sluice::http2
