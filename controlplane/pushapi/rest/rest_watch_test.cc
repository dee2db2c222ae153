// SPDX-License-Identifier: Apache-2.0
#include "controlplane/pushapi/rest/rest_watch.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace sluice::pushapi {
namespace {

constexpr absl::Duration kNow = absl::ZeroDuration();

std::string Batch(int64_t revision, bool is_resync, const std::vector<std::string>& put,
                  const std::vector<std::string>& gone = {}) {
  push::v1::WatchResponse response;
  response.set_revision(revision);
  response.set_resync(is_resync);
  const auto add = [&](const std::string& name) -> push::v1::WatchChange& {
    push::v1::WatchChange& change = *response.add_changes();
    change.mutable_key()->set_kind("Backend");
    change.mutable_key()->set_namespace_("shop");
    change.mutable_key()->set_name(name);
    change.set_revision(revision);
    return change;
  };
  for (const std::string& name : put) {
    add(name).set_json(absl::StrCat(R"({"kind":"Backend","metadata":{"name":")", name, R"("}})"));
  }
  for (const std::string& name : gone) add(name);
  return response.SerializeAsString();
}

// "ADDED a@1" for each line.
std::vector<std::string> Told(RestWatch& watch) {
  std::vector<std::string> told;
  const std::optional<std::string> lines = watch.Next(kNow);
  if (!lines.has_value()) return {"over"};
  for (std::string_view line : absl::StrSplit(*lines, '\n', absl::SkipEmpty())) {
    const auto event = nlohmann::json::parse(line);
    const auto metadata = event["object"].value("metadata", nlohmann::json::object());
    told.push_back(absl::StrCat(event["type"].get<std::string>(), " ", metadata.value("name", "-"),
                                "@", metadata.value("resourceVersion", "-")));
  }
  return told;
}

using Lines = std::vector<std::string>;

WatchOptions Backends() { return {.kind = "Backend", .api_version = "sluice.dev/v1alpha1"}; }

TEST(RestWatchTest, TellsWhatIsThereThenWhatChanges) {
  RestWatch watch(Backends());
  watch.Send(Batch(3, true, {"a", "b"}));
  watch.Send(Batch(4, false, {"b", "c"}, {"a"}));
  EXPECT_EQ(Told(watch), (Lines{"ADDED a@3", "ADDED b@3"}));
  EXPECT_EQ(Told(watch), (Lines{"MODIFIED b@4", "ADDED c@4", "DELETED a@4"}));
  EXPECT_EQ(Told(watch), Lines{}) << "nothing yet";
  watch.End();
  EXPECT_EQ(Told(watch), Lines{"over"});
}

TEST(RestWatchTest, AResyncTakesBackWhatItDoesNotHold) {
  RestWatch watch(Backends());
  watch.Send(Batch(3, true, {"a", "b"}));
  watch.Send(Batch(9, true, {"b"}));
  Told(watch);
  EXPECT_EQ(Told(watch), (Lines{"MODIFIED b@9", "DELETED a@9"}));
}

TEST(RestWatchTest, OfAForgottenResourceVersionItSaysSoAndEnds) {
  WatchOptions options = Backends();
  options.resource_version = 2;
  RestWatch watch(options);
  watch.Send(Batch(9, true, {"b"}));
  const std::optional<std::string> lines = watch.Next(kNow);
  EXPECT_NE(lines->find(R"("code":410)"), lines->npos) << *lines;
  EXPECT_EQ(Told(watch), Lines{"over"});
}

TEST(RestWatchTest, ASlowReaderIsToldAfterWhatWaits) {
  RestWatch watch(Backends());
  watch.Send(Batch(3, true, {"a"}));
  watch.Finish({8, "too slow", {}});
  EXPECT_EQ(Told(watch), Lines{"ADDED a@3"});
  EXPECT_EQ(Told(watch), Lines{"ERROR -@-"});
  EXPECT_EQ(Told(watch), Lines{"over"});
}

TEST(RestWatchTest, OneObjectAndBookmarks) {
  WatchOptions options = Backends();
  options.name = "b";
  options.bookmarks = true;
  RestWatch watch(options);
  watch.Send(Batch(3, true, {"a"}));
  watch.Send(Batch(4, false, {"b"}));
  EXPECT_EQ(Told(watch), Lines{"BOOKMARK -@3"});
  EXPECT_EQ(Told(watch), Lines{"ADDED b@4"});
}

TEST(RestWatchTest, EndsAtItsTime) {
  WatchOptions options = Backends();
  options.until = absl::Now();
  RestWatch watch(options);
  EXPECT_EQ(Told(watch), Lines{"over"});
}

TEST(WatchRoomTest, IsBoundedAndGivesPlacesBack) {
  WatchRoom room;
  const auto watch = std::make_shared<RestWatch>(Backends());
  std::vector<WatchRoom::Ticket> tickets;
  for (size_t i = 0; i < WatchRoom::kMaxOpen; ++i) tickets.push_back(*room.Enter(watch));
  EXPECT_EQ(room.Enter(watch).status().code(), absl::StatusCode::kUnavailable);
  tickets.pop_back();
  EXPECT_TRUE(room.Enter(watch).ok());
}

TEST(WatchRoomTest, ClosingEndsTheWatchesAndAdmitsNoMore) {
  WatchRoom room;
  const auto watch = std::make_shared<RestWatch>(Backends());
  auto ticket = room.Enter(watch);
  room.Close(absl::ZeroDuration());
  EXPECT_EQ(Told(*watch), Lines{"over"});
  EXPECT_FALSE(room.Enter(watch).ok());
}

}  // namespace
}  // namespace sluice::pushapi
