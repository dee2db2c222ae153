// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace sluice::manifest {

// A part of a stream that holds whole documents.
struct Chunk {
  std::string_view text;
  int first_line = 1;  // 1-based, in the stream
};

// Cuts a stream before each line that begins with "---", so that a syntax error in one document
// does not hide the next. Nothing else in YAML may begin a line with "---" and white space. A
// chunk of directives and comments alone stays with the document behind it. A leading byte order
// mark is dropped. Stops after `max_chunks`.
std::vector<Chunk> SplitDocuments(std::string_view stream, size_t max_chunks);

}  // namespace sluice::manifest
