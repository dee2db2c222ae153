// SPDX-License-Identifier: Apache-2.0
#include "dataplane/main/flags.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <thread>
#include <utility>

#include "absl/base/log_severity.h"
#include "absl/flags/flag.h"
#include "absl/log/globals.h"
#include "absl/log/initialize.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "dataplane/main/flag_line.h"
#include "dataplane/xdsclient/bootstrap.h"

ABSL_FLAG(std::string, c, "", "bootstrap file, Envoy v3, YAML or JSON");
ABSL_FLAG(std::string, config_yaml, "",
          "the bootstrap itself, instead of a file or laid over the file's");
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
ABSL_FLAG(std::string, log_level, "info", "info, warning or error; Envoy's other names too");
ABSL_FLAG(std::string, dns_servers, "", "IP:PORT,... to resolve with; default: the machine's");

ABSL_FLAG(std::string, admin_address_path, "", "file to write the admin's address to");
ABSL_FLAG(std::string, service_node, "", "as --node-id");
ABSL_FLAG(std::string, service_cluster, "", "as --gateway, for a bootstrap");
ABSL_FLAG(std::string, service_zone, "", "zone of the node's locality, for a bootstrap");

// Envoy's, without effect: workers are not bound to cores, draining begins at once, there is one
// level for all of the log, and nothing is shared with another process on the machine.
ABSL_FLAG(bool, cpuset_threads, false, "Envoy's; without effect");
ABSL_FLAG(std::string, drain_strategy, "", "Envoy's; without effect");
ABSL_FLAG(std::string, component_log_level, "", "Envoy's; without effect");
ABSL_FLAG(bool, use_dynamic_base_id, false, "Envoy's; without effect");
ABSL_FLAG(std::string, base_id, "", "Envoy's; without effect");
ABSL_FLAG(bool, disable_hot_restart, false, "Envoy's; without effect");

namespace sluice {
namespace {

using envoy::config::bootstrap::v3::Bootstrap;

std::string HostName() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "sluice-proxy";
}

// The cores that this process may run on. std::thread counts all that are online, also those that a
// cpuset or taskset keeps from us.
uint32_t UsableCores() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  // It fails on a machine of more than CPU_SETSIZE (1,024) cores.
  if (sched_getaffinity(0, sizeof cores, &cores) != 0) {
    return std::max(1u, std::thread::hardware_concurrency());
  }
  return static_cast<uint32_t>(std::max(1, CPU_COUNT(&cores)));
}

constexpr char kThisFile[] = "dataplane/main/flags.cc";
constexpr int64_t kMaxDrainS = 365 * 24 * 3600;  // More is a slip of the hand.

// --config-path is Envoy's long name for -c. Behind "--" stands what is for whoever looks at the
// list of processes.
void TakeEnvoysForms(std::vector<std::string>& words) {
  words.erase(std::find(words.begin(), words.end(), "--"), words.end());
  for (std::string& word : words) {
    constexpr std::string_view kLong = "--config-path";
    if (word == kLong || word.starts_with(absl::StrCat(kLong, "="))) {
      word.replace(0, kLong.size(), "-c");
    }
  }
}

// What a flag's type does not say of it.
absl::Status CheckFlags() {
  const std::string mode = absl::GetFlag(FLAGS_mode);
  if (mode != "serve" && mode != "validate") {
    return absl::InvalidArgumentError(
        absl::StrCat("--mode \"", mode, "\": must be serve or validate"));
  }
  const int64_t drain_s = absl::GetFlag(FLAGS_drain_time_s);
  if (drain_s < 0 || drain_s > kMaxDrainS) {
    return absl::InvalidArgumentError(
        absl::StrCat("--drain-time-s ", drain_s, ": must be within 0 and ", kMaxDrainS));
  }
  return absl::OkStatus();
}

absl::StatusOr<absl::LogSeverityAtLeast> Level(std::string_view name) {
  if (name == "trace" || name == "debug" || name == "info") return absl::LogSeverityAtLeast::kInfo;
  if (name == "warning" || name == "warn") return absl::LogSeverityAtLeast::kWarning;
  if (name == "error") return absl::LogSeverityAtLeast::kError;
  if (name == "critical") return absl::LogSeverityAtLeast::kFatal;
  if (name == "off") return absl::LogSeverityAtLeast::kInfinity;
  return absl::InvalidArgumentError(
      absl::StrCat("--log-level \"", name, "\": must be info, warning or error"));
}

// --config-yaml is laid over the file, as Envoy does it.
absl::StatusOr<Bootstrap> ReadGiven() {
  Bootstrap bootstrap;
  if (!absl::GetFlag(FLAGS_c).empty()) {
    SLUICE_ASSIGN_OR_RETURN(bootstrap, xdsclient::ReadBootstrap(absl::GetFlag(FLAGS_c)));
  }
  if (!absl::GetFlag(FLAGS_config_yaml).empty()) {
    SLUICE_ASSIGN_OR_RETURN(
        const Bootstrap over,
        xdsclient::ParseBootstrap(absl::GetFlag(FLAGS_config_yaml), "--config-yaml"));
    bootstrap.MergeFrom(over);
  }
  return bootstrap;
}

