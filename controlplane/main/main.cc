// SPDX-License-Identifier: Apache-2.0
// sluice-control: the control plane of Sluice.
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/log_severity.h"
#include "absl/log/globals.h"
#include "absl/log/initialize.h"
#include "absl/log/log.h"
#include "absl/status/status.h"
#include "controlplane/main/control.h"
#include "controlplane/main/flags.h"

namespace {

absl::LogSeverityAtLeast SeverityOf(const std::string& level) {
  if (level == "error") return absl::LogSeverityAtLeast::kError;
  if (level == "warning") return absl::LogSeverityAtLeast::kWarning;
  return absl::LogSeverityAtLeast::kInfo;
}

// Before any thread is made: all of them inherit it, so that the signals come to sigwait alone.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const auto line = sluice::control::ParseCommandLine(words);
  if (!line.ok()) {
    std::cerr << "sluice-control: " << line.status().message() << "\n";
    return 2;
  }
  if (line->help) {
    sluice::control::PrintHelp(std::cout);
    return 0;
  }
  // What gRPC has to say comes back as our one line; its own log is for its developers.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  absl::SetStderrThreshold(SeverityOf(line->log_level));
  absl::InitializeLog();
  const sigset_t signals = BlockSignals();
  auto control = sluice::control::Control::Start(line->control);
  if (!control.ok()) {
    std::cerr << "sluice-control: " << control.status().message() << "\n";
    return 1;
  }
  LOG(INFO) << "ready: xDS on port " << (*control)->xds_port() << ", API on port "
            << (*control)->api_port() << ", REST on port " << (*control)->rest_port();
  int signal = 0;
  while (sigwait(&signals, &signal) == 0 && signal == SIGHUP) {
    const absl::Status status = (*control)->ReloadSecurity();
    if (status.ok()) continue;
    LOG(ERROR) << "SIGHUP: " << status.message() << "; what was read before stays in force";
  }
  LOG(INFO) << "stopping on signal " << signal;
  control->reset();
  return 0;
}
