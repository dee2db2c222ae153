// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "dataplane/compile/context.h"
#include "dataplane/config/tls.h"
#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/tls.pb.h"

namespace sluice::compile {

// The secrets that a TLS context names and that SDS delivers.
struct SecretRefs {
  std::vector<std::string> certificates;
  std::string validation;  // Empty for none.

  bool empty() const { return certificates.empty() && validation.empty(); }
};

struct CompiledSecret {
  std::string name;
  // One of them.
  std::optional<config::TlsCertificate> certificate;
  std::shared_ptr<const config::TlsValidation> validation;
};

// A context without what `secrets` name: no certificate of theirs, and of the validation only the
// part that stands beside the reference (combined_validation_context).
struct CompiledDownstreamTls {
  config::DownstreamTls tls;
  SecretRefs secrets;
};
struct CompiledUpstreamTls {
  config::UpstreamTls tls;
  SecretRefs secrets;
};

absl::StatusOr<CompiledDownstreamTls> CompileDownstreamTls(
    const envoy::extensions::transport_sockets::tls::v3::DownstreamTlsContext& tls,
    CompileContext& context);
absl::StatusOr<CompiledUpstreamTls> CompileUpstreamTls(
    const envoy::extensions::transport_sockets::tls::v3::UpstreamTlsContext& tls,
    CompileContext& context);

// A Secret resource; no other kind than certificates and validation contexts is taken.
absl::StatusOr<CompiledSecret> CompileSecret(
    const envoy::extensions::transport_sockets::tls::v3::Secret& secret, CompileContext& context);

// The secret of that name, or null while it is not there.
using FindSecret = std::function<const CompiledSecret*(std::string_view name)>;

// Puts the secrets in. kUnavailable names one that is not there yet: serve nothing until it is
// (TLS-07); kInvalidArgument one of the wrong kind.
absl::Status BindSecrets(const SecretRefs& secrets, const FindSecret& find,
                         config::TlsCommon& common);

}  // namespace sluice::compile
