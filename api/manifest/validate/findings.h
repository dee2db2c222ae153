// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "api/manifest/origin.h"
#include "api/manifest/problem_list.h"

namespace sluice::manifest {

// Findings takes what the checks of one kind find, and gives each its line.
//
// A finding at, in or around a field that already has a problem is dropped: a value that could not
// be read is not also missing.
//
// Thread:   one.
// Lifetime: both references outlive it.
class Findings {
 public:
  Findings(ProblemList& problems, const FieldOrigins& origins)
      : problems_(problems), origins_(origins) {}

  // `reason` is a sentence without a subject, to stand behind `path`; empty: nothing is wrong.
  void Add(std::string_view path, std::string reason) {
    if (reason.empty() || problems_.full() || problems_.Covers(path)) return;
    problems_.Add(origins_.LineOf(path), path, std::move(reason));
  }

 private:
  ProblemList& problems_;
  const FieldOrigins& origins_;
};

}  // namespace sluice::manifest