absl::StatusOr<Bootstrap> LoadBootstrap() {
  const std::string control = absl::GetFlag(FLAGS_control);
  const bool given = !absl::GetFlag(FLAGS_c).empty() || !absl::GetFlag(FLAGS_config_yaml).empty();
  if (given != control.empty()) {
    return absl::InvalidArgumentError(
        "give either -c FILE, or --control HOST:PORT with --gateway NAMESPACE/NAME");
  }
  const std::string gateway = absl::GetFlag(FLAGS_gateway).empty()
                                  ? absl::GetFlag(FLAGS_service_cluster)
                                  : absl::GetFlag(FLAGS_gateway);
  std::string node_id = absl::GetFlag(FLAGS_node_id).empty() ? absl::GetFlag(FLAGS_service_node)
                                                             : absl::GetFlag(FLAGS_node_id);
  if (!control.empty()) {
    return xdsclient::BootstrapFromFlags({.address = control,
                                          .gateway = gateway,
                                          .node_id = node_id.empty() ? HostName() : node_id,
                                          .ca_file = absl::GetFlag(FLAGS_control_ca),
                                          .cert_file = absl::GetFlag(FLAGS_control_cert),
                                          .key_file = absl::GetFlag(FLAGS_control_key)});
  }
  SLUICE_ASSIGN_OR_RETURN(Bootstrap bootstrap, ReadGiven());
  xdsclient::WatchControlConnection(bootstrap);
  // What the bootstrap says of itself comes first.
  auto& node = *bootstrap.mutable_node();
  if (node.id().empty()) node.set_id(node_id.empty() ? HostName() : std::move(node_id));
  if (!absl::GetFlag(FLAGS_gateway).empty() || node.cluster().empty()) node.set_cluster(gateway);
  if (node.locality().zone().empty() && !absl::GetFlag(FLAGS_service_zone).empty()) {
    node.mutable_locality()->set_zone(absl::GetFlag(FLAGS_service_zone));
  }
  return bootstrap;
}

std::string AdminAddress(const Bootstrap& bootstrap) {
  const auto& address = bootstrap.admin().address().socket_address();
  if (address.address().empty()) return absl::GetFlag(FLAGS_admin_listen);
  const bool ipv6 = address.address().find(':') != std::string::npos;
  return absl::StrCat(ipv6 ? "[" : "", address.address(), ipv6 ? "]:" : ":", address.port_value());
}

std::vector<std::string> WithoutEffect() {
  const std::pair<std::string_view, bool> given[] = {
      {"--cpuset-threads", absl::GetFlag(FLAGS_cpuset_threads)},
      {"--drain-strategy", !absl::GetFlag(FLAGS_drain_strategy).empty()},
      {"--component-log-level", !absl::GetFlag(FLAGS_component_log_level).empty()},
      {"--use-dynamic-base-id", absl::GetFlag(FLAGS_use_dynamic_base_id)},
      {"--base-id", !absl::GetFlag(FLAGS_base_id).empty()},
      {"--disable-hot-restart", absl::GetFlag(FLAGS_disable_hot_restart)},
  };
  std::vector<std::string> out;
  for (const auto& [name, is_given] : given) {
    if (is_given) out.emplace_back(name);
  }
  return out;
}

}  // namespace

absl::StatusOr<CommandLine> ReadCommandLine(std::vector<std::string> words) {
  TakeEnvoysForms(words);
  SLUICE_RETURN_IF_ERROR(ParseFlagLine(kThisFile, words));
  SLUICE_RETURN_IF_ERROR(CheckFlags());
  SLUICE_ASSIGN_OR_RETURN(const absl::LogSeverityAtLeast level,
                          Level(absl::GetFlag(FLAGS_log_level)));
  absl::InitializeLog();
  absl::SetStderrThreshold(level);

  CommandLine line;
  ProxyOptions& options = line.options;
  SLUICE_ASSIGN_OR_RETURN(options.bootstrap, LoadBootstrap());
  options.concurrency = absl::GetFlag(FLAGS_concurrency);
  if (options.concurrency == 0) options.concurrency = UsableCores();
  options.reject_unknown_dynamic_fields =
      absl::GetFlag(FLAGS_reject_unknown_dynamic_fields) || !absl::GetFlag(FLAGS_control).empty();
  options.control_token_file = absl::GetFlag(FLAGS_control_token_file);
  options.state_dir = absl::GetFlag(FLAGS_state_dir);
  options.drain_time_ms = absl::GetFlag(FLAGS_drain_time_s) * 1000;
  options.dns_servers = absl::GetFlag(FLAGS_dns_servers);
  options.admin_address_path = absl::GetFlag(FLAGS_admin_address_path);
  options.validate_only = absl::GetFlag(FLAGS_mode) == "validate";
  if (!options.validate_only) options.admin_listen = AdminAddress(options.bootstrap);
  line.without_effect = WithoutEffect();
  return line;
}

void PrintHelp(std::ostream& out) {
  out << "sluice-proxy: carries traffic as a control plane, or a bootstrap file, says.\n\n"
         "  sluice-proxy --control 127.0.0.1:15010 --gateway default/quickstart\n"
         "  sluice-proxy -c bootstrap.yaml --concurrency 2\n\n";
  PrintFlagLines(kThisFile, out);
  out << "\nExit codes: 0 ended as asked, 1 could not start, 2 flags or bootstrap are wrong.\n";
}

}  // namespace sluice
