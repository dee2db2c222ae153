// SPDX-License-Identifier: Apache-2.0
#include "dataplane/exchange/filter_run.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dataplane/exchange/scripted_filter.h"
#include "dataplane/filters/chain/filter_worker_fake.h"
#include "dataplane/filters/chain/side_call_fake.h"
#include "gtest/gtest.h"

namespace sluice::exchange {
namespace {

using filters::LocalReply;
using filters::Verdict;

std::string Ended(std::string what, bool end_stream) { return end_stream ? what + "." : what; }

class FilterRunTest : public ::testing::Test, public FilterRunOwner {
 protected:
  FilterRunTest() { trailers_.Add("t", "1"); }
  ~FilterRunTest() override { run_.reset(); }

  // A filter of the chain, behind those before it.
  FilterScript& Add(std::string name, std::string type = "test.shape") {
    auto script = std::make_shared<FilterScript>();
    script->name = name;
    script->alive = &alive_;
    FilterScript& made = *script;
    http_.filters.push_back({.name = name, .type = std::move(type), .config = std::move(script)});
    return made;
  }
  // One that logs all it sees and pauses at the events in `pauses`.
  FilterScript& AddLogging(std::string name, std::vector<std::string> pauses = {}) {
    FilterScript& script = Add(name);
    script.on = [this, name, pauses](ScriptedFilter& filter, std::string_view event) {
      std::string text = filter.data != nullptr ? absl::StrCat(event, ":", filter.data->ToString())
                                                : std::string(event);
      Note(absl::StrCat(name, " ", Ended(text, filter.end_stream)));
      const bool pause = std::find(pauses.begin(), pauses.end(), event) != pauses.end();
      return pause ? Verdict::kPause : Verdict::kContinue;
    };
    return script;
  }
  void Create() {
    plan_ = std::make_unique<const RoutePlan>(http_, router::RouteChoice{});
    run_ = std::make_unique<FilterRun>(*this);
    run_->Create(*plan_);
  }
  ScriptedFilter& Filter(size_t i) { return *alive_.at(i); }

  void Data(std::string_view bytes, bool end_stream) {
    base::Buffer data;
    data.AppendCopy(bytes);
    run_->RequestData(data, end_stream);
    EXPECT_TRUE(data.empty());
  }
  void ResponseData(std::string_view bytes, bool end_stream) {
    base::Buffer data;
    data.AppendCopy(bytes);
    run_->ResponseData(data, end_stream);
    EXPECT_TRUE(data.empty());
  }
  void Respond(bool end_stream) { run_->Response(run_->size(), end_stream); }

  void Note(std::string what) { log_.push_back(std::move(what)); }
  std::string Log() {
    std::string out = absl::StrJoin(log_, ", ");
    log_.clear();
    return out;
  }

  void OnFilteredRequest(bool end_stream) override { Note(Ended("> head", end_stream)); }
  void OnFilteredRequestData(base::Buffer& data, bool end_stream) override {
    Note(Ended("> " + data.ToString(), end_stream));
    data.Clear();
  }
  void OnFilteredRequestTrailers(http::HeaderMap&) override { Note("> trailers"); }
  void OnFilteredResponse(bool end_stream) override { Note(Ended("< head", end_stream)); }
  void OnFilteredResponseData(base::Buffer& data, bool end_stream) override {
    Note(Ended("< " + data.ToString(), end_stream));
    data.Clear();
  }
  void OnFilteredResponseTrailers(http::HeaderMap&) override { Note("< trailers"); }
  void OnFilterReply(const LocalReply& reply, size_t from) override {
    Note(absl::StrCat("reply ", reply.status, " from ", from));
    if (on_reply_) on_reply_(from);
  }
  void OnRequestHoldChanged(bool above) override { Note(above ? "> full" : "> room"); }
  void OnResponseHoldChanged(bool above) override { Note(above ? "< full" : "< room"); }
  http::RequestHead& request() override { return request_; }
  http::ResponseHead* response() override { return &response_; }
  http::StreamInfo& info() override { return info_; }
  base::Arena& arena() override { return arena_; }
  int64_t now_ns() const override { return 0; }
  filters::FilterWorker& filter_worker() override { return filter_worker_; }
  const config::Route* route() const override { return nullptr; }
  void ClearRoute() override {}
  filters::SideCalls& side_calls() override { return side_calls_; }

