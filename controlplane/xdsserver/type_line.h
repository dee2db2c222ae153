// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"
#include "controlplane/xdsserver/interest.h"
#include "controlplane/xdsserver/request.h"
#include "controlplane/xdsserver/resource_map.h"
#include "controlplane/xdsserver/stream_port.h"

namespace sluice::xdsserver {

// TypeLine is one type of resource on one stream: what the client asked for, what it has been sent,
// the response that it has yet to answer, and what it refused.
//
// It decides what the next response holds, given what there is now. It does not know the other
// types, hence not their order: that is the stream's.
//
// Invariants:
//   1. At most one response is open; Next gives nothing until it is answered.
//   2. For every covered name that is not in asked_, sent_ holds exactly what the client was last
//      sent. Names that are not covered may differ: nobody looks at them.
//
// Thread:   its stream's lock.
// Lifetime: owned by its stream.
// Errors:   none; a stale request is ignored as the protocol says.
// Limits:   the stream's, on held_names(); memory beyond those is shared with the snapshot.
class TypeLine {
 public:
  TypeLine(StreamKind kind, std::string type_url);

  enum class Verdict { kNothing, kStale, kAck, kNack };

  // Takes in a request of this type.
  Verdict OnRequest(const Request& request);

  // Has the name sent, or reported absent, with the next response even if nothing changed.
  void Ask(std::string_view name);

  // Whether resources that are gone are to be reported now, or kept for later.
  enum class Removals { kWithhold, kReport };

  struct Batch {
    std::vector<ResourcePtr> resources;
    std::vector<ResourcePtr> changed;  // those of them that the client did not have
    std::vector<std::string> removed;
    std::string version;  // of the type, for a state-of-the-world response
  };

  // What to send so that the client has `now`; nothing if it has, or if a response is open. What is
  // returned counts as sent. A delta batch stays under `byte_cap` unless one resource is beyond it.
  std::optional<Batch> Next(const ResourceMap& now, Removals removals, size_t byte_cap);

  // Opens a response: the batch went out under this nonce.
  void Open(const Batch& batch, std::string nonce, std::string version, absl::Time at);

  struct OpenResponse {
    std::string nonce;
    std::string version;
    absl::Time sent_at;
    std::vector<ResourcePtr> resources;
  };
  [[nodiscard]] const std::optional<OpenResponse>& open() const { return open_; }

  struct Nack {
    std::string version;
    std::string error;
    std::vector<std::string> resources;
  };
  // The last NACK; meaningful while has_refusal().
  [[nodiscard]] const Nack& last_nack() const { return last_nack_; }
  // True from a NACK until what was refused has been replaced and accepted, or dropped.
  [[nodiscard]] bool has_refusal() const { return !refused_.empty() || refused_unnamed_; }

  [[nodiscard]] const std::string& type_url() const { return type_url_; }
  [[nodiscard]] const Interest& interest() const { return interest_; }
  // How many names are kept here because the client gave them: those that it subscribes to, those
  // that are yet to be answered, or those that it said it has; whichever are the most.
  [[nodiscard]] size_t held_names() const;
  // The version of the last response that was accepted.
  [[nodiscard]] const std::string& acked_version() const { return acked_version_; }
  [[nodiscard]] bool has_withheld() const { return has_withheld_; }

 private:
  struct Work;  // what differs between the client and now

  Verdict OnStateOfTheWorld(const Request& request);
  Verdict OnDelta(const Request& request);
  Verdict Answer(const Request& request);
  void TakeAnswerable(Interest::Change change, bool has_history);
  void ForgetUncovered(const Request& request, bool was_everything);
  void TakeHistory(const Request& request);
  Work FindWork(const ResourceMap& now, Removals removals) const;
  // The wildcard client that comes back with the very version there is now needs nothing.
  bool TrySkipFirst(const ResourceMap& now);
  Batch TakeWhole(const ResourceMap& now, Work& work);
  Batch TakePart(const ResourceMap& now, Work& work, size_t byte_cap);
  void Adopt(const ResourceMap& now, const Work& work);

  const StreamKind kind_;
  const std::string type_url_;
  const bool is_whole_;  // each response carries everything: state of the world of a root type

  Interest interest_;
  ResourceMap sent_;
  size_t history_names_ = 0;  // at most so many of sent_ are a client's word alone
  absl::flat_hash_set<std::string> asked_;
  bool must_answer_ = false;  // even with an empty response: a client waits for its first one
  bool has_withheld_ = false;

  bool is_first_ = true;
  std::string claimed_version_;
  std::string last_nonce_;
  std::string acked_version_;
  std::optional<OpenResponse> open_;

  Nack last_nack_;
  absl::flat_hash_set<std::string> refused_;
  bool refused_unnamed_ = false;  // a response without resources was refused
};

}  // namespace sluice::xdsserver
