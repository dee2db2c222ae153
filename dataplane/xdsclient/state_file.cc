// SPDX-License-Identifier: Apache-2.0
#include "dataplane/xdsclient/state_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/crc/crc32c.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/read_file.h"
#include "base/status_macros.h"
#include "envoy/service/discovery/v3/discovery.pb.h"

namespace sluice::xdsclient {
namespace {

using envoy::service::discovery::v3::DeltaDiscoveryResponse;

// "sluice-state 1 CHECKSUM SIZE\n", then for each type a length in decimal, '\n', and a
// DeltaDiscoveryResponse.
constexpr std::string_view kMagic = "sluice-state 1 ";
constexpr size_t kMaxBytes = size_t{1} << 30;

absl::Status Failed(std::string_view what, const std::string& path) {
  return absl::UnavailableError(absl::StrCat(what, " ", path, ": ", strerrordesc_np(errno)));
}

std::string Checksum(std::string_view bytes) {
  return absl::StrFormat("%08x", static_cast<uint32_t>(absl::ComputeCrc32c(bytes)));
}

// Takes the text up to the next newline off `in`.
std::string_view TakeLine(std::string_view& in) {
  const size_t end = in.find('\n');
  const std::string_view line = in.substr(0, end);
  in.remove_prefix(end == std::string_view::npos ? in.size() : end + 1);
  return line;
}

absl::Status WriteAll(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n < 0) {
      if (errno == EINTR) continue;
      return Failed("write", path);
    }
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return fsync(fd) == 0 ? absl::OkStatus() : Failed("sync", path);
}

}  // namespace

absl::StatusOr<StateFile> StateFile::Open(const std::string& folder) {
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return Failed("mkdir", folder);
  struct stat info;
  if (stat(folder.c_str(), &info) != 0) return Failed("stat", folder);
  if (!S_ISDIR(info.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat(folder, " is not a folder"));
  }
  if ((info.st_mode & 077) != 0) {
    return absl::PermissionDeniedError(absl::StrFormat(
        "%s has mode %04o: it will hold private keys, so others may have no access (chmod 0700)",
        folder, info.st_mode & 07777));
  }
  return StateFile(folder);
}

absl::StatusOr<StateFile::Contents> StateFile::Load() const {
  SLUICE_ASSIGN_OR_RETURN(const std::string text, base::ReadFile(path(), kMaxBytes));
  return Parse(text, path());
}

absl::StatusOr<StateFile::Contents> StateFile::Parse(std::string_view text,
                                                     const std::string& path) {
  std::string_view rest = text;
  const std::string_view header = TakeLine(rest);
  if (text.size() > kMaxBytes || header.substr(0, kMagic.size()) != kMagic ||
      header.substr(kMagic.size()) != absl::StrCat(Checksum(rest), " ", rest.size())) {
    return absl::DataLossError(
        absl::StrCat(path, " is damaged or of another version: its checksum does not match"));
  }
  Contents contents;
  for (const ResourceType type : kAllTypes) {
    if (rest.empty()) break;  // Of a version that did not know the last types.
    size_t size = 0;
    DeltaDiscoveryResponse part;
    if (!absl::SimpleAtoi(TakeLine(rest), &size) || size > rest.size() ||
        !part.ParseFromArray(rest.data(), static_cast<int>(size))) {
      return absl::DataLossError(absl::StrCat(path, " is damaged: its ", TypeName(type)));
    }
    rest.remove_prefix(size);
    for (const auto& resource : part.resources()) {
      contents[type].push_back({resource.name(), resource.version(), resource.resource().value()});
    }
  }
  return contents;
}

absl::Status StateFile::Save(const ConfigStore& store) const {
  std::string body;
  for (const ResourceType type : kAllTypes) {
    DeltaDiscoveryResponse part;
    for (const auto& [name, raw] : store.raw(type)) {
      if (store.is_static(type, name)) continue;
      auto* resource = part.add_resources();
      resource->set_name(name);
      resource->set_version(raw.version);
      resource->mutable_resource()->set_type_url(std::string(TypeUrl(type)));
      resource->mutable_resource()->set_value(raw.body);
    }
    const std::string bytes = part.SerializeAsString();
    absl::StrAppend(&body, bytes.size(), "\n", bytes);
  }
  const std::string temporary = absl::StrCat(path(), ".new");
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return Failed("open", temporary);
  absl::Status status =
      WriteAll(fd, absl::StrCat(kMagic, Checksum(body), " ", body.size(), "\n", body), temporary);
  close(fd);
  if (!status.ok()) return status;
  return rename(temporary.c_str(), path().c_str()) == 0 ? absl::OkStatus()
                                                        : Failed("rename", temporary);
}

}  // namespace sluice::xdsclient
