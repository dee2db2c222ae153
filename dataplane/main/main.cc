// SPDX-License-Identifier: Apache-2.0
//
// sluice-proxy: the data plane.

#include <algorithm>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

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
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (std::find(words.begin(), words.end(), "--help") != words.end()) {
    sluice::PrintHelp(std::cout);
    return 0;
  }
  auto line = sluice::ReadCommandLine(words);
  if (!line.ok()) return Fail(line.status(), kUsageError);
  if (!line->without_effect.empty()) {
    LOG(INFO) << "flags of Envoy's that have no effect here: "
              << absl::StrJoin(line->without_effect, " ");
  }
  auto proxy = sluice::Proxy::Create(std::move(line->options));
  if (!proxy.ok()) return Fail(proxy.status());
  if ((*proxy)->options().validate) {
    std::cout << "configuration OK\n";
    return 0;
  }
  (*proxy)->Run();
  return 0;
}
