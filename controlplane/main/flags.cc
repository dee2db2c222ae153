// SPDX-License-Identifier: Apache-2.0
#include "controlplane/main/flags.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/nearest.h"

namespace sluice::control {
namespace {

struct Flag {
  std::string_view name;
  std::string_view value;
  std::string_view help;
  std::string& (*target)(CommandLine& line);
};

constexpr Flag kFlags[] = {
    {"data-dir", "DIR", "folder of the sqlite registry; made if it is not there",
     [](CommandLine& line) -> std::string& { return line.control.data_dir; }},
    {"registry", "sqlite|dir:PATH", "where resources are kept (sqlite)",
     [](CommandLine& line) -> std::string& { return line.control.registry; }},
    {"xds-listen", "HOST:PORT", "for proxies (127.0.0.1:15010)",
     [](CommandLine& line) -> std::string& { return line.control.xds_listen; }},
    {"api-listen", "HOST:PORT", "for sluicectl: the push API over gRPC (127.0.0.1:15020)",
     [](CommandLine& line) -> std::string& { return line.control.api_listen; }},
    {"rest-listen", "HOST:PORT", "the push API over REST; empty: none (127.0.0.1:15021)",
     [](CommandLine& line) -> std::string& { return line.control.rest_listen; }},
    {"tls-cert", "FILE", "the certificate of all three ports (PEM)",
     [](CommandLine& line) -> std::string& { return line.control.tls_cert; }},
    {"tls-key", "FILE", "its key (PEM)",
     [](CommandLine& line) -> std::string& { return line.control.tls_key; }},
    {"client-ca", "FILE", "certificates that sign the clients' (PEM)",
     [](CommandLine& line) -> std::string& { return line.control.client_ca; }},
    {"token-file", "FILE", "which token or certificate may read which Gateways",
     [](CommandLine& line) -> std::string& { return line.control.token_file; }},
    {"api-token-file", "FILE", "which token or certificate may call the push API, to read or write",
     [](CommandLine& line) -> std::string& { return line.control.api_token_file; }},
    {"max-calls-per-credential", "N", "streams and calls open at a time with one of them (1000)",
     [](CommandLine& line) -> std::string& { return line.control.max_calls_per_credential; }},
    {"log-level", "LEVEL", "info, warning or error (info)",
     [](CommandLine& line) -> std::string& { return line.log_level; }},
};

absl::Status Unknown(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Flag& flag : kFlags) names.push_back(flag.name);
  const std::string_view nearest = base::NearestName(name, names);
  return absl::InvalidArgumentError(
      absl::StrCat("unknown flag --", name,
                   nearest.empty() ? "" : absl::StrCat("; did you mean --", nearest, "?")));
}

const Flag* FindFlag(std::string_view name) {
  for (const Flag& flag : kFlags) {
    if (flag.name == name) return &flag;
  }
  return nullptr;
}

}  // namespace

absl::StatusOr<CommandLine> ParseCommandLine(std::span<const std::string> words) {
  CommandLine line;
  for (size_t i = 0; i < words.size(); ++i) {
    std::string_view word = words[i];
    if (word == "--help" || word == "-h") {
      line.help = true;
      continue;
    }
    if (!absl::StartsWith(word, "--")) {
      return absl::InvalidArgumentError(absl::StrCat("\"", word, "\" is no flag"));
    }
    word.remove_prefix(2);
    const size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    const Flag* flag = FindFlag(name);
    if (flag == nullptr) return Unknown(name);
    if (equals != word.npos) {
      flag->target(line) = std::string(word.substr(equals + 1));
    } else if (++i < words.size()) {
      flag->target(line) = words[i];
    } else {
      return absl::InvalidArgumentError(absl::StrCat("--", name, " needs a value: ", flag->value));
    }
  }
  if (line.log_level != "info" && line.log_level != "warning" && line.log_level != "error") {
    return absl::InvalidArgumentError(
        absl::StrCat("--log-level: ", line.log_level, ": must be info, warning or error"));
  }
  return line;
}

void PrintHelp(std::ostream& out) {
  out << "sluice-control: keeps resources and streams configuration to proxies.\n\n"
         "  sluice-control --data-dir /var/lib/sluice\n"
         "  sluice-control --registry dir:/etc/sluice\n\n"
         "Off loopback each port needs --tls-cert, --tls-key and a credential: --client-ca or\n"
         "--token-file for proxies, --api-token-file for people.\n"
         "SIGHUP reads these files again; connections stay open.\n\n";
  for (const Flag& flag : kFlags) {
    std::string text = absl::StrCat("  --", flag.name, " ", flag.value);
    text.resize(std::max<size_t>(text.size() + 2, 32), ' ');
    out << text << flag.help << "\n";
  }
}

}  // namespace sluice::control
