// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace sluice::control {

// What the command line says. Files are read by Start.
struct ControlOptions {
  std::string data_dir;
  std::string registry = "sqlite";  // or dir:PATH
  std::string xds_listen = "127.0.0.1:15010";
  std::string api_listen = "127.0.0.1:15020";
  std::string rest_listen = "127.0.0.1:15021";  // empty: no REST
  std::string tls_cert;
  std::string tls_key;
  std::string client_ca;
  // Who may call: access/credential_table.h. Of proxies, and of operators.
  std::string token_file;
  std::string api_token_file;
  std::string max_calls_per_credential = "1000";
};

// Control is a whole control plane: registry, store, pipeline, snapshot cache, discovery server,
// push API, and the ports of both.
//
// Thread:   any.
// Lifetime: the destructor ends calls and streams, closes the ports, then the registry.
// Errors:   Start says in one line which flag's value will not do, and why.
// Limits:   those of its parts.
class Control {
 public:
  static absl::StatusOr<std::unique_ptr<Control>> Start(const ControlOptions& options);
  virtual ~Control() = default;

  // Reads the files of TLS and credentials again, all of them or, if one will not do, none.
  // Connections that are open stay; calls whose credential counts no more are ended within seconds.
  virtual absl::Status ReloadSecurity() = 0;

  // The ports that are bound; 0: not asked for.
  [[nodiscard]] virtual int xds_port() const = 0;
  [[nodiscard]] virtual int api_port() const = 0;
  [[nodiscard]] virtual int rest_port() const = 0;
};

}  // namespace sluice::control