  filters::FakeFilterWorker filter_worker_;
  base::Arena arena_;
  http::RequestHead request_{arena_};
  http::ResponseHead response_{arena_};
  http::HeaderMap trailers_;
  http::StreamInfo info_;
  filters::FakeSideCalls side_calls_;
  config::HttpConnection http_;
  std::vector<ScriptedFilter*> alive_;
  std::vector<std::string> log_;
  std::function<void(size_t from)> on_reply_;
  std::unique_ptr<const RoutePlan> plan_;
  std::unique_ptr<FilterRun> run_;
};

TEST_F(FilterRunTest, WithoutFiltersAllGoesThrough) {
  Create();
  run_->Request(false);
  Data("a", false);
  run_->RequestTrailers(trailers_);
  Respond(false);
  ResponseData("b", true);
  EXPECT_EQ(Log(), "> head, > a, > trailers, < head, < b.");
}

TEST_F(FilterRunTest, TheRequestGoesFirstToLastAndTheResponseBack) {
  AddLogging("A");
  AddLogging("B");
  Create();
  run_->Request(true);
  Respond(true);
  EXPECT_EQ(Log(), "A request., B request., > head., B response., A response., < head.");
}

TEST_F(FilterRunTest, AFilterThatHasNothingToDoIsNotThere) {
  AddLogging("A");
  Add("none", "test.nothing");
  Create();
  EXPECT_EQ(run_->size(), 1u);
  run_->Request(true);
  EXPECT_EQ(Log(), "A request., > head.");
}

TEST_F(FilterRunTest, AFilterPausedOnTheHeadSeesTheBodyAndHoldsIt) {
  AddLogging("A", {"request"});
  AddLogging("B");
  Create();
  run_->Request(false);
  Data("x", false);
  Data("y", true);
  EXPECT_EQ(Log(), "A request, A request-data:x, A request-data:y.");
  Filter(0).host().Continue();
  EXPECT_EQ(Log(), "B request, > head, B request-data:xy., > xy.");
}

TEST_F(FilterRunTest, AFilterMayContinueWhileItIsShownTheEnd) {
  FilterScript& script = Add("A");
  script.on = [](ScriptedFilter& filter, std::string_view event) {
    if (event == "request") return Verdict::kPause;
    if (filter.end_stream) filter.host().Continue();
    return Verdict::kContinue;
  };
  Create();
  run_->Request(false);
  Data("x", false);
  Data("y", true);
  EXPECT_EQ(Log(), "> head, > x, > y.");
}

TEST_F(FilterRunTest, TwoFiltersMayBePausedAndContinueInAnyOrder) {
  for (const bool first_first : {true, false}) {
    http_.filters.clear();
    bool pause_a = false;
    FilterScript& a = Add("A");
    a.on = [&pause_a](ScriptedFilter&, std::string_view) {
      return pause_a ? Verdict::kPause : Verdict::kContinue;
    };
    AddLogging("B", {"request"});
    Create();
    run_->Request(false);  // Waits at B.
    Data("x", false);      // Too.
    pause_a = true;
    Data("y", true);  // Waits at A.
    EXPECT_EQ(Log(), "B request, B request-data:x");
    if (first_first) {
      Filter(0).host().Continue();
      EXPECT_EQ(Log(), "B request-data:y.");
      Filter(1).host().Continue();
      EXPECT_EQ(Log(), "> head, > xy.");
    } else {
      Filter(1).host().Continue();
      EXPECT_EQ(Log(), "> head, > x");
      Filter(0).host().Continue();
      EXPECT_EQ(Log(), "B request-data:y., > y.");
    }
    run_.reset();
  }
}

TEST_F(FilterRunTest, AReplyIsSeenByTheFiltersBeforeAndEndsTheRequest) {
  AddLogging("A");
  FilterScript& b = Add("B");
  b.on = [](ScriptedFilter& filter, std::string_view) {
    filter.host().Reply({.status = 403});
    return Verdict::kReply;
  };
  AddLogging("C");
  on_reply_ = [this](size_t from) { run_->Response(from, true); };
  Create();
  run_->Request(false);
  Data("x", true);
  EXPECT_EQ(Log(), "A request, reply 403 from 1, A response., < head.");
}

TEST_F(FilterRunTest, AReplyOutOfAPauseEndsTheRequestAndIsMadeOnce) {
  AddLogging("A", {"request"});
  Create();
  run_->Request(false);
  Data("x", true);
  Log();
  Filter(0).host().Reply({.status = 401});
  Filter(0).host().Reply({.status = 402});
  Filter(0).host().Continue();
  EXPECT_EQ(Log(), "reply 401 from 0");
}

// H2-22.
TEST_F(FilterRunTest, AfterTheEndLateCallbacksAreIgnored) {
  AddLogging("A", {"request"});
  AddLogging("B");
  Create();
  run_->Request(false);
  Data("x", true);
  Log();
  run_->Stop();
  Filter(0).host().Continue();
  Filter(0).host().Reply({.status = 401});
  Data("y", true);
  run_->RequestTrailers(trailers_);
  EXPECT_EQ(Log(), "");
}

TEST_F(FilterRunTest, AFilterThatIsStillThinkingWhenTheRequestIsAnsweredComesTooLate) {
  AddLogging("A", {"request-data"});
  Create();
  run_->Request(false);
  Data("x", false);
  run_->StopRequest();
  Respond(false);
  Log();
  Filter(0).host().Reply({.status = 401});
  Filter(0).host().Continue();
  EXPECT_EQ(Log(), "");
  ResponseData("ok", true);
  EXPECT_EQ(Log(), "A response-data:ok., < ok.");
}

TEST_F(FilterRunTest, ARequestGoesOnBehindAnEarlyResponse) {
  AddLogging("A");
  Create();
  run_->Request(false);
  Respond(false);
  Log();
  Data("x", true);
  EXPECT_EQ(Log(), "A request-data:x., > x.");
}

TEST_F(FilterRunTest, AFilterMayPutItsReplyInThePlaceOfAResponse) {
  AddLogging("A");
  FilterScript& b = Add("B");
  b.on = [](ScriptedFilter& filter, std::string_view event) {
    if (event != "response") return Verdict::kContinue;
    filter.host().Reply({.status = 502});
    return Verdict::kReply;
  };
  AddLogging("C");
  on_reply_ = [this](size_t from) {
    EXPECT_FALSE(run_->SawResponse(from));
    run_->Response(from, true);
  };
  Create();
  run_->Request(true);
  Log();
  Respond(false);
  EXPECT_EQ(Log(), "C response, reply 502 from 1, A response., < head.");
}

TEST_F(FilterRunTest, AFilterThatHasSeenAResponseIsKnownToHave) {
  AddLogging("A", {"response"});
  AddLogging("B");
  Create();
  run_->Request(true);
  EXPECT_FALSE(run_->SawResponse(2));
  Respond(false);
  EXPECT_TRUE(run_->SawResponse(1));
  EXPECT_FALSE(run_->SawResponse(0));
}

TEST_F(FilterRunTest, WhatIsHeldBeyondTheLimitIsAnnouncedBothWays) {
  AddLogging("A", {"request", "response"});
  Create();
  const std::string much(FilterRun::kHoldBytes, 'x');
  run_->Request(false);
  Data(much, false);
  Log();
  Data("y", true);
  EXPECT_EQ(Log(), "A request-data:y., > full");
  Filter(0).host().Continue();
  EXPECT_EQ(Log(), absl::StrCat("> head, > ", much, "y., > room"));
  Respond(false);
  ResponseData(much, false);
  Log();
  ResponseData("y", true);
  EXPECT_EQ(Log(), "A response-data:y., < full");
  Filter(0).host().Continue();
  EXPECT_EQ(Log(), absl::StrCat("< head, < ", much, "y., < room"));
}

TEST_F(FilterRunTest, FiltersAreDestroyedWithTheRun) {
  AddLogging("A", {"request"});
  AddLogging("B");
  Create();
  EXPECT_EQ(alive_.size(), 2u);
  run_->Request(false);
  Data("x", true);
  run_.reset();
  EXPECT_TRUE(alive_.empty());
}

// Aim: whatever filters pause at, and whenever they continue, each of them and the owner gets one
// head, then the bytes in order, then the trailers, and nothing passes a filter that is paused.
// Method: three filters, a message of head, two pieces and an end; all 4096 choices of where each
// pauses; four orders of arrival and continuing for each, both ways.
class FilterRunProperty : public FilterRunTest {
 protected:
  struct Seen {
    std::string what;
    bool paused = false;
    std::string passed;  // While paused: what had gone on before.
  };

