// SPDX-License-Identifier: Apache-2.0
#include "controlplane/xdsserver/stream.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "controlplane/xdsserver/content_hash.h"
#include "controlplane/xdsserver/response.h"
#include "controlplane/xdsserver/type_urls.h"

namespace sluice::xdsserver {
namespace {

FinishCode ToFinishCode(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kPermissionDenied:
      return FinishCode::kPermissionDenied;
    case absl::StatusCode::kResourceExhausted:
      return FinishCode::kResourceExhausted;
    default:
      return FinishCode::kInvalidArgument;
  }
}

absl::Status TooManyNames(size_t limit) {
  return absl::ResourceExhaustedError(absl::StrCat(
      "more than ", limit, " names on one stream, subscribed to or held from an earlier one"));
}

}  // namespace

Stream::Stream(Peer peer, StreamShape shape, std::weak_ptr<StreamSink> sink,
               const SnapshotCache& cache, Fleet& fleet, Clock clock, StreamLimits limits)
    : peer_(std::move(peer)),
      shape_(std::move(shape)),
      sink_(std::move(sink)),
      cache_(cache),
      fleet_(fleet),
      clock_(std::move(clock)),
      limits_(limits) {}

Stream::~Stream() {
  uint64_t fleet_id = 0;
  {
    absl::MutexLock lock(&mutex_);
    fleet_id = fleet_id_;
  }
  if (fleet_id == 0) return;
  fleet_.Leave(fleet_id);
  fleet_.RunDue();
}

void Stream::OnMessage(std::string_view bytes) {
  absl::StatusOr<Request> request = ParseRequest(shape_.kind, bytes);
  {
    absl::MutexLock lock(&mutex_);
    if (!verdict_.ok()) return;
    verdict_ = request.ok() ? HandleLocked(*std::move(request)) : request.status();
  }
  fleet_.RunDue();
}

Outbound Stream::Pull() {
  Outbound out;
  {
    absl::MutexLock lock(&mutex_);
    out = PullLocked();
  }
  fleet_.RunDue();
  return out;
}

void Stream::OnSnapshot(std::string_view group) {
  if (is_admitted_.load(std::memory_order_acquire) && group_ == group) WakeSink();
}

void Stream::OnTick() {
  if (is_waiting_.load(std::memory_order_relaxed)) WakeSink();
}

void Stream::WakeSink() {
  if (const std::shared_ptr<StreamSink> sink = sink_.lock()) sink->Wake();
}

absl::Status Stream::HandleLocked(Request request) {
  if (!is_admitted_.load(std::memory_order_relaxed)) {
    if (absl::Status status = AdmitLocked(request); !status.ok()) return status;
  }
  if (request.node.has_value() && request.node->unsupported_fields.has_value() &&
      request.node->id == node_id_) {
    fleet_.NoteFieldListing(fleet_id_, *std::move(request.node->unsupported_fields));
  }
  if (absl::Status status = ResolveTypeLocked(request); !status.ok()) return status;
  TypeLine* line = FindLineLocked(request.type_url);
  if (line == nullptr) {
    if (lines_.size() >= limits_.max_types) {
      return absl::ResourceExhaustedError(
          absl::StrCat("more than ", limits_.max_types, " types on one stream"));
    }
    LineKey key(SendRank(request.type_url), request.type_url);
    line = &lines_.try_emplace(std::move(key), shape_.kind, request.type_url).first->second;
  }
  // Before the line takes them in, which costs more than to count them.
  if (request.initial_versions.size() > limits_.max_names) return TooManyNames(limits_.max_names);
  const bool was_refused = line->has_refusal();
  const TypeLine::Verdict verdict = line->OnRequest(request);
  ReportAnswerLocked(*line, verdict);
  if (was_refused) ReportRefusalOverLocked(*line);
  ForgetExpectedLocked(*line, request);
  return CheckNamesLocked();
}

// The one place where a stream is given a Gateway.
absl::Status Stream::AdmitLocked(const Request& request) {
  if (!request.node.has_value() || request.node->id.empty()) {
    return absl::InvalidArgumentError("the first message of a stream must carry node.id");
  }
  std::string group = request.node->cluster;
  // A credential for one Gateway says it all; gRPC's own client, for one, sends no cluster.
  if (group.empty() && !peer_.any_group && peer_.groups.size() == 1) group = peer_.groups[0];
  if (group.empty()) {
    return absl::InvalidArgumentError("node.cluster must name the Gateway as NAMESPACE/NAME");
  }
  if (!peer_.any_group && !absl::c_linear_search(peer_.groups, group)) {
    return absl::PermissionDeniedError(absl::StrCat("node.cluster \"", group,
                                                    "\": not a Gateway that the credential of ",
                                                    peer_.principal, " may read"));
  }
  group_ = std::move(group);
  node_id_ = request.node->id;
  ProxyStatus who;
  who.node_id = node_id_;
  who.group = group_;
  who.principal = peer_.principal;
  who.proof = peer_.proof;
  who.user_agent = request.node->user_agent;
  fleet_id_ = fleet_.Join(std::move(who));
  is_admitted_.store(true, std::memory_order_release);
  return absl::OkStatus();
}

