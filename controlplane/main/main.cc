// SPDX-License-Identifier: Apache-2.0
// sluice-control: the control plane of Sluice.
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/log_severity.h"
#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/log/globals.h"
#include "absl/log/initialize.h"
#include "absl/log/log.h"
#include "absl/strings/match.h"
#include "controlplane/main/control.h"

ABSL_FLAG(std::string, data_dir, "", "folder of the sqlite registry; made if it is not there");
ABSL_FLAG(std::string, registry, "sqlite", "where resources are kept: sqlite, or dir:PATH");
ABSL_FLAG(std::string, xds_listen, "127.0.0.1:15010", "HOST:PORT that proxies connect to");
ABSL_FLAG(std::string, api_listen, "127.0.0.1:15020", "HOST:PORT of the push API over gRPC");
ABSL_FLAG(std::string, rest_listen, "127.0.0.1:15021",
          "HOST:PORT of the push API over REST, on loopback only; empty: none");
ABSL_FLAG(std::string, tls_cert, "", "the certificate of the xDS and API ports (PEM)");
ABSL_FLAG(std::string, tls_key, "", "its key (PEM)");
ABSL_FLAG(std::string, client_ca, "", "certificates that sign the clients' (PEM)");
ABSL_FLAG(std::string, token_file, "", "which token or certificate may read which Gateways");
ABSL_FLAG(std::string, api_token_file, "",
          "which token or certificate may call the push API, to read or to write");
ABSL_FLAG(std::string, log_level, "info", "info, warning or error");

namespace {

// --data-dir and --data_dir are the same flag.
std::vector<std::string> WithUnderscores(int argc, char** argv) {
  std::vector<std::string> words;
  for (int i = 0; i < argc; ++i) {
    std::string word = argv[i];
    if (i > 0 && absl::StartsWith(word, "--")) {
      for (size_t at = 2; at < word.size() && word[at] != '='; ++at) {
        if (word[at] == '-') word[at] = '_';
      }
    }
    words.push_back(std::move(word));
  }
  return words;
}

bool SetLogLevel(const std::string& level) {
  if (level == "info") {
    absl::SetStderrThreshold(absl::LogSeverityAtLeast::kInfo);
  } else if (level == "warning") {
    absl::SetStderrThreshold(absl::LogSeverityAtLeast::kWarning);
  } else if (level == "error") {
    absl::SetStderrThreshold(absl::LogSeverityAtLeast::kError);
  } else {
    return false;
  }
  return true;
}

sluice::control::ControlOptions OptionsFromFlags() {
  sluice::control::ControlOptions options;
  options.data_dir = absl::GetFlag(FLAGS_data_dir);
  options.registry = absl::GetFlag(FLAGS_registry);
  options.xds_listen = absl::GetFlag(FLAGS_xds_listen);
  options.api_listen = absl::GetFlag(FLAGS_api_listen);
  options.rest_listen = absl::GetFlag(FLAGS_rest_listen);
  options.tls_cert = absl::GetFlag(FLAGS_tls_cert);
  options.tls_key = absl::GetFlag(FLAGS_tls_key);
  options.client_ca = absl::GetFlag(FLAGS_client_ca);
  options.token_file = absl::GetFlag(FLAGS_token_file);
  options.api_token_file = absl::GetFlag(FLAGS_api_token_file);
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "The control plane of Sluice: keeps resources and streams configuration to proxies.\n"
      "\n"
      "  sluice-control --data-dir=/var/lib/sluice\n"
      "  sluice-control --registry=dir:/etc/sluice");
  std::vector<std::string> words = WithUnderscores(argc, argv);
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  const std::vector<char*> rest =
      absl::ParseCommandLine(static_cast<int>(pointers.size()), pointers.data());
  if (rest.size() > 1) {
    std::fprintf(stderr, "sluice-control: \"%s\" is no flag\n", rest[1]);
    return 2;
  }
  if (!SetLogLevel(absl::GetFlag(FLAGS_log_level))) {
    std::fprintf(stderr, "sluice-control: --log-level: must be info, warning or error\n");
    return 2;
  }
  absl::InitializeLog();

  // Before any thread: all of them inherit it, and the signal comes to sigwait below.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  auto control = sluice::control::Control::Start(OptionsFromFlags());
  if (!control.ok()) {
    std::fprintf(stderr, "sluice-control: %s\n", std::string(control.status().message()).c_str());
    return 1;
  }
  LOG(INFO) << "ready: xDS on port " << (*control)->xds_port() << ", API on port "
            << (*control)->api_port() << ", REST on port " << (*control)->rest_port();
  int signal = 0;
  sigwait(&signals, &signal);
  LOG(INFO) << "stopping on signal " << signal;
  control->reset();
  return 0;
}
