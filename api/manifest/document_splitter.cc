// SPDX-License-Identifier: Apache-2.0
#include "api/manifest/document_splitter.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace sluice::manifest {
namespace {

bool IsMarker(std::string_view line) {
  return absl::StartsWith(line, "---") && (line.size() == 3 || absl::ascii_isspace(line[3]));
}

// A line that says nothing by itself.
bool IsPreamble(std::string_view line) {
  if (absl::StartsWith(line, "%")) return true;
  line = absl::StripLeadingAsciiWhitespace(line);
  return line.empty() || line.front() == '#';
}

}  // namespace

std::vector<Chunk> SplitDocuments(std::string_view stream, size_t max_chunks) {
  if (absl::StartsWith(stream, "\xEF\xBB\xBF")) stream.remove_prefix(3);
  std::vector<Chunk> chunks;
  size_t start = 0;
  int start_line = 1;
  int line_number = 1;
  bool has_content = false;
  for (size_t at = 0; at < stream.size() && chunks.size() < max_chunks; ++line_number) {
    const size_t line_feed = stream.find('\n', at);
    const size_t end = line_feed == std::string_view::npos ? stream.size() : line_feed + 1;
    std::string_view line = stream.substr(at, end - at);
    if (absl::EndsWith(line, "\n")) line.remove_suffix(1);
    if (IsMarker(line) && has_content) {
      chunks.push_back({stream.substr(start, at - start), start_line});
      start = at;
      start_line = line_number;
      has_content = false;
    }
    has_content = has_content || IsMarker(line) || !IsPreamble(line);
    at = end;
  }
  if (has_content && chunks.size() < max_chunks)
    chunks.push_back({stream.substr(start), start_line});
  return chunks;
}

}  // namespace sluice::manifest