absl::Status Stream::ResolveTypeLocked(Request& request) {
  const std::string& only = shape_.only_type_url;
  if (request.type_url.empty()) request.type_url = only;
  if (request.type_url.empty()) {
    return absl::InvalidArgumentError("type_url is required on an aggregated stream");
  }
  if (!only.empty() && request.type_url != only) {
    return absl::InvalidArgumentError(
        absl::StrCat("type_url \"", request.type_url, "\": this stream carries ", only, " only"));
  }
  return absl::OkStatus();
}

absl::Status Stream::CheckNamesLocked() const {
  size_t names = 0;
  for (const auto& [key, line] : lines_) names += line.held_names();
  return names <= limits_.max_names ? absl::OkStatus() : TooManyNames(limits_.max_names);
}

void Stream::ReportAnswerLocked(const TypeLine& line, TypeLine::Verdict verdict) {
  if (verdict == TypeLine::Verdict::kAck) {
    fleet_.NoteAck(fleet_id_, line.type_url(), line.acked_version(), !line.has_refusal());
  } else if (verdict == TypeLine::Verdict::kNack) {
    const TypeLine::Nack& nack = line.last_nack();
    fleet_.NoteNack(fleet_id_, line.type_url(),
                    {nack.version, nack.error, nack.resources, clock_()});
  }
}

void Stream::ReportRefusalOverLocked(const TypeLine& line) {
  if (!line.has_refusal()) fleet_.NoteRefusalOver(fleet_id_, line.type_url());
}

Outbound Stream::PullLocked() {
  if (!verdict_.ok()) {
    return {{}, true, ToFinishCode(verdict_), std::string(verdict_.message())};
  }
  if (!is_admitted_.load(std::memory_order_relaxed)) return {};
  const std::shared_ptr<const Snapshot> snapshot = cache_.Find(group_);
  if (snapshot == nullptr) return {};
  const absl::Time now = clock_();
  ExpireExpectedLocked(now);
  bool is_waiting = false;
  for (auto& [key, line] : lines_) {
    if (PointsAtClusters(line.type_url()) && MustWaitForClustersLocked(now)) {
      is_waiting = true;
      continue;
    }
    const bool is_later = IsPointedAt(line.type_url()) || IsLookedUp(line.type_url());
    const auto removals = is_later ? TypeLine::Removals::kWithhold : TypeLine::Removals::kReport;
    if (auto out = NextLocked(*snapshot, line, removals)) return *std::move(out);
  }
  if (!is_waiting) {
    if (auto out = NextRemovalLocked(*snapshot, now)) return *std::move(out);
  }
  const TypeLine* consumers = FindLineLocked(kConsumerType);
  const bool has_consumers_to_remove = consumers != nullptr && consumers->has_withheld();
  is_waiting_.store(is_waiting || !expected_.empty() || has_consumers_to_remove,
                    std::memory_order_relaxed);
  SettleLocked(*snapshot, is_waiting);
  return {};
}

std::optional<Outbound> Stream::NextRemovalLocked(const Snapshot& snapshot, absl::Time now) {
  const bool are_answered = PoliciesAreAnsweredLocked(now);
  for (auto& [key, line] : lines_) {
    if (!line.has_withheld()) continue;
    const bool may_go =
        IsLookedUp(line.type_url()) ? are_answered : UsersHaveMovedOnLocked(line.type_url());
    if (!may_go) continue;
    if (auto out = NextLocked(snapshot, line, TypeLine::Removals::kReport)) return out;
  }
  return std::nullopt;
}

std::optional<Outbound> Stream::NextLocked(const Snapshot& snapshot, TypeLine& line,
                                           TypeLine::Removals removals) {
  const ResourceMap& now = snapshot.resources.OfType(line.type_url());
  const bool was_refused = line.has_refusal();
  std::optional<TypeLine::Batch> batch = line.Next(now, removals, limits_.response_bytes);
  if (!batch.has_value()) {
    if (was_refused) ReportRefusalOverLocked(line);
    return std::nullopt;
  }
  Response response;
  response.type_url = line.type_url();
  // Delta versions live in the resources, so the response's own can name the whole snapshot.
  response.version =
      shape_.kind == StreamKind::kDelta ? snapshot.version : std::move(batch->version);
  response.nonce = absl::StrCat(++last_nonce_);
  response.resources = batch->resources;
  response.removed = batch->removed;
  Outbound out;
  out.message = EncodeResponse(shape_.kind, response);
  line.Open(*batch, response.nonce, response.version, clock_());
  fleet_.NoteSent(fleet_id_, line.type_url(), response.version);
  state_ = ProxyState::kSyncing;
  AfterSendLocked(snapshot, line, *batch);
  return out;
}

