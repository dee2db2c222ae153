// SPDX-License-Identifier: Apache-2.0
//
// sluice-proxy: the data plane.

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/log_severity.h"
#include "absl/flags/flag.h"
#include "absl/log/globals.h"
#include "absl/log/initialize.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "dataplane/main/flag_line.h"
#include "dataplane/main/proxy.h"
#include "dataplane/xdsclient/bootstrap.h"

ABSL_FLAG(std::string, c, "", "bootstrap file, Envoy v3, YAML or JSON");
ABSL_FLAG(std::string, control, "", "HOST:PORT of sluice-control, instead of a bootstrap");
ABSL_FLAG(std::string, gateway, "", "NAMESPACE/NAME of the Gateway to serve (with --control)");
ABSL_FLAG(std::string, node_id, "", "name of this proxy; default: the host's name");
ABSL_FLAG(std::string, control_ca, "", "PEM file: whom to trust as control plane; turns TLS on");
ABSL_FLAG(std::string, control_cert, "", "PEM file: client certificate for the control plane");
ABSL_FLAG(std::string, control_key, "", "PEM file: its key");
ABSL_FLAG(std::string, control_token_file, "", "file with the token for the control plane");
ABSL_FLAG(std::string, state_dir, "", "folder (mode 0700) for the last good configuration");
ABSL_FLAG(uint32_t, concurrency, 0, "workers; default: one for each usable core");
ABSL_FLAG(std::string, mode, "serve", "serve, or validate: check the bootstrap and end");
ABSL_FLAG(bool, reject_unknown_dynamic_fields, false,
          "refuse resources that set fields we do not know (always on with --control)");
ABSL_FLAG(std::string, admin_listen, "127.0.0.1:15000",
          "IP:PORT of the admin; empty for none; a bootstrap's own admin address wins");
ABSL_FLAG(int64_t, drain_time_s, 30, "how long SIGTERM lets requests finish, in seconds");
ABSL_FLAG(std::string, log_level, "info", "info, warning or error");
ABSL_FLAG(std::string, dns_servers, "", "IP:PORT,... to resolve with; default: the machine's");

namespace {

constexpr int kUsageError = 2;

std::string HostName() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "sluice-proxy";
}

constexpr char kThisFile[] = "dataplane/main/main.cc";

void PrintHelp(std::ostream& out) {
  out << "sluice-proxy: carries traffic as a control plane, or a bootstrap file, says.\n\n"
         "  sluice-proxy --control 127.0.0.1:15010 --gateway default/quickstart\n"
         "  sluice-proxy -c bootstrap.yaml --concurrency 2\n\n";
  sluice::PrintFlagLines(kThisFile, out);
  out << "\nExit codes: 0 ended as asked, 1 could not start, 2 flags or bootstrap are wrong.\n";
}

// What a flag's type does not say of it.
absl::Status CheckFlags() {
  const std::string mode = absl::GetFlag(FLAGS_mode);
  if (mode != "serve" && mode != "validate") {
    return absl::InvalidArgumentError(
        absl::StrCat("--mode \"", mode, "\": must be serve or validate"));
  }
  const std::string level = absl::GetFlag(FLAGS_log_level);
  if (level != "info" && level != "warning" && level != "error") {
    return absl::InvalidArgumentError(
        absl::StrCat("--log-level \"", level, "\": must be info, warning or error"));
  }
  if (absl::GetFlag(FLAGS_drain_time_s) < 0) {
    return absl::InvalidArgumentError("--drain-time-s must not be negative");
  }
  return absl::OkStatus();
}

int Fail(const absl::Status& status, int code = 1) {
  std::cerr << "sluice-proxy: " << status.message() << "\n";
  return code;
}

absl::StatusOr<envoy::config::bootstrap::v3::Bootstrap> LoadBootstrap() {
  const std::string file = absl::GetFlag(FLAGS_c);
  const std::string control = absl::GetFlag(FLAGS_control);
  if (file.empty() == control.empty()) {
    return absl::InvalidArgumentError(
        "give either -c FILE, or --control HOST:PORT with --gateway NAMESPACE/NAME");
  }
  const std::string node_id =
      absl::GetFlag(FLAGS_node_id).empty() ? HostName() : absl::GetFlag(FLAGS_node_id);
  if (!control.empty()) {
    return sluice::xdsclient::BootstrapFromFlags({.address = control,
                                                  .gateway = absl::GetFlag(FLAGS_gateway),
                                                  .node_id = node_id,
                                                  .ca_file = absl::GetFlag(FLAGS_control_ca),
                                                  .cert_file = absl::GetFlag(FLAGS_control_cert),
                                                  .key_file = absl::GetFlag(FLAGS_control_key)});
  }
  auto bootstrap = sluice::xdsclient::ReadBootstrap(file);
  if (!bootstrap.ok()) return bootstrap;
  if (bootstrap->node().id().empty()) bootstrap->mutable_node()->set_id(node_id);
  if (!absl::GetFlag(FLAGS_gateway).empty()) {
    bootstrap->mutable_node()->set_cluster(absl::GetFlag(FLAGS_gateway));
  }
  return bootstrap;
}

std::string AdminAddress(const envoy::config::bootstrap::v3::Bootstrap& bootstrap) {
  const auto& address = bootstrap.admin().address().socket_address();
  if (address.address().empty()) return absl::GetFlag(FLAGS_admin_listen);
  const bool ipv6 = address.address().find(':') != std::string::npos;
  return absl::StrCat(ipv6 ? "[" : "", address.address(), ipv6 ? "]:" : ":", address.port_value());
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (std::find(words.begin(), words.end(), "--help") != words.end()) {
    PrintHelp(std::cout);
    return 0;
  }
  absl::Status flags = sluice::ParseFlagLine(kThisFile, words);
  if (flags.ok()) flags = CheckFlags();
  if (!flags.ok()) return Fail(flags, kUsageError);
  absl::InitializeLog();
  const std::string level = absl::GetFlag(FLAGS_log_level);
  absl::SetStderrThreshold(level == "error"     ? absl::LogSeverityAtLeast::kError
                           : level == "warning" ? absl::LogSeverityAtLeast::kWarning
                                                : absl::LogSeverityAtLeast::kInfo);

  auto bootstrap = LoadBootstrap();
  if (!bootstrap.ok()) return Fail(bootstrap.status(), kUsageError);
  sluice::ProxyOptions options;
  options.bootstrap = *std::move(bootstrap);
  options.concurrency = absl::GetFlag(FLAGS_concurrency);
  if (options.concurrency == 0) {
    options.concurrency = std::max(1u, std::thread::hardware_concurrency());
  }
  options.reject_unknown_dynamic_fields =
      absl::GetFlag(FLAGS_reject_unknown_dynamic_fields) || !absl::GetFlag(FLAGS_control).empty();
  options.control_token_file = absl::GetFlag(FLAGS_control_token_file);
  options.state_dir = absl::GetFlag(FLAGS_state_dir);
  options.drain_time_ms = absl::GetFlag(FLAGS_drain_time_s) * 1000;
  options.dns_servers = absl::GetFlag(FLAGS_dns_servers);
  options.admin_listen = AdminAddress(options.bootstrap);
  const bool validate = absl::GetFlag(FLAGS_mode) == "validate";
  if (validate) options.admin_listen.clear();

  auto proxy = sluice::Proxy::Create(std::move(options));
  if (!proxy.ok()) return Fail(proxy.status());
  if (validate) {
    std::cout << "configuration OK\n";
    return 0;
  }
  (*proxy)->Run();
  return 0;
}
