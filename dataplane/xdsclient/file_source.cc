// SPDX-License-Identifier: Apache-2.0
#include "dataplane/xdsclient/file_source.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "dataplane/xdsclient/message_file.h"
#include "dataplane/xdsclient/secret_files.h"
#include "dataplane/xdsclient/sotw_response.h"
#include "envoy/service/discovery/v3/discovery.pb.h"

namespace sluice::xdsclient {

FileSource::FileSource(FileWatcher& watcher, ResourceType type, compile::ResourceSource source,
                       ResourceSink& sink, std::function<void()> wants_read)
    : watcher_(watcher),
      type_(type),
      source_(std::move(source)),
      sink_(sink),
      wants_read_(std::move(wants_read)) {}

absl::Status FileSource::Start() {
  const WatchedFile file = source_.watched_directory.empty()
                               ? SplitPath(source_.path)
                               : WatchedFile{source_.watched_directory, ""};
  SLUICE_ASSIGN_OR_RETURN(watch_, watcher_.Add(file.folder, file.name, wants_read_));
  return absl::OkStatus();
}

void FileSource::SetInterest(std::set<std::string> names) {
  const bool more = !std::includes(interest_.begin(), interest_.end(), names.begin(), names.end());
  interest_ = std::move(names);
  if (more) wants_read_();
}

absl::Status FileSource::Read() {
  envoy::service::discovery::v3::DiscoveryResponse response;
  SLUICE_RETURN_IF_ERROR(ReadMessageFile(source_.path, response));
  SotwContents contents = ReadSotw(response, type_, sink_);
  std::set<std::string> names;
  std::string problem = std::move(contents.problem);
  for (const Received& resource : contents.resources) {
    if (names.insert(resource.name).second) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(source_.path, ": two resources are named \"", resource.name, "\""));
  }
  std::vector<std::string> removed;
  if (IsWildcard(type_)) {
    if (contents.tells_absence) {
      std::set_difference(known_.begin(), known_.end(), names.begin(), names.end(),
                          std::back_inserter(removed));
      known_.clear();
    }
    known_.insert(names.begin(), names.end());
  } else {
    // A file may hold more than is wanted of it.
    std::erase_if(contents.resources,
                  [&](const Received& resource) { return !interest_.contains(resource.name); });
  }
  for (const Rejection& rejection :
       sink_.OnResources(type_, std::move(contents.resources), std::move(removed))) {
    AppendProblem(rejection.reason, problem);
  }
  if (problem.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(source_.path, ": ", problem));
}

}  // namespace sluice::xdsclient
