// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace sluice::manifest {

// What one read may cost, whatever the text holds.
struct ReadLimits {
  size_t max_stream_bytes = 16 << 20;
  size_t max_document_bytes = 4 << 20;
  size_t max_documents = 10'000;  // items of a List count
  size_t max_nodes = 1 << 18;     // scalars, lists and mappings in one document
  int max_depth = 64;
  size_t max_problems = 1'000;  // the last one says that there are more
};

}  // namespace sluice::manifest