  void Play(bool request, bool with_trailers, uint32_t pauses, uint32_t order) {
    constexpr size_t kFilters = 3;
    http_.filters.clear();
    Seen seen[kFilters];
    for (size_t i = 0; i < kFilters; ++i) {
      // Place in the order of travel.
      const size_t place = request ? i : kFilters - 1 - i;
      Add(absl::StrCat(i)).on = [&, place](ScriptedFilter& filter, std::string_view event) {
        std::string& what = seen[place].what;
        const std::string until_now = what;
        int bit = 0;
        if (filter.data != nullptr) {
          what += filter.data->ToString();
          bit = what.ends_with('a') ? 1 : 2;
        } else if (filter.trailers != nullptr) {
          what += "T";
          bit = 3;
        } else {
          what += "H";
        }
        if (filter.trailers == nullptr && filter.end_stream) what += ".";
        for (size_t before = 0; before < place; ++before) {
          if (seen[before].paused) EXPECT_TRUE(seen[before].passed.starts_with(what));
        }
        const bool pause = ((pauses >> (place * 4 + bit)) & 1) != 0;
        if (pause && !seen[place].paused) {
          seen[place].paused = true;
          seen[place].passed = until_now;
        }
        return pause ? Verdict::kPause : Verdict::kContinue;
      };
    }
    Create();
    log_.clear();
    const auto let_go = [&](size_t place) {
      if (!seen[place].paused) return;
      seen[place].paused = false;
      Filter(request ? place : kFilters - 1 - place).host().Continue();
    };
    uint32_t random = order * 2654435761u + pauses * 40503u + 12345u;
    const auto maybe_let_go = [&] {
      random = random * 1664525u + 1013904223u;
      if (order != 0) let_go((random >> 20) % kFilters);
    };
    request ? run_->Request(false) : Respond(false);
    maybe_let_go();
    request ? Data("a", false) : ResponseData("a", false);
    maybe_let_go();
    request ? Data("b", !with_trailers) : ResponseData("b", !with_trailers);
    maybe_let_go();
    if (with_trailers) {
      request ? run_->RequestTrailers(trailers_) : run_->ResponseTrailers(trailers_);
    }
    for (size_t round = 0; round < 16; ++round) {
      random = random * 1664525u + 1013904223u;
      let_go((round + (random >> 20)) % kFilters);
    }
    for (size_t round = 0; round < 8 * kFilters; ++round) let_go(round % kFilters);

    const std::string whole = with_trailers ? "HabT" : "Hab.";
    for (const Seen& at : seen) EXPECT_EQ(at.what, whole);
    std::string left;
    for (const std::string& note : log_) {
      const std::string what = note.substr(2);
      left += what == "head" ? "H" : what == "trailers" ? "T" : what;
    }
    EXPECT_EQ(left, whole);
    run_.reset();
  }
};

TEST_F(FilterRunProperty, EveryInterleavingOfPausesDeliversTheMessageOnce) {
  for (uint32_t pauses = 0; pauses < 4096 && !HasFailure(); ++pauses) {
    for (uint32_t order = 0; order < 4; ++order) {
      for (const bool request : {true, false}) {
        SCOPED_TRACE(absl::StrCat("pauses ", pauses, " order ", order, " request ", request));
        Play(request, /*with_trailers=*/true, pauses, order);
        if ((pauses & 0x888) == 0) Play(request, /*with_trailers=*/false, pauses, order);
      }
    }
  }
}

// ---- Calls of filters
// ----------------------------------------------------------------------------

struct NoObserver final : filters::SideCallObserver {
  void OnSideCallOver(filters::SideCallOutcome&) override { ++told; }
  int told = 0;
};

TEST_F(FilterRunTest, TheEndCancelsTheCallsOfAllFilters) {
  AddLogging("a", {"request"});
  AddLogging("b");
  Create();
  run_->Request(true);
  NoObserver observer;
  const filters::SideCallHandle one = Filter(0).host().side_calls().Start({}, observer);
  const filters::SideCallHandle two = Filter(1).host().side_calls().Start({}, observer);
  filters::SideCallHandle gone = Filter(1).host().side_calls().Start({}, observer);
  gone.reset();
  EXPECT_EQ(side_calls_.waiting(), 2u);
  run_->Stop();
  EXPECT_EQ(side_calls_.waiting(), 0u);
  EXPECT_EQ(observer.told, 0);
}

TEST_F(FilterRunTest, ACallStartedAfterTheEndIsNone) {
  AddLogging("a", {"request"});
  Create();
  run_->Request(true);
  run_->Stop();
  NoObserver observer;
  const filters::SideCallHandle late = Filter(0).host().side_calls().Start({}, observer);
  EXPECT_TRUE(side_calls_.call(0).cancelled);
}

TEST_F(FilterRunTest, HandlesMayOutliveTheRun) {
  AddLogging("a", {"request"});
  Create();
  run_->Request(true);
  NoObserver observer;
  const filters::SideCallHandle kept = Filter(0).host().side_calls().Start({}, observer);
  run_->Stop();
  run_.reset();
  EXPECT_TRUE(side_calls_.call(0).cancelled);
}

}  // namespace
}  // namespace sluice::exchange
