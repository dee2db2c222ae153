// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.h"
#include "dataplane/http/codec.h"

namespace sluice::http {

// A FakeServerStream keeps what is sent on it: what an exchange sees of its client's codec.
//
// Thread:   the test's.
class FakeServerStream final : public ServerStream {
 public:
  void SendInformational(const ResponseHead& head) override {
    informational.push_back(head.status);
  }
  void SendResponse(const ResponseHead& head, bool end_stream) override {
    ++heads;
    status = head.status;
    framing = head.framing;
    for (const HeaderMap::Field& field : head.headers) {
      fields.emplace(field.name, field.value);
    }
    ended = end_stream;
  }
  void SendData(base::Buffer& data, bool end_stream) override {
    body += data.ToString();
    data.Clear();
    ended = ended || end_stream;
  }
  void SendTrailers(const HeaderMap& sent) override {
    for (const HeaderMap::Field& field : sent) trailers.emplace(field.name, field.value);
    ended = true;
  }
  void Reset(const StreamError& error) override { reset = error; }
  bool ShouldPause() const override { return full; }
  void PauseReceiving() override { ++pauses; }
  void ResumeReceiving() override { --pauses; }

  std::string Field(const std::string& name) const {
    const auto found = fields.find(name);
    return found == fields.end() ? std::string() : found->second;
  }

  std::vector<uint16_t> informational;
  int heads = 0;
  uint16_t status = 0;
  Framing framing;
  std::multimap<std::string, std::string> fields;
  std::multimap<std::string, std::string> trailers;
  std::string body;
  bool ended = false;
  std::optional<StreamError> reset;
  bool full = false;  // What ShouldPause says.
  int pauses = 0;
};

}  // namespace sluice::http
