// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/manual_clock.h"
#include "dataplane/http2/frame_builder.h"
#include "dataplane/http2/recording.h"
#include "dataplane/http2/server_codec.h"
#include "gtest/gtest.h"

namespace sluice::http2 {

// A server codec behind an honest client's preface and SETTINGS, in clear text.
class ServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Deliver(server_, std::string(kClientPreface) + Settings() + SettingsAck());
    Produced(server_);
  }

  std::string Get(uint32_t id, FieldList more = {}, uint8_t flags = kWhole) {
    FieldList fields = {
        {":method", "GET"}, {":scheme", "http"}, {":authority", "a.example"}, {":path", "/x"}};
    fields.insert(fields.end(), more.begin(), more.end());
    return Headers(id, encoder_.Encode(fields), flags);
  }

  FieldList Decoded(const SentFrame& frame) { return decoder_.Decode(frame.payload); }
  RecordingRequestSink& sink(size_t i) { return *host_.sinks.at(i); }

  void ExpectGoAway(ErrorCode code) {
    const auto frames = Produced(server_);
    ASSERT_NE(FindFrame(frames, FrameType::kGoAway), nullptr);
    EXPECT_EQ(FindFrame(frames, FrameType::kGoAway)->code(), code);
    EXPECT_TRUE(server_.finished());
    EXPECT_FALSE(server_.has_output());
  }

  http::Http2Options options_;
  base::ManualClock clock_;
  RecordingServerHost host_;
  Http2ServerCodec server_{options_, host_, clock_};
  BlockEncoder encoder_;
  BlockDecoder decoder_;
};

}  // namespace sluice::http2
