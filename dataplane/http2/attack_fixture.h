// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/manual_clock.h"
#include "dataplane/http2/frame_builder.h"
#include "dataplane/http2/recording.h"
#include "dataplane/http2/server_codec.h"
#include "gtest/gtest.h"

namespace sluice::http2 {

// A server codec on TLS under attack. Each test runs twice: with the bytes whole, and one by one.
class Http2AttackTest : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    options_.tls = true;
    Start();
  }

  // Begins a connection: preface, SETTINGS both ways.
  void Start() {
    StartWithoutAck();
    Send(SettingsAck());
  }

  void StartWithoutAck() {
    server_.reset();  // Before the host that it still may call is looked at again.
    encoder_ = std::make_unique<BlockEncoder>();
    server_ = std::make_unique<Http2ServerCodec>(options_, host_, clock_);
    Send(std::string(kClientPreface) + Settings());
    sent_.clear();
  }

  void Send(std::string_view bytes, bool flush = true) {
    const size_t step = GetParam() ? 1 : bytes.size();
    while (!bytes.empty()) {
      base::Buffer in;
      in.AppendCopy(bytes.substr(0, step));
      bytes.remove_prefix(std::min(step, bytes.size()));
      server_->Receive(in);
    }
    if (flush) Flush();
  }

  void Flush() {
    base::Buffer out;
    while (server_->has_output()) {
      const size_t before = out.size();
      server_->Produce(out, 1 << 20);
      if (out.size() == before) break;
    }
    for (SentFrame& frame : ParseFrames(out.ToString())) sent_.push_back(std::move(frame));
  }

  static FieldList Request(FieldList more = {}) {
    FieldList fields = {
        {":method", "POST"}, {":scheme", "https"}, {":authority", "a.example"}, {":path", "/"}};
    fields.insert(fields.end(), more.begin(), more.end());
    return fields;
  }

  std::string Block(const FieldList& fields) { return encoder_->Encode(fields); }
  std::string Good(uint32_t id, uint8_t flags = kWhole) {
    return Headers(id, Block(Request()), flags);
  }

  const SentFrame* Last(FrameType type) const {
    for (auto frame = sent_.rbegin(); frame != sent_.rend(); ++frame) {
      if (frame->header.type == type) return &*frame;
    }
    return nullptr;
  }

  size_t CountSent(FrameType type) const {
    size_t n = 0;
    for (const SentFrame& frame : sent_) n += frame.header.type == type;
    return n;
  }

  // RST_STREAM with that code; the connection lives, and serves the next request.
  void ExpectReset(uint32_t id, ErrorCode code = ErrorCode::kProtocolError) {
    const SentFrame* reset = Last(FrameType::kRstStream);
    ASSERT_NE(reset, nullptr);
    EXPECT_EQ(reset->header.stream_id, id);
    EXPECT_EQ(reset->code(), code);
    EXPECT_EQ(Last(FrameType::kGoAway), nullptr);
    EXPECT_FALSE(server_->finished());
    const size_t seen = host_.sinks.size();
    Send(Headers(id + 2, Block({{":method", "GET"},
                                {":scheme", "https"},
                                {":authority", "good.example"},
                                {":path", "/next"}})));
    ASSERT_EQ(host_.sinks.size(), seen + 1);
    EXPECT_EQ(host_.sinks.back()->path, "/next");
  }

  void ExpectGoAway(ErrorCode code) {
    const SentFrame* goaway = Last(FrameType::kGoAway);
    ASSERT_NE(goaway, nullptr);
    EXPECT_EQ(goaway->code(), code);
    EXPECT_TRUE(server_->finished());
    EXPECT_FALSE(server_->wants_input());
    EXPECT_EQ(server_->active_streams(), 0u);
  }

  // RST-P: no sink ever saw the request, and one bad request was reported.
  void ExpectRefused(const FieldList& fields, uint8_t flags = kWhole) {
    SCOPED_TRACE(::testing::PrintToString(fields));
    Start();
    host_.sinks.clear();
    host_.bad_requests.clear();
    Send(Headers(1, Block(fields), flags));
    EXPECT_TRUE(host_.sinks.empty());
    ASSERT_EQ(host_.bad_requests.size(), 1u);
    EXPECT_EQ(host_.bad_requests[0].status, 0);
    EXPECT_EQ(host_.bad_requests[0].error.kind, http::ErrorKind::kProtocol);
    EXPECT_EQ(host_.bad_requests[0].error.side, http::Side::kDownstream);
    const SentFrame* reset = Last(FrameType::kRstStream);
    ASSERT_NE(reset, nullptr);
    EXPECT_EQ(reset->code(), ErrorCode::kProtocolError);
    EXPECT_EQ(Last(FrameType::kGoAway), nullptr);
  }

  http::Http2Options options_;
  base::ManualClock clock_;
  RecordingServerHost host_;
  std::unique_ptr<Http2ServerCodec> server_;
  std::vector<SentFrame> sent_;
  std::unique_ptr<BlockEncoder> encoder_;
};

INSTANTIATE_TEST_SUITE_P(Bytes, Http2AttackTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "OneByOne" : "Whole"; });

}  // namespace sluice::http2
