// SPDX-License-Identifier: Apache-2.0
#include "dataplane/tls/ticket_keys.h"

#include <cstdint>
#include <string>
#include <vector>

#include "base/manual_clock.h"
#include "gtest/gtest.h"

namespace sluice::tls {
namespace {

constexpr int64_t kRotateMs = TicketKeys::kRotateSeconds * 1000;

TEST(TicketKeysTest, ANewKeyTakesOverAndOldOnesFade) {
  base::ManualClock clock;
  TicketKeys keys(clock);
  const TicketKeys::Key first = keys.Current();
  EXPECT_EQ(keys.Current().name, first.name);
  for (size_t i = 1; i < TicketKeys::kKeptKeys; ++i) {
    clock.AdvanceMs(kRotateMs);
    EXPECT_NE(keys.Current().name, first.name);
    TicketKeys::Key found;
    bool renew = false;
    ASSERT_TRUE(keys.Find(first.name.data(), found, renew));
    EXPECT_EQ(found.aes, first.aes);
    EXPECT_TRUE(renew);
  }
  clock.AdvanceMs(kRotateMs);
  TicketKeys::Key found;
  bool renew = false;
  EXPECT_FALSE(keys.Find(first.name.data(), found, renew));
}

TEST(TicketKeysTest, SilenceEndsOldKeysToo) {
  base::ManualClock clock;
  TicketKeys keys(clock);
  const TicketKeys::Key first = keys.Current();
  clock.AdvanceMs(kRotateMs * static_cast<int64_t>(TicketKeys::kKeptKeys));
  TicketKeys::Key found;
  bool renew = false;
  EXPECT_FALSE(keys.Find(first.name.data(), found, renew));
}

TEST(TicketKeysTest, GivenKeysStayAndTheFirstSeals) {
  const std::vector<std::string> given = {std::string(80, 'a'), std::string(80, 'b')};
  auto parsed = TicketKeys::Parse(given);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  base::ManualClock clock;
  TicketKeys keys(clock, *parsed);
  clock.AdvanceMs(kRotateMs * 100);
  EXPECT_EQ(keys.Current().name[0], 'a');
  TicketKeys::Key found;
  bool renew = false;
  EXPECT_TRUE(keys.Find((*parsed)[1].name.data(), found, renew));
  EXPECT_TRUE(renew);
}

TEST(TicketKeysTest, AKeyOfAnotherLengthIsRefusedUnshown) {
  auto parsed = TicketKeys::Parse({std::string(80, 'a'), "secret"});
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.status().message(), "session ticket key 2 has 6 bytes; it must have 80");
}

}  // namespace
}  // namespace sluice::tls
