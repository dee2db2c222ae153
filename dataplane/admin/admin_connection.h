// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "base/intrusive_list.h"
#include "dataplane/admin/handlers.h"
#include "dataplane/event/connection.h"
#include "dataplane/event/loop.h"
#include "dataplane/event/socket.h"
#include "dataplane/http/codec.h"
#include "dataplane/http1/server_codec.h"

namespace sluice::admin {

// One client of the admin, and the one request that it has under way.
//
// Thread:   main.
// Lifetime: owns itself from Start until it is closed; `handlers` outlives what it still does.
// Limits:   a request's body is dropped, and refused above kMaxBody; kQuietMs without a byte
//           either way closes it.
class AdminConnection final : public event::Deferred,
                              public base::ListNode,
                              private event::ConnectionUser,
                              private http::ServerCodecHost,
                              private http::RequestSink {
 public:
  static constexpr size_t kMaxBody = 64 * 1024;
  static constexpr int64_t kQuietMs = 60'000;

  AdminConnection(event::Loop& loop, event::UniqueFd fd, Handlers& handlers);
  ~AdminConnection() override;

  void Start();
  void CloseNow() { connection_.CloseNow(); }

 private:
  // What a late answer holds: the connection, or null if the request is over.
  struct Ticket {
    AdminConnection* connection;
  };

  void OnConnected() override {}
  void OnBytes(base::Buffer& in) override;
  void OnEof() override;
  void Produce(base::Buffer& out, size_t limit) override;
  void OnFlushed() override;
  void OnClosed(bool error) override;

  void OnOutputReady() override { connection_.RequestFlush(); }
  void OnReceiveReady() override { connection_.ResumeReading(); }
  http::RequestSink& OnNewStream(http::ServerStream& stream) override;
  void OnStreamComplete(http::ServerStream& stream, http::RequestSink& sink) override;
  void OnBadRequest(uint16_t status, const http::StreamError& error,
                    std::string_view raw) override {}

  void OnRequest(http::RequestHead& head, bool end_stream) override;
  void OnData(base::Buffer& data, bool end_stream) override;
  void OnTrailers(http::HeaderMap& trailers) override;
  void OnReset(const http::StreamError& error) override;
  void OnCanSend() override {}

  void Dispatch();
  void Send(AdminReply reply);
  void AfterCodec();
  void RunAfterwards();
  void EndRequest();
  void OnQuiet();

  event::Loop& loop_;
  Handlers& handlers_;
  event::Connection connection_;
  std::optional<http1::Http1ServerCodec> codec_;
  http::ServerStream* stream_ = nullptr;  // Until it is answered.
  AdminRequest request_;
  size_t body_bytes_ = 0;
  std::shared_ptr<Ticket> ticket_;
  std::vector<absl::AnyInvocable<void()>> afterwards_;
  event::MemberTimer<AdminConnection, &AdminConnection::OnQuiet> quiet_{loop_, *this};
  bool closing_ = false;
};

}  // namespace sluice::admin
