// SPDX-License-Identifier: Apache-2.0
#include "controlplane/registry/dir/dir_registry.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/memory/memory.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "api/manifest/writer.h"
#include "base/clock.h"
#include "base/status_macros.h"

namespace sluice::registry {
namespace {

constexpr size_t kMaxTombstones = 10'000;
// Kernel timestamps step in some milliseconds, those of some file systems in two seconds.
constexpr int64_t kFreshNs = 2'500'000'000;
// Look again this soon, even if no event comes: a file is being written, or the folder is not
// there.
constexpr int kSoonMs = 200;
// An empty file is believed once it has been empty for so long.
constexpr int64_t kEmptyPatienceNs = 500'000'000;

std::string WithoutTrailingSlash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

// `what_is_wrong` goes on from "It": "cannot be read: ...".
manifest::Problem ProblemOf(const std::string& path, std::string_view what_is_wrong) {
  manifest::Problem problem;
  problem.origin.file = path;
  problem.reason = absl::StrCat("It ", what_is_wrong, "; what it gave before stays in use.");
  return problem;
}

bool IsAtOrBelow(const std::string& path, const std::string& folder) {
  return path == folder || absl::StartsWith(path, absl::StrCat(folder, "/"));
}

// Whoever writes a file anew empties it first, and that shows before an event tells of it.
bool IsInDoubt(const FileSignature& file, const std::string& text) {
  if (static_cast<int64_t>(text.size()) != file.size) return true;
  const int64_t age_ns = base::Clock::System().WallNs() - file.modified_ns;
  return text.empty() && age_ns >= 0 && age_ns < kEmptyPatienceNs;
}

bool SameEntry(const Entry& entry, const FileObject& object) {
  return entry.json == object.json && entry.origin == object.object->origin;
}

}  // namespace

absl::StatusOr<std::unique_ptr<DirRegistry>> DirRegistry::Open(const std::string& folder,
                                                               DirOptions options) {
  SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<FolderWatch> watch, FolderWatch::Create());
  auto registry = absl::WrapUnique(
      new DirRegistry(WithoutTrailingSlash(folder), std::move(options), std::move(watch)));
  SLUICE_ASSIGN_OR_RETURN(FolderScan scan, ScanFolder(registry->folder_, registry->options_.scan,
                                                      [](const std::string&) {}));
  if (const auto it = scan.unreadable.find(registry->folder_); it != scan.unreadable.end()) {
    return absl::Status(it->second.code(),
                        absl::StrCat(registry->folder_, ": ", it->second.message()));
  }
  registry->Refresh();
  DirRegistry* raw = registry.get();
  raw->delivery_ = std::make_unique<Delivery>(
      raw->name_, [raw](Revision from) { return raw->ChangesSince(from); });
  raw->thread_ = std::thread([raw] { raw->Run(); });
  return registry;
}

DirRegistry::DirRegistry(std::string folder, DirOptions options, std::unique_ptr<FolderWatch> watch)
    : folder_(std::move(folder)),
      name_(absl::StrCat("dir:", folder_)),
      options_(std::move(options)),
      watch_(std::move(watch)),
      files_(options_.limits.max_objects),
      revision_(base::Clock::System().WallNs() / 1'000'000),
      compacted_(revision_) {}

DirRegistry::~DirRegistry() {
  watch_->Stop();
  if (thread_.joinable()) thread_.join();
}

Capabilities DirRegistry::capabilities() const {
  return {.read_only = true, .history = false, .limits = options_.limits};
}

void DirRegistry::Run() {
  bool is_calm = true;
  while (true) {
    watch_->Await(PatienceMs(is_calm));
    if (watch_->is_stopped()) return;
    is_calm = Refresh();
  }
}

int DirRegistry::PatienceMs(bool is_calm) const {
  const bool is_waiting =
      !is_calm || watch_->IsAnyBeingWritten() || folder_problems_.contains(folder_);
  return is_waiting ? std::min(kSoonMs, options_.rescan_interval_ms) : options_.rescan_interval_ms;
}

bool DirRegistry::Refresh() {
  constexpr int kMaxTries = 3;  // Against a writer that never rests.
  bool is_calm = false;
  for (int i = 0; i < kMaxTries && !is_calm; ++i) is_calm = RefreshOnce();
  files_.Settle();
  Publish();
  return is_calm;
}

