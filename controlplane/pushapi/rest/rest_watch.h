// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "api/manifest/object.h"
#include "controlplane/pushapi/call_port.h"
#include "sluice/push/v1/push.pb.h"

namespace sluice::pushapi {

// What a watch is to show.
struct WatchOptions {
  std::string kind;
  std::string api_version;
  std::string name;              // Empty: all.
  int64_t resource_version = 0;  // 0: begin with everything that is there.
  bool bookmarks = false;        // Also tell revisions that brought nothing.
  absl::Time until = absl::InfiniteFuture();
};

// RestWatch is one watch over REST, in Kubernetes' form: a JSON object a line,
// {"type": "ADDED", "object": {...}}, where type is
//
//     ADDED      the first that this watch tells of the object
//     MODIFIED   another version of it
//     DELETED    it is gone; of the object there is kind and metadata
//     BOOKMARK   a resourceVersion to go on from (with allowWatchBookmarks), metadata alone
//     ERROR      the end, with a Status: 410, if what was since resourceVersion is not known any
//                more, or the reader was too slow; list again, and watch from there
//
// Objects are as they were given, with their resourceVersion, without status.
//
// Thread:   Send and Finish on the registry's thread, Next on the reader's, End on any.
// Lifetime: shared by the two sides.
// Errors:   as lines.
// Limits:   the sender stops at watcher.h's kMaxWaitingBytes; the keys that were told are kept.
class RestWatch : public CallSink {
 public:
  explicit RestWatch(WatchOptions options) : options_(std::move(options)) {}

  // CallSink:
  size_t Send(std::string message) override;
  void Finish(CallStatus status) override;
  // Not needed: who has the RestWatch has what feeds it too.
  void Hold(std::shared_ptr<void> what) override;

  // The next lines, or an empty string if there are none within `timeout`. Nothing: it is over.
  std::optional<std::string> Next(absl::Duration timeout);

  // No more lines after those that wait.
  void End();

 private:
  std::string LinesOf(const push::v1::WatchResponse& response);
  void AddChange(const push::v1::WatchChange& change, std::string& lines);
  void AddGone(const manifest::ObjectKey& key, int64_t revision, std::string& lines);
  std::string ErrorLine(std::string_view message) const;

  const WatchOptions options_;

  absl::Mutex mutex_;
  std::deque<std::string> waiting_ ABSL_GUARDED_BY(mutex_);  // WatchResponses
  size_t waiting_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::optional<std::string> error_ ABSL_GUARDED_BY(mutex_);
  bool is_over_ ABSL_GUARDED_BY(mutex_) = false;

  // The reader's own.
  std::set<manifest::ObjectKey> told_;
  bool is_failed_ = false;
};

// The watches that are open, to bound them and to end them.
//
// Thread:   any.
// Lifetime: outlives its tickets.
// Limits:   kMaxOpen.
class WatchRoom {
 public:
  static constexpr size_t kMaxOpen = 32;

  // Counts a watch for as long as it lives.
  using Ticket = std::shared_ptr<void>;
  // Errors: kUnavailable if there are kMaxOpen already, or the room is closed.
  absl::StatusOr<Ticket> Enter(const std::shared_ptr<RestWatch>& watch);

  // Ends all watches and admits no more; waits until their readers have left, up to `timeout`.
  void Close(absl::Duration timeout);

 private:
  struct Place;
  absl::Mutex mutex_;
  std::set<Place*> open_ ABSL_GUARDED_BY(mutex_);
  bool is_closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace sluice::pushapi
