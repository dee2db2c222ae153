// SPDX-License-Identifier: Apache-2.0
//
// Whatever a control plane answers, client and store take it, refuse it or end the stream. The
// first byte chooses delta or state of the world; then come messages, each behind two bytes of
// length.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "api/envoy/types.h"
#include "base/manual_clock.h"
#include "dataplane/event/loop.h"
#include "dataplane/upstream/dns_resolver_fake.h"
#include "dataplane/xdsclient/ads_client.h"
#include "dataplane/xdsclient/ads_transport_fake.h"
#include "dataplane/xdsclient/config_store.h"
#include "google/protobuf/stubs/logging.h"

namespace sluice::xdsclient {
namespace {

struct Proxy {
  explicit Proxy(bool delta)
      : client(loop, AdsClient::Options{delta, {}}, server.Factory(), store,
               [] { return uint64_t{7}; }) {
    client.Start();
  }

  base::ManualClock clock;
  event::Loop loop{clock};
  upstream::FakeDnsResolver resolver;
  FakeAdsServer server;
  AdsClient* started = nullptr;
  ConfigStore store{loop,
                    resolver,
                    {},
                    {.publish = [](auto) {},
                     .acquire_sockets = [](const auto&) { return absl::OkStatus(); },
                     .interest =
                         [this](ResourceType type, const InterestChange& change) {
                           if (started != nullptr) started->ChangeInterest(type, change);
                         }}};
  AdsClient client;
};

void Run(bool delta, std::string_view bytes) {
  Proxy proxy(delta);
  proxy.started = &proxy.client;
  while (bytes.size() >= 2) {
    const size_t length = static_cast<uint8_t>(bytes[0]) << 8 | static_cast<uint8_t>(bytes[1]);
    bytes.remove_prefix(2);
    const std::string_view message = bytes.substr(0, length);
    bytes.remove_prefix(message.size());
    if (proxy.server.last().user == nullptr) break;
    proxy.server.Respond(message);
    proxy.loop.RunOnce();
    proxy.clock.AdvanceMs(AdsClient::kMaxBackoffMs);
    proxy.loop.RunOnce();
  }
}

}  // namespace
}  // namespace sluice::xdsclient

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  // Else libprotobuf writes a line for each text that is not UTF-8.
  google::protobuf::SetLogHandler(nullptr);
  // What a typed_config names has to be linked.
  return sluice::envoy_api::TypePerFile().empty() ? 1 : 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 3) return 0;
  sluice::xdsclient::Run((data[0] & 1) != 0, {reinterpret_cast<const char*>(data + 1), size - 1});
  return 0;
}
