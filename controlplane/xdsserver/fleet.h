// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "controlplane/xdsserver/snapshot_cache.h"

namespace sluice::xdsserver {

// A NACK, as the proxy worded it.
struct Refusal {
  std::string version;                 // of the response that was refused
  std::string error;                   // the proxy's text
  std::vector<std::string> resources;  // those that the text names, else all of the response
  absl::Time at;
};

// How far one proxy is with one type of resource.
struct TypeStatus {
  std::string type_url;
  std::string version_sent;
  std::string version_acked;
  std::optional<absl::Time> unacked_since;  // when the open response was sent
  std::optional<Refusal> refusal;           // until what replaced it is accepted, or it is gone
};

enum class ProxyState {
  kSyncing,  // something is still to be sent or acknowledged
  kLive,     // it has accepted everything of `snapshot_version`
  kRefused,  // it has answered everything, and some of it with a NACK
};

// One stream of one proxy. A proxy that opens a stream for each type has several.
struct ProxyStatus {
  uint64_t stream_id = 0;
  std::string node_id;    // what it says; two may say the same
  std::string group;      // the Gateway that its credential allowed
  std::string principal;  // what its credential proved
  std::string proof;
  std::string user_agent;
  absl::Time connected_since;
  ProxyState state = ProxyState::kSyncing;
  std::string snapshot_version;  // the last one it answered in full, live or refused
  uint64_t sequence = 0;         // of that snapshot
  absl::Time settled_at;         // when it had
  absl::Duration lag;            // age of the oldest unacknowledged response
  std::vector<TypeStatus> types;
  std::vector<std::string> unsupported_fields;
};

// The answer to "has everybody got it?".
struct Rollcall {
  struct Answer {
    std::string node_id;
    ProxyState state = ProxyState::kSyncing;
    absl::Duration took;  // since the time given to Await
    std::string error;    // the refusal's, if refused
  };
  std::string group;
  uint64_t sequence = 0;
  std::vector<Answer> answers;
};

// Fleet knows how far every connected proxy is.
//
// The streams write it, people and status read it. It holds facts only: it sends nothing, and
// decides nothing.
//
// Thread:   any.
// Lifetime: outlives the streams that write it.
// Errors:   none; an unknown stream id is ignored.
// Limits:   one row a stream (the server bounds them), texts cut by request.h's limits.
class Fleet {
 public:
  explicit Fleet(Clock clock) : clock_(std::move(clock)) {}

  // --- for readers ---

  // All rows, or those of one group; ordered by group, node and stream.
  [[nodiscard]] std::vector<ProxyStatus> View(std::string_view group = {}) const;

  // Calls `done` once, when every proxy of the group that is connected has answered the snapshot of
  // that sequence or a later one: at once if that is so already, or if none is connected. `done`
  // runs on whichever thread brings the last answer, holding no lock. Proxies that come later are
  // waited for, those that leave are not. Returns an id for Cancel.
  using RollcallDone = std::function<void(const Rollcall&)>;
  uint64_t Await(std::string_view group, uint64_t sequence, absl::Time since, RollcallDone done);

  // After it `done` is not called any more, unless it is running now. Returns what is known so far;
  // nothing if it is done already.
  std::optional<Rollcall> Cancel(uint64_t await_id);

  // --- for streams; each change may make a rollcall due, which RunDue calls ---

  uint64_t Join(ProxyStatus who);
  void Leave(uint64_t stream_id);
  void NoteSent(uint64_t stream_id, std::string_view type_url, std::string_view version);
  void NoteAck(uint64_t stream_id, std::string_view type_url, std::string_view version,
               bool is_clean);
  void NoteNack(uint64_t stream_id, std::string_view type_url, Refusal refusal);
  // What was refused is gone, or not asked for any more: no acknowledgement will say so.
  void NoteRefusalOver(uint64_t stream_id, std::string_view type_url);
  void NoteSettled(uint64_t stream_id, const Snapshot& snapshot, ProxyState state);
  void NoteSyncing(uint64_t stream_id);
  void NoteFieldListing(uint64_t stream_id, std::vector<std::string> fields);

  // Calls the rollcalls that have become due. The caller must hold no lock.
  void RunDue();

 private:
  struct Row {
    ProxyStatus status;
    std::map<std::string, TypeStatus, std::less<>> types;
  };
  struct Waiter {
    Rollcall call;
    absl::Time since;
    RollcallDone done;
    std::map<uint64_t, Rollcall::Answer> answers;  // by stream
    size_t missing = 0;                            // rows of the group that are not in `answers`
  };

  Row* FindLocked(uint64_t stream_id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  TypeStatus* FindTypeLocked(uint64_t stream_id, std::string_view type_url)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Takes the row's answer down, if it is of the group and far enough.
  static void TakeAnswer(const Row& row, Waiter& waiter);
  // Moves waiters of a group that nobody is missing from any more to due_.
  void CollectDueLocked(std::string_view group) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock clock_;
  mutable absl::Mutex mutex_;
  uint64_t last_id_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<uint64_t, Row> rows_ ABSL_GUARDED_BY(mutex_);
  std::map<uint64_t, Waiter> waiters_ ABSL_GUARDED_BY(mutex_);
  std::vector<Waiter> due_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::xdsserver
