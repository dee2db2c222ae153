// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "dataplane/compile/reference.h"
#include "dataplane/xdsclient/file_watcher.h"
#include "dataplane/xdsclient/resource_sink.h"
#include "dataplane/xdsclient/resource_type.h"

namespace sluice::xdsclient {

// A FileSource gives a sink the resources of one type that a file holds, as a DiscoveryResponse,
// again each time when the file was replaced by a move. There is nobody to answer to: what is
// refused is logged, and the last good one serves on.
//
// Thread:   main.
// Lifetime: watcher and sink outlive it.
// Errors:   a file that cannot be read or parsed changes nothing. A move of a later version is then
//           awaited as ever.
class FileSource {
 public:
  // `wants_read` is called when the file is to be read, from within the watcher or from
  // SetInterest; the owner then calls Read, when the sink is not at work.
  FileSource(FileWatcher& watcher, ResourceType type, compile::ResourceSource source,
             ResourceSink& sink, std::function<void()> wants_read);

  // Begins to watch. kNotFound if the folder is not there.
  absl::Status Start();

  // The names wanted of a type that is asked for by name. New ones are read.
  void SetInterest(std::set<std::string> names);

  // Names that the sink has already, of a type that is asked for whole.
  void SetKnown(std::set<std::string> names) { known_ = std::move(names); }

  // kNotFound if the file is not there; kInvalidArgument names the file and all that is wrong.
  absl::Status Read();

 private:
  FileWatcher& watcher_;
  const ResourceType type_;
  const compile::ResourceSource source_;
  ResourceSink& sink_;
  const std::function<void()> wants_read_;
  std::unique_ptr<FileWatcher::Watch> watch_;
  std::set<std::string> interest_;
  std::set<std::string> known_;
};

}  // namespace sluice::xdsclient
