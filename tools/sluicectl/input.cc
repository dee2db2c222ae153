// SPDX-License-Identifier: Apache-2.0
#include "tools/sluicectl/input.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace sluice::sluicectl {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxBytes = size_t{64} << 20;

bool IsManifest(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".yaml" || extension == ".yml" || extension == ".json";
}

absl::StatusOr<std::vector<std::string>> ListFolder(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code ignored;
    if (it->is_regular_file(ignored) && IsManifest(it->path())) {
      files.push_back(it->path().string());
    }
  }
  if (error) return absl::NotFoundError(absl::StrCat(folder, ": ", error.message()));
  if (files.empty()) {
    return absl::NotFoundError(absl::StrCat(folder, ": holds no .yaml, .yml or .json file"));
  }
  std::sort(files.begin(), files.end());
  return files;
}

class Collector {
 public:
  absl::Status Take(const std::string& name, std::istream& in) {
    std::ostringstream text;
    text << in.rdbuf();
    bytes_ += text.view().size();
    if (bytes_ > kMaxBytes) {
      return absl::InvalidArgumentError(absl::StrCat(name, ": more than 64 MiB in all"));
    }
    files_.push_back({name, std::move(text).str()});
    return absl::OkStatus();
  }

  absl::Status TakeFile(const std::string& path) {
    std::ifstream file(path);
    if (!file) {
      const std::error_code error(errno, std::generic_category());
      return absl::NotFoundError(absl::StrCat(path, ": ", error.message()));
    }
    return Take(path, file);
  }

  std::vector<InputFile> files() && { return std::move(files_); }

 private:
  size_t bytes_ = 0;
  std::vector<InputFile> files_;
};

}  // namespace

absl::StatusOr<std::vector<InputFile>> ReadInput(const std::vector<std::string>& paths,
                                                 Streams& streams) {
  if (paths.empty()) return absl::InvalidArgumentError("name files with -f");
  Collector collector;
  for (const std::string& path : paths) {
    std::error_code ignored;
    if (path == "-") {
      SLUICE_RETURN_IF_ERROR(collector.Take("<stdin>", streams.in));
    } else if (fs::is_directory(path, ignored)) {
      SLUICE_ASSIGN_OR_RETURN(const std::vector<std::string> files, ListFolder(path));
      for (const std::string& file : files) SLUICE_RETURN_IF_ERROR(collector.TakeFile(file));
    } else {
      SLUICE_RETURN_IF_ERROR(collector.TakeFile(path));
    }
  }
  return std::move(collector).files();
}

}  // namespace sluice::sluicectl
