// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "api/manifest/origin.h"

namespace sluice::manifest {

// A ProblemList collects the problems of one read, and knows which resource is being read.
//
// Thread:   one.
// Limits:   max_problems; one more, the last, says that there are more.
class ProblemList {
 public:
  ProblemList(std::string file, size_t max_problems);

  // Problems from here on are this resource's.
  void StartResource(std::string resource);
  void Add(int line, std::string_view path, std::string reason);

  // Problems of the resource that was started last.
  bool resource_is_clean() const { return problems_.size() == resource_start_ && !full(); }
  // True if a problem of the resource is at `path`, in it or around it: then a further check of
  // the value would only repeat what was said.
  bool Covers(std::string_view path) const;

  bool full() const { return problems_.size() > max_problems_; }
  const std::string& file() const { return file_; }
  std::vector<Problem> Take() { return std::move(problems_); }

 private:
  const std::string file_;
  const size_t max_problems_;
  std::string resource_;
  size_t resource_start_ = 0;
  std::vector<Problem> problems_;
};

}  // namespace sluice::manifest
