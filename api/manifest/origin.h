// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::manifest {

// Where a document or a field stands.
struct Origin {
  std::string file;
  int line = 0;  // 1-based; 0: unknown

  bool operator==(const Origin&) const = default;
};

// One thing that is wrong with a manifest, told to a person.
struct Problem {
  Origin origin;
  std::string resource;    // "HTTPRoute shop/checkout"; empty before it is known
  std::string field_path;  // "spec.rules[0].matches[1].path.value"; empty: the whole document
  std::string reason;      // full sentence, with the nearest valid name where there is one

  // "file:line: Kind ns/name: path: reason", leaving out what is empty.
  std::string ToString() const;

  bool operator==(const Problem&) const = default;
};

// FieldOrigins remembers the line of every field that one object's manifest gave.
//
// It is kept beside each object for its whole life, so it stores a hash of the path and no text:
// 16 bytes a field. Two paths of one object that share a 64-bit hash would share a line, nothing
// worse.
//
// Thread:   immutable after Sort().
// Lifetime: no references to anything.
// Errors:   none; an unknown path answers its nearest known ancestor's line, else 0.
// Limits:   as many entries as the document has fields.
class FieldOrigins {
 public:
  void Add(std::string_view path, int line);
  // Ends the adding; LineOf may be called from here on.
  void Sort();

  // Line of `path`, or of the nearest field around it.
  int LineOf(std::string_view path) const;

  size_t size() const { return lines_.size(); }

 private:
  std::vector<std::pair<uint64_t, int>> lines_;
};

// True if one of the two paths is the other, or holds it.
bool PathsOverlap(std::string_view a, std::string_view b);

}  // namespace sluice::manifest
