// SPDX-License-Identifier: Apache-2.0
#include "controlplane/pushapi/rest/rest_watch.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace sluice::pushapi {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kGone = 410;

std::string LineOf(std::string_view type, Json object) {
  return absl::StrCat(Json{{"type", type}, {"object", std::move(object)}}.dump(
                          -1, ' ', false, Json::error_handler_t::replace),
                      "\n");
}

}  // namespace

size_t RestWatch::Send(std::string message) {
  absl::MutexLock lock(&mutex_);
  if (is_over_) return 0;
  waiting_bytes_ += message.size();
  waiting_.push_back(std::move(message));
  return waiting_bytes_;
}

void RestWatch::Finish(CallStatus status) {
  absl::MutexLock lock(&mutex_);
  if (!is_over_ && status.code != 0) error_ = std::move(status.text);
  is_over_ = true;
}

void RestWatch::Hold(std::shared_ptr<void>) {}

void RestWatch::End() {
  absl::MutexLock lock(&mutex_);
  is_over_ = true;
}

std::optional<std::string> RestWatch::Next(absl::Duration timeout) {
  if (is_failed_) return std::nullopt;
  std::string message;
  {
    absl::MutexLock lock(&mutex_);
    const auto is_due = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return is_over_ || !waiting_.empty();
    };
    const absl::Time until = std::min(absl::Now() + timeout, options_.until);
    if (!mutex_.AwaitWithDeadline(absl::Condition(&is_due), until)) {
      if (absl::Now() >= options_.until) return std::nullopt;
      return std::string();
    }
    if (waiting_.empty()) {
      is_failed_ = true;
      if (!error_.has_value()) return std::nullopt;
      return ErrorLine(*error_);
    }
    message = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= message.size();
  }
  push::v1::WatchResponse response;
  if (!response.ParseFromString(message)) return std::nullopt;
  return LinesOf(response);
}

std::string RestWatch::LinesOf(const push::v1::WatchResponse& response) {
  // What was before it was never told, so what is gone cannot be either.
  if (response.resync() && options_.resource_version != 0) {
    is_failed_ = true;
    return ErrorLine(absl::StrCat("too old resource version: ", options_.resource_version));
  }
  std::string lines;
  std::set<manifest::ObjectKey> gone;
  if (response.resync()) gone = told_;
  for (const push::v1::WatchChange& change : response.changes()) {
    if (!options_.name.empty() && change.key().name() != options_.name) continue;
    manifest::ObjectKey key{change.key().kind(), change.key().namespace_(), change.key().name()};
    if (change.json().empty()) {
      gone.insert(std::move(key));
    } else {
      gone.erase(key);
      AddChange(change, lines);
    }
  }
  for (const manifest::ObjectKey& key : gone) AddGone(key, response.revision(), lines);
  if (lines.empty() && options_.bookmarks) {
    lines = LineOf("BOOKMARK",
                   {{"apiVersion", options_.api_version},
                    {"kind", options_.kind},
                    {"metadata", {{"resourceVersion", absl::StrCat(response.revision())}}}});
  }
  return lines;
}

void RestWatch::AddChange(const push::v1::WatchChange& change, std::string& lines) {
  Json object = Json::parse(change.json(), nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return;
  object["metadata"]["resourceVersion"] = absl::StrCat(change.revision());
  const bool is_new =
      told_.insert({change.key().kind(), change.key().namespace_(), change.key().name()}).second;
  absl::StrAppend(&lines, LineOf(is_new ? "ADDED" : "MODIFIED", std::move(object)));
}

void RestWatch::AddGone(const manifest::ObjectKey& key, int64_t revision, std::string& lines) {
  told_.erase(key);
  Json metadata{{"name", key.name}};
  if (!key.ns.empty()) metadata["namespace"] = key.ns;
  metadata["resourceVersion"] = absl::StrCat(revision);
  absl::StrAppend(&lines, LineOf("DELETED", {{"apiVersion", options_.api_version},
                                             {"kind", key.kind},
                                             {"metadata", std::move(metadata)}}));
}

std::string RestWatch::ErrorLine(std::string_view message) const {
  return LineOf("ERROR", {{"kind", "Status"},
                          {"apiVersion", "v1"},
                          {"status", "Failure"},
                          {"reason", "Expired"},
                          {"message", message},
                          {"code", kGone}});
}

struct WatchRoom::Place {
  Place(WatchRoom& room, std::weak_ptr<RestWatch> watch) : room(room), watch(std::move(watch)) {}
  ~Place() {
    absl::MutexLock lock(&room.mutex_);
    room.open_.erase(this);
  }
  WatchRoom& room;
  const std::weak_ptr<RestWatch> watch;
};

absl::StatusOr<WatchRoom::Ticket> WatchRoom::Enter(const std::shared_ptr<RestWatch>& watch) {
  auto place = std::make_shared<Place>(*this, watch);
  absl::MutexLock lock(&mutex_);
  if (!is_closed_ && open_.size() < kMaxOpen) {
    open_.insert(place.get());
    return Ticket(std::move(place));
  }
  return absl::UnavailableError(is_closed_ ? "The control plane is stopping."
                                           : absl::StrCat("There are ", kMaxOpen,
                                                          " watches over REST already; gRPC has "
                                                          "no such limit."));
}

void WatchRoom::Close(absl::Duration timeout) {
  absl::MutexLock lock(&mutex_);
  is_closed_ = true;
  for (const Place* place : open_) {
    if (const std::shared_ptr<RestWatch> watch = place->watch.lock()) watch->End();
  }
  const auto is_empty = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return open_.empty(); };
  (void)mutex_.AwaitWithTimeout(absl::Condition(&is_empty), timeout);
}

}  // namespace sluice::pushapi
