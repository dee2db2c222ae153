// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "controlplane/registry/change.h"
#include "controlplane/registry/registry.h"

namespace sluice::registry {

// Delivery runs the watches of a backend that keeps its state at hand: one thread that asks, for
// each watcher, what happened since the revision it last saw, and tells it.
//
// Nothing is queued. A watcher that is slow gets more in one batch, so memory does not grow with
// the number of changes it is behind. A backend that is told of changes (etcd) needs none of this.
//
// Thread:   Add and Wake from any thread; `changes_since` and callbacks on its own thread, with no
//           lock held.
// Lifetime: destroy it before what `changes_since` reads. The destructor joins the thread.
// Errors:   when `changes_since` fails, watchers get the error once as SourceProblems of `source`
//           and it is tried again on the next Wake or after a second; success mends it.
// Limits:   one batch in memory at a time.
class Delivery {
 public:
  // Everything after `from`: an empty batch at `from` if nothing happened, a resync if `from` is 0
  // or unknown.
  using ChangesSince = std::function<absl::StatusOr<ChangeBatch>(Revision from)>;

  Delivery(std::string source, ChangesSince changes_since);
  ~Delivery();
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  [[nodiscard]] std::unique_ptr<Subscription> Add(Revision from, WatchCallback callback);

  // There may be news.
  void Wake();

 private:
  struct Watcher {
    uint64_t id = 0;
    Revision seen = 0;
    bool started = false;  // Is level with `seen`: only what is newer is news.
    bool in_trouble = false;
    WatchCallback callback;
  };
  class Handle;

  void Run();
  // Tells one watcher its news; false if `changes_since` failed.
  bool Serve(Watcher& watcher);
  void Remove(uint64_t id);
  // False once the delivery is stopping; `round` is who watches now.
  bool AwaitNews(bool retry_soon, std::vector<std::shared_ptr<Watcher>>& round);
  // False if the watch has ended meanwhile.
  bool BeginServing(uint64_t id);
  void EndServing();

  const std::string source_;
  const ChangesSince changes_since_;

  absl::Mutex mutex_;
  std::map<uint64_t, std::shared_ptr<Watcher>> watchers_ ABSL_GUARDED_BY(mutex_);
  uint64_t next_id_ ABSL_GUARDED_BY(mutex_) = 1;
  uint64_t running_id_ ABSL_GUARDED_BY(mutex_) = 0;  // Whose callback runs now; 0 is none.
  bool news_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // Last: it uses all of the above.
};

}  // namespace sluice::registry
