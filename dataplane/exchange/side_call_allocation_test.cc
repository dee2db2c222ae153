// SPDX-License-Identifier: Apache-2.0
//
// What a side call costs in memory once its cluster is warm. Measured by counting every operator
// new of this binary while calls go to a server in the same process, whose own strings have grown
// to their size by then.
#include <string_view>
#include <utility>

#include "base/allocation_count.h"
#include "dataplane/exchange/cluster_side_calls.h"
#include "dataplane/exchange/intake.h"
#include "dataplane/upstream/fake_upstream.h"
#include "dataplane/upstream/fixture.h"

namespace sluice::exchange {
namespace {

class SideCallAllocationTest : public upstream::ClusterFixture, private filters::SideCallObserver {
 protected:
  void Call() {
    filters::SideCallRequest request;
    request.cluster = "c";
    request.method = "POST";
    request.authority = "authz.example";
    request.path = "/check";
    request.headers.Add("x-client", "192.0.2.1");
    request.body.AppendCopy("token=abc");
    over_ = false;
    handle_ = calls_.Start(std::move(request), *this);
    ASSERT_TRUE(RunUntil([&] {
      return server_.accepted() == 1 && server_.peer(0).received().ends_with("token=abc");
    }));
    server_.peer(0).Forget();
    server_.peer(0).Send("HTTP/1.1 200 OK\r\nx-user: me\r\ncontent-length: 2\r\n\r\nok");
    ASSERT_TRUE(RunUntil([&] { return over_; }));
  }
  void OnSideCallOver(filters::SideCallOutcome& outcome) override {
    EXPECT_EQ(outcome.status, 200);
    over_ = true;
  }

  upstream::FakeUpstream server_{loop_};
  Random random_{7};
  ClusterSideCalls calls_{loop_, clusters_, random_};
  filters::SideCallHandle handle_;
  bool over_ = false;
};

TEST_F(SideCallAllocationTest, AWarmCallAllocatesLittle) {
  Publish(Named("c"), {server_.port()});
  for (int i = 0; i < 100; ++i) Call();
  constexpr size_t kCalls = 100;
  const size_t before = base::AllocationCount();
  for (size_t i = 0; i < kCalls; ++i) Call();
  const size_t per_call = (base::AllocationCount() - before + kCalls - 1) / kCalls;
  RecordProperty("allocations_per_call", static_cast<int>(per_call));
  // The call itself; and what the server and the test's own waiting take.
  EXPECT_LE(per_call, 4u);
}

}  // namespace
}  // namespace sluice::exchange
