// SPDX-License-Identifier: Apache-2.0
#include "controlplane/registry/dir/folder_scan.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace sluice::registry {
namespace {

bool IsManifestName(std::string_view name) {
  return absl::EndsWith(name, ".yaml") || absl::EndsWith(name, ".yml") ||
         absl::EndsWith(name, ".json");
}

int64_t Nanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

FileSignature SignatureOf(const struct stat& file) {
  return {.device = file.st_dev,
          .inode = file.st_ino,
          .size = file.st_size,
          .modified_ns = Nanoseconds(file.st_mtim),
          .changed_ns = Nanoseconds(file.st_ctim)};
}

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

class Scanner {
 public:
  Scanner(const ScanLimits& limits, const std::function<void(const std::string&)>& on_folder)
      : limits_(limits), on_folder_(on_folder) {}

  absl::Status WalkAll(const std::string& root) {
    struct stat file;
    // A link below may lead back to the root as well. If it is not there, Walk says so.
    if (stat(root.c_str(), &file) == 0) visited_.emplace(file.st_dev, file.st_ino);
    return Walk(root, 0);
  }

  FolderScan Take() { return std::move(found_); }

 private:
  absl::Status Walk(const std::string& folder, int depth) {
    if (depth > limits_.max_depth || ++folders_ > limits_.max_folders) {
      return absl::ResourceExhaustedError(absl::StrCat(
          "holds more than ", limits_.max_folders, " folders, or deeper than ", limits_.max_depth));
    }
    on_folder_(folder);
    std::unique_ptr<DIR, CloseFolder> listing(opendir(folder.c_str()));
    if (listing == nullptr) {
      MarkUnreadable(folder, errno);
      return absl::OkStatus();
    }
    while (const dirent* item = Next(folder, listing.get())) {
      if (item->d_name[0] == '.') continue;
      SLUICE_RETURN_IF_ERROR(Visit(absl::StrCat(folder, "/", item->d_name), item->d_name, depth));
    }
    return absl::OkStatus();
  }

  // Null at the end. A listing that breaks off (a network file system) leaves the folder unknown:
  // what was not listed is not gone.
  const dirent* Next(const std::string& folder, DIR* listing) {
    errno = 0;
    const dirent* item = readdir(listing);
    if (item == nullptr && errno != 0) MarkUnreadable(folder, errno);
    return item;
  }

  absl::Status Visit(const std::string& path, std::string_view name, int depth) {
    struct stat file;
    if (stat(path.c_str(), &file) != 0) {
      const int error = errno;
      struct stat link;
      // Gone since it was listed, unless the link is still there and only its target is not. That
      // may have been a folder, whatever its name is.
      if (lstat(path.c_str(), &link) == 0) MarkUnreadable(path, error);
      return absl::OkStatus();
    }
    if (S_ISDIR(file.st_mode)) {
      // A link may lead back up.
      if (!visited_.emplace(file.st_dev, file.st_ino).second) return absl::OkStatus();
      return Walk(path, depth + 1);
    }
    if (!S_ISREG(file.st_mode) || !IsManifestName(name)) return absl::OkStatus();
    if (found_.files.size() >= limits_.max_files) {
      return absl::ResourceExhaustedError(
          absl::StrCat("holds more than ", limits_.max_files, " files"));
    }
    found_.files.emplace(path, SignatureOf(file));
    return absl::OkStatus();
  }

  void MarkUnreadable(const std::string& path, int error) {
    found_.unreadable.emplace(path, absl::ErrnoToStatus(error, "cannot be read"));
  }

  const ScanLimits& limits_;
  const std::function<void(const std::string&)>& on_folder_;
  FolderScan found_;
  size_t folders_ = 0;
  std::set<std::pair<dev_t, ino_t>> visited_;
};

}  // namespace

absl::StatusOr<FolderScan> ScanFolder(const std::string& folder, const ScanLimits& limits,
                                      const std::function<void(const std::string&)>& on_folder) {
  Scanner scanner(limits, on_folder);
  SLUICE_RETURN_IF_ERROR(scanner.WalkAll(folder));
  return scanner.Take();
}

absl::StatusOr<std::string> ReadWholeFile(const std::string& path, size_t max_bytes) {
  // Without NONBLOCK, a FIFO put in the file's place since the scan would hold us.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return absl::ErrnoToStatus(errno, "cannot be opened");
  std::string text;
  std::vector<char> buffer(64 * 1024);
  absl::Status status;
  while (true) {
    const ssize_t got = read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) status = absl::ErrnoToStatus(errno, "cannot be read");
    if (got <= 0) break;
    if (text.size() + static_cast<size_t>(got) > max_bytes) {
      status = absl::ResourceExhaustedError(absl::StrCat("is larger than ", max_bytes, " bytes"));
      break;
    }
    text.append(buffer.data(), static_cast<size_t>(got));
  }
  close(fd);
  if (!status.ok()) return status;
  return text;
}

}  // namespace sluice::registry
