// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>

#include "absl/log/check.h"
#include "absl/strings/str_cat.h"

namespace sluice::registry {

// A folder for one test, gone with it. In /tmp and not in the build's folder, so that a child that
// has dropped root can reach it.
class TempFolder {
 public:
  TempFolder() {
    std::string path = "/tmp/sluice_registry_XXXXXX";
    CHECK(mkdtemp(path.data()) != nullptr);
    path_ = path;
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string Path(std::string_view name) const { return absl::StrCat(path_, "/", name); }

  // In place, as a shell's > does.
  void Write(std::string_view name, std::string_view text) const {
    std::ofstream(Path(name), std::ios::trunc) << text;
  }
  // Beside it and renamed over it, as editors do.
  void Replace(std::string_view name, std::string_view text) const {
    Write(".new", text);
    std::filesystem::rename(Path(".new"), Path(name));
  }
  void Remove(std::string_view name) const { std::filesystem::remove_all(Path(name)); }

 private:
  std::string path_;
};

}  // namespace sluice::registry
