// SPDX-License-Identifier: Apache-2.0
#include "controlplane/xdsserver/type_line.h"

#include <algorithm>
#include <utility>

#include "controlplane/xdsserver/content_hash.h"
#include "controlplane/xdsserver/response.h"
#include "controlplane/xdsserver/type_urls.h"

namespace sluice::xdsserver {
namespace {

// Names kept of one NACK: they are shown to a person.
constexpr size_t kMaxRefusedShown = 64;

bool IsNameChar(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

// True if `text` names it: "web" is not named by "web-2 is bad".
bool Mentions(std::string_view text, std::string_view name) {
  if (name.empty()) return false;
  for (size_t at = text.find(name); at != text.npos; at = text.find(name, at + 1)) {
    const size_t end = at + name.size();
    if ((at == 0 || !IsNameChar(text[at - 1])) && (end == text.size() || !IsNameChar(text[end]))) {
      return true;
    }
  }
  return false;
}

bool ByName(const ResourcePtr& a, const ResourcePtr& b) { return a->name < b->name; }

}  // namespace

struct TypeLine::Work {
  std::vector<ResourcePtr> send;
  std::vector<std::string> gone;
  std::vector<ResourcePtr> withheld;

  [[nodiscard]] bool empty() const { return send.empty() && gone.empty(); }
};

TypeLine::TypeLine(StreamKind kind, std::string type_url)
    : kind_(kind),
      type_url_(std::move(type_url)),
      is_whole_(kind == StreamKind::kStateOfTheWorld && IsRootType(type_url_)),
      interest_(IsRootType(type_url_)) {}

TypeLine::Verdict TypeLine::OnRequest(const Request& request) {
  const Verdict verdict =
      kind_ == StreamKind::kDelta ? OnDelta(request) : OnStateOfTheWorld(request);
  if (verdict != Verdict::kStale || kind_ == StreamKind::kDelta) {
    absl::erase_if(refused_, [this](const std::string& name) { return !interest_.Covers(name); });
  }
  return verdict;
}

TypeLine::Verdict TypeLine::OnStateOfTheWorld(const Request& request) {
  // A nonce from an earlier stream may ride on the first request: it says nothing here.
  if (!is_first_ && request.nonce != last_nonce_) return Verdict::kStale;
  const Verdict verdict = Answer(request);
  if (is_first_) claimed_version_ = request.version;
  TakeAnswerable(interest_.Replace(request.names), false);
  absl::erase_if(asked_, [this](const std::string& name) { return !interest_.Covers(name); });
  is_first_ = false;
  return verdict;
}

TypeLine::Verdict TypeLine::OnDelta(const Request& request) {
  const Verdict verdict = Answer(request);
  const bool has_history = is_first_ && !request.initial_versions.empty();
  const bool was_everything = interest_.everything();
  const Interest::Change change =
      interest_.Apply(request.subscribe, request.unsubscribe, is_first_);
  if (has_history) TakeHistory(request);
  TakeAnswerable(change, has_history);
  ForgetUncovered(request, was_everything);
  is_first_ = false;
  return verdict;
}

TypeLine::Verdict TypeLine::Answer(const Request& request) {
  if (is_first_ || request.nonce.empty()) return Verdict::kNothing;
  if (!open_.has_value() || request.nonce != open_->nonce) {
    // The last nonce again is no second answer: it carries a change of names.
    return request.nonce == last_nonce_ ? Verdict::kNothing : Verdict::kStale;
  }
  const OpenResponse answered = std::move(*open_);
  open_.reset();
  if (!request.error.has_value()) {
    if (is_whole_) refused_.clear();
    for (const ResourcePtr& resource : answered.resources) refused_.erase(resource->name);
    refused_unnamed_ = false;
    acked_version_ = answered.version;
    return Verdict::kAck;
  }
  last_nack_ = {answered.version, *request.error, {}};
  std::vector<std::string> all;
  for (const ResourcePtr& resource : answered.resources) {
    if (Mentions(*request.error, resource->name)) {
      last_nack_.resources.push_back(resource->name);
      refused_.insert(resource->name);
    } else if (all.size() < kMaxRefusedShown) {
      all.push_back(resource->name);
    }
  }
  if (last_nack_.resources.empty()) {
    // The text names none, so any may be the bad one.
    last_nack_.resources = std::move(all);
    for (const ResourcePtr& resource : answered.resources) refused_.insert(resource->name);
    refused_unnamed_ = answered.resources.empty();
  } else if (last_nack_.resources.size() > kMaxRefusedShown) {
    last_nack_.resources.resize(kMaxRefusedShown);
  }
  return Verdict::kNack;
}

// The client says what it has from an earlier stream. Endpoints are told as if it had older ones: a
// stream may have broken between a cluster and its endpoints, and a client that warms a cluster
// waits for endpoints to come, even the same ones.
void TypeLine::TakeHistory(const Request& request) {
  const bool is_believed = type_url_ != kEndpointType;
  for (const auto& [name, version] : request.initial_versions) {
    // Of other names nothing need be known (invariant 2), so none is kept.
    if (!interest_.Covers(name)) continue;
    ++history_names_;
    sent_ = sent_.With(MakeTrace(name, is_believed ? VersionFromText(version) : 0));
  }
}

void TypeLine::TakeAnswerable(Interest::Change change, bool has_history) {
  if (change.everything_began && !has_history) {
    // Of what lies outside the names so far, the client has been sent nothing.
    ResourceMap known;
    for (const std::string& name : interest_.names()) {
      if (const ResourcePtr* resource = sent_.Find(name)) known = known.With(*resource);
    }
    sent_ = std::move(known);
    must_answer_ = true;
  }
  for (std::string& name : change.answer) {
    if (has_history && sent_.Find(name) != nullptr) continue;
    asked_.insert(std::move(name));
    if (is_whole_) must_answer_ = true;
  }
}

// What is not covered any more is not answered either. It goes at once: else a client that does not
// read could fill asked_ with names that it subscribes to and drops again.
void TypeLine::ForgetUncovered(const Request& request, bool was_everything) {
  if (was_everything && !interest_.everything()) {
    absl::erase_if(asked_, [this](const std::string& name) { return !interest_.Covers(name); });
    return;
  }
  for (const std::string& name : request.unsubscribe) {
    if (!interest_.Covers(name)) asked_.erase(name);
  }
}

size_t TypeLine::held_names() const {
  return std::max({interest_.name_count(), asked_.size(), history_names_});
}

void TypeLine::Ask(std::string_view name) {
  if (interest_.Covers(name)) asked_.emplace(name);
}

TypeLine::Work TypeLine::FindWork(const ResourceMap& now, Removals removals) const {
  Work work;
  if (!sent_.IsSame(now)) {
    ResourceMap::Diff(sent_, now, [&](const ResourcePtr* before, const ResourcePtr* after) {
      const std::string& name = (before != nullptr ? *before : *after)->name;
      if (!interest_.Covers(name) || asked_.contains(name)) return;
      if (after != nullptr) {
        work.send.push_back(*after);
      } else if (removals == Removals::kReport) {
        work.gone.push_back(name);
      } else {
        work.withheld.push_back(*before);
      }
    });
  }
  for (const std::string& name : asked_) {
    if (!interest_.Covers(name)) continue;
    if (const ResourcePtr* resource = now.Find(name)) {
      work.send.push_back(*resource);
    } else {
      work.gone.push_back(name);
    }
  }
  return work;
}

bool TypeLine::TrySkipFirst(const ResourceMap& now) {
  const std::string claimed = std::exchange(claimed_version_, {});
  // Names might have been added since the client got that version; `*` alone cannot hide any.
  if (!interest_.everything() || interest_.name_count() != 0) return false;
  if (claimed.empty() || claimed != VersionText(now.fingerprint())) return false;
  sent_ = now;
  must_answer_ = false;
  acked_version_ = claimed;
  return true;
}

std::optional<TypeLine::Batch> TypeLine::Next(const ResourceMap& now, Removals removals,
                                              size_t byte_cap) {
  if (open_.has_value() || is_first_) return std::nullopt;
  if (!claimed_version_.empty() && TrySkipFirst(now)) return std::nullopt;
  // A state-of-the-world response of any other type cannot report a removal, so none is kept back.
  const bool can_remove = kind_ == StreamKind::kDelta || is_whole_;
  Work work = FindWork(now, can_remove ? removals : Removals::kReport);
  for (const std::string& name : work.gone) refused_.erase(name);
  if (!can_remove) work.gone.clear();
  has_withheld_ = !work.withheld.empty();
  if (work.empty() && !must_answer_) {
    Adopt(now, work);
    return std::nullopt;
  }
  std::sort(work.send.begin(), work.send.end(), ByName);
  std::sort(work.gone.begin(), work.gone.end());
  Batch batch = is_whole_ ? TakeWhole(now, work) : TakePart(now, work, byte_cap);
  batch.version = VersionText(now.fingerprint());
  // Not the version that it will be when the rest has gone.
  if (has_withheld_) batch.version += "+draining";
  must_answer_ = false;
  return batch;
}

// Everything of `now` has been dealt with but what is withheld.
void TypeLine::Adopt(const ResourceMap& now, const Work& work) {
  asked_.clear();
  history_names_ = std::min(history_names_, work.withheld.size());
  // Unchanged but for what is withheld: keep the tree rather than build it anew.
  if (!work.withheld.empty() && work.empty()) return;
  sent_ = now;
  for (const ResourcePtr& resource : work.withheld) sent_ = sent_.With(resource);
}

TypeLine::Batch TypeLine::TakeWhole(const ResourceMap& now, Work& work) {
  Batch batch;
  now.ForEach([&](const ResourcePtr& resource) {
    if (interest_.Covers(resource->name)) batch.resources.push_back(resource);
  });
  for (const ResourcePtr& resource : work.withheld) batch.resources.push_back(resource);
  batch.changed = work.send;
  std::sort(batch.resources.begin(), batch.resources.end(), ByName);
  Adopt(now, work);
  return batch;
}

TypeLine::Batch TypeLine::TakePart(const ResourceMap& now, Work& work, size_t byte_cap) {
  Batch batch;
  size_t bytes = 0;
  bool is_full = false;
  const auto has_room = [&](size_t size) {
    is_full = is_full || (bytes != 0 && bytes + size > byte_cap);
    bytes += size;
    return !is_full;
  };
  for (ResourcePtr& resource : work.send) {
    if (!has_room(EncodedSizeBound(type_url_, *resource))) break;
    batch.resources.push_back(std::move(resource));
  }
  for (std::string& name : work.gone) {
    if (!has_room(name.size() + 8)) break;
    batch.removed.push_back(std::move(name));
  }
  batch.changed = batch.resources;
  if (!is_full) {
    Adopt(now, work);
    return batch;
  }
  for (const ResourcePtr& resource : batch.resources) {
    asked_.erase(resource->name);
    sent_ = sent_.With(resource);
  }
  for (const std::string& name : batch.removed) {
    asked_.erase(name);
    sent_ = sent_.Without(name);
  }
  return batch;
}

void TypeLine::Open(const Batch& batch, std::string nonce, std::string version, absl::Time at) {
  last_nonce_ = nonce;
  open_ = OpenResponse{std::move(nonce), std::move(version), at, batch.resources};
}

}  // namespace sluice::xdsserver
