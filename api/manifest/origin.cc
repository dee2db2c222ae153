// SPDX-License-Identifier: Apache-2.0
#include "api/manifest/origin.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sluice::manifest {
namespace {

// FNV-1a: not keyed, since a clash costs a wrong line number in a message.
uint64_t Hash(std::string_view path) {
  uint64_t hash = 14695981039346656037u;
  for (const unsigned char c : path) hash = (hash ^ c) * 1099511628211u;
  return hash;
}

bool Holds(std::string_view outer, std::string_view inner) {
  if (outer.empty()) return true;
  if (!absl::StartsWith(inner, outer)) return false;
  return inner.size() == outer.size() || inner[outer.size()] == '.' || inner[outer.size()] == '[';
}

}  // namespace

std::string Problem::ToString() const {
  std::string out;
  if (!origin.file.empty()) out = origin.file;
  if (origin.line > 0) absl::StrAppend(&out, out.empty() ? "line " : ":", origin.line);
  for (const std::string* part : {&resource, &field_path, &reason}) {
    if (part->empty()) continue;
    absl::StrAppend(&out, out.empty() ? "" : ": ", *part);
  }
  return out;
}

void FieldOrigins::Add(std::string_view path, int line) { lines_.emplace_back(Hash(path), line); }

void FieldOrigins::Sort() {
  std::sort(lines_.begin(), lines_.end());
  lines_.shrink_to_fit();
}

int FieldOrigins::LineOf(std::string_view path) const {
  for (;;) {
    const std::pair<uint64_t, int> wanted(Hash(path), 0);
    const auto at = std::lower_bound(lines_.begin(), lines_.end(), wanted);
    if (at != lines_.end() && at->first == wanted.first) return at->second;
    if (path.empty()) return 0;
    const size_t cut = path.find_last_of(".[");
    path = path.substr(0, cut == std::string_view::npos ? 0 : cut);
  }
}

bool PathsOverlap(std::string_view a, std::string_view b) { return Holds(a, b) || Holds(b, a); }

}  // namespace sluice::manifest