void Stream::AfterSendLocked(const Snapshot& snapshot, const TypeLine& line,
                             const TypeLine::Batch& batch) {
  if (!shape_.only_type_url.empty()) return;
  const absl::Time until = clock_() + limits_.follow_wait;
  const bool is_cluster = line.type_url() == kClusterType;
  TypeLine* endpoints = is_cluster ? FindLineLocked(kEndpointType) : nullptr;
  for (const ResourcePtr& resource : batch.changed) {
    std::vector<ResourceRef> own_name;
    if (is_cluster && resource->follows.empty()) {
      own_name.push_back({std::string(kEndpointType), resource->name});
    }
    for (const ResourceRef& ref : own_name.empty() ? resource->follows : own_name) {
      if (snapshot.resources.OfType(ref.type_url).Find(ref.name) == nullptr) continue;
      if (endpoints != nullptr && ref.type_url == kEndpointType) endpoints->Ask(ref.name);
      ExpectLocked(ref, until);
    }
  }
}

bool Stream::MustWaitForClustersLocked(absl::Time now) {
  for (const std::string_view type_url : {kClusterType, kEndpointType}) {
    const TypeLine* line = FindLineLocked(type_url);
    if (line != nullptr && line->open() && now < line->open()->sent_at + limits_.order_wait) {
      return true;
    }
  }
  return expected_.contains(kEndpointType);
}

bool Stream::UsersHaveMovedOnLocked(std::string_view pointed_at) const {
  return absl::c_all_of(lines_, [pointed_at](const auto& entry) {
    const TypeLine& line = entry.second;
    const bool is_user = PointsAtClusters(line.type_url()) ||
                         (line.type_url() == kClusterType && pointed_at != kClusterType);
    // A refused listener or route goes on in its old version, with what that one points at.
    return !is_user || (!line.open() && !line.has_refusal());
  });
}

bool Stream::PoliciesAreAnsweredLocked(absl::Time now) const {
  return absl::c_none_of(lines_, [&](const auto& entry) {
    const TypeLine& line = entry.second;
    return PointsAtClusters(line.type_url()) && line.open().has_value() &&
           now < line.open()->sent_at + limits_.order_wait;
  });
}

void Stream::SettleLocked(const Snapshot& snapshot, bool is_waiting) {
  if (lines_.empty()) return;
  bool is_refused = false;
  bool is_open = is_waiting;
  for (const auto& [key, line] : lines_) {
    is_open = is_open || line.open().has_value();
    is_refused = is_refused || line.has_refusal();
  }
  const ProxyState state = is_open              ? ProxyState::kSyncing
                           : is_refused         ? ProxyState::kRefused
                           : !expected_.empty() ? ProxyState::kSyncing
                                                : ProxyState::kLive;
  if (state == ProxyState::kSyncing) {
    if (state_ != state) fleet_.NoteSyncing(fleet_id_);
  } else if (state != state_ || settled_sequence_ != snapshot.sequence) {
    settled_sequence_ = snapshot.sequence;
    fleet_.NoteSettled(fleet_id_, snapshot, state);
  }
  state_ = state;
}

void Stream::ExpectLocked(const ResourceRef& ref, absl::Time until) {
  const TypeLine* line = FindLineLocked(ref.type_url);
  if (line != nullptr && line->interest().Covers(ref.name)) return;
  expected_[ref.type_url][ref.name] = until;
}

void Stream::ForgetExpectedLocked(const TypeLine& line, const Request& request) {
  const auto it = expected_.find(line.type_url());
  if (it == expected_.end()) return;
  if (line.interest().everything()) {
    it->second.clear();
  } else {
    // By what this request names: a client that asks name by name would else pay for all that is
    // expected each time.
    for (const auto* names : {&request.subscribe, &request.names}) {
      for (const std::string& name : *names) {
        if (line.interest().Covers(name)) it->second.erase(name);
      }
    }
  }
  if (it->second.empty()) expected_.erase(it);
}

void Stream::ExpireExpectedLocked(absl::Time now) {
  for (auto it = expected_.begin(); it != expected_.end();) {
    absl::erase_if(it->second, [now](const auto& entry) { return entry.second <= now; });
    if (it->second.empty()) {
      expected_.erase(it++);
    } else {
      ++it;
    }
  }
}

TypeLine* Stream::FindLineLocked(std::string_view type_url) {
  const auto it = lines_.find(LineKey(SendRank(type_url), type_url));
  return it == lines_.end() ? nullptr : &it->second;
}

const TypeLine* Stream::FindLineLocked(std::string_view type_url) const {
  const auto it = lines_.find(LineKey(SendRank(type_url), type_url));
  return it == lines_.end() ? nullptr : &it->second;
}

}  // namespace sluice::xdsserver
