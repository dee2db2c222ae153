// SPDX-License-Identifier: Apache-2.0
//
// Whatever a bootstrap file holds, reading it and taking its static resources ends in a
// configuration or in errors.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/manual_clock.h"
#include "dataplane/event/loop.h"
#include "dataplane/upstream/dns_resolver_fake.h"
#include "dataplane/xdsclient/bootstrap.h"
#include "dataplane/xdsclient/config_store.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using sluice::xdsclient::ConfigStore;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto bootstrap = sluice::xdsclient::ParseBootstrap(text, "fuzz");
  if (!bootstrap.ok()) return 0;
  sluice::base::ManualClock clock;
  sluice::event::Loop loop(clock);
  sluice::upstream::FakeDnsResolver resolver;
  ConfigStore store(loop, resolver, {},
                    {.publish = [](auto) {},
                     .acquire_sockets = [](const auto&) { return absl::OkStatus(); },
                     .interest = [](auto, auto) {}});
  (void)store.AddStatic(*bootstrap);
  loop.RunOnce();
  return 0;
}
