// SPDX-License-Identifier: Apache-2.0
#include "controlplane/registry/dir/file_set.h"

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace sluice::registry {
namespace {

constexpr char kServesOn[] = "the last good version of this file stays in use";

std::string Place(const manifest::Origin& origin) {
  return origin.line > 0 ? absl::StrCat(origin.file, ":", origin.line) : origin.file;
}

manifest::Problem DuplicateProblem(const FileObject& loser, const FileObject& winner) {
  manifest::Problem problem;
  problem.origin = loser.object->origin;
  problem.resource = loser.object->key.ToString();
  problem.reason = absl::StrCat("is given by ", Place(winner.object->origin), " and again by ",
                                Place(loser.object->origin),
                                "; an object may stand in one file only, so ", kServesOn, ".");
  return problem;
}

}  // namespace

void FileSet::SetVersion(const std::string& path, std::vector<FileObject> objects) {
  File& file = files_[path];
  file.broken.clear();
  file.refused.clear();
  file.candidate = std::make_unique<Version>();
  for (FileObject& object : objects) {
    manifest::ObjectKey key = object.object->key;
    file.candidate->insert_or_assign(std::move(key), std::move(object));
  }
}

void FileSet::SetBroken(const std::string& path, std::vector<manifest::Problem> problems) {
  File& file = files_[path];
  file.candidate.reset();
  file.refused.clear();
  file.broken = std::move(problems);
}

void FileSet::Remove(const std::string& path) { files_.erase(path); }

void FileSet::Settle() {
  Claims claims;
  for (auto& [path, file] : files_) {
    file.refused.clear();
    file.is_candidate_active = file.candidate != nullptr;
    for (const auto& [key, object] : file.active()) claims[key].insert(path);
  }
  std::set<manifest::ObjectKey> conflicted;
  for (const auto& [key, paths] : claims) {
    if (paths.size() > 1) conflicted.insert(key);
  }
  // Each round refuses at least one candidate, so this ends.
  do {
    RefuseConflicts(claims, conflicted);
  } while (RefuseOneExcess(claims, conflicted));
  for (auto& [path, file] : files_) {
    if (!file.is_candidate_active) continue;
    file.accepted = std::move(*file.candidate);
    file.candidate.reset();
    file.is_candidate_active = false;
  }
}

void FileSet::RefuseConflicts(Claims& claims, std::set<manifest::ObjectKey>& conflicted) {
  while (!conflicted.empty()) {
    const manifest::ObjectKey key = std::move(conflicted.extract(conflicted.begin()).value());
    const std::set<std::string> paths = claims[key];
    if (paths.size() < 2) continue;
    const std::string winner = WinnerOf(key, paths);
    const FileObject& winning = files_.at(winner).active().at(key);
    for (const std::string& path : paths) {
      if (path == winner) continue;
      const FileObject& losing = files_.at(path).active().at(key);
      Refuse(path, DuplicateProblem(losing, winning), claims, conflicted);
    }
  }
}

std::string FileSet::WinnerOf(const manifest::ObjectKey& key,
                              const std::set<std::string>& paths) const {
  // An accepted version cannot give way: it is the last resort of its file. Accepted versions never
  // conflict among each other.
  for (const std::string& path : paths) {
    if (!files_.at(path).is_candidate_active) return path;
  }
  for (const std::string& path : paths) {
    if (files_.at(path).accepted.contains(key)) return path;
  }
  return *paths.begin();
}

void FileSet::Refuse(const std::string& path, manifest::Problem why, Claims& claims,
                     std::set<manifest::ObjectKey>& conflicted) {
  File& file = files_.at(path);
  for (const auto& [key, object] : *file.candidate) claims[key].erase(path);
  file.is_candidate_active = false;
  file.refused.push_back(std::move(why));
  for (const auto& [key, object] : file.accepted) {
    std::set<std::string>& paths = claims[key];
    paths.insert(path);
    if (paths.size() > 1) conflicted.insert(key);
  }
}

bool FileSet::RefuseOneExcess(Claims& claims, std::set<manifest::ObjectKey>& conflicted) {
  const size_t count = CountActive();
  if (count <= max_objects_) return false;
  for (auto it = files_.rbegin(); it != files_.rend(); ++it) {
    File& file = it->second;
    if (!file.is_candidate_active || file.candidate->size() <= file.accepted.size()) continue;
    manifest::Problem problem;
    problem.origin.file = it->first;
    problem.reason =
        absl::StrCat("The folder holds ", count, " objects with this file, and at most ",
                     max_objects_, " are taken; ", kServesOn, ".");
    Refuse(it->first, std::move(problem), claims, conflicted);
    return true;
  }
  return false;
}

size_t FileSet::CountActive() const {
  size_t count = 0;
  for (const auto& [path, file] : files_) count += file.active().size();
  return count;
}

std::vector<std::string> FileSet::Paths() const {
  std::vector<std::string> paths;
  paths.reserve(files_.size());
  for (const auto& [path, file] : files_) paths.push_back(path);
  return paths;
}

std::map<manifest::ObjectKey, const FileObject*> FileSet::Objects() const {
  std::map<manifest::ObjectKey, const FileObject*> objects;
  for (const auto& [path, file] : files_) {
    for (const auto& [key, object] : file.accepted) objects.emplace(key, &object);
  }
  return objects;
}

std::map<std::string, std::vector<manifest::Problem>> FileSet::Problems() const {
  std::map<std::string, std::vector<manifest::Problem>> problems;
  for (const auto& [path, file] : files_) {
    const std::vector<manifest::Problem>& why = file.broken.empty() ? file.refused : file.broken;
    if (!why.empty()) problems.emplace(path, why);
  }
  return problems;
}

}  // namespace sluice::registry
