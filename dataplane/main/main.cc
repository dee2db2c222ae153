// SPDX-License-Identifier: Apache-2.0
//
// sluice-proxy: the data plane.

#include <iostream>
#include <utility>

#include "absl/flags/usage.h"
#include "absl/log/log.h"
#include "absl/status/status.h"
#include "absl/strings/str_join.h"
#include "dataplane/main/flags.h"
#include "dataplane/main/proxy.h"

namespace {

constexpr int kUsageError = 2;

int Fail(const absl::Status& status, int code = 1) {
  std::cerr << "sluice-proxy: " << status.message() << "\n";
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "carries traffic as a control plane, or a bootstrap file, says.\n"
      "Example: sluice-proxy --control 127.0.0.1:15010 --gateway default/quickstart\n"
      "Example: sluice-proxy -c bootstrap.yaml --concurrency 2");
  auto line = sluice::ReadCommandLine(argc, argv);
  if (!line.ok()) return Fail(line.status(), kUsageError);
  if (!line->without_effect.empty()) {
    LOG(INFO) << "flags of Envoy's that have no effect here: "
              << absl::StrJoin(line->without_effect, " ");
  }
  auto proxy = sluice::Proxy::Create(std::move(line->options));
  if (!proxy.ok()) return Fail(proxy.status());
  if (line->validate) {
    std::cout << "configuration OK\n";
    return 0;
  }
  (*proxy)->Run();
  return 0;
}
