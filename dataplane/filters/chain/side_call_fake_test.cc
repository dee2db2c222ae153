// SPDX-License-Identifier: Apache-2.0
#include "dataplane/filters/chain/side_call_fake.h"

#include <optional>
#include <set>
#include <string>
#include <utility>

#include "gtest/gtest.h"

namespace sluice::filters {
namespace {

class SideCallFakeTest : public testing::Test, private SideCallObserver {
 protected:
  SideCallHandle Start(SideCallRequest request = {}) {
    return calls_.Start(std::move(request), *this);
  }
  void OnSideCallOver(SideCallOutcome& outcome) override {
    ++over_;
    failure_ = outcome.failure;
    status_ = outcome.status;
    body_ = outcome.body.ToString();
    trailers_ = outcome.trailers.size();
    if (release_ != nullptr) release_->reset();
  }

  FakeSideCalls calls_;
  SideCallHandle* release_ = nullptr;
  int over_ = 0;
  SideCallFailure failure_ = SideCallFailure::kNone;
  uint16_t status_ = 0;
  std::string body_;
  size_t trailers_ = 0;
};

TEST_F(SideCallFakeTest, KeepsWhatIsAskedAndTellsWhatTheTestAnswers) {
  SideCallRequest request;
  request.cluster = "c";
  request.path = "/p";
  request.headers.Add("x-a", "1");
  request.body.AppendCopy("ask");
  const SideCallHandle handle = Start(std::move(request));
  EXPECT_EQ(calls_.call(0).cluster, "c");
  EXPECT_EQ(calls_.call(0).path, "/p");
  EXPECT_EQ(calls_.call(0).Header("x-a"), "1");
  EXPECT_EQ(calls_.call(0).body, "ask");
  EXPECT_EQ(over_, 0);
  calls_.Answer(0, 204, {}, "", {{"t", "1"}});
  EXPECT_EQ(over_, 1);
  EXPECT_EQ(status_, 204);
  EXPECT_EQ(trailers_, 0u);  // They were not asked for.
  EXPECT_TRUE(calls_.call(0).over);
}

TEST_F(SideCallFakeTest, TheLimitOfTheBodyHolds) {
  SideCallRequest request;
  request.max_body_bytes = 2;
  const SideCallHandle handle = Start(std::move(request));
  calls_.Answer(0, 200, {}, "abc");
  EXPECT_EQ(failure_, SideCallFailure::kTooLarge);
  EXPECT_EQ(body_, "");
}

TEST_F(SideCallFakeTest, TheEndOfTheHandleCancels) {
  SideCallHandle handle = Start();
  EXPECT_EQ(calls_.waiting(), 1u);
  handle.reset();
  EXPECT_TRUE(calls_.call(0).cancelled);
  EXPECT_EQ(calls_.waiting(), 0u);
}

TEST_F(SideCallFakeTest, AHandleMayBeReleasedWhenItIsOver) {
  SideCallHandle handle = Start();
  release_ = &handle;
  calls_.Fail(0, SideCallFailure::kTimeout);
  EXPECT_EQ(failure_, SideCallFailure::kTimeout);
  EXPECT_FALSE(calls_.call(0).cancelled);
}

TEST_F(SideCallFakeTest, EachFailureHasATokenOfItsOwn) {
  std::set<std::string_view> tokens;
  for (int i = 1; i <= static_cast<int>(SideCallFailure::kShuttingDown); ++i) {
    const std::string_view token = SideCallToken(static_cast<SideCallFailure>(i));
    EXPECT_TRUE(token.starts_with("side-call-")) << token;
    EXPECT_TRUE(tokens.insert(token).second) << token;
  }
}

}  // namespace
}  // namespace sluice::filters
