// SPDX-License-Identifier: Apache-2.0
#include "controlplane/main/security.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"

namespace sluice::control {
namespace {

constexpr size_t kMaxFileBytes = 4 << 20;

enum class Holds { kPublic, kSecret };

class Reader {
 public:
  explicit Reader(std::vector<std::string>& warnings) : warnings_(warnings) {}

  // An empty text if the flag was not given. A file that is given and empty is an error: it would
  // pass for a flag that was not.
  absl::StatusOr<std::string> Read(std::string_view flag, const std::string& path, Holds holds) {
    if (path.empty()) return std::string();
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return Failure(flag, path);
    const absl::Cleanup closer = [fd] { close(fd); };
    struct stat facts{};
    if (fstat(fd, &facts) != 0) return Failure(flag, path);
    std::string text;
    char buffer[16 * 1024];
    for (ssize_t count = 0; (count = read(fd, buffer, sizeof(buffer))) != 0;) {
      if (count < 0) return Failure(flag, path);
      text.append(buffer, static_cast<size_t>(count));
      if (text.size() > kMaxFileBytes) {
        return absl::InvalidArgumentError(absl::StrCat("--", flag, ": ", path, ": is too long"));
      }
    }
    if (text.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("--", flag, ": ", path, ": is empty"));
    }
    // Said, not refused: what Kubernetes mounts cannot be narrower than 0440.
    if (holds == Holds::kSecret && (facts.st_mode & 077) != 0) {
      warnings_.push_back(
          absl::StrFormat("--%s: %s has mode %04o: others can read it; 0600 is safe", flag, path,
                          facts.st_mode & 0777));
    }
    return text;
  }

 private:
  static absl::Status Failure(std::string_view flag, const std::string& path) {
    const std::error_code error(errno, std::generic_category());
    return absl::NotFoundError(absl::StrCat("--", flag, ": ", path, ": ", error.message()));
  }

  std::vector<std::string>& warnings_;
};

// The rules of one audience. `flag` names its table.
absl::Status ReadRules(std::string_view flag, const std::string& path, Reader& reader,
                       access::Gate::Rules& rules) {
  SLUICE_ASSIGN_OR_RETURN(const std::string text, reader.Read(flag, path, Holds::kSecret));
  std::string error = rules.table.Parse(text);
  if (error.empty()) error = access::ObjectionTo(rules);
  if (error.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("--", flag, ": ", path, ": ", error));
}

absl::StatusOr<access::TlsMaterial> ReadTls(const ControlOptions& options, Reader& reader) {
  access::TlsMaterial tls;
  SLUICE_ASSIGN_OR_RETURN(tls.certificate_pem,
                          reader.Read("tls-cert", options.tls_cert, Holds::kPublic));
  SLUICE_ASSIGN_OR_RETURN(tls.key_pem, reader.Read("tls-key", options.tls_key, Holds::kSecret));
  SLUICE_ASSIGN_OR_RETURN(tls.client_ca_pem,
                          reader.Read("client-ca", options.client_ca, Holds::kPublic));
  const std::string objection = access::ObjectionTo(tls);
  if (objection.empty()) return tls;
  return absl::InvalidArgumentError(
      absl::StrCat("--tls-cert, --tls-key, --client-ca: ", objection));
}

}  // namespace

absl::StatusOr<Security> ReadSecurity(const ControlOptions& options) {
  using access::Audience;
  using access::CredentialTable;
  Security security{{},
                    {CredentialTable(Audience::kProxies), {}},
                    {CredentialTable(Audience::kOperators), {}},
                    {}};
  Reader reader(security.warnings);
  SLUICE_ASSIGN_OR_RETURN(security.tls, ReadTls(options, reader));
  if (!security.tls.client_ca_pem.empty()) {
    std::string error;
    security.proxies.verifier = access::ClientVerifier::Create(security.tls.client_ca_pem, &error);
    if (!error.empty()) return absl::InvalidArgumentError(absl::StrCat("--client-ca: ", error));
    security.operators.verifier = security.proxies.verifier;
  }
  SLUICE_RETURN_IF_ERROR(ReadRules("token-file", options.token_file, reader, security.proxies));
  SLUICE_RETURN_IF_ERROR(
      ReadRules("api-token-file", options.api_token_file, reader, security.operators));
  return security;
}

}  // namespace sluice::control
