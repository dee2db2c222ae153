// SPDX-License-Identifier: Apache-2.0
#include "dataplane/tls/settings.h"

#include <cstdint>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sluice::tls {
namespace {

// TLS 1.2 with forward secrecy and AEAD alone. Suites in brackets are of equal rank: a client
// without AES instructions gets its ChaCha20.
constexpr char kCipherSuites[] =
    "[ECDHE-ECDSA-AES128-GCM-SHA256|ECDHE-ECDSA-CHACHA20-POLY1305]:"
    "[ECDHE-RSA-AES128-GCM-SHA256|ECDHE-RSA-CHACHA20-POLY1305]:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";

// Post-quantum first: traffic recorded today must not be read when such machines exist.
constexpr char kGroups[] = "X25519MLKEM768:X25519:P-256";

uint16_t WireVersion(config::TlsVersion version) {
  return version == config::TlsVersion::kTls12 ? TLS1_2_VERSION : TLS1_3_VERSION;
}

// Names the first entry of `list` that `accept` refuses alone.
template <typename Accept>
std::string FirstRefused(absl::Span<const std::string> list, Accept accept) {
  for (const std::string& entry : list) {
    if (!accept(entry.c_str())) return entry;
  }
  return absl::StrJoin(list, ":");
}

}  // namespace

absl::StatusOr<bssl::UniquePtr<SSL_CTX>> NewSslContext(const config::TlsCommon& common) {
  bssl::UniquePtr<SSL_CTX> context(SSL_CTX_new(TLS_method()));
  if (common.min_version > common.max_version) {
    return absl::InvalidArgumentError("the least TLS version is above the greatest");
  }
  if (!SSL_CTX_set_min_proto_version(context.get(), WireVersion(common.min_version)) ||
      !SSL_CTX_set_max_proto_version(context.get(), WireVersion(common.max_version))) {
    return absl::InternalError(TakeError("TLS version refused"));
  }
  const std::string ciphers =
      common.cipher_suites.empty() ? kCipherSuites : absl::StrJoin(common.cipher_suites, ":");
  if (!SSL_CTX_set_strict_cipher_list(context.get(), ciphers.c_str())) {
    const std::string refused = FirstRefused(common.cipher_suites, [&](const char* entry) {
      return SSL_CTX_set_strict_cipher_list(context.get(), entry) == 1;
    });
    TakeError("");
    return absl::InvalidArgumentError(
        absl::StrCat("cipher suite \"", refused, "\" is not known (OpenSSL's names are used)"));
  }
  const std::string groups = common.groups.empty() ? kGroups : absl::StrJoin(common.groups, ":");
  if (!SSL_CTX_set1_groups_list(context.get(), groups.c_str())) {
    const std::string refused = FirstRefused(common.groups, [&](const char* entry) {
      return SSL_CTX_set1_groups_list(context.get(), entry) == 1;
    });
    TakeError("");
    return absl::InvalidArgumentError(absl::StrCat("key exchange group \"", refused,
                                                   "\" is not known (X25519MLKEM768, X25519, "
                                                   "P-256, P-384 and P-521 are)"));
  }
  return context;
}

absl::StatusOr<std::string> EncodeAlpn(absl::Span<const std::string> protocols) {
  std::string wire;
  for (const std::string& protocol : protocols) {
    if (protocol.empty() || protocol.size() > 255) {
      return absl::InvalidArgumentError(
          absl::StrCat("ALPN protocol \"", protocol, "\" must have 1 to 255 bytes"));
    }
    wire += static_cast<char>(protocol.size());
    wire += protocol;
  }
  return wire;
}

}  // namespace sluice::tls
