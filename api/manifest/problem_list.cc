// SPDX-License-Identifier: Apache-2.0
#include "api/manifest/problem_list.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice::manifest {

ProblemList::ProblemList(std::string file, size_t max_problems)
    : file_(std::move(file)), max_problems_(max_problems) {}

void ProblemList::StartResource(std::string resource) {
  resource_ = std::move(resource);
  resource_start_ = problems_.size();
}

void ProblemList::Add(int line, std::string_view path, std::string reason) {
  if (full()) return;
  if (problems_.size() == max_problems_) {
    problems_.push_back({.origin = {.file = file_, .line = line},
                         .resource = "",
                         .field_path = "",
                         .reason = absl::StrCat("there are more problems than the ", max_problems_,
                                                " that are shown.")});
    return;
  }
  problems_.push_back({.origin = {.file = file_, .line = line},
                       .resource = resource_,
                       .field_path = std::string(path),
                       .reason = std::move(reason)});
}

bool ProblemList::Covers(std::string_view path) const {
  for (size_t i = resource_start_; i < problems_.size(); ++i) {
    if (PathsOverlap(problems_[i].field_path, path)) return true;
  }
  return false;
}

}  // namespace sluice::manifest
