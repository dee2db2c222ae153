// SPDX-License-Identifier: Apache-2.0
#include "dataplane/xdsclient/secret_files.h"

#include <initializer_list>

namespace sluice::xdsclient {
namespace {

using envoy::config::core::v3::DataSource;
using envoy::config::core::v3::WatchedDirectory;

std::vector<WatchedFile> Files(const WatchedDirectory& folder,
                               std::initializer_list<const DataSource*> sources) {
  std::vector<WatchedFile> out;
  for (const DataSource* source : sources) {
    if (!source->has_filename()) continue;
    if (!folder.path().empty()) return {{folder.path(), ""}};
    out.push_back(SplitPath(source->filename()));
  }
  return out;
}

}  // namespace

WatchedFile SplitPath(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

std::vector<WatchedFile> SecretFiles(
    const envoy::extensions::transport_sockets::tls::v3::Secret& secret) {
  if (secret.has_tls_certificate()) {
    const auto& tls = secret.tls_certificate();
    return Files(tls.watched_directory(),
                 {&tls.certificate_chain(), &tls.private_key(), &tls.ocsp_staple()});
  }
  const auto& validation = secret.validation_context();
  return Files(validation.watched_directory(), {&validation.trusted_ca(), &validation.crl()});
}

}  // namespace sluice::xdsclient