bool DirRegistry::RefreshOnce() {
  watch_->Drain();
  std::set<std::string> folders;
  absl::StatusOr<FolderScan> scan =
      ScanFolder(folder_, options_.scan, [this, &folders](const std::string& folder) {
        watch_->Add(folder);
        folders.insert(folder);
      });
  if (!scan.ok()) {
    folder_problems_ = {{folder_, {ProblemOf(folder_, scan.status().message())}}};
    return true;
  }
  watch_->KeepOnly(folders);
  const std::map<std::string, std::string> texts = ReadChanged(*scan);
  bool is_calm = !watch_->Drain();
  for (const auto& [path, text] : texts) {
    // Who wrote while we read may have been half way, and done by now.
    if (watch_->IsBeingWritten(path) || watch_->IsNews(path) ||
        IsInDoubt(scan->files.at(path), text)) {
      known_.erase(path);  // Read it again when its writer is done.
      is_calm = false;
    } else {
      TakeText(path, text);
    }
  }
  ForgetGone(*scan);
  NoteUnreadable(*scan);
  return is_calm;
}

std::map<std::string, std::string> DirRegistry::ReadChanged(const FolderScan& scan) {
  std::map<std::string, std::string> texts;
  folder_problems_.clear();
  for (const auto& [path, signature] : scan.files) {
    const auto it = known_.find(path);
    const bool is_known = it != known_.end() && it->second.signature == signature;
    if ((is_known && !it->second.is_fresh) || watch_->IsBeingWritten(path)) continue;
    absl::StatusOr<std::string> text = ReadWholeFile(path, options_.parse.limits.max_stream_bytes);
    if (absl::IsNotFound(text.status())) continue;  // Gone since the scan: an event tells.
    if (!text.ok()) {
      folder_problems_[path] = {ProblemOf(path, text.status().message())};
      known_.erase(path);
      continue;
    }
    const size_t hash = std::hash<std::string>()(*text);
    const int64_t last_change = std::max(signature.modified_ns, signature.changed_ns);
    const bool is_fresh = base::Clock::System().WallNs() - last_change < kFreshNs;
    const bool is_same = it != known_.end() && it->second.content_hash == hash;
    known_[path] = {signature, hash, is_fresh};
    if (!is_same) texts.emplace(path, *std::move(text));
  }
  return texts;
}

void DirRegistry::TakeText(const std::string& path, const std::string& text) {
  manifest::ParseResult result = manifest::ParseManifests(text, path, options_.parse);
  std::vector<FileObject> objects;
  objects.reserve(result.objects.size());
  for (manifest::Object& object : result.objects) {
    FileObject& added = objects.emplace_back();
    added.json = manifest::ToJson(object);
    if (added.json.size() > options_.limits.max_object_bytes) {
      manifest::Problem& problem = result.problems.emplace_back();
      problem.origin = object.origin;
      problem.resource = object.key.ToString();
      problem.reason = absl::StrCat("The object is ", added.json.size(), " bytes; at most ",
                                    options_.limits.max_object_bytes, " are taken.");
    }
    added.object = std::make_shared<const manifest::Object>(std::move(object));
  }
  if (result.problems.empty()) {
    files_.SetVersion(path, std::move(objects));
  } else {
    files_.SetBroken(path, std::move(result.problems));
  }
}

void DirRegistry::ForgetGone(const FolderScan& scan) {
  const auto is_unknown = [&scan](const std::string& path) {
    return std::any_of(scan.unreadable.begin(), scan.unreadable.end(),
                       [&path](const auto& item) { return IsAtOrBelow(path, item.first); });
  };
  for (const std::string& path : files_.Paths()) {
    if (scan.files.contains(path) || is_unknown(path)) continue;
    files_.Remove(path);
    known_.erase(path);
  }
}

void DirRegistry::NoteUnreadable(const FolderScan& scan) {
  for (const auto& [path, status] : scan.unreadable) {
    folder_problems_[path] = {ProblemOf(path, status.message())};
  }
}

void DirRegistry::Publish() {
  bool has_news = false;
  {
    absl::MutexLock lock(&mutex_);
    const Revision before = revision_;
    PublishObjectsLocked(before + 1);
    PublishProblemsLocked(before + 1);
    has_news = revision_ != before;
  }
  if (has_news && delivery_ != nullptr) delivery_->Wake();
}

void DirRegistry::PublishObjectsLocked(Revision revision) {
  const std::map<manifest::ObjectKey, const FileObject*> objects = files_.Objects();
  for (auto it = entries_.begin(); it != entries_.end();) {
    if (objects.contains(it->first)) {
      ++it;
      continue;
    }
    revision_ = revision;
    statuses_.erase(it->first);
    BuryLocked({revision, it->first});
    it = entries_.erase(it);
  }
  for (const auto& [key, object] : objects) {
    Entry& entry = entries_[key];
    if (entry.object != nullptr && SameEntry(entry, *object)) continue;
    revision_ = revision;
    entry = {key, object->json, revision, object->object->origin, object->object};
  }
}

