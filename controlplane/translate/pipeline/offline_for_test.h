// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/manifest/manifest.h"
#include "controlplane/store/object_set.h"
#include "gtest/gtest.h"

namespace sluice::translate {

// The objects of a YAML stream; a stream that is not valid alone fails the test.
inline std::vector<manifest::Object> ObjectsForTest(std::string_view yaml) {
  manifest::ParseResult result = manifest::ParseManifests(yaml, "t.yaml", {});
  for (const manifest::Problem& problem : result.problems) ADD_FAILURE() << problem.ToString();
  return std::move(result.objects);
}

inline std::shared_ptr<const store::ObjectSet> SetForTest(
    const std::vector<manifest::Object>& objects, const store::ObjectSet& base = {}) {
  store::ObjectSetBuilder builder(base);
  for (const manifest::Object& object : objects) {
    builder.Put({.object = std::make_shared<const manifest::Object>(object)});
  }
  return std::move(builder).Build();
}

// Takes every pair but one in whose key stands "refused": tests of resolving need no certificates
// that a library would take.
inline std::string KeyPairCheckForTest(std::string_view, std::string_view key_pem) {
  return key_pem.find("refused") == std::string_view::npos ? "" : "the key does not please";
}

}  // namespace sluice::translate
