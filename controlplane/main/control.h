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
  std::string token_file;      // of proxies: rpc/credentials.h
  std::string api_token_file;  // of operators: pushapi/operators.h
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

  // The ports that are bound; 0: not asked for.
  [[nodiscard]] virtual int xds_port() const = 0;
  [[nodiscard]] virtual int api_port() const = 0;
  [[nodiscard]] virtual int rest_port() const = 0;
};

}  // namespace sluice::control