void DirRegistry::PublishProblemsLocked(Revision revision) {
  std::map<std::string, std::vector<manifest::Problem>> problems = files_.Problems();
  // That a file cannot be read now is told before what was wrong with it when it last was.
  for (const auto& [path, folder_problem] : folder_problems_) problems[path] = folder_problem;
  for (auto it = problems_.begin(); it != problems_.end();) {
    if (problems.contains(it->first)) {
      ++it;
      continue;
    }
    revision_ = revision;
    BuryLocked({revision, it->first});
    it = problems_.erase(it);
  }
  for (auto& [path, list] : problems) {
    StampedProblems& stamped = problems_[path];
    if (stamped.problems == list) continue;
    revision_ = revision;
    stamped = {std::move(list), revision};
  }
}

void DirRegistry::BuryLocked(Tombstone tombstone) {
  tombstones_.push_back(std::move(tombstone));
  while (tombstones_.size() > kMaxTombstones) {
    compacted_ = tombstones_.front().revision;
    tombstones_.pop_front();
  }
}

absl::StatusOr<ChangeBatch> DirRegistry::ChangesSince(Revision from) {
  absl::MutexLock lock(&mutex_);
  const bool resync = from == 0 || from < compacted_ || from > revision_;
  const Revision after = resync ? 0 : from;
  ChangeBatch batch{.revision = revision_, .resync = resync, .changes = {}};
  for (const auto& [key, entry] : entries_) {
    if (entry.revision > after) batch.changes.push_back(Put{entry});
  }
  for (const auto& [source, stamped] : problems_) {
    if (stamped.revision > after) batch.changes.push_back(SourceProblems{source, stamped.problems});
  }
  if (resync) return batch;
  std::set<std::variant<manifest::ObjectKey, std::string>> told;
  for (auto it = tombstones_.rbegin(); it != tombstones_.rend() && it->revision > after; ++it) {
    if (!told.insert(it->what).second) continue;
    if (const auto* key = std::get_if<manifest::ObjectKey>(&it->what)) {
      if (!entries_.contains(*key)) batch.changes.push_back(Delete{*key});
    } else if (const auto* source = std::get_if<std::string>(&it->what)) {
      if (!problems_.contains(*source)) batch.changes.push_back(SourceProblems{*source, {}});
    }
  }
  return batch;
}

absl::StatusOr<Listing> DirRegistry::List() {
  absl::MutexLock lock(&mutex_);
  Listing listing{.revision = revision_, .entries = {}};
  listing.entries.reserve(entries_.size());
  for (const auto& [key, entry] : entries_) listing.entries.push_back(entry);
  return listing;
}

std::unique_ptr<Subscription> DirRegistry::Watch(Revision from, WatchCallback callback) {
  return delivery_->Add(from, std::move(callback));
}

absl::StatusOr<ApplyResult> DirRegistry::Apply(const Transaction&) {
  return absl::FailedPreconditionError(
      absl::StrCat(name_, " is read-only: change the files in ", folder_, " instead"));
}

absl::Status DirRegistry::WriteStatus(const std::vector<StatusWrite>& writes) {
  absl::MutexLock lock(&mutex_);
  for (const StatusWrite& write : writes) {
    if (write.json.size() > options_.limits.max_object_bytes) {
      return absl::InvalidArgumentError(absl::StrCat(write.key.ToString(), ": the status is ",
                                                     write.json.size(), " bytes; at most ",
                                                     options_.limits.max_object_bytes));
    }
  }
  for (const StatusWrite& write : writes) {
    if (entries_.contains(write.key)) statuses_[write.key] = write.json;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<StatusWrite>> DirRegistry::ListStatus() {
  absl::MutexLock lock(&mutex_);
  std::vector<StatusWrite> statuses;
  for (const auto& [key, json] : statuses_) {
    if (entries_.contains(key)) statuses.push_back({key, json});
  }
  return statuses;
}

absl::StatusOr<std::string> DirRegistry::ReadStatus(const manifest::ObjectKey& key) {
  absl::MutexLock lock(&mutex_);
  if (!entries_.contains(key)) {
    return absl::NotFoundError(absl::StrCat(key.ToString(), ": not found"));
  }
  const auto it = statuses_.find(key);
  return it == statuses_.end() ? std::string() : it->second;
}

absl::StatusOr<std::vector<RevisionInfo>> DirRegistry::History(int) {
  return absl::UnimplementedError(absl::StrCat(name_, " keeps no history"));
}

absl::StatusOr<Listing> DirRegistry::ListAt(Revision) {
  return absl::UnimplementedError(absl::StrCat(name_, " keeps no history"));
}

}  // namespace sluice::registry
