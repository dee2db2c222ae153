// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "api/manifest/object.h"
#include "api/manifest/origin.h"

namespace sluice::registry {

// One object of a file, with its canonical text.
struct FileObject {
  std::shared_ptr<const manifest::Object> object;
  std::string json;
};

// FileSet decides what a set of files says as a whole: a file is taken whole or not at all, and a
// file that is not taken keeps its last good version. It is pure: no file system, no YAML.
//
// An object may stand in one file only. If two files give it, the one that gave it before keeps it;
// among newcomers the first by path has it. The other file is not taken, with a problem that names
// both. It is looked at again at each Settle, so the conflict ends from either side.
//
// Invariant after Settle: no key is in the accepted versions of two files, and they hold no more
// than max_objects in all.
//
// Thread:   its owner's.
// Errors:   problems(), by path.
// Limits:   max_objects.
class FileSet {
 public:
  explicit FileSet(size_t max_objects) : max_objects_(max_objects) {}

  // A version without problems; it replaces what the file held, at the next Settle.
  void SetVersion(const std::string& path, std::vector<FileObject> objects);
  // A version that is no good, for these reasons (at least one).
  void SetBroken(const std::string& path, std::vector<manifest::Problem> problems);
  void Remove(const std::string& path);

  void Settle();

  std::vector<std::string> Paths() const;
  // As of the last Settle.
  std::map<manifest::ObjectKey, const FileObject*> Objects() const;
  std::map<std::string, std::vector<manifest::Problem>> Problems() const;

  // Over all files, so that one in two files counts twice.
  size_t CountForTest() const { return CountActive(); }

 private:
  using Version = std::map<manifest::ObjectKey, FileObject>;
  struct File {
    Version accepted;
    std::unique_ptr<Version> candidate;      // Null if there is none that could be taken.
    bool is_candidate_active = false;        // Within Settle: it is what the file is to say.
    std::vector<manifest::Problem> broken;   // Why what is on disk cannot even be a candidate.
    std::vector<manifest::Problem> refused;  // Why the candidate was not taken.

    const Version& active() const { return is_candidate_active ? *candidate : accepted; }
  };
  using Files = std::map<std::string, File>;
  // Who says an object; in path order.
  using Claims = std::map<manifest::ObjectKey, std::set<std::string>>;

  // Ends the conflicts, those that come of it too; leaves `conflicted` empty.
  void RefuseConflicts(Claims& claims, std::set<manifest::ObjectKey>& conflicted);
  // False if there are no more than max_objects, or no candidate that adds to them.
  bool RefuseOneExcess(Claims& claims, std::set<manifest::ObjectKey>& conflicted);
  std::string WinnerOf(const manifest::ObjectKey& key, const std::set<std::string>& paths) const;
  // Goes back to the accepted version; adds the keys that it now says to `conflicted` if others do.
  void Refuse(const std::string& path, manifest::Problem why, Claims& claims,
              std::set<manifest::ObjectKey>& conflicted);
  size_t CountActive() const;

  const size_t max_objects_;
  Files files_;
};

}  // namespace sluice::registry
